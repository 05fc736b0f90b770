/*
 * Values under their types: what parses, what is equal, what comes first.
 */
#include "lookupd/value.h"

#include <string.h>

#include "tests/unit/rows.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define S INT64_C(1000000)
#define BAD INT64_MAX

static const struct {
	const char *text;
	int64_t want;
} times[] = {
	{ "19700101000000Z", 0 },
	{ "19700101000001Z", S },
	{ "19691231235959Z", -S },
	{ "20260101000000Z", 1767225600 * S },
	{ "20000229120000Z", 951825600 * S },
	{ "20240229000000Z", 1709164800 * S },
	{ "99991231235959Z", 253402300799 * S },
	{ "000001010000Z", -62167219200 * S },
	{ "00000101000000Z", -62167219200 * S },
	{ "00010101000000Z", -62135596800 * S },
	{ "1970010100Z", 0 },
	{ "197001010001Z", 60 * S },
	{ "1970010101.5Z", 5400 * S },
	{ "197001010001,5Z", 90 * S },
	{ "19700101000001.123Z", 1123000 },
	{ "19700101000001.1234567Z", 1123456 },
	{ "19700101000000.0000009Z", 0 },
	{ "19700101000000.00000000000000000000000001Z", 0 },
	{ "1970010100.999999999Z", 3599999996 },
	{ "19700101000000+0100", -3600 * S },
	{ "19700101000000-0130", 5400 * S },
	{ "19700101000000+01", -3600 * S },
	{ "19700101000060Z", 60 * S },
	{ "20161231235960Z", 1483228800 * S },
	{ "00000101000000-0100", -62167215600 * S },
	{ "00000101010000+0100", -62167219200 * S },
	{ "99991231235960Z", 253402300800 * S },
	{ "99991231235959+0100", 253402297199 * S },
	{ "99991231225959.999999-0100", 253402300799 * S + 999999 },
	/* and what is none */
	{ "", BAD },
	{ "Z", BAD },
	{ "19700101000000", BAD },
	{ "1970010100", BAD },
	{ "19700101Z", BAD },
	{ "197001010Z", BAD },
	{ "19700101000Z", BAD },
	{ "1970010100000Z", BAD },
	{ "19701301000000Z", BAD },
	{ "19700001000000Z", BAD },
	{ "19700132000000Z", BAD },
	{ "19700100000000Z", BAD },
	{ "20230229000000Z", BAD },
	{ "19000229000000Z", BAD },
	{ "20230431000000Z", BAD },
	{ "19700101240000Z", BAD },
	{ "19700101006000Z", BAD },
	{ "19700101000061Z", BAD },
	{ "19700101000000.Z", BAD },
	{ "19700101000000.1", BAD },
	{ "19700101000000.1.2Z", BAD },
	{ "19700101000000z", BAD },
	{ "19700101000000ZZ", BAD },
	{ "19700101000000Z ", BAD },
	{ " 19700101000000Z", BAD },
	{ "+9700101000000Z", BAD },
	{ "-9700101000000Z", BAD },
	{ "19700101000000+2400", BAD },
	{ "19700101000000+0160", BAD },
	{ "19700101000000+1", BAD },
	{ "19700101000000+010", BAD },
	{ "19700101000000+01000", BAD },
	{ "700101000000Z", BAD },
	{ "never", BAD },
	/* before the year 0000, or behind 9999, in UTC */
	{ "00000101000000+0100", BAD },
	{ "00000101000000+0001", BAD },
	{ "99991231235959-0001", BAD },
};

static void
test_time(void **state)
{
	size_t i;
	int64_t got;

	for (i = 0; i < COUNT(times); i++) {
		got = BAD;
		if (value_parse_time(times[i].text, strlen(times[i].text),
		    &got) < 0)
			got = BAD;
		row_check(got == times[i].want, times[i].text,
		    "want %lld, got %lld", (long long)times[i].want,
		    (long long)got);
	}
	rows_end();
	assert_int_equal(value_parse_time("19700101000000Z\0", 16, &got), -1);
}

/* Every day of 800 years: the next one is 24 hours later. */
static void
test_time_days(void **state)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
	    30, 31 };
	int64_t want = 0, got;
	int year, month, day, days;
	char text[64];

	assert_int_equal(value_parse_time("18000101000000Z", 15, &want), 0);
	for (year = 1800; year < 2600; year++)
		for (month = 1; month <= 12; month++) {
			days = length[month - 1];
			if (month == 2 && ((year % 4 == 0 && year % 100 != 0) ||
			    year % 400 == 0))
				days = 29;
			for (day = 1; day <= days; day++) {
				(void)snprintf(text, sizeof(text),
				    "%04d%02d%02d00Z", year, month, day);
				got = BAD;
				(void)value_parse_time(text, strlen(text), &got);
				row_check(got == want, text,
				    "want %lld, got %lld", (long long)want,
				    (long long)got);
				want += 86400 * S;
			}
		}
	rows_end();
}

