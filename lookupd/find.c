/*
 * The codec of `find`.  Neither side guesses: a line that does not say what
 * find.h says is an error, and the collector gives up the whole reply.
 */
#include "lookupd/find.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

#define REALM_MAX 64
#define MS_MAX (1000LL * 3600)

/* "san-email" … "account": all sources, those of a request included. */
static int
source_of(const char *word)
{
	for (int i = 0; i < IDENTITY_SOURCES; i++) {
		if (strcmp(word, identity_source_name(
		    (enum identity_source)i)) == 0)
			return i;
	}
	return -1;
}

static int
get_number(const struct protocol_message *message, const char *name,
    long long max, long long *ret)
{
	const struct protocol_field *field = protocol_get(message, name);

	return field == NULL ? -1 :
	    text_to_int(field->value, field->len, 0, max, ret);
}

void
find_put_request(struct buffer *out, const struct find_request *request)
{
	char config[17];

	snprintf(config, sizeof(config), "%016" PRIx64, request->config);
	protocol_begin(out, "find");
	protocol_put_number(out, "id", (long long)request->id);
	protocol_put_text(out, "config", config);
	protocol_put_text(out, "realm", request->realm);
	protocol_put_text(out, "source",
	    identity_source_name(request->identity.source));
	protocol_put(out, "value", request->identity.value,
	    request->identity.len);
	protocol_put_number(out, "ms", request->ms);
	if (request->explain)
		protocol_put_text(out, "explain", "yes");
	protocol_end(out);
}

/* Sixteen hexadecimal digits, lower case. */
static int
get_config(const char *text, uint64_t *ret)
{
	uint64_t value = 0;

	if (text == NULL || strlen(text) != 16 ||
	    strspn(text, "0123456789abcdef") != 16)
		return -1;
	for (; *text != '\0'; text++)
		value = value << 4 | (uint64_t)(*text <= '9' ? *text - '0' :
		    *text - 'a' + 10);
	*ret = value;
	return 0;
}

int
find_get_request(const struct protocol_message *message,
    struct find_request *ret)
{
	struct find_request request = { .explain = false };
	const struct protocol_field *value = protocol_get(message, "value");
	const char *realm = protocol_text(message, "realm");
	const char *source = protocol_text(message, "source");
	const char *explain = protocol_text(message, "explain");
	struct identities checked = { .count = 0 };
	const char *reason;
	long long id, ms;
	int which;

	if (message->detail || strcmp(message->word, "find") != 0 ||
	    message->count != (explain == NULL ? 6 : 7) ||
	    get_number(message, "id", INT64_MAX, &id) != 0 ||
	    get_number(message, "ms", MS_MAX, &ms) != 0 ||
	    get_config(protocol_text(message, "config"), &request.config) != 0 ||
	    realm == NULL || strlen(realm) > REALM_MAX || source == NULL ||
	    (which = source_of(source)) < 0 || value == NULL)
		return -1;
	/* The same test as in the front: a name is never taken on trust. */
	if (identities_add(&checked, (enum identity_source)which, value->value,
	    value->len, &reason) != NULL)
		return -1;
	request.id = (uint64_t)id;
	request.ms = (int)ms;
	request.explain = explain != NULL && strcmp(explain, "yes") == 0;
	request.identity = checked.items[0];
	snprintf(request.realm, sizeof(request.realm), "%s", realm);
	*ret = request;
	return 0;
}

static void
put_entry(struct buffer *out, const char *kind, const struct entry *entry)
{
	protocol_begin_detail(out, "entry");
	protocol_put_text(out, "kind", kind);
	protocol_put_text(out, "dn", entry->dn);
	protocol_end(out);
	for (size_t i = 0; i < entry->count; i++) {
		const struct attribute *attribute = &entry->attributes[i];

		for (size_t j = 0; j < attribute->count; j++) {
			protocol_begin_detail(out, "value");
			protocol_put_text(out, "name", attribute->name);
			protocol_put(out, "data", attribute->values[j].data,
			    attribute->values[j].len);
			protocol_end(out);
		}
	}
}

/* The trace's lines, one step each, without the space and the LF. */
static void
put_steps(struct buffer *out, const struct trace *trace)
{
	const char *line = buffer_text(&trace->lines), *end;

	for (; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		if (end == NULL)
			return;
		line += *line == ' ';
		protocol_begin_detail(out, "step");
		protocol_put(out, "text", line, (size_t)(end - line));
		protocol_end(out);
	}
}

