/*
 * The codec of the line protocol.
 *
 * The decoder goes over the line once, from left to right.  Decoded bytes
 * never outnumber encoded ones, so values are unescaped where they stand, and
 * the space or '=' after a word makes room for its NUL.
 */
#include "config.h"

#include "common/protocol.h"

#include <string.h>

#include "common/protocol_bytes.h"
#include "common/verdict.h"

/* What is left of a line, and where we are in it. */
struct cursor {
	char *line;
	size_t len;
	size_t at;
	struct protocol_error *error;
};

/* The length of a name; 0 when it is outside the grammar. */
static size_t
name_length(const char *name)
{
	size_t len = protocol_name_run(name);

	return len > PROTOCOL_NAME_MAX || name[len] != '\0' ? 0 : len;
}

static const struct protocol_field *
find_field(const struct protocol_message *message, const char *name,
    size_t len)
{
	const struct protocol_field *field = message->fields;
	const struct protocol_field *end = field + message->count;

	for (; field < end; field++) {
		if (field->name_len == len &&
		    memcmp(field->name, name, len) == 0)
			return field;
	}
	return NULL;
}

static int
bad(struct protocol_error *error, const char *reason, size_t offset,
    const char *text)
{
	error->reason = reason;
	error->text = text;
	error->offset = offset;
	return -1;
}

/* A verb or name; the cursor stops at the byte after it. */
static inline int
decode_name(struct cursor *cursor, size_t *ret_start)
{
	size_t start = cursor->at;
	size_t len = protocol_name_run(cursor->line + start);

	if (len > PROTOCOL_NAME_MAX)
		return bad(cursor->error, REASON_TOO_LONG, start + PROTOCOL_NAME_MAX,
		    "a word or field name of more than 32 bytes");
	if (len == 0)
		return bad(cursor->error, REASON_SYNTAX, start,
		    "a word or field name begins with a letter a-z");
	cursor->at = start + len;
	*ret_start = start;
	return 0;
}

/* A value up to the next space or the end, unescaped where it stands. */
static int
decode_value(struct cursor *cursor, struct protocol_field *field)
{
	char *line = cursor->line;
	size_t start = cursor->at, len = cursor->len, at = start, to = start;

	while (at < len && line[at] != ' ') {
		size_t run = protocol_literal_run(line + at, len - at);
		int byte;

		if (run > 0) {
			if (to != at)
				memmove(line + to, line + at, run);
			to += run;
			at += run;
			continue;
		}
		if (line[at] != '%')
			return bad(cursor->error, REASON_SYNTAX, at,
			    "a byte that must be written as %XX");
		byte = protocol_escaped_byte(line + at, len - at);
		if (byte < 0)
			return bad(cursor->error, REASON_SYNTAX, at,
			    "% without two hexadecimal digits");
		line[to++] = (char)(unsigned char)byte;
		field->nul = field->nul || byte == 0;
		at += 3;
	}
	field->value = line + start;
	field->len = to - start;
	/* The byte at to is behind us, the space we stand at, or line[len];
	 * the space is remembered by the cursor's position. */
	line[to] = '\0';
	cursor->at = at;
	return 0;
}

/* One field; the cursor is at its name, and afterwards behind its value. */
static int
decode_field(struct cursor *cursor, struct protocol_message *message)
{
	struct protocol_field *field;
	size_t start;

	if (message->count == PROTOCOL_FIELDS_MAX)
		return bad(cursor->error, REASON_TOO_LONG, cursor->at,
		    "more than 16 fields");
	if (decode_name(cursor, &start) == -1)
		return -1;
	if (cursor->at == cursor->len || cursor->line[cursor->at] == ' ')
		return bad(cursor->error, REASON_SYNTAX, start,
		    "a field without =");
	if (cursor->line[cursor->at] != '=')
		return bad(cursor->error, REASON_SYNTAX, cursor->at,
		    "a byte that cannot be part of a field name");
	/* Not counted, and so not found, before all of it is decoded. */
	field = &message->fields[message->count];
	field->name = cursor->line + start;
	field->name_len = cursor->at - start;
	field->offset = start;
	field->nul = false;
	cursor->line[cursor->at++] = '\0';
	if (find_field(message, field->name, field->name_len) != NULL)
		return bad(cursor->error, REASON_REPEATED_FIELD, start,
		    "a field given twice");
	if (decode_value(cursor, field) == -1)
		return -1;
	message->count++;
	return 0;
}

static int
decode_line(struct cursor *cursor, struct protocol_message *message)
{
	char *line = cursor->line;
	size_t start, space;

	if (line[0] == ' ') {
		message->detail = true;
		cursor->at++;
	}
	if (decode_name(cursor, &start) == -1)
		return -1;
	if (cursor->at < cursor->len && line[cursor->at] != ' ')
		return bad(cursor->error, REASON_SYNTAX, cursor->at,
		    "a byte that cannot be part of the first word");
	/* line[at] is a space or the byte after the line: both become NUL. */
	line[cursor->at] = '\0';
	message->word = line + start;
	while (cursor->at < cursor->len) {
		space = cursor->at++;
		if (cursor->at == cursor->len)
			return bad(cursor->error, REASON_SYNTAX, space,
			    "a space at the end of the line");
		if (line[cursor->at] == ' ')
			return bad(cursor->error, REASON_SYNTAX, cursor->at,
			    "more than one space");
		if (decode_field(cursor, message) == -1)
			return -1;
	}
	return 0;
}

