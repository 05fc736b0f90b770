/*
 * Which bytes may stand where in a line of the protocol: for protocol.c alone.
 */
#ifndef CERTAUTH_COMMON_PROTOCOL_BYTES_H
#define CERTAUTH_COMMON_PROTOCOL_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The byte written at text as %XX, or -1. */
int protocol_escaped_byte(const char *text, size_t len);

/* The bytes of a text of less than eight, the first one lowest; NULs behind
 * its end. */
uint64_t protocol_less_than_eight(const char *text, size_t len);

/* The same of the first eight of any text. */
static inline uint64_t
protocol_eight(const char *text, size_t len)
{
	uint64_t eight;

	if (len < sizeof(eight))
		return protocol_less_than_eight(text, len);
	memcpy(&eight, text, sizeof(eight));
	return le64toh(eight);
}

/*
 * The high bit of each of eight bytes that is none of ...  Only from such a
 * byte is anything carried: the lowest bit is right, and without one there is
 * no such byte.  ONES * b is b in each of the eight.
 */
#define PROTOCOL_ONES UINT64_C(0x0101010101010101)
#define PROTOCOL_HIGHS (PROTOCOL_ONES * 0x80)

/* ... the letters of names: a to z. */
static inline uint64_t
protocol_not_letters(uint64_t eight)
{
	return PROTOCOL_HIGHS & (eight |
	    (eight + PROTOCOL_ONES * (0x80 - 'z' - 1)) |
	    (eight - PROTOCOL_ONES * 'a'));
}

/* ... those that stand for themselves in a value: 0x21 to 0x7E, without %. */
static inline uint64_t
protocol_not_literals(uint64_t eight)
{
	return PROTOCOL_HIGHS & (eight |
	    (eight + PROTOCOL_ONES * (0x80 - 0x7E - 1)) |
	    (eight - PROTOCOL_ONES * 0x21) |
	    ((eight ^ PROTOCOL_ONES * '%') - PROTOCOL_ONES));
}

/* The number of the lowest byte with its high bit. */
static inline size_t
protocol_lowest(uint64_t highs)
{
	return (unsigned)__builtin_ctzll(highs) / 8;
}

/* How many bytes of a value stand for themselves before one that does not. */
static inline size_t
protocol_literal_run(const char *text, size_t len)
{
	const char *at = text, *end = text + len;
	uint64_t other;

	/* The NULs behind the end are no literals. */
	while ((other = protocol_not_literals(protocol_eight(at,
	    (size_t)(end - at)))) == 0)
		at += sizeof(other);
	return (size_t)(at - text) + protocol_lowest(other);
}

/* The length of a name that begins with that many letters. */
size_t protocol_name_rest(const char *text, size_t letters);

/*
 * How many bytes can be a name; 0: none begins so.  A NUL ends it, at text[len]
 * at the latest.  Most are of letters only, up to the byte stop.
 */
static inline size_t
protocol_name_run(const char *text, size_t len, char stop)
{
	const char *at = text, *end = text + len;
	uint64_t other;

	while ((other = protocol_not_letters(protocol_eight(at,
	    (size_t)(end - at)))) == 0)
		at += sizeof(other);
	at += protocol_lowest(other);
	len = (size_t)(at - text);
	return *at == stop ? len : protocol_name_rest(text, len);
}

#endif
