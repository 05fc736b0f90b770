/*
 * The codec of `find`: strict in both directions, because what does not fit
 * means that one of the two processes is not what it should be.
 */
#include "lookupd/find.h"

#include <limits.h>
#include <string.h>

#include "common/text.h"

/* The reasons a directory process may give, as static strings. */
static const char *const unavailable_reasons[] = {
	REASON_DIRECTORY, REASON_HIDDEN, REASON_STALE, REASON_BUSY,
	REASON_DEADLINE, REASON_CANARY, REASON_STOPPING, REASON_INTERNAL,
};
#define REASONS (sizeof(unavailable_reasons) / sizeof(unavailable_reasons[0]))

static const char digits[] = "0123456789abcdef";

/* Several in each question, so not by printf. */
static void
put_number(struct buffer *out, const char *name, uint64_t number,
    unsigned base)
{
	char text[24], *at = text + sizeof(text);

	do {
		*--at = digits[number % base];
		number /= base;
	} while (number > 0);
	protocol_put(out, name, at, (size_t)(text + sizeof(text) - at));
}

static void
put_id(struct buffer *out, uint64_t id)
{
	put_number(out, "id", id, 10);
}

/* Digits of that base, at most 64 bits; 0 or -1. */
static int
parse_number(const char *text, unsigned base, uint64_t *ret)
{
	uint64_t number = 0;
	const char *digit;

	if (text == NULL || *text == '\0')
		return -1;
	for (; *text != '\0'; text++) {
		digit = memchr(digits, *text, base);
		if (digit == NULL || __builtin_mul_overflow(number, base,
		    &number) || __builtin_add_overflow(number,
		    (uint64_t)(digit - digits), &number))
			return -1;
	}
	*ret = number;
	return 0;
}

/* No field but these, each perhaps absent; NULL-ended. */
static bool
only_fields(const struct protocol_message *message,
    const char *const *names)
{
	size_t i, j;

	for (i = 0; i < message->count; i++) {
		for (j = 0; names[j] != NULL; j++)
			if (strcmp(message->fields[i].name, names[j]) == 0)
				break;
		if (names[j] == NULL)
			return false;
	}
	return true;
}

/* An optional field with one permitted value; 0 or -1. */
static int
get_flag(const struct protocol_message *message, const char *name,
    const char *value, bool *ret)
{
	const char *text = protocol_text(message, name);

	*ret = text != NULL;
	if (protocol_get(message, name) == NULL)
		return 0;
	return text != NULL && strcmp(text, value) == 0 ? 0 : -1;
}

void
find_put_request(struct buffer *out, const struct find_request *request)
{
	protocol_begin(out, "find");
	put_id(out, request->id);
	put_number(out, "config", request->config, 16);
	protocol_put_text(out, "realm", request->realm);
	protocol_put_text(out, "source",
	    identity_source_name(request->identity.source));
	protocol_put(out, "value", request->identity.name.text,
	    request->identity.name.len);
	put_number(out, "ms", request->ms < 0 ? 0 : (uint64_t)request->ms, 10);
	if (request->explain)
		protocol_put_text(out, "explain", "yes");
	protocol_end(out);
}

/* The identity is checked as if it had just been found; 0 or -1. */
static int
get_identity(const struct protocol_message *message, struct identity *ret)
{
	const struct protocol_field *value = protocol_get(message, "value");
	const char *word = protocol_text(message, "source"), *reason;
	struct identities set;
	int source;

	if (value == NULL || word == NULL)
		return -1;
	for (source = 0; source < IDENTITY_SOURCES; source++)
		if (strcmp(word, identity_source_name(
		    (enum identity_source)source)) == 0)
			break;
	if (source == IDENTITY_SOURCES)
		return -1;
	memset(&set, 0, sizeof(set));
	if (identities_add(&set, (enum identity_source)source, value->value,
	    value->len, &reason) != NULL || set.count != 1)
		return -1;
	*ret = set.items[0];
	return 0;
}

