/*
 * What the tests of the codec of `find` share: lines put and taken.
 */
#ifndef CERTAUTH_TESTS_FIND_LINE_H
#define CERTAUTH_TESTS_FIND_LINE_H

#include "lookupd/find.h"

#include <stdint.h>

#include "tests/unit/pure.h"

/* The line that a message leads into. */
static char *line_memory;

/* Decode the next line of a buffer; false at its end. */
static inline bool
next_line(struct buffer *buffer, struct protocol_message *message)
{
	struct protocol_error error;
	size_t line, used;

	free(line_memory);
	line_memory = NULL;
	if (protocol_next(buffer->data, buffer->len, FIND_LINE_MAX, &line,
	    &used) != PROTOCOL_OK)
		return false;
	line_memory = malloc(line + 1);
	assert_non_null(line_memory);
	memcpy(line_memory, buffer->data, line);
	line_memory[line] = '\0';
	buffer_consume(buffer, used);
	assert_int_equal(protocol_decode(line_memory, line, message, &error),
	    PROTOCOL_OK);
	return true;
}

static inline int
forget_line(void **state)
{
	free(line_memory);
	line_memory = NULL;
	return 0;
}

static inline void
put(struct buffer *buffer, const char *text)
{
	buffer_clear(buffer);
	assert_int_equal(buffer_puts(buffer, text), 0);
	assert_int_equal(buffer_puts(buffer, "\n"), 0);
}

#endif