static void
test_number(void **state)
{
	static const struct {
		enum value_type type;
		const char *text;
		int64_t want;
	} rows[] = {
		{ VALUE_INTEGER, "0", 0 },
		{ VALUE_INTEGER, "-1", -1 },
		{ VALUE_INTEGER, "512", 512 },
		{ VALUE_INTEGER, "9223372036854775806", INT64_MAX - 1 },
		{ VALUE_INTEGER, "-9223372036854775808", INT64_MIN },
		{ VALUE_INTEGER, "9223372036854775808", BAD },
		{ VALUE_INTEGER, "-9223372036854775809", BAD },
		{ VALUE_INTEGER, "", BAD },
		{ VALUE_INTEGER, "-", BAD },
		{ VALUE_INTEGER, "-0", BAD },
		{ VALUE_INTEGER, "00", BAD },
		{ VALUE_INTEGER, "01", BAD },
		{ VALUE_INTEGER, "-01", BAD },
		{ VALUE_INTEGER, "+1", BAD },
		{ VALUE_INTEGER, " 1", BAD },
		{ VALUE_INTEGER, "1 ", BAD },
		{ VALUE_INTEGER, "0x1", BAD },
		{ VALUE_INTEGER, "1.0", BAD },
		{ VALUE_FILETIME, "133484160000000000", 133484160000000000 },
		{ VALUE_DAYS, "-1", -1 },
		{ VALUE_DAYS, "20000", 20000 },
		{ VALUE_TIME, "19700101000001Z", S },
		{ VALUE_TIME, "1", BAD },
		{ VALUE_BOOLEAN, "TRUE", 1 },
		{ VALUE_BOOLEAN, "FALSE", 0 },
		{ VALUE_BOOLEAN, "true", BAD },
		{ VALUE_BOOLEAN, "1", BAD },
		{ VALUE_BOOLEAN, "", BAD },
		{ VALUE_TEXT, "1", BAD },
		{ VALUE_EXACT, "1", BAD },
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		int64_t got = BAD;

		if (value_to_number(rows[i].type, rows[i].text,
		    strlen(rows[i].text), &got) < 0)
			got = BAD;
		row_check(got == rows[i].want, rows[i].text,
		    "%s: want %lld, got %lld", value_type_name(rows[i].type),
		    (long long)rows[i].want, (long long)got);
	}
	rows_end();
}

#define U TRUTH_UNDEFINED
#define F TRUTH_FALSE
#define T TRUTH_TRUE

