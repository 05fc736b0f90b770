#include "tests/fuzz/front_model.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/verdict.h"
#include "tests/fuzz/front_fault.h"
#include "tests/fuzz/front_store.h"

#define ALL 7

const char *const model_realms[] = { "main", "second", "stored" };
const char *const model_evidences[] = { "none", "asserted", "verified" };
const char *const model_services[MODEL_SERVICES] = { "default", "proxy", "app",
	"boss", "strict", "nobody" };

/* As in the configuration: sets of callers, evidences and realms. */
static const struct {
	unsigned uids[2];
	unsigned evidences, realms;
	bool admins;
} services[MODEL_SERVICES] = {
	{ { 0, 0 }, ALL, 7, false },
	{ { 1001, 1001 }, 4, 1, false },
	{ { 1001, 1002 }, 3, 7, false },
	{ { 1002, 1002 }, 1, 1, true },
	{ { 1001, 1001 }, 1, 2, true },
	{ { 0, 0 }, 0, 0, false },
};

static struct {
	struct {
		char name[MODEL_NAME_MAX];
		int realm;
		int64_t ms;
		uint64_t at;
	} told[MODEL_TOLD_MAX];
	size_t count;
	uint64_t now;			/* counts what happens */
	uint64_t floor[MODEL_REALMS];
} model;

void
model_require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_front: %s\n", what);
	abort();
}

/* ---- the truth -------------------------------------------------------- */

/* The account that a name leads to. */
static void
account_of(const char *name, char *ret)
{
	size_t i;

	for (i = 0; name[i] != '\0' && i < MODEL_NAME_MAX - 1; i++)
		ret[i] = (char)tolower((unsigned char)name[i]);
	ret[i] = '\0';
	if (ret[0] == 'a' && ret[1] == 'a')
		ret[1] = 'b';
}

static void
put_value(struct buffer *out, const char *name, const char *value)
{
	protocol_begin_detail(out, "value");
	protocol_put_text(out, "name", name);
	protocol_put_text(out, "data", value);
	protocol_end(out);
}

static void
put_entry(struct buffer *out, const char *kind, const char *dn)
{
	protocol_begin_detail(out, "entry");
	protocol_put_text(out, "kind", kind);
	protocol_put_text(out, "dn", dn);
	protocol_end(out);
}

static void
put_account(struct buffer *out, bool zimbra, const char *account,
    const char *suffix, char letter)
{
	char dn[MODEL_NAME_MAX + 8];
	bool admin = account[0] == 'a' && account[1] == 'd';

	snprintf(dn, sizeof(dn), "uid=%s%s", account, suffix);
	put_entry(out, "account", dn);
	put_value(out, zimbra ? "zimbraMailDeliveryAddress" : "uid", account);
	if (!zimbra) {
		put_value(out, "mail", account);
		if (letter == 'l')
			put_value(out, "pwdAccountLockedTime", "000001010000Z");
		if (letter == 'd' || letter == 'x')
			put_value(out, "shadowExpire", "1");
		if (letter == 'r')
			put_value(out, "pwdEndTime", "tomorrow");
		if (admin)
			put_value(out, "title", "chief");
		return;
	}
	put_value(out, "zimbraAccountStatus", letter == 'l' ? "locked" :
	    "active");
	if (letter == 'r')
		put_value(out, "zimbraAccountStatus", "closed");
	if (admin)
		put_value(out, "zimbraIsDelegatedAdminAccount", "TRUE");
}

static void
tell(const char *realm, const char *name, uint64_t at)
{
	model_require(model.count < MODEL_TOLD_MAX, "too much told");
	snprintf(model.told[model.count].name, MODEL_NAME_MAX, "%s", name);
	model.told[model.count].realm = strcmp(realm, model_realms[0]) != 0;
	model.told[model.count].ms = fault_ms();
	model.told[model.count++].at = at;
}

