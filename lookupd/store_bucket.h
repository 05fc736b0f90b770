/*
 * Buckets: the links from keys to entries whose hashes begin alike, side by
 * side in the order of their numbers, so that finding one touches few lines
 * of memory.  Pure.
 *
 * A link is the hash of a key and the number of its entry in one (eight bytes,
 * low first), and a checksum (four).  A bucket's number is the first bits of
 * its hashes; how many is chosen at each refresh.
 */
#ifndef LOOKUPD_STORE_BUCKET_H
#define LOOKUPD_STORE_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUCKET_LINK_SIZE 12
#define BUCKET_BITS_LEAST 8
#define BUCKET_BITS_MOST 28
/* Links of a bucket after a refresh, on the average at most: nearly a page, so
 * that few steps lead to one. */
#define BUCKET_LINKS 300

/* How many bits for so many links. */
unsigned store_bucket_bits(uint64_t links);
uint32_t store_bucket_of(uint64_t hash, unsigned bits);

/* Bytes of memory that come together; and, of 300 links two thirds are no
 * further than this from where they should be, and nearly all within twice as
 * much. */
#define BUCKET_LINE 64
#define BUCKET_AROUND (2 * BUCKET_LINE)

/* The number of the link where this one should be. */
static inline size_t
store_bucket_guess(size_t len, uint64_t link, unsigned bits)
{
	size_t count = len / BUCKET_LINK_SIZE;

	return (size_t)((count * (link << bits >> 32)) >> 32);
}

/* It is going to be sought.  Inline: a call of what only fetches may be left
 * out. */
static inline void
store_bucket_fetch(const void *bucket, size_t len, uint64_t link,
    unsigned bits)
{
	size_t at = store_bucket_guess(len, link, bits) * BUCKET_LINK_SIZE;
	size_t end = at + BUCKET_AROUND;

	at = at < BUCKET_AROUND ? 0 : at - BUCKET_AROUND;
	for (; at < len && at <= end; at += BUCKET_LINE)
		__builtin_prefetch((const uint8_t *)bucket + at);
}

/* The offset of the first link that is not less, len when there is none.
 * len: a multiple of BUCKET_LINK_SIZE. */
size_t store_bucket_seek(const void *bucket, size_t len, uint64_t link,
    unsigned bits);

void store_bucket_put_link(void *at, uint64_t link);
uint64_t store_bucket_link(const void *at);
/* Does the link fit its checksum? */
bool store_bucket_link_sound(const void *at);
/* Is everything in it sound, in order, and where it belongs? */
bool store_bucket_sound(const void *bucket, size_t len, uint32_t number,
    unsigned bits);

#endif