void
find_put_reply(struct buffer *out, uint64_t id,
    const struct findings *findings, const struct trace *trace)
{
	size_t i;

	if (trace != NULL)
		put_steps(out, trace);
	if (findings->failure != VERDICT_NONE) {
		protocol_begin(out, verdict_word(VERDICT_UNAVAILABLE));
		protocol_put_number(out, "id", (long long)id);
		protocol_put_text(out, "reason", findings->reason == NULL ?
		    REASON_INTERNAL : findings->reason);
		protocol_end(out);
		return;
	}
	for (i = 0; i < findings->account_count; i++)
		put_entry(out, "account", findings->accounts[i]);
	for (i = 0; i < findings->domain_count; i++)
		put_entry(out, "domain", findings->domains[i]);
	protocol_begin(out, "ok");
	protocol_put_number(out, "id", (long long)id);
	if (findings->more)
		protocol_put_text(out, "more", "yes");
	if (findings->domain_missing)
		protocol_put_text(out, "domain", "missing");
	protocol_end(out);
}

void
find_reply_init(struct find_reply *reply)
{
	memset(reply, 0, sizeof(*reply));
	findings_init(&reply->findings);
	buffer_init(&reply->steps, TRACE_MAX);
}

void
find_reply_free(struct find_reply *reply)
{
	findings_free(&reply->findings);
	buffer_free(&reply->steps);
	reply->current = NULL;
}

/* entry kind=… dn=… */
static int
feed_entry(struct find_reply *reply, const struct protocol_message *message)
{
	struct findings *findings = &reply->findings;
	const char *kind = protocol_text(message, "kind");
	const char *dn = protocol_text(message, "dn");
	bool domain;

	if (kind == NULL || dn == NULL || message->count != 2)
		return -1;
	domain = strcmp(kind, "domain") == 0;
	if ((!domain && strcmp(kind, "account") != 0) ||
	    (domain ? findings->domain_count == RESOLVE_DOMAINS_MAX :
	    findings->account_count == RESOLVE_ACCOUNTS_MAX))
		return -1;
	reply->current = entry_new(dn);
	if (reply->current == NULL)
		return -1;
	if (domain)
		findings->domains[findings->domain_count++] = reply->current;
	else
		findings->accounts[findings->account_count++] = reply->current;
	return 0;
}

/* value name=… data=… */
static int
feed_value(struct find_reply *reply, const struct protocol_message *message)
{
	const char *name = protocol_text(message, "name");
	const struct protocol_field *data = protocol_get(message, "data");

	if (reply->current == NULL || name == NULL || name[0] == '\0' ||
	    data == NULL || message->count != 2)
		return -1;
	return entry_add(reply->current, name, data->value, data->len);
}

/* step text=…: made printable again, whatever it says */
static int
feed_step(struct find_reply *reply, const struct protocol_message *message)
{
	const struct protocol_field *text = protocol_get(message, "text");

	if (text == NULL || message->count != 1)
		return -1;
	buffer_puts(&reply->steps, " ");
	for (size_t i = 0; i < text->len; i++) {
		char byte = text->value[i];

		buffer_put(&reply->steps,
		    byte >= 0x20 && byte < 0x7f ? &byte : "?", 1);
	}
	buffer_puts(&reply->steps, "\n");
	return 0;			/* too long: cut, it is for people */
}

/* ok id=… or unavailable id=… reason=… */
static int
feed_last(struct find_reply *reply, const struct protocol_message *message,
    uint64_t *ret_id)
{
	struct findings *findings = &reply->findings;
	const char *more = protocol_text(message, "more");
	const char *domain = protocol_text(message, "domain");
	const char *reason = protocol_text(message, "reason");
	long long id;

	if (get_number(message, "id", INT64_MAX, &id) != 0)
		return -1;
	if (strcmp(message->word, "ok") == 0) {
		if ((more != NULL && strcmp(more, "yes") != 0) ||
		    (domain != NULL && strcmp(domain, "missing") != 0))
			return -1;
		findings->more = more != NULL;
		findings->domain_missing = domain != NULL;
	} else if (strcmp(message->word,
	    verdict_word(VERDICT_UNAVAILABLE)) == 0) {
		findings_free(findings);
		findings_init(findings);
		findings->failure = VERDICT_UNAVAILABLE;
		findings->reason = REASON_DIRECTORY;
#define SAME_REASON(symbol, verdict, word)				\
		if (VERDICT_##verdict == VERDICT_UNAVAILABLE &&		\
		    reason != NULL && strcmp(reason, word) == 0)	\
			findings->reason = REASON_##symbol;
		REASON_LIST(SAME_REASON)
#undef SAME_REASON
	} else {
		return -1;
	}
	reply->current = NULL;
	*ret_id = (uint64_t)id;
	return 1;
}

int
find_reply_feed(struct find_reply *reply,
    const struct protocol_message *message, uint64_t *ret_id)
{
	if (!message->detail)
		return feed_last(reply, message, ret_id);
	if (strcmp(message->word, "entry") == 0)
		return feed_entry(reply, message);
	if (strcmp(message->word, "value") == 0)
		return feed_value(reply, message);
	if (strcmp(message->word, "step") == 0)
		return feed_step(reply, message);
	return -1;
}
