/*
 * The codec: the grammar row by row, every byte there and back, and ten
 * thousand damaged lines.
 */
#include "config.h"

#include "common/protocol.h"

#include <stdlib.h>
#include <string.h>

#include "common/verdict.h"
#include "tests/unit/rows.h"

#define BYTES(text) text, sizeof(text) - 1
#define N32 "abcdefghijklmnopqrstuvwxyz012345"
#define F15 "v a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1 j=1 k=1 l=1 m=1 n=1 o=1"

/* The line in memory of exactly its size, so that sanitizers see overruns. */
static char *
exact_copy(const char *line, size_t len)
{
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	if (len > 0)
		memcpy(copy, line, len);
	copy[len] = 'X';
	return copy;
}

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

static void
test_every_byte(void **state)
{
	struct buffer line;
	unsigned char all[256];
	const struct protocol_field *field;
	struct protocol_message message;
	struct protocol_error error;
	size_t i, used, len;

	for (i = 0; i < sizeof(all); i++)
		all[i] = (unsigned char)i;
	buffer_init(&line, PROTOCOL_LINE_MAX);
	protocol_begin(&line, "v");
	protocol_put(&line, "all", all, sizeof(all));
	protocol_put(&line, "none", NULL, 0);
	protocol_put_number(&line, "low", -9223372036854775807LL - 1);
	protocol_end(&line);
	assert_false(line.failed);
	for (i = 0; i + 1 < line.len; i++)
		row_check(line.data[i] >= 0x20 && line.data[i] < 0x7F,
		    "every byte", "byte %zu is 0x%02x", i,
		    (unsigned)(unsigned char)line.data[i]);
	assert_int_equal(protocol_next(line.data, line.len, line.len, &len,
	    &used), PROTOCOL_OK);
	assert_int_equal(used, line.len);
	assert_int_equal(protocol_decode(line.data, len, &message, &error),
	    PROTOCOL_OK);
	field = protocol_get(&message, "all");
	assert_non_null(field);
	assert_int_equal(field->len, sizeof(all));
	assert_memory_equal(field->value, all, sizeof(all));
	assert_string_equal(protocol_text(&message, "none"), "");
	assert_string_equal(protocol_text(&message, "low"),
	    "-9223372036854775808");
	buffer_free(&line);
	rows_end();
}

/* Each byte alone: either it stands for itself, or it is escaped. */
static void
test_escaping(void **state)
{
	struct buffer line;
	int c;

	buffer_init(&line, 100);
	for (c = 0; c < 256; c++) {
		bool literal = c > 0x20 && c < 0x7F && c != '%';
		unsigned char byte = (unsigned char)c;
		char want[16];

		buffer_clear(&line);
		protocol_begin_detail(&line, "v");
		protocol_put(&line, "a", &byte, 1);
		if (literal)
			snprintf(want, sizeof(want), " v a=%c", c);
		else
			snprintf(want, sizeof(want), " v a=%%%02X",
			    (unsigned)c);
		row_check(strcmp(buffer_text(&line), want) == 0, want,
		    "got %s", buffer_text(&line));
	}
	buffer_free(&line);
	rows_end();
}

static void
test_writer_refuses(void **state)
{
	static const struct {
		const char *name, *word, *field;
		bool want;
	} rows[] = {
		{ "good", "v", "a", false },
		{ "word with LF", "v\nw", "a", true },
		{ "word with space", "v w", "a", true },
		{ "empty word", "", "a", true },
		{ "name with =", "v", "a=b", true },
		{ "name with upper case", "v", "A", true },
		{ "long name", "v", N32 "x", true },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer line;

		buffer_init(&line, 200);
		protocol_begin(&line, rows[i].word);
		protocol_put_text(&line, rows[i].field, "x");
		protocol_end(&line);
		row_check(line.failed == rows[i].want, rows[i].name,
		    "want failed %d, got %d", rows[i].want, line.failed);
		buffer_free(&line);
	}
	rows_end();
}

