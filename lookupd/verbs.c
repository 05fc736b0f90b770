#include "lookupd/verbs.h"

#include <string.h>

#include "common/verdict.h"

#define ID_MAX 32

/* Sets of fields: those of lookup and flush. */
#define FIELD_BIT(symbol) (1u << FIELD_##symbol)
#define DECIDES(symbol, name, decides, flush) \
	| ((decides) ? FIELD_BIT(symbol) : 0)
#define FLUSHES(symbol, name, decides, flush) \
	| ((flush) ? FIELD_BIT(symbol) : 0)
enum {
	TAKES_ID = FIELD_BIT(ID),
	TAKES_LOOKUP = TAKES_ID FIELD_LIST(DECIDES),
	TAKES_FLUSH = TAKES_ID FIELD_LIST(FLUSHES)
};

struct verb_row {
	const char *word;
	enum verb verb;
	bool privileged;
	unsigned takes;
	const char *help;
};

static const struct verb_row rows[] = {
	{ "lookup", VERB_LOOKUP, false, TAKES_LOOKUP,
	    "lookup email=ADDRESS | account=NAME | cert=BASE64-OR-ESCAPED-PEM" },
	{ "explain", VERB_EXPLAIN, true, TAKES_LOOKUP,
	    "explain ...   the same, showing every step" },
	{ "status", VERB_STATUS, true, TAKES_ID,
	    "status        realms, servers, connections" },
	{ "stats", VERB_STATS, false, TAKES_ID, "stats         counters" },
	{ "flush", VERB_FLUSH, true, TAKES_FLUSH,
	    "flush [email=NAME | account=NAME | domain=NAME]   forget what is remembered" },
	{ "reload", VERB_RELOAD, true, TAKES_ID,
	    "reload        read the configuration again" },
	{ "help", VERB_HELP, false, TAKES_ID, "help          this" },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* None is given.  One store after the other: of this size memset is an
 * instruction that takes longer than all the rest here. */
static void
fields_clear(struct fields *fields)
{
#define FIELD_NONE(symbol, name, decides, flush) \
	fields->at[FIELD_##symbol] = NULL;
	FIELD_LIST(FIELD_NONE)
#undef FIELD_NONE
}

/* Which field it is; FIELDS for none, which no verb takes.  One comparison
 * after the other, each of a known length. */
static enum field
field_named(const char *name, size_t len)
{
#define FIELD_IS(symbol, text, decides, flush)                        \
	if (len == sizeof(text) - 1 && memcmp(name, text, len) == 0) \
		return FIELD_##symbol;
	FIELD_LIST(FIELD_IS)
#undef FIELD_IS
	return FIELDS;
}

const char *
field_text(const struct fields *fields, enum field field)
{
	const struct protocol_field *found = fields->at[field];

	return found == NULL || found->nul ? NULL : found->value;
}

static bool
id_ok(const struct protocol_field *id)
{
	if (id->len == 0 || id->len > ID_MAX)
		return false;
	return strspn(id->value, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == id->len;
}

const char *
verb_id(const struct protocol_message *message)
{
	const struct protocol_field *id = protocol_get(message, "id");

	return id != NULL && id_ok(id) ? id->value : NULL;
}

enum verb
verb_of(const struct protocol_message *message, bool privileged,
    struct fields *fields, struct verb_error *error)
{
	const struct verb_row *row = NULL;

	fields_clear(fields);
	error->reason = REASON_UNKNOWN_VERB;
	error->field = NULL;
	for (size_t i = 0; i < ROWS && row == NULL; i++) {
		if (strcmp(message->word, rows[i].word) == 0)
			row = &rows[i];
	}
	if (row == NULL || message->detail)
		return VERB_NONE;
	for (size_t i = 0; i < message->count; i++) {
		enum field field = field_named(message->fields[i].name,
		    message->fields[i].name_len);

		if ((row->takes & 1u << field) == 0) {
			error->reason = REASON_UNKNOWN_FIELD;
			error->field = message->fields[i].name;
			return VERB_NONE;
		}
		fields->at[field] = &message->fields[i];
	}
	if (fields->at[FIELD_ID] != NULL && !id_ok(fields->at[FIELD_ID])) {
		error->reason = REASON_BAD_VALUE;
		error->field = "id";
		return VERB_NONE;
	}
	if (row->privileged && !privileged) {
		error->reason = REASON_NOT_PERMITTED;
		return VERB_NONE;
	}
	return row->verb;
}

void
verbs_help(struct buffer *out, bool privileged)
{
	buffer_puts(out, " lookupd answers whether a person may log in now. "
	    "Type one of:\n");
	for (size_t i = 0; i < ROWS; i++) {
		if (privileged || !rows[i].privileged)
			buffer_printf(out, "   %s\n", rows[i].help);
	}
	buffer_puts(out,
	    " Further fields of lookup: evidence=verified|asserted|none "
	    "service=NAME realm=NAME\n"
	    "   user=ACCOUNT-EXPECTED need=admin client=ADDRESS id=WORD\n"
	    " A cert= needs evidence=verified. In values, bytes 0x00-0x20, "
	    "% and 0x7F-0xFF are %XX.\n"
	    " The answer begins with: active blocked unknown ambiguous refused "
	    "unavailable bad-request\n"
	    " Example: lookup email=user1@example.com\n"
	    " See certauth-protocol(7).\n");
}
