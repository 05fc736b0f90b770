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

#define CHUNK_END_SIZE 4
#define CHUNK_LINE 64		/* bytes of memory that come together */
#define CHUNK_FETCH_MOST 512	/* so much of a record is asked for beforehand */

/*
 * Records are much of one length: where this one should be is fetched while the
 * head is, with half a line on either side; len is at least the head's.
 * Inline: a call of what only fetches may be left out.
 */
static inline void
store_chunk_fetch_record(const uint8_t *bytes, size_t len, unsigned per,
    unsigned slot)
{
	size_t head = (size_t)per * CHUNK_END_SIZE, each = (len - head) / per;
	size_t at = head + each * slot, end = at + CHUNK_LINE / 2 +
	    (each < CHUNK_FETCH_MOST ? each : CHUNK_FETCH_MOST);

	at -= at < CHUNK_LINE / 2 ? at : CHUNK_LINE / 2;
	for (; at < end && at < len; at += CHUNK_LINE)
		__builtin_prefetch(bytes + at);
}

/* It is going to be looked for. */
static inline void
store_chunk_fetch(const void *chunk, size_t len, unsigned per, unsigned slot)
{
	const uint8_t *bytes = chunk;

	if (len < (size_t)per * CHUNK_END_SIZE)
		return;
	__builtin_prefetch(bytes + (size_t)slot * CHUNK_END_SIZE);
	store_chunk_fetch_record(bytes, len, per, slot);
}

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
