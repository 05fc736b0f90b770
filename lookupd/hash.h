/*
 * The one hash: seeded, not cryptographic, eight bytes at a time.
 *
 * Each step multiplies by an odd number and folds, which loses nothing: two
 * texts of one length that differ within one aligned group of eight bytes
 * never have the same hash.  So it is a checksum, too.  What is longer goes
 * through four hashes beside each other, a group to each in turn, so that no
 * step waits for the one before it; they are steps of one hash at the end,
 * which loses nothing, either.
 *
 * With a seed nobody knows, tables and indexes keyed with it cannot be crowded
 * from outside without seeing their answers' timing; and whoever can gains
 * slowness, not a wrong answer: what is found is always compared.
 */
#ifndef LOOKUPD_HASH_H
#define LOOKUPD_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t len);

/* Its parts, for what is short and looked at often. */
#define HASH_MULTIPLIER 0x9e3779b97f4a7c15ULL	/* 2^64 / golden ratio, odd */
#define HASH_FINISHER 0xd6e8feb86659fd93ULL

static inline uint64_t
hash_step(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * HASH_MULTIPLIER;
	return hash ^ hash >> 32;
}

static inline uint64_t
hash_end(uint64_t hash)
{
	hash = (hash ^ hash >> 29) * HASH_FINISHER;
	return hash ^ hash >> 32;
}

#endif
