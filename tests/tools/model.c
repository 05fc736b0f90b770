/*
 * Rounds, and what must hold in them.
 */
#include "tests/tools/model.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GUARDS_UNIT "ou=guards," MODEL_BASE
#define BEACON "uid=beacon," GUARDS_UNIT
#define BEACON_DOMAIN "dc=beacon," MODEL_BASE
#ifndef WRONG_SHOWN
#define WRONG_SHOWN 20
#endif
/* Operations between two kills, about. */
#ifndef KILLED_EVERY
#define KILLED_EVERY 600
#endif
/* Another change is made when a cookie does not come for so long. */
#define NUDGE_US 100000

static struct model_provider provider;
static LDAP *writer;			/* the guards' */
static int orders = -1, replies = -1;
static const char *ordered;		/* what is being done, or NULL */

static struct {
	uint64_t rounds, lookups, refusals, wrong, admitted, unavailable,
	    kills,
	    nudges;
	uint64_t words[4];		/* active, blocked, unknown, ambiguous */
	int64_t lag_us, killed_lag_us;	/* the longest */
} tally;

static void
wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
wrong(const char *format, ...)
{
	va_list args;

	if (++tally.wrong > WRONG_SHOWN)
		return;
	va_start(args, format);
	printf("WRONG in round %llu: ", (unsigned long long)tally.rounds);
	vprintf(format, args);
	printf("\n");
	va_end(args);
	fflush(stdout);
}

/* ---- who starts and kills processes ----------------------------------- */

static void
order(const char *what)
{
	ordered = what;
	if (write(orders, what, strlen(what)) < 0 || write(orders, "\n", 1) < 0)
		model_die("nobody takes orders");
}

static void
await_order(void)
{
	char c = 0;

	while (ordered != NULL && c != '\n') {
		if (read(replies, &c, 1) != 1)
			model_die("nobody carries out orders");
	}
	ordered = NULL;
}

/* ---- numbers of changes ----------------------------------------------- */

/* The number of the change to this entry; false: the provider is gone. */
static bool
csns_of(const char *dn, const char *name, struct model_csns *ret)
{
	struct berval **found = model_values(writer, dn, name);

	ret->count = 0;
	for (size_t i = 0; found != NULL && found[i] != NULL; i++)
		model_csns_add(ret, found[i]->bv_val, found[i]->bv_len);
	ldap_value_free_len(found);
	return ret->count > 0;
}

/* Another change in both areas. */
static bool
touch(void)
{
	static unsigned touched;
	const char *turn = model_text("turn %u", ++touched);

	return model_set(writer, BEACON, LDAP_MOD_REPLACE, "sn", turn,
	    NULL) == LDAP_SUCCESS && model_set(writer, BEACON_DOMAIN,
	    LDAP_MOD_REPLACE, "o", turn, NULL) == LDAP_SUCCESS;
}

/*
 * Until the store's cookie contains them.  While several change things, slapd
 * tells a change without its number as long as an earlier one is under way,
 * and the number only with the next: then another change is made.  False: it
 * cannot be, the provider is gone.
 */
static bool
await(const char *area, const struct model_csns *csns, bool killed)
{
	int64_t begin = model_now_us(), touched = begin, lag;
	int64_t *longest = killed ? &tally.killed_lag_us : &tally.lag_us;

	while (!model_contains(area, csns)) {
		if (model_now_us() - begin > MODEL_PATIENCE_MS * 1000LL) {
			printf("not contained in %s: %s\n%s", area,
			    csns->text[0], model_status());
			model_die("the mirror does not follow");
		}
		if (model_now_us() - touched > NUDGE_US) {
			touched = model_now_us();
			tally.nudges++;
			if (!touch())
				return false;
		}
		model_pause(1);
	}
	lag = model_now_us() - begin;
	if (lag > *longest)
		*longest = lag;
	return true;
}

/* ---- refusals --------------------------------------------------------- */

enum refusal { LOCK, REMOVE, LOSE_ALIAS, LOSE_ADDRESS, LOCK_DOMAIN,
	LEAVE, RENAME, REFUSALS };

static const char *
guard_dn(unsigned i)
{
	return model_text("uid=guard%u," GUARDS_UNIT, i);
}

