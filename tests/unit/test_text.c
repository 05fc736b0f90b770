/*
 * Escaping, comparing and strict numbers.
 */
#include "config.h"

#include "common/text.h"

#include <limits.h>
#include <string.h>

#include "tests/unit/rows.h"

#define BYTES(text) text, sizeof(text) - 1

static void
test_escape(void **state)
{
	static const struct {
		const char *name, *from;
		size_t len, max;
		const char *want;
	} rows[] = {
		{ "plain", BYTES("a z~"), 100, "a z~" },
		{ "backslash", BYTES("a\\b"), 100, "a\\\\b" },
		{ "line end", BYTES("a\r\nb"), 100, "a\\x0d\\x0ab" },
		{ "NUL and escape", BYTES("\0\033["), 100, "\\x00\\x1b[" },
		{ "DEL and high", BYTES("\x7f\x80\xff"), 100,
		    "\\x7f\\x80\\xff" },
		{ "cut", BYTES("abcdef"), 3, "abc..." },
		{ "exactly", BYTES("abc"), 3, "abc" },
		{ "nothing", BYTES(""), 3, "" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer out;

		buffer_init(&out, 1000);
		text_escape(&out, rows[i].from, rows[i].len, rows[i].max);
		row_check(strcmp(buffer_text(&out), rows[i].want) == 0,
		    rows[i].name, "want %s, got %s", rows[i].want,
		    buffer_text(&out));
		buffer_free(&out);
	}
	rows_end();
}

static void
test_same(void **state)
{
	static const struct {
		const char *name, *a;
		size_t a_len;
		const char *b;
		size_t b_len;
		bool want;
	} rows[] = {
		{ "equal", BYTES("abc"), BYTES("abc"), true },
		{ "case", BYTES("aBz@[`{"), BYTES("AbZ@[`{"), true },
		{ "not letters", BYTES("@["), BYTES("`{"), false },
		{ "length", BYTES("abc"), BYTES("ab"), false },
		{ "NUL at the end counts", BYTES("ab\0"), BYTES("ab"), false },
		{ "NUL counts", BYTES("a\0b"), BYTES("a\0c"), false },
		{ "empty", BYTES(""), BYTES(""), true },
		{ "high bytes", BYTES("\xc4"), BYTES("\xe4"), false },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool got = text_same_nocase(rows[i].a, rows[i].a_len,
		    rows[i].b, rows[i].b_len);

		row_check(got == rows[i].want, rows[i].name,
		    "want %d, got %d", rows[i].want, got);
	}
	rows_end();
}

static void
test_to_int(void **state)
{
	static const struct {
		const char *name, *text;
		long long min, max;
		int want;
		long long value;
	} rows[] = {
		{ "zero", "0", -10, 10, 0, 0 },
		{ "negative", "-7", -10, 10, 0, -7 },
		{ "leading zeros", "007", -10, 10, 0, 7 },
		{ "largest", "9223372036854775807", LLONG_MIN, LLONG_MAX, 0,
		    LLONG_MAX },
		{ "smallest", "-9223372036854775808", LLONG_MIN, LLONG_MAX, 0,
		    LLONG_MIN },
		{ "one over", "9223372036854775808", LLONG_MIN, LLONG_MAX, -1,
		    0 },
		{ "one under", "-9223372036854775809", LLONG_MIN, LLONG_MAX,
		    -1, 0 },
		{ "many digits", "99999999999999999999999", LLONG_MIN,
		    LLONG_MAX, -1, 0 },
		{ "above max", "11", -10, 10, -1, 0 },
		{ "below min", "-11", -10, 10, -1, 0 },
		{ "empty", "", -10, 10, -1, 0 },
		{ "sign alone", "-", -10, 10, -1, 0 },
		{ "plus", "+1", -10, 10, -1, 0 },
		{ "space", " 1", -10, 10, -1, 0 },
		{ "trailing", "1x", -10, 10, -1, 0 },
		{ "two signs", "--1", -10, 10, -1, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		long long value = 12345;
		int got = text_to_int(rows[i].text, strlen(rows[i].text),
		    rows[i].min, rows[i].max, &value);
		long long want = rows[i].want == 0 ? rows[i].value : 12345;

		row_check(got == rows[i].want && value == want, rows[i].name,
		    "want %d and %lld, got %d and %lld", rows[i].want, want,
		    got, value);
	}
	rows_end();
}

static void
test_lower_and_hex(void **state)
{
	char text[] = "AZaz@[\xc4" "09";
	struct buffer out;

	text_lower(text, strlen(text));
	assert_string_equal(text, "azaz@[\xc4" "09");
	buffer_init(&out, 8);
	text_hex(&out, "\x00\x9f\xff", 3);
	assert_string_equal(buffer_text(&out), "009fff");
	text_hex(&out, "\x01\x02", 2);
	assert_true(out.failed);
	buffer_free(&out);
}

static void
test_hex_value(void **state)
{
	static const char digits[] = "0123456789abcdef";
	int c;

	for (c = -128; c < 128; c++) {
		int lower = c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c;
		const char *at = lower <= 0 ? NULL : strchr(digits, lower);

		assert_int_equal(text_hex_value((char)c),
		    at == NULL ? -1 : (int)(at - digits));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_to_int),
		cmocka_unit_test(test_lower_and_hex),
		cmocka_unit_test(test_hex_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
