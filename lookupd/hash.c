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

uint64_t
hash_bytes(uint64_t seed, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t hash = step(seed, len), word;

	for (; len >= sizeof(word); len -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = step(hash, word);
	}
	if (len > 0) {
		word = 0;
		memcpy(&word, at, len);
		hash = step(hash, word);
	}
	hash = (hash ^ hash >> 29) * FINISHER;
	return hash ^ hash >> 32;
}
