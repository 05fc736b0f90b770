/*
 * The words: zero is no answer, nothing contains a verdict by accident.
 */
#include "config.h"

#include "common/verdict.h"

#include <string.h>

#include "tests/unit/rows.h"

#define REASON_ROW(symbol, verdict, word) \
	{ #symbol, REASON_##symbol, VERDICT_##verdict, word },
static const struct {
	const char *name, *constant;
	enum verdict verdict;
	const char *word;
} reasons[] = { REASON_LIST(REASON_ROW) };

#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

static void
test_zero_is_none(void **state)
{
	enum verdict verdict;

	memset(&verdict, 0, sizeof(verdict));
	assert_int_equal(verdict, VERDICT_NONE);
	assert_string_equal(verdict_word(verdict), "none");
	assert_int_equal(verdict_parse("none", 4), VERDICT_NONE);
	assert_string_equal(verdict_word((enum verdict)99), "none");
}

static void
test_parse(void **state)
{
	static const struct {
		const char *name, *word;
		size_t len;
		enum verdict want;
	} rows[] = {
		{ "active", "active", 6, VERDICT_ACTIVE },
		{ "blocked", "blocked", 7, VERDICT_BLOCKED },
		{ "unknown", "unknown", 7, VERDICT_UNKNOWN },
		{ "ambiguous", "ambiguous", 9, VERDICT_AMBIGUOUS },
		{ "refused", "refused", 7, VERDICT_REFUSED },
		{ "unavailable", "unavailable", 11, VERDICT_UNAVAILABLE },
		{ "bad-request", "bad-request", 11, VERDICT_BAD_REQUEST },
		{ "longer", "actively", 8, VERDICT_NONE },
		{ "shorter", "activ", 5, VERDICT_NONE },
		{ "only the length", "actively", 6, VERDICT_ACTIVE },
		{ "case", "Active", 6, VERDICT_NONE },
		{ "its NUL counted", "active", 7, VERDICT_NONE },
		{ "ok", "ok", 2, VERDICT_NONE },
		{ "empty", "", 0, VERDICT_NONE },
		{ "absent", NULL, 0, VERDICT_NONE },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum verdict got = verdict_parse(rows[i].word, rows[i].len);

		row_check(got == rows[i].want, rows[i].name,
		    "want %s, got %s", verdict_word(rows[i].want),
		    verdict_word(got));
	}
	rows_end();
}

static void
test_no_word_contains_another(void **state)
{
	int a, b;

	for (a = VERDICT_NONE; a <= VERDICT_BAD_REQUEST; a++) {
		const char *word = verdict_word((enum verdict)a);

		for (b = VERDICT_NONE; b <= VERDICT_BAD_REQUEST; b++)
			row_check(a == b || strstr(word,
			    verdict_word((enum verdict)b)) == NULL, word,
			    "contains %s", verdict_word((enum verdict)b));
		row_check(strstr(word, "ok") == NULL, word, "contains ok");
	}
	rows_end();
}

static void
test_reasons(void **state)
{
	size_t i, j;

	for (i = 0; i < REASONS; i++) {
		const char *name = reasons[i].name;
		const char *word = reasons[i].word;

		row_check(strcmp(reasons[i].constant, word) == 0, name,
		    "constant is %s, list says %s", reasons[i].constant, word);
		row_check(reason_verdict(word) == reasons[i].verdict, name,
		    "belongs to %s", verdict_word(reason_verdict(word)));
		row_check(strlen(word) <= REASON_MAX, name, "too long");
		row_check(strstr(word, "active") == NULL, name,
		    "contains active");
		for (j = 0; j < i; j++)
			row_check(strcmp(word, reasons[j].word) != 0, name,
			    "is the same word as %s", reasons[j].name);
	}
	assert_int_equal(reason_verdict("closed"), VERDICT_NONE);
	assert_int_equal(reason_verdict(""), VERDICT_NONE);
	assert_int_equal(reason_verdict(NULL), VERDICT_NONE);
	rows_end();
}

static void
test_reason_word_ok(void **state)
{
	static const struct {
		const char *name, *word;
		int want;
	} rows[] = {
		{ "plain", "domain-closed", 1 },
		{ "digits", "2fa", 1 },
		{ "hyphen", "-", 1 },
		{ "32 bytes", "abcdefghijklmnopqrstuvwxyz012345", 1 },
		{ "33 bytes", "abcdefghijklmnopqrstuvwxyz0123456", 0 },
		{ "empty", "", 0 },
		{ "absent", NULL, 0 },
		{ "inactive", "inactive", 0 },
		{ "active", "active", 0 },
		{ "blocked", "is-blocked-now", 0 },
		{ "unknown", "unknown-x", 0 },
		{ "ambiguous", "xambiguous", 0 },
		{ "refused", "refusedx", 0 },
		{ "unavailable", "unavailable", 0 },
		{ "bad-request", "a-bad-request", 0 },
		{ "upper case", "Closed", 0 },
		{ "space", "a b", 0 },
		{ "line end", "a\n", 0 },
		{ "underscore", "a_b", 0 },
		{ "high byte", "a\xc3\xa4", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int got = reason_word_ok(rows[i].word);

		row_check(got == rows[i].want, rows[i].name,
		    "want %d, got %d", rows[i].want, got);
	}
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zero_is_none),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_no_word_contains_another),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_reason_word_ok),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
