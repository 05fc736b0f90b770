/*
 * Blocks of one file; each heap knows which are its own.
 */
#include "lookupd/store_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes of a heap that are kept in memory, and written at once. */
#define BLOCK 2048

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

static int
compare(const void *a, const void *b, void *size)
{
	return memcmp(a, b, *(size_t *)size);
}

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
	qsort_r(data, len / spool->size, spool->size, compare, &spool->size);
	*ret = data;
	*ret_count = len / spool->size;
	return 0;
}
