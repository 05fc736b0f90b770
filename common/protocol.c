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

/* Not within its caller, which most of the time does without. */
#define APART __attribute__((noinline))

/* A line that is being decoded. */
struct line {
	char *start, *end;	/* *end is a NUL, which ends every name */
	struct protocol_error *error;
};

static const struct protocol_field *
find_field(const struct protocol_field *field,
    const struct protocol_field *end, const char *name, size_t len)
{
	for (; field < end; field++) {
		if (field->name_len == len &&
		    memcmp(field->name, name, len) == 0)
			return field;
	}
	return NULL;
}

APART static char *
bad(const struct line *line, const char *reason, const char *at,
    const char *text)
{
	line->error->reason = reason;
	line->error->text = text;
	line->error->offset = (size_t)(at - line->start);
	return NULL;
}

/* No word or name, though that many bytes could be of one. */
APART static char *
bad_name(const struct line *line, const char *at, size_t len)
{
	return len == 0 ? bad(line, REASON_SYNTAX, at,
	    "a word or field name begins with a letter a-z") :
	    bad(line, REASON_TOO_LONG, at + PROTOCOL_NAME_MAX,
	    "a word or field name of more than 32 bytes");
}

/* No field; behind a space. */
APART static char *
bad_field(const struct line *line, const char *at, size_t len, bool full)
{
	if (at == line->end)
		return bad(line, REASON_SYNTAX, at - 1,
		    "a space at the end of the line");
	if (*at == ' ')
		return bad(line, REASON_SYNTAX, at, "more than one space");
	if (full)
		return bad(line, REASON_TOO_LONG, at, "more than 16 fields");
	if (len == 0 || len > PROTOCOL_NAME_MAX)
		return bad_name(line, at, len);
	if (at + len == line->end || at[len] == ' ')
		return bad(line, REASON_SYNTAX, at, "a field without =");
	return bad(line, REASON_SYNTAX, at + len,
	    "a byte that cannot be part of a field name");
}

/* A value from its first byte that does not stand for itself, unescaped where
 * it stands; what is behind it, or NULL. */
APART static char *
decode_escaped(const struct line *line, char *at, struct protocol_field *field)
{
	char *to = at;

	while (at < line->end && *at != ' ') {
		int byte = protocol_escaped_byte(at, (size_t)(line->end - at));
		size_t run;

		if (*at != '%')
			return bad(line, REASON_SYNTAX, at,
			    "a byte that must be written as %XX");
		if (byte < 0)
			return bad(line, REASON_SYNTAX, at,
			    "% without two hexadecimal digits");
		*to++ = (char)(unsigned char)byte;
		field->nul = field->nul || byte == 0;
		at += 3;
		run = protocol_literal_run(at, (size_t)(line->end - at));
		memmove(to, at, run);
		to += run;
		at += run;
	}
	field->len = (size_t)(to - field->value);
	*to = '\0';
	return at;
}

/* A value up to the next space or the end; what is behind it, or NULL. */
static char *
decode_value(const struct line *line, char *at, struct protocol_field *field)
{
	size_t run = protocol_literal_run(at, (size_t)(line->end - at));

	field->value = at;
	field->nul = false;
	at += run;
	if (*at != ' ' && at < line->end)
		return decode_escaped(line, at, field);
	field->len = run;
	/* The space we stand at, or the end: at remembers it. */
	*at = '\0';
	return at;
}

/* One field, from its name on; what is behind it, or NULL. */
static char *
decode_field(const struct line *line, char *at,
    const struct protocol_message *message, struct protocol_field *field)
{
	size_t len = protocol_name_run(at, (size_t)(line->end - at), '=');
	bool full = field == message->fields + PROTOCOL_FIELDS_MAX;

	if (len == 0 || len > PROTOCOL_NAME_MAX || at[len] != '=' || full)
		return bad_field(line, at, len, full);
	if (find_field(message->fields, field, at, len) != NULL)
		return bad(line, REASON_REPEATED_FIELD, at,
		    "a field given twice");
	at[len] = '\0';
	field->name = at;
	field->name_len = len;
	field->offset = (size_t)(at - line->start);
	return decode_value(line, at + len + 1, field);
}

/* The end of the line, or NULL. */
static char *
decode_line(const struct line *line, struct protocol_message *message)
{
	struct protocol_field *field = message->fields;
	char *at = line->start;
	size_t len;

	if (*at == ' ') {
		message->detail = true;
		at++;
	}
	len = protocol_name_run(at, (size_t)(line->end - at), ' ');
	if (len == 0 || len > PROTOCOL_NAME_MAX)
		return bad_name(line, at, len);
	message->word = at;
	at += len;
	if (at < line->end && *at != ' ')
		return bad(line, REASON_SYNTAX, at,
		    "a byte that cannot be part of the first word");
	*at = '\0';
	while (at != NULL && at < line->end)
		at = decode_field(line, at + 1, message, field++);
	message->count = (size_t)(field - message->fields);
	return at;
}

enum protocol_status
protocol_decode(char *line, size_t len, struct protocol_message *message,
    struct protocol_error *error)
{
	const struct line whole = { line, line + len, error };

	/* Fields are written as they come. */
	message->detail = false;
	message->word = NULL;
	message->count = 0;
	memset(error, 0, sizeof(*error));
	if (len == 0)
		return PROTOCOL_EMPTY;
	line[len] = '\0';
	if (decode_line(&whole, message) == NULL) {
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
	return find_field(message->fields, message->fields + message->count,
	    name, strlen(name));
}

const char *
protocol_text(const struct protocol_message *message, const char *name)
{
	const struct protocol_field *field = protocol_get(message, name);

	return field == NULL || field->nul ? NULL : field->value;
}

/* One outside the grammar would be ours: no such line may be sent. */
static inline bool
is_name(const char *name, size_t len)
{
	return len > 0 && len <= PROTOCOL_NAME_MAX &&
	    protocol_name_run(name, len + 1, '\0') == len;
}

static inline void
put_word(struct buffer *out, const char *before, size_t before_len,
    const char *word)
{
	size_t len = strlen(word);
	char *at;

	if (!is_name(word, len)) {
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
APART static void
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
protocol_put_named(struct buffer *out, const char *name, size_t name_len,
    const void *value, size_t len)
{
	size_t run;
	char *at;

	if (!is_name(name, name_len) || len > out->max) {
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
