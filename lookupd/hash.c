/*
 * Multiply and fold, as in the family of FNV and MurmurHash.
 */
#include "lookupd/hash.h"

#include <string.h>

#define MULTIPLIER 0x9e3779b97f4a7c15ULL	/* 2^64 / golden ratio, odd */
#define FINISHER 0xd6e8feb86659fd93ULL

static uint64_t
step(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * MULTIPLIER;
	return hash ^ hash >> 32;
}

/* The last one to seven bytes, as memcpy would put them into a zero. */
static uint64_t
rest(const unsigned char *at, size_t len)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint32_t first, last;

	/* two halves, which may overlap in equal bytes */
	if (len >= sizeof(first)) {
		memcpy(&first, at, sizeof(first));
		memcpy(&last, at + len - sizeof(last), sizeof(last));
		return first | (uint64_t)last << 8 * (len - sizeof(last));
	}
	return at[0] | (uint64_t)at[len / 2] << 8 * (len / 2) |
	    (uint64_t)at[len - 1] << 8 * (len - 1);
#else
	uint64_t word = 0;

	memcpy(&word, at, len);
	return word;
#endif
}

uint64_t
hash_bytes(uint64_t seed, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t hash = step(seed, len), word;

	for (; len >= sizeof(word); len -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = step(hash, word);
	}
	if (len > 0)
		hash = step(hash, rest(at, len));
	hash = (hash ^ hash >> 29) * FINISHER;
	return hash ^ hash >> 32;
}
