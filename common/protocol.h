/*
 * The codec of the certauth line protocol, version 1: certauth-protocol(7).
 *
 * Sans-I/O: bytes in; a message, "need more" or "malformed because" out.
 * Used by the daemon, its two children between each other, the PAM module,
 * the hook and certauthctl.  It knows the grammar, not the verbs: which field
 * goes with which verb is the receiver's business.
 *
 * A line is   word [SP name=value]... LF   ; detail lines begin with one SP.
 */
#ifndef CERTAUTH_COMMON_PROTOCOL_H
#define CERTAUTH_COMMON_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/buffer.h"

#define PROTOCOL_VERSION 1

/* A request line with its LF.  The largest certificate taken is 16 KiB of
 * DER: 22 KiB of PEM, 24 to 27 KiB escaped; 64 KiB leaves room for the rest
 * and is what one connection can make us hold. */
#define PROTOCOL_LINE_MAX (64 * 1024)

/* One reply: all detail lines and the last one.  The largest is `explain`. */
#define PROTOCOL_REPLY_MAX (256 * 1024)

/* No verb has more than a dozen fields. */
#define PROTOCOL_FIELDS_MAX 16

/* Verbs and field names: [a-z0-9-]+, the first a letter. */
#define PROTOCOL_NAME_MAX 32

struct protocol_field {
	const char *name;	/* NUL-terminated */
	size_t name_len;
	const char *value;	/* decoded; NUL-terminated, but see len */
	size_t len;		/* bytes of value; it may contain NUL bytes */
	size_t offset;		/* of the name in the line, for messages */
	bool nul;		/* the value contains a NUL byte */
};

/*
 * A decoded line.  All pointers lead into the line's own memory, which the
 * caller keeps alive; the decoder rewrites it in place.
 */
struct protocol_message {
	bool detail;		/* the line began with a space */
	const char *word;	/* verb, verdict or keyword; NUL-terminated */
	struct protocol_field fields[PROTOCOL_FIELDS_MAX];
	size_t count;
};

struct protocol_error {
	const char *reason;	/* one of REASON_*: syntax, too-long, … */
	const char *text;	/* what was wrong, a static sentence */
	size_t offset;		/* the byte of the line, from 0 */
};

enum protocol_status {
	PROTOCOL_BAD = 0,	/* *error says why; the message is empty */
	PROTOCOL_OK,
	PROTOCOL_EMPTY,		/* an empty line: to be ignored */
	PROTOCOL_MORE		/* protocol_next only: no LF yet */
};

/*
 * Find the next line in data[0..len).  PROTOCOL_OK: it is data[0..*ret_line),
 * without LF and without a CR before it, and *ret_used bytes (LF included)
 * are to be consumed afterwards.  PROTOCOL_MORE: there is no LF in less than
 * max bytes.  PROTOCOL_BAD: max bytes and no LF; outputs untouched.
 */
enum protocol_status protocol_next(const char *data, size_t len, size_t max,
    size_t *ret_line, size_t *ret_used);

/*
 * Decode one line (without its LF) in place.  line[len] must be writable.
 * Refused: bytes outside the grammar, a malformed %XX, more than
 * PROTOCOL_FIELDS_MAX fields, a field given twice, an over-long name.
 * PROTOCOL_OK, PROTOCOL_EMPTY, or PROTOCOL_BAD with *error filled in.
 */
enum protocol_status protocol_decode(char *line, size_t len,
    struct protocol_message *message, struct protocol_error *error);

/* The field of that name, or NULL. Borrowed from the message. */
const struct protocol_field *protocol_get(
    const struct protocol_message *message, const char *name);

/* Its value as a C string: NULL when absent or when it contains a NUL. */
const char *protocol_text(const struct protocol_message *message,
    const char *name);

/*
 * Writing.  protocol_begin appends the word (or " word" for a detail line),
 * protocol_put " name=value" with the value escaped, protocol_end the LF.
 * All report only through buffer->failed; a caller tests that once and, when
 * it is set, must not send the line.  value may be NULL when len is 0.
 */
void protocol_begin(struct buffer *out, const char *word);
void protocol_begin_detail(struct buffer *out, const char *word);
void protocol_put_named(struct buffer *out, const char *name, size_t name_len,
    const void *value, size_t len);
static inline void
protocol_put(struct buffer *out, const char *name, const void *value,
    size_t len)
{
	/* most names are literals: their length is known when compiled */
	protocol_put_named(out, name, strlen(name), value, len);
}
static inline void
protocol_put_text(struct buffer *out, const char *name, const char *value)
{
	protocol_put(out, name, value, strlen(value));
}
void protocol_put_number(struct buffer *out, const char *name,
    long long value);
void protocol_end(struct buffer *out);

/*
 * Undo %XX in place ('+' is a plus); the decoded length, or (size_t)-1 with
 * *ret_offset at the bad '%'.  Escaped PEM inside a value uses it once more.
 */
size_t protocol_unescape(char *text, size_t len, size_t *ret_offset);

#endif