/* The guard as it shall be, and his domain. */
static void
restore(unsigned i)
{
	(void)ldap_delete_ext_s(writer, guard_dn(i), NULL, NULL);
	(void)ldap_delete_ext_s(writer, model_text("uid=moved%u," GUARDS_UNIT,
	    i), NULL, NULL);
	(void)model_set(writer, guard_dn(i), -1, "objectClass",
	    "inetOrgPerson", "objectClass", "zimbraAccount", "cn", "guard",
	    "sn", "guard", "uid", model_text("guard%u", i),
	    "zimbraMailDeliveryAddress", model_text("guard%u@d%u.test", i,
	    MODEL_GUARDED), "zimbraMailAlias",
	    model_text("also%u@d%u.test", i, MODEL_GUARDED), "zimbraId",
	    model_text("guard-%u", i), "zimbraAccountStatus", "active",
	    "zimbraMailStatus", "enabled", "zimbraMailHost", "mail.test",
	    NULL);
	(void)model_set(writer, model_text("dc=d%u," MODEL_BASE,
	    MODEL_GUARDED), LDAP_MOD_REPLACE, "zimbraDomainStatus", "active",
	    NULL);
}

/* The value that must not lead to `active' any more; NULL: not done. */
static const char *
refuse(enum refusal how, unsigned i)
{
	const char *dn = guard_dn(i);
	const char *address = model_text("guard%u@d%u.test", i,
	    MODEL_GUARDED), *alias = model_text("also%u@d%u.test", i,
	    MODEL_GUARDED), *value = model_random(2) ? address : alias;
	int code = LDAP_OTHER;

	switch (how) {
	case LOCK:
		code = model_set(writer, dn, LDAP_MOD_REPLACE,
		    "zimbraAccountStatus", "locked", NULL);
		break;
	case REMOVE:
		code = ldap_delete_ext_s(writer, dn, NULL, NULL);
		break;
	case LOSE_ALIAS:
		value = alias;
		code = model_set(writer, dn, LDAP_MOD_DELETE,
		    "zimbraMailAlias", NULL, NULL);
		break;
	case LOSE_ADDRESS:
		value = address;
		code = model_set(writer, dn, LDAP_MOD_REPLACE,
		    "zimbraMailDeliveryAddress", model_text("other%u@d%u.test",
		    i, MODEL_GUARDED), NULL);
		break;
	case LOCK_DOMAIN:
		code = model_set(writer, model_text("dc=d%u," MODEL_BASE,
		    MODEL_GUARDED), LDAP_MOD_REPLACE, "zimbraDomainStatus",
		    "locked", NULL);
		break;
	case LEAVE:
		code = model_set(writer, dn, LDAP_MOD_DELETE, "objectClass",
		    "zimbraAccount", "zimbraMailDeliveryAddress", NULL,
		    "zimbraMailAlias", NULL, "zimbraId", NULL,
		    "zimbraAccountStatus", NULL, "zimbraMailStatus", NULL,
		    "zimbraMailHost", NULL, NULL);
		break;
	case RENAME:
		value = model_text("guard%u", i);
		code = ldap_rename_s(writer, dn, model_text("uid=moved%u", i),
		    NULL, 1, NULL, NULL);
		break;
	case REFUSALS:
		break;
	}
	return code == LDAP_SUCCESS ? value : NULL;
}

/* One refusal, asked for at the moment the cookie contains it. */
static void
guard(bool killed)
{
	unsigned i = model_random(MODEL_GUARDS);
	enum refusal how = (enum refusal)model_random(REFUSALS);
	const char *area = how == LOCK_DOMAIN ? "domains" : "accounts";
	const char *dn = how == LOCK_DOMAIN ? model_text("dc=d%u," MODEL_BASE,
	    MODEL_GUARDED) : how == RENAME ? model_text("uid=moved%u,"
	    GUARDS_UNIT, i) : guard_dn(i);
	struct model_csns csns;
	char value[128], entry[128];
	const char *refused, *answer;

	snprintf(entry, sizeof(entry), "%s", dn);
	refused = refuse(how, i);
	if (refused == NULL)
		return;			/* the provider was killed */
	snprintf(value, sizeof(value), "%s", refused);
	/* A deletion has no entry to ask; others change things, too, but
	 * they may only make us wait longer: beacon does not. */
	if (how == REMOVE ? !touch() || !csns_of(BEACON, "entryCSN", &csns) :
	    !csns_of(entry, "entryCSN", &csns))
		return;
	if (!await(area, &csns, killed))
		return;
	answer = model_ask(how != RENAME, value);
	tally.refusals++;
	if (strncmp(answer, "active", 6) == 0) {
		tally.admitted++;
		wrong("`active' for %s after refusal %d, %s, was contained: %s",
		    value, (int)how, csns.text[0], answer);
	}
	restore(i);
}

