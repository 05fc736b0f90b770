/*
 * Memory for the lines of clients: what has arrived and is not answered, what
 * is answered and not sent.  An idle client has none, and there may be ten
 * thousand of them; who has something to say takes what the one before him
 * has left, which is also still in the processor's cache.
 */
#ifndef LOOKUPD_LINES_H
#define LOOKUPD_LINES_H

#include <stddef.h>

#include "common/buffer.h"

/* Kept for the next: for so many clients, and answers of so many bytes. */
#define LINES_SPARE_MAX 64
#define LINES_SPARE_OUT_MAX 4096

/* Asked for at each read(2); with the NUL of a buffer a power of two. */
#define LINES_READ_SIZE (16 * 1024 - 1)

struct lines {
	struct buffer in, out;
	struct lines *next;		/* in the pool */
};

/* Zeroed, it is empty. */
struct lines_pool {
	struct lines *spare;
	size_t count;
	struct buffer in;		/* memory for one client's reading */
};

/* Empty lines that may grow to so many bytes; NULL: no memory. */
struct lines *lines_take(struct lines_pool *pool, size_t in_max,
    size_t out_max);
/* Done with, whatever is in them. NULL-safe. */
void lines_give(struct lines_pool *pool, struct lines *lines);

/* Before something is read, and when all that was read is answered. */
void lines_take_in(struct lines_pool *pool, struct lines *lines);
void lines_give_in(struct lines_pool *pool, struct lines *lines);

/* Free what is spare. */
void lines_pool_free(struct lines_pool *pool);

#endif
