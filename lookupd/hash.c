/*
 * Multiply and fold, as in the family of FNV and MurmurHash.
 */
#include "lookupd/hash.h"

#include <endian.h>

#define GROUP sizeof(uint64_t)
/* So much goes through four hashes, and is not less than pays. */
#define ROUND (4 * GROUP)
#define ROUNDS_LEAST (2 * ROUND)

/* The last byte is the highest. */
static inline uint64_t
group(const unsigned char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return le64toh(word);
}

/* One to seven bytes, with none before them. */
static uint64_t
few(const unsigned char *at, size_t len)
{
	uint32_t first, last;

	/* two halves, which may overlap in equal bytes */
	if (len >= sizeof(first)) {
		memcpy(&first, at, sizeof(first));
		memcpy(&last, at + len - sizeof(last), sizeof(last));
		return first | (uint64_t)last << 32;
	}
	return at[0] | (uint64_t)at[len / 2] << 8 |
	    (uint64_t)at[len - 1] << 16;
}

/* len: a multiple of ROUND. */
static uint64_t
rounds(uint64_t hash, const unsigned char *at, size_t len)
{
	uint64_t a = hash, b = ~hash, c = hash ^ HASH_FINISHER, d = ~c;

	for (const unsigned char *end = at + len; at != end; at += ROUND) {
		a = hash_step(a, group(at));
		b = hash_step(b, group(at + GROUP));
		c = hash_step(c, group(at + 2 * GROUP));
		d = hash_step(d, group(at + 3 * GROUP));
	}
	hash = hash_step(hash_step(hash, a), b);
	return hash_step(hash_step(hash, c), d);
}

uint64_t
hash_bytes(uint64_t seed, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t hash = hash_step(seed, len);
	size_t left = len;

	if (left >= ROUNDS_LEAST) {
		hash = rounds(hash, at, left - left % ROUND);
		at += left - left % ROUND;
		left %= ROUND;
	}
	for (; left >= GROUP; left -= GROUP, at += GROUP)
		hash = hash_step(hash, group(at));
	/* what is before the last ones is shifted out */
	if (left > 0)
		hash = hash_step(hash, len < GROUP ? few(at, left) :
		    group(at + left - GROUP) >> 8 * (GROUP - left));
	return hash_end(hash);
}
