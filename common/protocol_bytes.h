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

/* How many of at most so many bytes can be a name; 0: none begins so. */
size_t protocol_name_run(const char *text, size_t len);

#endif
