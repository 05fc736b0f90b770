/*
 * The pool of clients' lines: a short list of spare ones, and one buffer that
 * all who read in a turn of the loop use one after the other.
 */
#include "lookupd/lines.h"

#include <stdlib.h>

struct lines *
lines_take(struct lines_pool *pool, size_t in_max, size_t out_max)
{
	struct lines *lines = pool->spare;

	if (lines != NULL) {
		pool->spare = lines->next;
		pool->count--;
	} else {
		lines = calloc(1, sizeof(*lines));
		if (lines == NULL)
			return NULL;
	}
	lines->in.max = in_max;
	lines->out.max = out_max;
	return lines;
}

static void
lines_free(struct lines *lines)
{
	buffer_free(&lines->in);
	buffer_free(&lines->out);
	free(lines);
}

void
lines_give(struct lines_pool *pool, struct lines *lines)
{
	if (lines == NULL)
		return;
	if (pool->count >= LINES_SPARE_MAX ||
	    lines->out.capacity > LINES_SPARE_OUT_MAX) {
		lines_free(lines);
		return;
	}
	buffer_free(&lines->in);
	buffer_clear(&lines->out);
	lines->next = pool->spare;
	pool->spare = lines;
	pool->count++;
}

/* The memory of two buffers, not what they may grow to. */
static void
swap(struct buffer *a, struct buffer *b)
{
	char *data = a->data;
	size_t capacity = a->capacity;

	a->data = b->data;
	a->capacity = b->capacity;
	b->data = data;
	b->capacity = capacity;
}

void
lines_take_in(struct lines_pool *pool, struct lines *lines)
{
	if (lines->in.data == NULL && pool->in.data != NULL)
		swap(&lines->in, &pool->in);
}

void
lines_give_in(struct lines_pool *pool, struct lines *lines)
{
	buffer_clear(&lines->in);
	if (pool->in.data == NULL &&
	    lines->in.capacity == LINES_READ_SIZE + 1)
		swap(&lines->in, &pool->in);
	else
		buffer_free(&lines->in);
}

void
lines_pool_free(struct lines_pool *pool)
{
	struct lines *lines;

	while ((lines = pool->spare) != NULL) {
		pool->spare = lines->next;
		lines_free(lines);
	}
	pool->count = 0;
	buffer_free(&pool->in);
}