int
find_get_request(const struct protocol_message *message,
    struct find_request *ret)
{
	static const char *const names[] = { "id", "config", "realm",
		"source", "value", "ms", "explain", NULL };
	const char *realm = protocol_text(message, "realm");
	const char *ms = protocol_text(message, "ms");
	struct find_request request;
	long long number;

	memset(&request, 0, sizeof(request));
	if (message->detail || strcmp(message->word, "find") != 0 ||
	    !only_fields(message, names) ||
	    parse_number(protocol_text(message, "id"), 10, &request.id) < 0 ||
	    parse_number(protocol_text(message, "config"), 16,
	    &request.config) < 0 ||
	    realm == NULL || *realm == '\0' ||
	    strlen(realm) >= sizeof(request.realm) ||
	    get_identity(message, &request.identity) < 0 ||
	    ms == NULL ||
	    text_to_int(ms, strlen(ms), 0, INT_MAX, &number) < 0 ||
	    get_flag(message, "explain", "yes", &request.explain) < 0)
		return -1;
	memcpy(request.realm, realm, strlen(realm) + 1);
	request.ms = (int)number;
	*ret = request;
	return 0;
}

static void
put_entry(struct buffer *out, const char *kind, const struct entry *entry)
{
	size_t i, j;

	protocol_begin_detail(out, "entry");
	protocol_put_text(out, "kind", kind);
	protocol_put_text(out, "dn", entry->dn);
	protocol_end(out);
	for (i = 0; i < entry->count; i++) {
		const struct attribute *attribute = &entry->attributes[i];

		for (j = 0; j < attribute->count; j++) {
			protocol_begin_detail(out, "value");
			protocol_put_text(out, "name", attribute->name);
			protocol_put(out, "data", attribute->values[j].data,
			    attribute->values[j].len);
			protocol_end(out);
		}
	}
}

/* Each line of a trace is " step: text\n". */
static void
put_steps(struct buffer *out, const struct trace *trace)
{
	const char *line = buffer_text(&trace->lines), *end;

	for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		if (*line == ' ')
			line++;
		protocol_begin_detail(out, "step");
		protocol_put(out, "text", line, (size_t)(end - line));
		protocol_end(out);
	}
}

static void
put_unavailable(struct buffer *out, uint64_t id, const char *reason)
{
	protocol_begin(out, "unavailable");
	put_id(out, id);
	protocol_put_text(out, "reason", reason);
	protocol_end(out);
}

static void
put_found(struct buffer *out, uint64_t id, const struct findings *findings)
{
	size_t i;

	for (i = 0; i < findings->account_count; i++)
		put_entry(out, "account", findings->accounts[i]);
	for (i = 0; i < findings->domain_count; i++)
		put_entry(out, "domain", findings->domains[i]);
	protocol_begin(out, "ok");
	put_id(out, id);
	if (findings->more)
		protocol_put_text(out, "more", "yes");
	if (findings->domain_missing)
		protocol_put_text(out, "domain", "missing");
	protocol_end(out);
}

void
find_put_reply(struct buffer *out, uint64_t id,
    const struct findings *findings, const struct trace *trace)
{
	size_t start = out->len;

	if (out->failed)
		return;
	if (trace != NULL)
		put_steps(out, trace);
	if (findings->failure != VERDICT_NONE)
		put_unavailable(out, id, findings->reason != NULL ?
		    findings->reason : REASON_INTERNAL);
	else
		put_found(out, id, findings);
	if (!out->failed && out->len - start <= FIND_REPLY_MAX)
		return;
	/* Half a reply is none. */
	out->failed = false;
	out->len = start;
	if (out->data != NULL)
		out->data[start] = '\0';
	put_unavailable(out, id, REASON_INTERNAL);
}

void
find_reply_init(struct find_reply *reply)
{
	memset(reply, 0, sizeof(*reply));
	findings_init(&reply->findings);
	buffer_init(&reply->steps, 2 * TRACE_MAX);
}

void
find_reply_free(struct find_reply *reply)
{
	findings_free(&reply->findings);
	buffer_free(&reply->steps);
	reply->current = NULL;
}

