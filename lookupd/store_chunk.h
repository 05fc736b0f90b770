/*
 * Chunks: the records of entries with neighbouring numbers in one value of
 * about a page, so that finding one touches few lines of memory, and few
 * steps lead to it.  Pure.
 *
 * A chunk has so many slots for all of an area's (`per`, chosen at each
 * refresh from the records' length); entry n is in slot n % per of chunk
 * n / per.  It begins with where each slot's record ends (four bytes, low
 * first); an empty slot ends where the one before it does.  What is in a slot
 * has its own checksum, with the number of the entry in it.
 */
#ifndef LOOKUPD_STORE_CHUNK_H
#define LOOKUPD_STORE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"

/* Bytes of a chunk, on the average, after a refresh: less than the 4080 that
 * LMDB has for a value in a page of its own. */
#define CHUNK_FILL 3600
#define CHUNK_PER_MOST 48
#define CHUNK_PER_USUAL 16

/* How many slots, when so many records have so many bytes. */
unsigned store_chunk_per(size_t bytes, size_t records);

/* The record in the slot, borrowed; 1 when it is empty, -1 when the chunk is
 * damaged. */
int store_chunk_find(const void *chunk, size_t len, unsigned per,
    unsigned slot, const void **ret, size_t *ret_len);

/* Make a chunk in an empty buffer, records in the order of their slots. */
void store_chunk_begin(struct buffer *out, unsigned per);
void store_chunk_add(struct buffer *out, unsigned per, unsigned slot,
    const void *record, size_t len);

/*
 * The chunk with another record in that slot, into an empty buffer; len 0:
 * none, and nothing at all when no other is left.  old_len 0: there was no
 * chunk.  0, or -1 when the old one is damaged; out->failed is looked at by
 * the caller.
 */
int store_chunk_change(struct buffer *out, const void *old, size_t old_len,
    unsigned per, unsigned slot, const void *record, size_t len);

/* Is everything in it sound?  How many records, too. */
bool store_chunk_sound(const void *chunk, size_t len, unsigned per,
    uint32_t number, uint64_t *count);

#endif