void
model_put_truth(struct buffer *out, uint64_t id, const char *realm,
    const char *name, uint64_t at)
{
	bool zimbra = strcmp(realm, model_realms[0]) == 0;
	char account[MODEL_NAME_MAX], text[24];
	char letter = (char)tolower((unsigned char)name[0]);

	account_of(name, account);
	if (letter == 'a')
		tell(realm, name, at);
	if (strchr("altmdxr", letter) != NULL)
		put_account(out, zimbra, account, "", letter);
	if (letter == 't')
		put_account(out, zimbra, account, ",o=2", letter);
	if (zimbra && strchr("altmdr", letter) != NULL) {
		put_entry(out, "domain", "dc=example");
		put_value(out, "zimbraDomainName", "example.com");
		put_value(out, "zimbraDomainStatus", letter == 'd' ? "locked" :
		    "active");
	}
	snprintf(text, sizeof(text), "%llu", (unsigned long long)id);
	protocol_begin(out, "ok");
	protocol_put_text(out, "id", text);
	if (letter == 'm')
		protocol_put_text(out, "more", "yes");
	if (letter == 'x' && zimbra)
		protocol_put_text(out, "domain", "missing");
	protocol_end(out);
}

uint64_t
model_now(void)
{
	return ++model.now;
}

void
model_begin(void)
{
	memset(&model.floor, 0, sizeof(model.floor));
	model.count = 0;
	model.now = 0;
}

bool
model_room(void)
{
	return model.count < MODEL_TOLD_MAX;
}

void
model_forget(int realm, uint64_t at)
{
	for (int i = 0; i < MODEL_REALMS; i++) {
		if ((realm == -1 || realm == i) && model.floor[i] < at)
			model.floor[i] = at;
	}
}

void
model_stamp(struct question *question)
{
	memcpy(question->floor, model.floor, sizeof(model.floor));
	question->sent = ++model.now;
	question->sent_ms = fault_ms();
}

/* Was it told that this name may log in, so that it still counts? */
static bool
was_told(const struct question *q, int realm, const char *name)
{
	for (size_t i = 0; i < model.count; i++) {
		if (strcasecmp(model.told[i].name, name) != 0)
			continue;
		if (q == NULL)
			return true;
		if (model.told[i].realm == realm &&
		    model.told[i].at > q->floor[realm] &&
		    model.told[i].ms + MODEL_CACHE_MS >= q->sent_ms &&
		    (q->verb != ASK_EXPLAIN || model.told[i].at > q->sent))
			return true;
	}
	return false;
}

/* ---- replies ---------------------------------------------------------- */

/* May this name be active with this account? */
static void
check_account(const struct question *q, int realm, const char *name,
    const char *account)
{
	char own[MODEL_NAME_MAX];

	if (realm == STORED_REALM) {
		model_require(stored_was_active(q, name, account),
		    "active, and the store did not say so");
		return;
	}
	account_of(name, own);
	model_require(strcmp(own, account) == 0,
	    "active with another account");
	model_require(was_told(q, realm, name),
	    "active, and the directory did not say so");
}

/* An answer that is `active`, to a question that we know. */
static void
check_active(const struct question *q, const char *account,
    const char *identity)
{
	int service = q->service < 0 ? 0 : q->service;
	int realm = q->realm >= 0 ? q->realm : services[service].realms & 1 ?
	    0 : 1;
	int evidence = q->evidence < 0 ? 0 : q->evidence;
	/* The store knows more addresses than the one asked for. */
	bool named = false, user = !q->user_given || realm == STORED_REALM;

	model_require(q->verb == ASK_LOOKUP || q->verb == ASK_EXPLAIN,
	    "active to who did not ask for anybody");
	model_require(q->verb == ASK_LOOKUP || q->uid == 0,
	    "explained to a stranger");
	model_require(service < MODEL_SERVICES - 1 && realm < MODEL_REALMS &&
	    evidence < MODEL_EVIDENCES, "active for a service, realm or "
	    "evidence that is none");
	model_require(q->uid == 0 || (q->uid == services[service].uids[0] ||
	    q->uid == services[service].uids[1]), "active for this caller");
	model_require((services[service].evidences >> evidence & 1) != 0 &&
	    (services[service].realms >> realm & 1) != 0 &&
	    q->is_certificate == (evidence == 2),
	    "active with this evidence or realm");
	model_require(!q->is_certificate || realm == 0,
	    "active for a certificate in a realm without CAs");
	model_require(q->sent_ms <= q->until_ms,
	    "active for an expired certificate");
	model_require((!q->need_admin && !services[service].admins) ||
	    account[1] == 'd', "active for who is no administrator");
	for (size_t i = 0; i < q->name_count; i++) {
		check_account(q, realm, q->names[i], account);
		named = named || strcasecmp(q->names[i], identity) == 0;
		user = user || strcasecmp(q->user, q->names[i]) == 0;
	}
	model_require(named, "active with another identity");
	model_require(user || strcasecmp(q->user, account) == 0,
	    "active for another user");
}

