/*
 * The codec: whatever is accepted must, written again, say the same.
 * The first byte chooses a limit for protocol_next, the rest is a stream.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/protocol.h"
#include "common/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_again(const struct protocol_message *first)
{
	struct protocol_message again;
	struct protocol_error error;
	struct buffer line;
	size_t i;

	buffer_init(&line, 4 * PROTOCOL_LINE_MAX);
	if (first->detail)
		protocol_begin_detail(&line, first->word);
	else
		protocol_begin(&line, first->word);
	for (i = 0; i < first->count; i++)
		protocol_put(&line, first->fields[i].name,
		    first->fields[i].value, first->fields[i].len);
	require(!line.failed);
	require(protocol_decode(line.data, line.len, &again, &error) ==
	    PROTOCOL_OK);
	require(again.detail == first->detail &&
	    again.count == first->count &&
	    strcmp(again.word, first->word) == 0);
	for (i = 0; i < again.count; i++) {
		const struct protocol_field *a = &first->fields[i];
		const struct protocol_field *b = &again.fields[i];

		require(strcmp(a->name, b->name) == 0 && a->len == b->len &&
		    memcmp(a->value, b->value, a->len) == 0 &&
		    a->value[a->len] == '\0');
		require(protocol_get(first, a->name) == a);
	}
	buffer_free(&line);
}

/* Byte by byte: all are printable, and each space begins a field. */
static void
check_bytes(const char *text, size_t len, const struct protocol_message *is)
{
	size_t spaces = 0;

	for (size_t i = 0; i < len; i++) {
		require(text[i] >= ' ' && text[i] <= '~');
		spaces += text[i] == ' ';
	}
	require(spaces == is->count + (is->detail ? 1 : 0));
}

/* The line in memory of its own, so that an overrun is seen. */
static void
check_line(const char *text, size_t len)
{
	struct protocol_message message;
	struct protocol_error error;
	char *line = malloc(len + 1);
	size_t offset = len, plain;

	require(line != NULL);
	memcpy(line, text, len);
	switch (protocol_decode(line, len, &message, &error)) {
	case PROTOCOL_OK:
		check_bytes(text, len, &message);
		require(message.count <= PROTOCOL_FIELDS_MAX);
		check_again(&message);
		break;
	case PROTOCOL_BAD:
		require(error.offset <= len && error.text != NULL &&
		    reason_verdict(error.reason) == VERDICT_BAD_REQUEST);
		require(message.word == NULL && message.count == 0);
		break;
	case PROTOCOL_EMPTY:
		require(len == 0);
		break;
	case PROTOCOL_MORE:
		require(false);
		break;
	}
	memcpy(line, text, len);
	plain = protocol_unescape(line, len, &offset);
	require(plain == (size_t)-1 ? offset < len : plain <= len);
	free(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data + 1;
	size_t left, len, used, max;

	if (size == 0)
		return 0;
	max = data[0] < 128 ? PROTOCOL_LINE_MAX : data[0] - 127u;
	left = size - 1;
	while (protocol_next(at, left, max, &len, &used) == PROTOCOL_OK) {
		require(len < used && used <= left && used <= max);
		check_line(at, len);
		at += used;
		left -= used;
	}
	check_line(at, left);
	return 0;
}