static int
feed_entry(struct find_reply *reply, const struct protocol_message *message)
{
	static const char *const names[] = { "kind", "dn", NULL };
	const char *kind = protocol_text(message, "kind");
	const char *dn = protocol_text(message, "dn");
	struct findings *findings = &reply->findings;
	struct entry *entry;
	bool domain;

	if (!only_fields(message, names) || kind == NULL || dn == NULL ||
	    *dn == '\0')
		return -1;
	domain = strcmp(kind, "domain") == 0;
	if (!domain && strcmp(kind, "account") != 0)
		return -1;
	if (domain ? findings->domain_count == RESOLVE_DOMAINS_MAX :
	    findings->account_count == RESOLVE_ACCOUNTS_MAX)
		return -1;
	entry = entry_new(dn);
	if (entry == NULL)
		return -1;
	if (domain)
		findings->domains[findings->domain_count++] = entry;
	else
		findings->accounts[findings->account_count++] = entry;
	reply->current = entry;
	return 0;
}

static int
feed_value(struct find_reply *reply, const struct protocol_message *message)
{
	static const char *const names[] = { "name", "data", NULL };
	const char *name = protocol_text(message, "name");
	const struct protocol_field *data = protocol_get(message, "data");

	if (reply->current == NULL || !only_fields(message, names) ||
	    name == NULL || data == NULL)
		return -1;
	return entry_add(reply->current, name, data->value, data->len);
}

/* The text is a trace's already; what is not printable has no place in it. */
static int
feed_step(struct find_reply *reply, const struct protocol_message *message)
{
	static const char *const names[] = { "text", NULL };
	const char *text = protocol_text(message, "text");
	size_t start = reply->steps.len, i;

	if (!only_fields(message, names) || text == NULL)
		return -1;
	for (i = 0; text[i] != '\0'; i++)
		if (text[i] < 0x20 || text[i] > 0x7E)
			return -1;
	/* Too much to explain is cut, it is for people. */
	if (buffer_printf(&reply->steps, " %s\n", text) == 0)
		trace_append(reply->trace, reply->steps.data + start,
		    reply->steps.len - start);
	return 0;
}

static int
feed_ok(struct find_reply *reply, const struct protocol_message *message)
{
	static const char *const names[] = { "id", "more", "domain", NULL };

	if (!only_fields(message, names) ||
	    get_flag(message, "more", "yes", &reply->findings.more) < 0 ||
	    get_flag(message, "domain", "missing",
	    &reply->findings.domain_missing) < 0)
		return -1;
	return 1;
}

static int
feed_unavailable(struct find_reply *reply,
    const struct protocol_message *message)
{
	static const char *const names[] = { "id", "reason", NULL };
	const char *reason = protocol_text(message, "reason");
	size_t i;

	if (!only_fields(message, names) || reason == NULL ||
	    reply->current != NULL)
		return -1;
	for (i = 0; i < REASONS; i++)
		if (strcmp(reason, unavailable_reasons[i]) == 0)
			break;
	reply->findings.failure = VERDICT_UNAVAILABLE;
	reply->findings.reason = i < REASONS ? unavailable_reasons[i] :
	    REASON_INTERNAL;
	return 1;
}

int
find_reply_feed(struct find_reply *reply,
    const struct protocol_message *message, uint64_t *ret_id)
{
	const char *word = message->word;
	uint64_t id;
	int done;

	if (message->detail) {
		if (strcmp(word, "entry") == 0)
			return feed_entry(reply, message);
		if (strcmp(word, "value") == 0)
			return feed_value(reply, message);
		return strcmp(word, "step") == 0 ?
		    feed_step(reply, message) : -1;
	}
	if (parse_number(protocol_text(message, "id"), 10, &id) < 0)
		return -1;
	if (strcmp(word, "ok") == 0)
		done = feed_ok(reply, message);
	else if (strcmp(word, "unavailable") == 0)
		done = feed_unavailable(reply, message);
	else
		return -1;
	if (done == 1)
		*ret_id = id;
	return done;
}
