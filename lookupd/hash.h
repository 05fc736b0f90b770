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
 * It is no digest.  What differs in the highest bits of a group stays in a few
 * bits of the hash, and the next group can undo it: two such texts have one
 * hash under about every second seed, known or not.  Whoever chooses texts so
 * may crowd tables and indexes keyed with it, and gains slowness, not a wrong
 * answer: what is found is always compared.
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
