/*
 * Reading: the grammar row by row.
 */
#include "config.h"

#include <string.h>

#include "common/protocol_bytes.h"
#include "common/verdict.h"
#include "tests/unit/protocol_rows.h"

#define F15 "v a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1 j=1 k=1 l=1 m=1 n=1 o=1"

static void
test_good_lines(void **state)
{
	static const struct {
		const char *name, *line;
		size_t len;
		const char *word;
		bool detail;
		size_t count;
		const char *field, *value;
		size_t value_len, offset;
	} rows[] = {
		{ "word", BYTES("help"), "help", false, 0, NULL, NULL, 0, 0 },
		{ "one field", BYTES("lookup email=a@b"), "lookup", false, 1,
		    "email", "a@b", 3, 7 },
		{ "empty value", BYTES("v a="), "v", false, 1, "a", "", 0, 2 },
		{ "empty value inside", BYTES("v a= b=c"), "v", false, 2,
		    "a", "", 0, 2 },
		{ "first = splits", BYTES("v a=b=c=="), "v", false, 1, "a",
		    "b=c==", 5, 2 },
		{ "plus is a plus", BYTES("v a=b+c"), "v", false, 1, "a",
		    "b+c", 3, 2 },
		{ "both hex cases", BYTES("v a=%2b%2B%c3%C3"), "v", false, 1,
		    "a", "++\xc3\xc3", 4, 2 },
		{ "once only", BYTES("v a=%2541"), "v", false, 1, "a", "%41",
		    3, 2 },
		{ "NUL stays", BYTES("v a=x%00y"), "v", false, 1, "a", "x\0y",
		    3, 2 },
		{ "detail", BYTES(" step rule=1"), "step", true, 1, "rule",
		    "1", 1, 6 },
		{ "longest names", BYTES(N32 " " N32 "=1"), N32, false, 1,
		    N32, "1", 1, 33 },
		{ "sixteen fields", BYTES(F15 " p=2"), "v", false, 16, "p",
		    "2", 1, 62 },
		{ "hyphen and digit", BYTES("bad-request a-1=z"),
		    "bad-request", false, 1, "a-1", "z", 1, 12 },
		{ "literal edges", BYTES("v a=!~\"\\"), "v", false, 1, "a",
		    "!~\"\\", 4, 2 },
		{ "eight letters", BYTES("evidence evidence=evidence"),
		    "evidence", false, 1, "evidence", "evidence", 8, 9 },
		{ "a digit behind eight", BYTES("v abcdefgh1=x"), "v", false,
		    1, "abcdefgh1", "x", 1, 2 },
		{ "letters behind a hyphen", BYTES("v not-abcdefghijk=x"), "v",
		    false, 1, "not-abcdefghijk", "x", 1, 2 },
		{ "NUL behind eight", BYTES("v a=bcdefghi%00 b=c"), "v", false,
		    2, "a", "bcdefghi\0", 9, 2 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *line = exact_copy(rows[i].line, rows[i].len);
		struct protocol_message message;
		struct protocol_error error;
		const struct protocol_field *field = NULL;
		enum protocol_status status;

		status = protocol_decode(line, rows[i].len, &message, &error);
		if (!row_check(status == PROTOCOL_OK, rows[i].name,
		    "refused at %zu: %s", error.offset, error.text))
			goto next;
		row_check(strcmp(message.word, rows[i].word) == 0 &&
		    message.detail == rows[i].detail, rows[i].name,
		    "word %s, detail %d", message.word, message.detail);
		row_check(message.count == rows[i].count, rows[i].name,
		    "want %zu fields, got %zu", rows[i].count, message.count);
		if (rows[i].field == NULL)
			goto next;
		field = protocol_get(&message, rows[i].field);
		if (!row_check(field != NULL, rows[i].name, "no field %s",
		    rows[i].field))
			goto next;
		row_check(field->len == rows[i].value_len &&
		    memcmp(field->value, rows[i].value, field->len) == 0 &&
		    field->value[field->len] == '\0', rows[i].name,
		    "value is \"%s\" of %zu", field->value, field->len);
		row_check(field->offset == rows[i].offset, rows[i].name,
		    "want offset %zu, got %zu", rows[i].offset,
		    field->offset);
next:
		free(line);
	}
	rows_end();
}

static void
test_bad_lines(void **state)
{
	static const struct {
		const char *name, *line;
		size_t len;
		const char *reason;
		size_t offset;
	} rows[] = {
		{ "the manual's", BYTES("lookup email=a b"), "syntax", 15 },
		{ "space alone", BYTES(" "), "syntax", 1 },
		{ "two spaces first", BYTES("  v"), "syntax", 1 },
		{ "two spaces", BYTES("v  a=b"), "syntax", 2 },
		{ "NUL behind eight letters", BYTES("v abcdefgh\0=b"), "syntax",
		    10 },
		{ "no = behind eight letters", BYTES("v abcdefgh"), "syntax",
		    2 },
		{ "full, and no name", BYTES(F15 " p=1 ="), "too-long", 66 },
		{ "full, and a space more", BYTES(F15 " p=1 "), "syntax", 65 },
		{ "full, and two spaces", BYTES(F15 " p=1  "), "syntax", 66 },
		{ "twice, and a bad value", BYTES("v a=1 a=%"),
		    "repeated-field", 6 },
		{ "two spaces later", BYTES("v a=b  c=d"), "syntax", 6 },
		{ "trailing space", BYTES("v "), "syntax", 1 },
		{ "trailing after field", BYTES("v a=b "), "syntax", 5 },
		{ "trailing after empty", BYTES("v a= "), "syntax", 4 },
		{ "upper-case verb", BYTES("Help"), "syntax", 0 },
		{ "upper-case inside", BYTES("hElp"), "syntax", 1 },
		{ "digit first", BYTES("1v"), "syntax", 0 },
		{ "hyphen first", BYTES("v -a=b"), "syntax", 2 },
		{ "verb with =", BYTES("v=1"), "syntax", 1 },
		{ "no name", BYTES("v =x"), "syntax", 2 },
		{ "no =", BYTES("v a"), "syntax", 2 },
		{ "no = then more", BYTES("v ab c=d"), "syntax", 2 },
		{ "underscore", BYTES("v a_b=c"), "syntax", 3 },
		{ "upper-case name", BYTES("v aB=c"), "syntax", 3 },
		{ "tab", BYTES("v\ta=b"), "syntax", 1 },
		{ "tab in value", BYTES("v a=b\tc"), "syntax", 5 },
		{ "CR in value", BYTES("v a=b\r"), "syntax", 5 },
		{ "LF in value", BYTES("v a=b\nc"), "syntax", 5 },
		{ "NUL in verb", BYTES("v\0w"), "syntax", 1 },
		{ "NUL in name", BYTES("v a\0=b"), "syntax", 3 },
		{ "NUL in value", BYTES("v a=\0"), "syntax", 4 },
		{ "DEL in value", BYTES("v a=\x7f"), "syntax", 4 },
		{ "high byte", BYTES("v a=\x80"), "syntax", 4 },
		{ "highest byte", BYTES("v a=b\xff"), "syntax", 5 },
		{ "% at the end", BYTES("v a=%"), "syntax", 4 },
		{ "% and one digit", BYTES("v a=x%4"), "syntax", 5 },
		{ "% and space", BYTES("v a=%4 b=c"), "syntax", 4 },
		{ "% and no digit", BYTES("v a=%4g"), "syntax", 4 },
		{ "% and sign", BYTES("v a=%+1"), "syntax", 4 },
		{ "%%", BYTES("v a=%%41"), "syntax", 4 },
		{ "given twice", BYTES("v a=1 b=2 a=1"), "repeated-field",
		    10 },
		{ "twice, other values", BYTES("v need= need=admin"),
		    "repeated-field", 8 },
		{ "33 bytes of verb", BYTES(N32 "x"), "too-long", 32 },
		{ "33 bytes of name", BYTES("v " N32 "x=1"), "too-long", 34 },
		{ "seventeen fields", BYTES(F15 " p=1 q=1"), "too-long", 66 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *line = exact_copy(rows[i].line, rows[i].len);
		struct protocol_message message;
		struct protocol_error error;
		enum protocol_status status;

		status = protocol_decode(line, rows[i].len, &message, &error);
		if (row_check(status == PROTOCOL_BAD, rows[i].name,
		    "want refused, got status %d", (int)status)) {
			row_check(strcmp(error.reason, rows[i].reason) == 0 &&
			    error.offset == rows[i].offset, rows[i].name,
			    "want %s at %zu, got %s at %zu (%s)",
			    rows[i].reason, rows[i].offset, error.reason,
			    error.offset, error.text);
			row_check(message.word == NULL && message.count == 0,
			    rows[i].name, "the message is not empty");
			row_check(reason_verdict(error.reason) ==
			    VERDICT_BAD_REQUEST, rows[i].name,
			    "%s is no reason of bad-request", error.reason);
		}
		free(line);
	}
	rows_end();
}

/* Eight bytes at once find what one after the other does: each byte at each
 * place of texts of every short length, among bytes that are taken. */
static void
test_runs(void **state)
{
	for (size_t len = 0; len < 28; len++) {
		char *text = malloc(len + 1);	/* so that overruns are seen */
		char *value = malloc(len);

		assert_true(text != NULL && (len == 0 || value != NULL));
		for (size_t at = 0; at < len; at++) {
			for (int byte = 0; byte < 256; byte++) {
				char c = (char)(unsigned char)byte;
				bool literal = byte > 0x20 && byte < 0x7F &&
				    byte != '%';
				bool letter = byte >= 'a' && byte <= 'z';
				bool name = letter || (at > 0 &&
				    ((byte >= '0' && byte <= '9') ||
				    byte == '-'));
				size_t run;

				memset(value, "a~!&$"[len % 5], len);
				value[at] = c;
				run = protocol_literal_run(value, len);
				row_check(run == (literal ? len : at), "value",
				    "0x%02x at %zu of %zu: %zu", (unsigned)byte,
				    at, len, run);
				memset(text, "az"[len % 2], len);
				text[len] = '\0';
				text[at] = c;
				run = protocol_name_run(text, len,
				    "= "[byte % 2]);
				row_check(run == (name ? len : at), "name",
				    "0x%02x at %zu of %zu: %zu", (unsigned)byte,
				    at, len, run);
			}
		}
		free(text);
		free(value);
	}
	rows_end();
}

static void
test_empty_line(void **state)
{
	struct protocol_message message;
	struct protocol_error error;
	char nothing[1] = "";

	assert_int_equal(protocol_decode(nothing, 0, &message, &error),
	    PROTOCOL_EMPTY);
	assert_int_equal(message.count, 0);
}

static void
test_text_and_nul(void **state)
{
	struct protocol_message message;
	struct protocol_error error;
	char line[] = "v a=x%00 b=y c=";

	assert_int_equal(protocol_decode(line, strlen(line), &message,
	    &error), PROTOCOL_OK);
	assert_null(protocol_text(&message, "a"));
	assert_int_equal(protocol_get(&message, "a")->len, 2);
	assert_string_equal(protocol_text(&message, "b"), "y");
	assert_string_equal(protocol_text(&message, "c"), "");
	assert_null(protocol_text(&message, "d"));
	assert_null(protocol_get(&message, ""));
}

static void
test_next(void **state)
{
	static const struct {
		const char *name, *data;
		size_t len, max;
		enum protocol_status want;
		size_t line, used;
	} rows[] = {
		{ "a line", BYTES("ab\ncd\n"), 10, PROTOCOL_OK, 2, 3 },
		{ "CR dropped", BYTES("ab\r\n"), 10, PROTOCOL_OK, 2, 4 },
		{ "one CR only", BYTES("ab\r\r\n"), 10, PROTOCOL_OK, 3, 5 },
		{ "empty", BYTES("\n"), 10, PROTOCOL_OK, 0, 1 },
		{ "CR alone", BYTES("\r\n"), 10, PROTOCOL_OK, 0, 2 },
		{ "not yet", BYTES("ab"), 10, PROTOCOL_MORE, 99, 99 },
		{ "nothing", BYTES(""), 10, PROTOCOL_MORE, 99, 99 },
		{ "absent", NULL, 0, 10, PROTOCOL_MORE, 99, 99 },
		{ "just fits", BYTES("abc\n"), 4, PROTOCOL_OK, 3, 4 },
		{ "one too long", BYTES("abcd\n"), 4, PROTOCOL_BAD, 99, 99 },
		{ "full, no end", BYTES("abcd"), 4, PROTOCOL_BAD, 99, 99 },
		{ "one below full", BYTES("abc"), 4, PROTOCOL_MORE, 99, 99 },
		{ "NUL is a byte", BYTES("a\0b\n"), 9, PROTOCOL_OK, 3, 4 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t line = 99, used = 99;
		enum protocol_status got = protocol_next(rows[i].data,
		    rows[i].len, rows[i].max, &line, &used);

		row_check(got == rows[i].want && line == rows[i].line &&
		    used == rows[i].used, rows[i].name,
		    "want %d (%zu, %zu), got %d (%zu, %zu)",
		    (int)rows[i].want, rows[i].line, rows[i].used, (int)got,
		    line, used);
	}
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_lines),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_empty_line),
		cmocka_unit_test(test_text_and_nul),
		cmocka_unit_test(test_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