static void
test_compare(void **state)
{
	static const struct {
		enum value_type type;
		const char *a, *b;
		enum truth equal, comparable;
		int order;
	} rows[] = {
		{ VALUE_TEXT, "active", "ACTIVE", T, T, 0 },
		{ VALUE_TEXT, " a  b ", "A B", T, T, 0 },
		{ VALUE_TEXT, "a b", "ab", F, T, -1 },
		{ VALUE_TEXT, "", "  ", T, T, 0 },
		{ VALUE_TEXT, "", "a", F, T, -1 },
		{ VALUE_TEXT, "a", "aa", F, T, -1 },
		{ VALUE_TEXT, "b", "aa", F, T, 1 },
		{ VALUE_TEXT, "\xc3\xa4", "z", F, T, 1 },
		{ VALUE_TEXT, "\xc3\x84", "\xc3\xa4", F, T, -1 },
		{ VALUE_TEXT, "a\tb", "a b", F, T, -1 },
		{ VALUE_EXACT, "active", "ACTIVE", F, T, 1 },
		{ VALUE_TEXT, " ", "\x01", F, T, 1 },
		{ VALUE_EXACT, "a", "a ", T, T, 0 },
		{ VALUE_EXACT, " a  b ", "a b", T, T, 0 },
		{ VALUE_EXACT, "a b", "ab", F, T, -1 },
		{ VALUE_EXACT, "A  b", "a b", F, T, -1 },
		{ VALUE_EXACT, "  ", "\x01", F, T, 1 },
		{ VALUE_EXACT, "", "", T, T, 0 },
		{ VALUE_INTEGER, "2", "10", F, T, -1 },
		{ VALUE_INTEGER, "-1", "1", F, T, -1 },
		{ VALUE_INTEGER, "1", "x", U, U, 0 },
		{ VALUE_INTEGER, "", "1", U, U, 0 },
		{ VALUE_TIME, "19700101010000+0100", "1970010100Z", T, T, 0 },
		{ VALUE_TIME, "000001010000Z", "20260101000000Z", F, T, -1 },
		{ VALUE_TIME, "soon", "20260101000000Z", U, U, 0 },
		{ VALUE_BOOLEAN, "TRUE", "TRUE", T, U, 0 },
		{ VALUE_BOOLEAN, "TRUE", "FALSE", F, U, 0 },
		{ VALUE_BOOLEAN, "true", "TRUE", U, U, 0 },
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		const char *a = rows[i].a, *b = rows[i].b;
		size_t a_len = strlen(a), b_len = strlen(b);
		int order = 0, back = 0;
		enum truth got;

		got = value_equal(rows[i].type, a, a_len, b, b_len);
		row_check(got == rows[i].equal, a, "= %s (%s): want %s, got %s",
		    b, value_type_name(rows[i].type),
		    truth_name(rows[i].equal), truth_name(got));
		got = value_order(rows[i].type, a, a_len, b, b_len, &order);
		row_check(got == rows[i].comparable, a,
		    "<> %s: want %s, got %s", b,
		    truth_name(rows[i].comparable), truth_name(got));
		(void)value_order(rows[i].type, b, b_len, a, a_len, &back);
		order = (order > 0) - (order < 0);
		back = (back > 0) - (back < 0);
		row_check(order == rows[i].order && back == -order, a,
		    "<> %s: want order %d, got %d and back %d", b,
		    rows[i].order, order, back);
	}
	rows_end();
	assert_int_equal(value_equal(VALUE_TEXT, "a\0b", 3, "a", 1), F);
	assert_int_equal(value_equal(VALUE_TEXT, "a\0B", 3, "A\0b", 3), T);
}

static void
test_substring(void **state)
{
	static const struct {
		enum value_type type;
		const char *value, *initial, *any[3], *final;
		enum truth want;
	} rows[] = {
		{ VALUE_TEXT, "foobar", "FOO", { NULL }, NULL, T },
		{ VALUE_TEXT, "foobar", NULL, { NULL }, "bar", T },
		{ VALUE_TEXT, "foobar", NULL, { "oba" }, NULL, T },
		{ VALUE_TEXT, "foobar", "foo", { NULL }, "bar", T },
		{ VALUE_TEXT, "foobar", "foob", { NULL }, "bar", F },
		{ VALUE_TEXT, "foobar", "f", { "o", "o", "b" }, "r", T },
		{ VALUE_TEXT, "foobar", "f", { "o", "o", "o" }, "r", F },
		{ VALUE_TEXT, "foobar", NULL, { "bar", "foo" }, NULL, F },
		{ VALUE_TEXT, "foobar", "oo", { NULL }, NULL, F },
		{ VALUE_TEXT, "foobar", NULL, { NULL }, "oba", F },
		{ VALUE_TEXT, "foo  bar", "foo b", { NULL }, "ar", T },
		{ VALUE_TEXT, "foo bar", "foo ", { NULL }, "bar", T },
		{ VALUE_TEXT, "foo bar", "foo ", { NULL }, " bar", F },
		{ VALUE_TEXT, "foobar", "foo ", { NULL }, "bar", F },
		{ VALUE_TEXT, "foo bar", NULL, { " " }, NULL, T },
		{ VALUE_TEXT, "", NULL, { "a" }, NULL, F },
		{ VALUE_TEXT, "  foo", "foo", { NULL }, NULL, T },
		{ VALUE_TEXT, "foobar", " foo", { NULL }, NULL, T },
		{ VALUE_TEXT, "foobar", NULL, { NULL }, "bar ", T },
		{ VALUE_TEXT, "foobar", NULL, { " foo" }, NULL, F },
		{ VALUE_TEXT, "foobar", NULL, { "bar " }, NULL, F },
		{ VALUE_TEXT, "foobar", NULL, { NULL }, " bar", F },
		{ VALUE_TEXT, "foo bar", NULL, { NULL }, " bar", T },
		{ VALUE_TEXT, "foo bar", NULL, { "o  b" }, NULL, T },
		{ VALUE_TEXT, "foo bar", "foo ", { " " }, "bar", F },
		{ VALUE_TEXT, "foobar", NULL, { " " }, NULL, F },
		{ VALUE_TEXT, "foobar", " ", { NULL }, NULL, F },
		{ VALUE_TEXT, "foobar", NULL, { NULL }, " ", T },
		{ VALUE_TEXT, "  ", " ", { NULL }, NULL, T },
		{ VALUE_TEXT, "  ", NULL, { "   " }, NULL, T },
		{ VALUE_TEXT, "  ", "a", { NULL }, NULL, F },
		{ VALUE_EXACT, " foo  bar ", "foo b", { NULL }, "ar", T },
		{ VALUE_EXACT, "foo bar", NULL, { "o  b" }, NULL, T },
		{ VALUE_EXACT, "foobar", "FOO", { NULL }, NULL, F },
		{ VALUE_EXACT, "foobar", "foo", { NULL }, "bar", T },
		{ VALUE_EXACT, "aab", NULL, { "ab" }, NULL, T },
		{ VALUE_INTEGER, "123", "1", { NULL }, NULL, U },
		{ VALUE_BOOLEAN, "TRUE", "T", { NULL }, NULL, U },
		{ VALUE_TIME, "20260101000000Z", "2026", { NULL }, NULL, U },
	};
	size_t i, n;

	for (i = 0; i < COUNT(rows); i++) {
		struct value_part initial = { rows[i].initial, 0 }, any[3];
		struct value_part final = { rows[i].final, 0 };
		enum truth got;

		if (initial.data != NULL)
			initial.len = strlen(initial.data);
		if (final.data != NULL)
			final.len = strlen(final.data);
		for (n = 0; n < 3 && rows[i].any[n] != NULL; n++) {
			any[n].data = rows[i].any[n];
			any[n].len = strlen(any[n].data);
		}
		got = value_substring(rows[i].type, rows[i].value,
		    strlen(rows[i].value),
		    initial.data == NULL ? NULL : &initial, any, n,
		    final.data == NULL ? NULL : &final);
		row_check(got == rows[i].want, rows[i].value,
		    "(%s*%s…*%s): want %s, got %s",
		    initial.data == NULL ? "" : initial.data,
		    n == 0 ? "" : any[0].data,
		    final.data == NULL ? "" : final.data,
		    truth_name(rows[i].want), truth_name(got));
	}
	rows_end();
}

