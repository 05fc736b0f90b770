/*
 * Multiply and fold, as in the family of FNV and MurmurHash.
 */
#include "lookupd/hash.h"

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
	uint64_t hash = hash_step(seed, len), word;

	for (; len >= sizeof(word); len -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = hash_step(hash, word);
	}
	if (len > 0)
		hash = hash_step(hash, rest(at, len));
	return hash_end(hash);
}