/* ---- comparing -------------------------------------------------------- */

static void
upper(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text >= 'a' && *text <= 'z')
			*text = (char)(*text - 'a' + 'A');
	}
}

static void
compare(bool by_address, const char *what)
{
	static const char *const words[] = { "active", "blocked", "unknown",
		"ambiguous" };
	int64_t until = model_now_us() + MODEL_PATIENCE_MS * 1000LL;
	char value[128], verdict[32];
	const char *answer, *truth;

	snprintf(value, sizeof(value), "%s", what);
	if (model_random(8) == 0)
		upper(value);
	truth = model_truth(by_address, value);
	for (;;) {
		answer = model_ask(by_address, value);
		snprintf(verdict, sizeof(verdict), "%.*s",
		    (int)strcspn(answer, " \n"), answer);
		tally.lookups++;
		if (strcmp(verdict, "unavailable") != 0)
			break;
		tally.unavailable++;
		if (model_now_us() > until)
			break;
		model_pause(5);
	}
	for (size_t i = 0; i < 4; i++)
		tally.words[i] += strcmp(truth, words[i]) == 0;
	if (strcmp(verdict, truth) != 0)
		wrong("%s is %s, and the mirror says: %s", value, truth,
		    answer);
}

static void
compare_some(unsigned count)
{
	unsigned i;

	for (; count > 0; count--) {
		switch (model_random(5)) {
		case 0:
			compare(false, model_text("n%u",
			    model_random(MODEL_UIDS)));
			break;
		case 1:			/* perhaps through the alias domain */
			i = model_random(MODEL_SLOTS);
			compare(true, model_primary(i, MODEL_DOMAINS - 1));
			break;
		case 2:
			compare(true, model_primary(model_random(MODEL_SLOTS),
			    model_random(MODEL_DOMAINS)));
			break;
		default:
			compare(true, model_alias(
			    model_random(MODEL_ALIASES)));
			break;
		}
	}
}

/* ---- rounds ----------------------------------------------------------- */

static const char *
some_order(void)
{
	static const char *const some[] = { "front", "directory", "children",
		"all", "restart", "slapd", "slapd-kill" };

	return some[model_random(sizeof(some) / sizeof(some[0]))];
}

/* The last change of both kinds, whoever was killed. */
static void
beacons(bool killed)
{
	struct model_csns accounts, domains;

	if (!touch() || !csns_of(BEACON, "entryCSN", &accounts) ||
	    !csns_of(BEACON_DOMAIN, "entryCSN", &domains) ||
	    !await("accounts", &accounts, killed) ||
	    !await("domains", &domains, killed))
		model_die("the provider takes no change");
}

static void
connect_again(void)
{
	ldap_unbind_ext(writer, NULL, NULL);
	writer = model_connect(&provider);
	model_edit_again();
	for (unsigned i = 0; i < MODEL_GUARDS; i++)
		restore(i);
}

static void
play(unsigned edits, unsigned lookups, bool kill)
{
	unsigned when = model_random(edits);
	bool alive = true;

	tally.rounds++;
	for (unsigned i = 0; i < edits && alive; i++) {
		if (kill && i == when) {
			order(some_order());
			tally.kills++;
		}
		alive = model_edit(model_random(MODEL_EDITORS));
		if (alive && model_random(24) == 0)
			guard(kill && i >= when);
	}
	alive = model_edit_settle() && alive;
	if (kill)
		await_order();
	if (!alive || kill)
		connect_again();
	beacons(kill);
	model_look(model_editor());
	compare_some(lookups);
}

