/*
 * Which bytes may stand where in a line of the protocol: for protocol.c alone.
 */
#ifndef CERTAUTH_COMMON_PROTOCOL_BYTES_H
#define CERTAUTH_COMMON_PROTOCOL_BYTES_H

#include <stddef.h>

/* The byte written at text as %XX, or -1. */
int protocol_escaped_byte(const char *text, size_t len);

/* How many bytes of a value stand for themselves before one that does not. */
size_t protocol_literal_run(const char *text, size_t len);

/* What a byte may be in a name. */
enum { PROTOCOL_FIRST = 1, PROTOCOL_LATER = 2 };
extern const unsigned char protocol_name_bytes[256];

/* How many bytes can be a name; 0: none begins so.  A NUL, at the latest, ends
 * it. */
static inline size_t
protocol_name_run(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	if ((protocol_name_bytes[*at] & PROTOCOL_FIRST) == 0)
		return 0;
	do
		at++;
	while ((protocol_name_bytes[*at] & PROTOCOL_LATER) != 0);
	return (size_t)(at - (const unsigned char *)text);
}

#endif
