/*
 * The one hash: seeded, not cryptographic, eight bytes at a time.
 *
 * Each step multiplies by an odd number and folds, which loses nothing: two
 * texts of one length that differ within one aligned group of eight bytes
 * never have the same hash.  So it is a checksum, too.  With a seed nobody
 * knows, tables and indexes keyed with it cannot be crowded from outside
 * without seeing their answers' timing; and whoever can gains slowness, not a
 * wrong answer: what is found is always compared.
 */
#ifndef LOOKUPD_HASH_H
#define LOOKUPD_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t len);

#endif
