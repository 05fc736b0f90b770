/*
 * One bounded, growing byte buffer.
 *
 * Every buffer has a hard maximum; going past it, or failing to allocate,
 * sets `failed` and nothing is appended from then on, so that a writer may
 * append many times and test once at the end.  Data is always followed by a
 * NUL that is not counted.  Model: OpenSSH's sshbuf.
 */
#ifndef CERTAUTH_COMMON_BUFFER_H
#define CERTAUTH_COMMON_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buffer {
	char *data;		/* NULL until the first byte */
	size_t len;
	size_t capacity;
	size_t max;		/* most bytes it may ever hold */
	bool failed;
};

/* An empty buffer that may grow to max bytes. Allocates nothing. */
void buffer_init(struct buffer *buffer, size_t max);

/* Free the memory and be empty again, with the same maximum. NULL-safe. */
void buffer_free(struct buffer *buffer);

/* The same, wiping the contents first: for secrets. */
void buffer_wipe(struct buffer *buffer);

/* Forget the contents and the failure, keep the memory. */
void buffer_clear(struct buffer *buffer);

/* Append; 0, or -1 with `failed` set and the buffer otherwise unchanged. */
int buffer_put(struct buffer *buffer, const void *data, size_t len);
int buffer_puts(struct buffer *buffer, const char *text);
int buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int buffer_vprintf(struct buffer *buffer, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/*
 * Room for at least len more bytes at data + len, for read(2); the caller
 * adds what it read to ->len.  0 or -1 as above.
 */
int buffer_grow(struct buffer *buffer, size_t len);	/* the slow way */
static inline int
buffer_reserve(struct buffer *buffer, size_t len)
{
	/* capacity - len counts the NUL, and is there with data */
	return !buffer->failed && buffer->data != NULL &&
	    buffer->len <= buffer->max && len <= buffer->max - buffer->len &&
	    len < buffer->capacity - buffer->len ? 0 :
	    buffer_grow(buffer, len);
}

/* Drop the first len bytes (len <= buffer->len). */
void buffer_consume(struct buffer *buffer, size_t len);

/* The contents as a C string ("" when empty); borrowed until the next call. */
const char *buffer_text(const struct buffer *buffer);

#endif