/* Found as an address, and not as an account. */
static bool
is_alias(const char *name)
{
	return strncasecmp(name, "aa", 2) == 0;
}

static void
check_refusal(const struct question *q,
    const struct protocol_message *message)
{
	static const char *const names[] = { "reason", "field", "byte", "id" };
	enum verdict verdict = verdict_parse(message->word,
	    strlen(message->word));
	size_t j;

	if (strcmp(message->word, "ok") == 0)
		model_require(q == NULL || q->verb > ASK_EXPLAIN,
		    "ok to a lookup");
	else
		model_require(verdict != VERDICT_NONE &&
		    verdict != VERDICT_ACTIVE, "no verdict");
	for (size_t i = 0; i < message->count; i++) {
		for (j = 0; j < 4; j++)
			if (strcmp(message->fields[i].name, names[j]) == 0)
				break;
		model_require(j < 4, "a refusal with another field");
		model_require(strchr(message->fields[i].value, '@') == NULL,
		    "a refusal with an address");
	}
	model_require(q == NULL || q->realm != STORED_REALM ||
	    (verdict != VERDICT_UNKNOWN && verdict != VERDICT_BLOCKED) ||
	    q->need_admin || q->user_given || is_alias(q->names[0]) ||
	    stored_was_refused(q), "refused, and the store says he may");
	if (q != NULL && q->verb == ASK_FLUSH &&
	    strcmp(message->word, "ok") == 0)
		model_forget(-1, q->sent);
}

/* Who may not use a verb is told so without his id. */
static bool
id_fits(const struct question *question,
    const struct protocol_message *message, const char *id)
{
	const char *reason = protocol_text(message, "reason");

	if (id != NULL)
		return strtoul(id, NULL, 10) == question->id;
	return question->verb != ASK_LOOKUP && question->uid != 0 &&
	    reason != NULL && strcmp(reason, REASON_NOT_PERMITTED) == 0;
}

void
model_check(const struct question *question, unsigned uid, const char *line,
    size_t len)
{
	struct protocol_message message;
	struct protocol_error error;
	const char *account, *identity, *id;
	char *copy = malloc(len + 1), own[MODEL_NAME_MAX];

	model_require(copy != NULL, "no memory of our own");
	memcpy(copy, line, len);
	copy[len] = '\0';
	model_require(protocol_decode(copy, len, &message, &error) ==
	    PROTOCOL_OK && !message.detail, "a reply that is no line");
	id = protocol_text(&message, "id");
	model_require(question == NULL || id_fits(question, &message, id),
	    "the answer to another question");
	if (strcmp(message.word, "active") == 0) {
		account = protocol_text(&message, "account");
		identity = protocol_text(&message, "identity");
		model_require(account != NULL && identity != NULL &&
		    tolower((unsigned char)identity[0]) == 'a',
		    "active for who may not log in");
		account_of(identity, own);
		model_require(stored_was_active(NULL, identity, account) ||
		    strcmp(own, account) == 0, "another account");
		model_require(stored_was_active(NULL, identity, account) ||
		    was_told(NULL, 0, identity), "never told");
		model_require(uid != 1003, "active to a stranger");
		if (question != NULL)
			check_active(question, account, identity);
	} else {
		check_refusal(question, &message);
	}
	free(copy);
}
