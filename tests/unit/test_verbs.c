/*
 * Verbs: what is taken, and what is said about what is not.
 */
#include <config.h>

#include "lookupd/verbs.h"

#include <string.h>

#include "common/verdict.h"
#include "tests/unit/rows.h"

static const struct row {
	const char *line;
	bool privileged;
	enum verb verb;
	const char *reason, *field;
} rows[] = {
	{ "lookup email=a@b.c", false, VERB_LOOKUP, NULL, NULL },
	{ "lookup", false, VERB_LOOKUP, NULL, NULL },
	{ "lookup email=a@b.c need=admin service=x realm=y user=u client=c "
	    "evidence=none id=1", false, VERB_LOOKUP, NULL, NULL },
	{ "lookup mail=a@b.c", false, VERB_NONE, REASON_UNKNOWN_FIELD, "mail" },
	{ "lookup needs=admin", false, VERB_NONE, REASON_UNKNOWN_FIELD,
	    "needs" },
	{ "lookup emaik=a@b.c", false, VERB_NONE, REASON_UNKNOWN_FIELD,
	    "emaik" },
	{ "lookup servicf=x", false, VERB_NONE, REASON_UNKNOWN_FIELD,
	    "servicf" },
	{ "lookup evidences=x", false, VERB_NONE, REASON_UNKNOWN_FIELD,
	    "evidences" },
	{ "lookup id=1 i=1", false, VERB_NONE, REASON_UNKNOWN_FIELD, "i" },
	{ "lookups email=a@b.c", false, VERB_NONE, REASON_UNKNOWN_VERB, NULL },
	{ " lookup email=a@b.c", false, VERB_NONE, REASON_UNKNOWN_VERB, NULL },
	{ "explain email=a@b.c", true, VERB_EXPLAIN, NULL, NULL },
	{ "explain email=a@b.c", false, VERB_NONE, REASON_NOT_PERMITTED, NULL },
	{ "status", true, VERB_STATUS, NULL, NULL },
	{ "status", false, VERB_NONE, REASON_NOT_PERMITTED, NULL },
	{ "flush", false, VERB_NONE, REASON_NOT_PERMITTED, NULL },
	{ "reload", false, VERB_NONE, REASON_NOT_PERMITTED, NULL },
	{ "reload", true, VERB_RELOAD, NULL, NULL },
	{ "stats", false, VERB_STATS, NULL, NULL },
	{ "stats email=a@b.c", false, VERB_NONE, REASON_UNKNOWN_FIELD, "email" },
	{ "help", false, VERB_HELP, NULL, NULL },
	{ "help id=a.b-C_9", false, VERB_HELP, NULL, NULL },
	{ "help id=", false, VERB_NONE, REASON_BAD_VALUE, "id" },
	{ "help id=a%20b", false, VERB_NONE, REASON_BAD_VALUE, "id" },
	{ "help id=a%00", false, VERB_NONE, REASON_BAD_VALUE, "id" },
	{ "help id=123456789012345678901234567890123", false, VERB_NONE,
	    REASON_BAD_VALUE, "id" },
	{ "find id=1", true, VERB_NONE, REASON_UNKNOWN_VERB, NULL },
};

static void
test_rows(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[256];
		struct protocol_message message;
		struct protocol_error error;
		struct verb_error bad = { NULL, NULL };
		struct fields fields;
		enum verb verb;

		snprintf(line, sizeof(line), "%s", rows[i].line);
		assert_int_equal(protocol_decode(line, strlen(line), &message,
		    &error), PROTOCOL_OK);
		verb = verb_of(&message, rows[i].privileged, &fields, &bad);
		row_check(verb == rows[i].verb, rows[i].line,
		    "want verb %d, got %d", (int)rows[i].verb, (int)verb);
		if (rows[i].reason == NULL || verb != VERB_NONE)
			continue;
		row_check(strcmp(bad.reason, rows[i].reason) == 0,
		    rows[i].line, "want %s, got %s", rows[i].reason,
		    bad.reason);
		row_check((bad.field == NULL) == (rows[i].field == NULL) &&
		    (bad.field == NULL || strcmp(bad.field, rows[i].field) == 0),
		    rows[i].line, "want field %s, got %s", rows[i].field ?
		    rows[i].field : "-", bad.field ? bad.field : "-");
	}
	rows_end();
}

/* Which verb takes which field: one digit for each of lookup, explain, status,
 * stats, flush, reload, help. */