static void
first_entries(void)
{
	static const char *const units[] = { "ou=guards," MODEL_BASE,
		"ou=more,dc=example," MODEL_BASE };

	for (size_t i = 0; i < 2; i++)
		(void)model_set(writer, units[i], -1, "objectClass",
		    "organizationalUnit", "ou", i == 0 ? "guards" : "more",
		    NULL);
	(void)model_set(writer, BEACON_DOMAIN, -1, "objectClass", "dcObject",
	    "objectClass", "organization", "objectClass", "zimbraDomain",
	    "dc", "beacon", "o", "turn 0", "zimbraDomainName", "beacon.test",
	    "zimbraId", "beacon", "zimbraDomainType", "local",
	    "zimbraMailStatus", "enabled", NULL);
	(void)model_set(writer, BEACON, -1, "objectClass", "inetOrgPerson",
	    "objectClass", "zimbraAccount", "cn", "beacon", "sn", "turn 0",
	    "uid", "beacon", "zimbraMailDeliveryAddress",
	    "beacon@beacon.test", "zimbraId", "account-beacon",
	    "zimbraAccountStatus", "active", "zimbraMailStatus", "enabled",
	    "zimbraMailHost", "mail.test", NULL);
	(void)model_set(writer, model_text("dc=d%u," MODEL_BASE,
	    MODEL_GUARDED), -1, "objectClass", "dcObject", "objectClass",
	    "organization", "objectClass", "zimbraDomain", "dc",
	    model_text("d%u", MODEL_GUARDED), "o", "guards",
	    "zimbraDomainName", model_domain(MODEL_GUARDED), "zimbraId",
	    model_text("domain-%u", MODEL_GUARDED), "zimbraDomainType",
	    "local", "zimbraMailStatus", "enabled", "zimbraDomainStatus",
	    "active", NULL);
	for (unsigned i = 0; i < MODEL_GUARDS; i++)
		restore(i);
}

static int
report(uint64_t seed)
{
#define N(x) (unsigned long long)(x)
	printf("seed=%llu operations=%llu denied=%llu rounds=%llu lookups=%llu "
	    "active=%llu blocked=%llu unknown=%llu ambiguous=%llu "
	    "refusals=%llu kills=%llu nudges=%llu unavailable=%llu wrong=%llu "
	    "admitted=%llu lag_ms=%llu killed_lag_ms=%llu\n", N(seed),
	    N(model_operations), N(model_denied), N(tally.rounds),
	    N(tally.lookups), N(tally.words[0]), N(tally.words[1]),
	    N(tally.words[2]), N(tally.words[3]), N(tally.refusals),
	    N(tally.kills), N(tally.nudges), N(tally.unavailable), N(tally.wrong),
	    N(tally.admitted), N(tally.lag_us / 1000),
	    N(tally.killed_lag_us / 1000));
	return tally.wrong == 0 && tally.words[0] > 0 && tally.words[1] > 0 &&
	    tally.words[2] > 0 && tally.words[3] > 0 && tally.refusals > 0 ?
	    0 : 1;
}

int
main(int argc, char **argv)
{
	uint64_t seed, operations, kill_at;

	if (argc != 9)
		model_die("usage: URI ROOT-DN SECRET SOCKET ORDERS REPLIES "
		    "SEED OPERATIONS");
	provider = (struct model_provider){ argv[1], argv[2], argv[3] };
	model_ask_begin(argv[4]);
	orders = open(argv[5], O_RDWR | O_CLOEXEC);
	replies = open(argv[6], O_RDWR | O_CLOEXEC);
	if (orders < 0 || replies < 0)
		model_die("orders cannot be given");
	seed = strtoull(argv[7], NULL, 10);
	operations = strtoull(argv[8], NULL, 10);
	kill_at = KILLED_EVERY;
	(void)signal(SIGPIPE, SIG_IGN);
	model_seed(seed);
	writer = model_connect(&provider);
	first_entries();
	model_edit_begin(&provider);
	while (model_operations < operations && tally.wrong < WRONG_SHOWN) {
		bool kill = model_operations >= kill_at;

		if (kill)
			kill_at = model_operations + KILLED_EVERY / 3 +
			    model_random(KILLED_EVERY * 4 / 3);
		play(10 + model_random(30), 30, kill);
	}
	return report(seed);
}
