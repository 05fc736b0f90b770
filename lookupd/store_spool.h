/*
 * A spool: many short records of one size, in a file without a name, dealt
 * to 256 heaps by their first byte, so that they can be sorted heap by heap
 * in little memory.
 */
#ifndef LOOKUPD_STORE_SPOOL_H
#define LOOKUPD_STORE_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#define SPOOL_HEAPS 256
#define SPOOL_RECORD_MAX 32

struct spool;

/* In this folder. NULL with errno set. */
struct spool *spool_new(const char *folder, size_t record_size);
void spool_free(struct spool *spool);		/* NULL-safe */

/* 0 or -1 with errno set. */
int spool_add(struct spool *spool, const void *record);

/*
 * All records of a heap, sorted as bytes; allocated, the caller's.  0, or -1
 * with errno set.
 */
int spool_sorted(struct spool *spool, unsigned heap, uint8_t **ret,
    size_t *ret_count);

#endif