static void
test_taken(void **state)
{
	static const char *const verbs[] = { "lookup", "explain", "status",
		"stats", "flush", "reload", "help" };
	static const struct {
		const char *field, *taken;
	} fields[] = {
		{ "service", "1100000" }, { "evidence", "1100000" },
		{ "email", "1100100" }, { "cert", "1100000" },
		{ "id", "1111111" }, { "account", "1100100" },
		{ "realm", "1100000" }, { "user", "1100000" },
		{ "need", "1100000" }, { "client", "1100000" },
		{ "domain", "0000100" },
	};

	assert_int_equal(sizeof(fields) / sizeof(fields[0]), FIELDS);
	for (size_t i = 0; i < FIELDS; i++) {
		for (size_t v = 0; v < sizeof(verbs) / sizeof(verbs[0]); v++) {
			char line[64];
			struct protocol_message message;
			struct protocol_error error;
			struct verb_error bad = { NULL, NULL };
			struct fields got;
			bool taken, want = fields[i].taken[v] == '1';

			snprintf(line, sizeof(line), "%s %s=x", verbs[v],
			    fields[i].field);
			assert_int_equal(protocol_decode(line, strlen(line),
			    &message, &error), PROTOCOL_OK);
			taken = verb_of(&message, true, &got, &bad) !=
			    VERB_NONE;
			row_check(taken == want, verbs[v], "%s is taken: %d",
			    fields[i].field, (int)taken);
			row_check(taken || (strcmp(bad.reason,
			    REASON_UNKNOWN_FIELD) == 0 && strcmp(bad.field,
			    fields[i].field) == 0), verbs[v], "%s: %s %s",
			    fields[i].field, bad.reason, bad.field);
		}
	}
	rows_end();
}

/* Each field by what it is, whatever the order. */
static void
test_fields(void **state)
{
	char line[] = "lookup need=n client=c user=u realm=r service=s "
	    "evidence=e account=a email=m cert=b id=i";
	char flush[] = "flush domain=d%00";
	struct protocol_message message;
	struct protocol_error error;
	struct verb_error bad;
	struct fields fields;

	assert_int_equal(protocol_decode(line, strlen(line), &message,
	    &error), PROTOCOL_OK);
	assert_int_equal(verb_of(&message, false, &fields, &bad), VERB_LOOKUP);
#define CHECK_FIELD(symbol, value) \
	assert_string_equal(field_text(&fields, FIELD_##symbol), value)
	CHECK_FIELD(ID, "i");
	CHECK_FIELD(CERT, "b");
	CHECK_FIELD(EMAIL, "m");
	CHECK_FIELD(ACCOUNT, "a");
	CHECK_FIELD(EVIDENCE, "e");
	CHECK_FIELD(SERVICE, "s");
	CHECK_FIELD(REALM, "r");
	CHECK_FIELD(USER, "u");
	CHECK_FIELD(NEED, "n");
	CHECK_FIELD(CLIENT, "c");
#undef CHECK_FIELD
	assert_null(field_text(&fields, FIELD_DOMAIN));
	assert_int_equal(protocol_decode(flush, strlen(flush), &message,
	    &error), PROTOCOL_OK);
	assert_int_equal(verb_of(&message, true, &fields, &bad), VERB_FLUSH);
	assert_non_null(fields.at[FIELD_DOMAIN]);
	assert_null(field_text(&fields, FIELD_DOMAIN));
	assert_null(fields.at[FIELD_EMAIL]);
}

/* What is echoed, also where the request is otherwise wrong. */
static void
test_id(void **state)
{
	static const struct {
		const char *line, *id;
	} ids[] = {
		{ "help", NULL }, { "help id=a.1", "a.1" },
		{ "nonsense id=7", "7" }, { "lookup foo=1 id=x", "x" },
		{ "help id=", NULL }, { "help id=a%20b", NULL },
		{ "help id=a%00b", NULL },
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		char line[64];
		struct protocol_message message;
		struct protocol_error error;
		const char *id;

		snprintf(line, sizeof(line), "%s", ids[i].line);
		assert_int_equal(protocol_decode(line, strlen(line), &message,
		    &error), PROTOCOL_OK);
		id = verb_id(&message);
		row_check((id == NULL) == (ids[i].id == NULL) && (id == NULL ||
		    strcmp(id, ids[i].id) == 0), ids[i].line, "want %s, got %s",
		    ids[i].id ? ids[i].id : "none", id ? id : "none");
	}
	rows_end();
}

/* help is made of detail lines, and hides what is not for everybody. */
static void
test_help(void **state)
{
	struct buffer out;
	const char *line;

	buffer_init(&out, 8192);
	verbs_help(&out, false);
	assert_false(out.failed);
	assert_null(strstr(buffer_text(&out), "reload"));
	assert_non_null(strstr(buffer_text(&out), "lookup email="));
	for (line = buffer_text(&out); *line != '\0';
	    line = strchr(line, '\n') + 1)
		assert_int_equal(line[0], ' ');
	buffer_clear(&out);
	verbs_help(&out, true);
	assert_non_null(strstr(buffer_text(&out), "reload"));
	buffer_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_id),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
