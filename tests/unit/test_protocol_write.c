/*
 * Writing, and there and back: every byte, escapes, and ten thousand damaged
 * lines.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/protocol_rows.h"

/* Does the line have one field, of that value? */
static bool
reads_as(const struct buffer *line, const char *value, size_t len)
{
	char *copy = exact_copy(line->data, line->len);
	struct protocol_message message;
	struct protocol_error error;
	bool same = protocol_decode(copy, line->len, &message, &error) ==
	    PROTOCOL_OK && message.count == 1 &&
	    message.fields[0].len == len &&
	    memcmp(message.fields[0].value, value, len) == 0 &&
	    message.fields[0].nul == (memchr(value, '\0', len) != NULL);

	free(copy);
	return same;
}

/* Each byte at each place of values of every short length. */
static void
test_every_place(void **state)
{
	char value[40], want[80];
	struct buffer line;
	size_t len, at, n;
	int byte;

	buffer_init(&line, PROTOCOL_LINE_MAX);
	for (len = 1; len < sizeof(value); len++) {
		for (at = 0; at < len; at++) {
			for (byte = 0; byte < 256; byte++) {
				memset(value, 'a', len);
				value[at] = (char)(unsigned char)byte;
				n = byte > 0x20 && byte < 0x7F && byte != '%' ?
				    (size_t)snprintf(want, sizeof(want), "%c",
				    byte) : (size_t)snprintf(want,
				    sizeof(want), "%%%02X", (unsigned)byte);
				buffer_clear(&line);
				protocol_begin(&line, "v");
				protocol_put(&line, "n", value, len);
				row_check(!line.failed &&
				    line.len == 4 + len - 1 + n &&
				    memcmp(line.data + 4, value, at) == 0 &&
				    memcmp(line.data + 4 + at, want, n) == 0 &&
				    memcmp(line.data + 4 + at + n,
				    value + at + 1, len - at - 1) == 0 &&
				    reads_as(&line, value, len),
				    "every place",
				    "0x%02x at %zu of %zu is written as %s",
				    (unsigned)byte, at, len,
				    buffer_text(&line));
			}
		}
	}
	buffer_free(&line);
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
		{ "longest name", N32, N32, false },
		{ "long word", N32 "x", "a", true },
		{ "eight letters", "evidence", "identity", false },
		{ "a digit behind eight", "evidence1", "identity-2", false },
		{ "space behind eight", "evidence ", "a", true },
		{ "= behind eight", "v", "identity=", true },
		{ "LF behind eight", "v", "identity\n", true },
		{ "digit first", "v", "1a", true },
		{ "hyphen first", "-v", "a", true },
		{ "empty name", "v", "", true },
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
		cmocka_unit_test(test_every_place),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_writer_refuses),
		cmocka_unit_test(test_unescape),
		cmocka_unit_test(test_mutation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