static void
test_unescape(void **state)
{
	static const struct {
		const char *name, *from;
		size_t len;
		const char *want;
		size_t want_len, offset;
	} rows[] = {
		{ "plain", BYTES("a+b c\n"), "a+b c\n", 6, 0 },
		{ "line end", BYTES("a%0Ab%0d"), "a\nb\r", 4, 0 },
		{ "NUL", BYTES("%00"), "\0", 1, 0 },
		{ "once", BYTES("%2541%25"), "%41%", 4, 0 },
		{ "empty", BYTES(""), "", 0, 0 },
		{ "cut", BYTES("ab%4"), "ab%4", (size_t)-1, 2 },
		{ "bad after good", BYTES("%41%zz"), "%41%zz", (size_t)-1,
		    3 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = exact_copy(rows[i].from, rows[i].len);
		size_t offset = 0, got, compare;

		got = protocol_unescape(text, rows[i].len, &offset);
		compare = got == (size_t)-1 ? rows[i].len : got;
		row_check(got == rows[i].want_len && offset == rows[i].offset,
		    rows[i].name, "want %zd at %zu, got %zd at %zu",
		    (ssize_t)rows[i].want_len, rows[i].offset, (ssize_t)got,
		    offset);
		row_check(memcmp(text, rows[i].want, compare) == 0,
		    rows[i].name, "other bytes came out");
		free(text);
	}
	rows_end();
}

/* Write a message again; what it says must be what was read. */
static void
check_again(const struct protocol_message *first, unsigned round)
{
	struct protocol_message again;
	struct protocol_error error;
	struct buffer line;
	char name[32];
	size_t i;

	snprintf(name, sizeof(name), "round %u", round);
	buffer_init(&line, PROTOCOL_LINE_MAX);
	if (first->detail)
		protocol_begin_detail(&line, first->word);
	else
		protocol_begin(&line, first->word);
	for (i = 0; i < first->count; i++)
		protocol_put(&line, first->fields[i].name,
		    first->fields[i].value, first->fields[i].len);
	if (!row_check(!line.failed && protocol_decode(line.data, line.len,
	    &again, &error) == PROTOCOL_OK, name, "cannot be read again") ||
	    !row_check(again.detail == first->detail &&
	    strcmp(again.word, first->word) == 0 &&
	    again.count == first->count, name, "another message"))
		goto out;
	for (i = 0; i < again.count; i++)
		row_check(strcmp(again.fields[i].name,
		    first->fields[i].name) == 0 &&
		    again.fields[i].len == first->fields[i].len &&
		    memcmp(again.fields[i].value, first->fields[i].value,
		    again.fields[i].len) == 0, name, "another field %zu", i);
out:
	buffer_free(&line);
}

static unsigned
next_random(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 16 & 0x7FFF;
}

/* Overwrite, cut or double a few bytes: the same ones in every run. */
static size_t
damage(char *line, size_t len, unsigned *random)
{
	static const char likely[] = " =%\r\n\0aZ0-\x7f\xff+A";
	unsigned i, changes = 1 + next_random(random) % 3;
	size_t at;

	for (i = 0; i < changes && len > 1; i++) {
		at = next_random(random) % len;
		switch (next_random(random) % 3) {
		case 0:
			line[at] = likely[next_random(random) %
			    (sizeof(likely) - 1)];
			break;
		case 1:
			memmove(line + at, line + at + 1, len - at - 1);
			len--;
			break;
		default:
			memmove(line + at + 1, line + at, len - at);
			len++;
			break;
		}
	}
	return len;
}

static void
test_mutation(void **state)
{
	static const char valid[] = "lookup cert=MIIC%2BA== evidence=verified "
	    "service=nginx user=u%25x@example.com need=admin id=a-1.b_2";
	unsigned round, random = 20221, good = 0, bad = 0;

	for (round = 0; round < 10000; round++) {
		char work[sizeof(valid) + 8], *line;
		struct protocol_message message;
		struct protocol_error error;
		size_t len;

		memcpy(work, valid, sizeof(valid));
		len = damage(work, sizeof(valid) - 1, &random);
		line = exact_copy(work, len);
		switch (protocol_decode(line, len, &message, &error)) {
		case PROTOCOL_OK:
			check_again(&message, round);
			good++;
			break;
		case PROTOCOL_BAD:
			row_check(error.reason != NULL && error.text != NULL &&
			    error.offset <= len, "bad line",
			    "round %u says no reason", round);
			bad++;
			break;
		case PROTOCOL_EMPTY:
		case PROTOCOL_MORE:
			row_check(false, "status", "round %u", round);
			break;
		}
		free(line);
	}
	/* Both ways must have been walked, else this tests nothing. */
	assert_true(good > 1000 && bad > 1000);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_lines),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_empty_line),
		cmocka_unit_test(test_text_and_nul),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_writer_refuses),
		cmocka_unit_test(test_unescape),
		cmocka_unit_test(test_mutation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
