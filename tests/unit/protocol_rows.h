/*
 * What the tests of the codec share: bytes of a known number, in memory of
 * exactly that size.
 */
#ifndef CERTAUTH_TESTS_PROTOCOL_ROWS_H
#define CERTAUTH_TESTS_PROTOCOL_ROWS_H

#include "common/protocol.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/rows.h"

#define BYTES(text) text, sizeof(text) - 1
#define N32 "abcdefghijklmnopqrstuvwxyz012345"

/* The line in memory of exactly its size, so that sanitizers see overruns. */
static inline char *
exact_copy(const char *line, size_t len)
{
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	if (len > 0)
		memcpy(copy, line, len);
	copy[len] = 'X';
	return copy;
}

#endif