static void
test_names(void **state)
{
	static const char *const words[] = { "text", "exact", "integer", "time",
	    "filetime", "days", "boolean" };
	size_t i;

	for (i = 0; i < COUNT(words); i++) {
		assert_int_equal(value_type_parse(words[i]), (int)i);
		assert_string_equal(value_type_name((enum value_type)i),
		    words[i]);
	}
	assert_int_equal(value_type_parse("Time"), -1);
	assert_int_equal(value_type_parse(""), -1);
	assert_string_equal(value_type_name((enum value_type)99), "unknown");
	assert_string_equal(truth_name((enum truth)0), "Undefined");
}

static void
test_utf8(void **state)
{
	static const struct {
		const char *bytes;
		size_t want;
	} rows[] = {
		{ "a", 1 }, { "\xc3\xa4", 2 }, { "\xe2\x82\xac", 3 },
		{ "\xf0\x9f\x98\x80", 4 }, { "\xf4\x8f\xbf\xbf", 4 },
		{ "", 0 }, { "\x80", 0 }, { "\xc3", 0 }, { "\xc3" "a", 0 },
		{ "\xc0\x80", 0 }, { "\xc1\xbf", 0 }, { "\xe0\x9f\xbf", 0 },
		{ "\xed\xa0\x80", 0 }, { "\xe2\x82", 0 }, { "\xf0\x8f\xbf\xbf", 0 },
		{ "\xf4\x90\x80\x80", 0 }, { "\xf5\x80\x80\x80", 0 },
		{ "\xff", 0 }, { "\xf0\x9f\x98", 0 },
	};
	size_t i, got;

	for (i = 0; i < COUNT(rows); i++) {
		got = value_utf8(rows[i].bytes, strlen(rows[i].bytes));
		row_check(got == rows[i].want, rows[i].bytes,
		    "want %zu, got %zu", rows[i].want, got);
	}
	rows_end();
	assert_true(value_is_text("a\0 \xc3\xa4", 5));
	assert_false(value_is_text("", 0));
	assert_false(value_is_text("a\xc3", 2));
	assert_false(value_is_text("\x80" "a", 2));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_time_days),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_substring),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_utf8),
	};

	return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
