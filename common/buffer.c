/*
 * The bounded buffer.  Growing copies to new memory and wipes the old, so
 * that buffer_wipe leaves no earlier copy of a secret behind.
 */
#include "config.h"

#include "common/buffer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_FIRST 256	/* most lines fit into the first allocation */

void
buffer_init(struct buffer *buffer, size_t max)
{
	memset(buffer, 0, sizeof(*buffer));
	buffer->max = max;
}

void
buffer_free(struct buffer *buffer)
{
	if (buffer == NULL)
		return;
	free(buffer->data);
	buffer_init(buffer, buffer->max);
}

void
buffer_wipe(struct buffer *buffer)
{
	if (buffer == NULL)
		return;
	if (buffer->data != NULL)
		explicit_bzero(buffer->data, buffer->capacity);
	buffer_free(buffer);
}

void
buffer_clear(struct buffer *buffer)
{
	buffer->len = 0;
	buffer->failed = false;
	if (buffer->data != NULL)
		buffer->data[0] = '\0';
}

/* The capacity for that many bytes and their NUL. */
static size_t
grown(const struct buffer *buffer, size_t len)
{
	size_t capacity = buffer->capacity < BUFFER_FIRST ? BUFFER_FIRST :
	    buffer->capacity;

	while (capacity <= len && capacity <= SIZE_MAX / 2)
		capacity *= 2;
	if (buffer->max < SIZE_MAX && capacity > buffer->max + 1)
		capacity = buffer->max + 1;
	return capacity > len ? capacity : 0;
}

/* Other memory, larger. */
static int
move(struct buffer *buffer, size_t len)
{
	size_t capacity = grown(buffer, buffer->len + len);
	char *data = capacity == 0 ? NULL : malloc(capacity);

	if (data == NULL) {
		buffer->failed = true;
		return -1;
	}
	if (buffer->data != NULL) {
		memcpy(data, buffer->data, buffer->len);
		explicit_bzero(buffer->data, buffer->capacity);
		free(buffer->data);
	}
	data[buffer->len] = '\0';
	buffer->data = data;
	buffer->capacity = capacity;
	return 0;
}

int
buffer_grow(struct buffer *buffer, size_t len)
{
	if (buffer->failed)
		return -1;
	if (buffer->len > buffer->max || len > buffer->max - buffer->len ||
	    buffer->len + len == SIZE_MAX) {
		buffer->failed = true;
		return -1;
	}
	if (buffer->data != NULL && buffer->len + len < buffer->capacity)
		return 0;
	return move(buffer, len);
}

int
buffer_put(struct buffer *buffer, const void *data, size_t len)
{
	if (buffer_reserve(buffer, len) == -1)
		return -1;
	if (len > 0)
		memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
	buffer->data[buffer->len] = '\0';
	return 0;
}

int
buffer_puts(struct buffer *buffer, const char *text)
{
	return buffer_put(buffer, text, strlen(text));
}

int
buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list args;
	int result;

	va_start(args, format);
	result = buffer_vprintf(buffer, format, args);
	va_end(args);
	return result;
}

int
buffer_vprintf(struct buffer *buffer, const char *format, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0) {
		buffer->failed = true;
		return -1;
	}
	if (buffer_reserve(buffer, (size_t)len) == -1)
		return -1;
	vsnprintf(buffer->data + buffer->len, (size_t)len + 1, format, args);
	buffer->len += (size_t)len;
	return 0;
}

void
buffer_consume(struct buffer *buffer, size_t len)
{
	size_t left = len < buffer->len ? buffer->len - len : 0;

	if (left == buffer->len)
		return;
	/* All of it, as a rule. */
	if (left > 0)
		memmove(buffer->data, buffer->data + len, left);
	buffer->len = left;
	buffer->data[left] = '\0';
}

const char *
buffer_text(const struct buffer *buffer)
{
	if (buffer->data == NULL)
		return "";
	/* A reader that used buffer_reserve added to len without a NUL. */
	buffer->data[buffer->len] = '\0';
	return buffer->data;
}
