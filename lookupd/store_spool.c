/*
 * Blocks of one file; each heap knows which are its own.
 */
#include "lookupd/store_spool.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes of a heap that are kept in memory, and written at once. */
#define BLOCK 8192

struct heap {
	uint8_t data[BLOCK];
	size_t len;
	uint32_t *blocks;		/* which of the file, in order */
	size_t count, capacity;
};

struct spool {
	int fd;
	size_t size;			/* of a record */
	size_t full;			/* bytes of a block that are used */
	uint32_t blocks;		/* of the file */
	struct heap heaps[SPOOL_HEAPS];
};

/* A file system that knows no nameless files gets a name for a moment. */
static int
open_nameless(const char *folder)
{
	char path[4096];
	size_t len = strlen(folder);
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || len + sizeof("/spool.XXXXXX") > sizeof(path))
		return fd;
	memcpy(path, folder, len);
	memcpy(path + len, "/spool.XXXXXX", sizeof("/spool.XXXXXX"));
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

struct spool *
spool_new(const char *folder, size_t record_size)
{
	struct spool *spool = calloc(1, sizeof(*spool));

	if (spool == NULL)
		return NULL;
	spool->size = record_size;
	spool->full = BLOCK - BLOCK % record_size;
	spool->fd = open_nameless(folder);
	if (spool->fd >= 0)
		return spool;
	free(spool);
	return NULL;
}

void
spool_free(struct spool *spool)
{
	if (spool == NULL)
		return;
	for (unsigned i = 0; i < SPOOL_HEAPS; i++)
		free(spool->heaps[i].blocks);
	close(spool->fd);
	free(spool);
}

static int
flush(struct spool *spool, struct heap *heap)
{
	ssize_t put;

	if (heap->count == heap->capacity) {
		size_t capacity = heap->capacity == 0 ? 8 : 2 * heap->capacity;
		uint32_t *grown = realloc(heap->blocks,
		    capacity * sizeof(*grown));

		if (grown == NULL)
			return -1;
		heap->blocks = grown;
		heap->capacity = capacity;
	}
	put = pwrite(spool->fd, heap->data, spool->full,
	    (off_t)spool->blocks * BLOCK);
	if (put != (ssize_t)spool->full) {
		if (put >= 0)
			errno = ENOSPC;
		return -1;
	}
	heap->blocks[heap->count++] = spool->blocks++;
	heap->len = 0;
	return 0;
}

int
spool_add(struct spool *spool, const void *record)
{
	struct heap *heap = &spool->heaps[*(const uint8_t *)record];

	memcpy(heap->data + heap->len, record, spool->size);
	heap->len += spool->size;
	return heap->len < spool->full ? 0 : flush(spool, heap);
}

/* ---- sorting ---------------------------------------------------------- */

/* The beginning of a record as a number, and where it is. */
struct item {
	uint64_t prefix;
	uint32_t at;
};
#define PREFIX sizeof(uint64_t)
#define DIGITS 256
/* Fewer are not worth counting digits; more, which all begin with the same
 * byte, would take too much memory. */
#define MANY 64
#define MOST (256 * 1024)

static uint64_t
prefix_of(const uint8_t *record, size_t size)
{
	uint64_t prefix = 0;

	memcpy(&prefix, record, size < PREFIX ? size : PREFIX);
	return be64toh(prefix);
}

static unsigned
digit_of(const struct item *item, unsigned byte)
{
	return (unsigned)(item->prefix >> 8 * byte) % DIGITS;
}

/* By one byte of the prefix, without changing the order of equal ones; counts:
 * how many there are of each digit. */
static void
distribute(const struct item *from, struct item *to, size_t count,
    unsigned byte, const uint32_t *counts)
{
	uint32_t next[DIGITS], sum = 0;

	for (unsigned i = 0; i < DIGITS; i++) {
		next[i] = sum;
		sum += counts[i];
	}
	for (size_t i = 0; i < count; i++)
		to[next[digit_of(&from[i], byte)]++] = from[i];
}

/* From the last byte of the prefix to the first; items has room for twice as
 * many.  Returns where they are then. */
static struct item *
sort_items(struct item *items, size_t count)
{
	uint32_t counts[PREFIX][DIGITS] = { 0 };
	struct item *from = items, *to = items + count, *other;

	for (size_t i = 0; i < count; i++) {
		for (unsigned byte = 0; byte < PREFIX; byte++)
			counts[byte][digit_of(&items[i], byte)]++;
	}
	for (unsigned byte = 0; byte < PREFIX; byte++) {
		if (counts[byte][digit_of(&items[0], byte)] == count)
			continue;	/* all alike */
		distribute(from, to, count, byte, counts[byte]);
		other = from;
		from = to;
		to = other;
	}
	return from;
}

static int
compare(const void *a, const void *b, void *size)
{
	return memcmp(a, b, *(size_t *)size);
}

/* Records in the order of their items; of equal beginnings the rest decides. */
static void
gather(const uint8_t *data, uint8_t *to, const struct item *items,
    size_t count, size_t size)
{
	size_t same = 0;

	for (size_t i = 0; i < count; i++) {
		memcpy(to + i * size, data + items[i].at * size, size);
		if (i + 1 < count && items[i + 1].prefix == items[i].prefix)
			continue;
		if (i > same && size > PREFIX)
			qsort_r(to + same * size, i + 1 - same, size, compare,
			    &size);
		same = i + 1;
	}
}

static bool
is_sorted(const uint8_t *data, size_t count, size_t size)
{
	for (size_t i = 1; i < count; i++) {
		if (memcmp(data + (i - 1) * size, data + i * size, size) > 0)
			return false;
	}
	return true;
}

/* In place, or into other memory, the first being freed. 0 or -1. */
static int
sort(uint8_t **data, size_t count, size_t size)
{
	struct item *items;
	uint8_t *sorted;

	if (is_sorted(*data, count, size))
		return 0;
	if (count < MANY || count > MOST) {
		qsort_r(*data, count, size, compare, &size);
		return 0;
	}
	items = malloc(2 * count * sizeof(*items));
	sorted = malloc(count * size);
	if (items == NULL || sorted == NULL) {
		free(items);
		free(sorted);
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		items[i] = (struct item){ prefix_of(*data + i * size, size),
			(uint32_t)i };
	gather(*data, sorted, sort_items(items, count), count, size);
	free(items);
	free(*data);
	*data = sorted;
	return 0;
}

/* ---- reading ---------------------------------------------------------- */

int
spool_sorted(struct spool *spool, unsigned number, uint8_t **ret,
    size_t *ret_count)
{
	struct heap *heap = &spool->heaps[number];
	size_t len = heap->count * spool->full + heap->len, at = 0;
	uint8_t *data = malloc(len + 1);

	if (data == NULL)
		return -1;
	for (size_t i = 0; i < heap->count; i++, at += spool->full) {
		ssize_t got = pread(spool->fd, data + at, spool->full,
		    (off_t)heap->blocks[i] * BLOCK);

		if (got == (ssize_t)spool->full)
			continue;
		if (got >= 0)
			errno = EIO;
		free(data);
		return -1;
	}
	memcpy(data + at, heap->data, heap->len);
	if (sort(&data, len / spool->size, spool->size) != 0) {
		free(data);
		return -1;
	}
	*ret = data;
	*ret_count = len / spool->size;
	return 0;
}