enum protocol_status
protocol_decode(char *line, size_t len, struct protocol_message *message,
    struct protocol_error *error)
{
	struct cursor cursor = { line, len, 0, error };

	/* Fields are written as they come. */
	message->detail = false;
	message->word = NULL;
	message->count = 0;
	memset(error, 0, sizeof(*error));
	if (len == 0)
		return PROTOCOL_EMPTY;
	line[len] = '\0';	/* ends every name */
	if (decode_line(&cursor, message) == -1) {
		memset(message, 0, sizeof(*message));
		return PROTOCOL_BAD;
	}
	return PROTOCOL_OK;
}

enum protocol_status
protocol_next(const char *data, size_t len, size_t max, size_t *ret_line,
    size_t *ret_used)
{
	size_t looked = len < max ? len : max, line;
	const char *end = looked == 0 ? NULL : memchr(data, '\n', looked);

	if (end == NULL)
		return len < max ? PROTOCOL_MORE : PROTOCOL_BAD;
	line = (size_t)(end - data);
	*ret_used = line + 1;
	if (line > 0 && data[line - 1] == '\r')
		line--;
	*ret_line = line;
	return PROTOCOL_OK;
}

const struct protocol_field *
protocol_get(const struct protocol_message *message, const char *name)
{
	return find_field(message, name, strlen(name));
}

const char *
protocol_text(const struct protocol_message *message, const char *name)
{
	const struct protocol_field *field = protocol_get(message, name);

	return field == NULL || field->nul ? NULL : field->value;
}

/* A name outside the grammar would be ours: no such line may be sent. */
static void
put_word(struct buffer *out, const char *before, size_t before_len,
    const char *word)
{
	size_t len = name_length(word);
	char *at;

	if (len == 0) {
		out->failed = true;
		return;
	}
	if (buffer_reserve(out, before_len + len) != 0)
		return;
	at = out->data + out->len;
	memcpy(at, before, before_len);
	memcpy(at + before_len, word, len + 1);
	out->len += before_len + len;
}

void
protocol_begin(struct buffer *out, const char *word)
{
	put_word(out, "", 0, word);
}

void
protocol_begin_detail(struct buffer *out, const char *word)
{
	put_word(out, " ", 1, word);
}

/* A value from its first byte that does not stand for itself. */
static void
put_escaped(struct buffer *out, const char *from, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t i = 0, run;

	while (i < len && !out->failed) {
		unsigned char c = (unsigned char)from[i];
		char hex[3] = { '%', digits[c >> 4], digits[c & 15] };

		run = protocol_literal_run(from + i, len - i);
		if (run > 0)
			buffer_put(out, from + i, run);
		else
			buffer_put(out, hex, sizeof(hex));
		i += run > 0 ? run : 1;
	}
}

void
protocol_put(struct buffer *out, const char *name, const void *value,
    size_t len)
{
	size_t name_len = name_length(name), run;
	char *at;

	if (name_len == 0 || len > out->max) {
		out->failed = true;
		return;
	}
	/* Room for all of it, were there nothing to escape. */
	if (buffer_reserve(out, name_len + 2 + len) != 0)
		return;
	at = out->data + out->len;
	*at++ = ' ';
	memcpy(at, name, name_len);
	at += name_len;
	*at++ = '=';
	run = len == 0 ? 0 : protocol_literal_run(value, len);
	if (run > 0)
		memcpy(at, value, run);
	at += run;
	*at = '\0';
	out->len = (size_t)(at - out->data);
	if (run < len)
		put_escaped(out, (const char *)value + run, len - run);
}

void
protocol_put_text(struct buffer *out, const char *name, const char *value)
{
	protocol_put(out, name, value, strlen(value));
}

void
protocol_put_number(struct buffer *out, const char *name, long long value)
{
	/* The least one has no positive counterpart but an unsigned one. */
	unsigned long long left = value < 0 ? 0 - (unsigned long long)value :
	    (unsigned long long)value;
	char text[24], *at = text + sizeof(text);

	do
		*--at = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (value < 0)
		*--at = '-';
	protocol_put(out, name, at, (size_t)(text + sizeof(text) - at));
}

void
protocol_end(struct buffer *out)
{
	if (buffer_reserve(out, 1) != 0)
		return;
	out->data[out->len++] = '\n';
	out->data[out->len] = '\0';
}

size_t
protocol_unescape(char *text, size_t len, size_t *ret_offset)
{
	size_t from, to = 0;

	/* Look first, so that a failure leaves the text as it was. */
	for (from = 0; from < len; from++) {
		if (text[from] == '%' &&
		    protocol_escaped_byte(text + from, len - from) < 0) {
			*ret_offset = from;
			return (size_t)-1;
		}
	}
	for (from = 0; from < len; from++) {
		if (text[from] == '%') {
			text[to++] = (char)(unsigned char)protocol_escaped_byte(
			    text + from, len - from);
			from += 2;
		} else {
			text[to++] = text[from];
		}
	}
	return to;
}
