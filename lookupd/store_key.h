/*
 * What an area is indexed by: the values of the attributes that the profile
 * searches, folded as the weakest comparison we make (ASCII case and spaces
 * do not count), hashed with the store's seed.  Which attribute it was is not
 * in the hash: one search finds a value under several.  Pure.
 */
#ifndef LOOKUPD_STORE_KEY_H
#define LOOKUPD_STORE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lookupd/entry.h"
#include "lookupd/profile.h"

/* Attributes with an index: all keys of all kinds, each once. */
#define STORE_KEY_ATTRIBUTES_MAX (KEY_KINDS * PROFILE_KEYS_MAX)
/* The lower bits of a key's hash are zero: the number of the entry takes their
 * place.  Of a few million keys some hundred collide, and are looked at in
 * vain.  Entries are numbered from 1 as they come; a refresh begins again. */
#define STORE_NUMBER_BITS 28
#define STORE_NUMBER_MAX ((1U << STORE_NUMBER_BITS) - 1)
/* A longer folded value is not indexed: nobody can ask for it. */
#define STORE_KEY_VALUE_MAX 1024

struct store_keys {
	uint64_t seed;
	const char *attributes[STORE_KEY_ATTRIBUTES_MAX];	/* borrowed */
	size_t count;
};

/* The hashes of one entry's keys, sorted, each once. */
struct store_hashes {
	uint64_t *hashes;
	size_t count, capacity;
};

void store_keys_init(struct store_keys *keys, uint64_t seed);
/* Index this attribute, too (each once, case ignored). */
void store_keys_add(struct store_keys *keys, const char *attribute);
bool store_keys_have_text(const struct store_keys *keys, const char *name);

static inline bool
store_keys_have(const struct store_keys *keys, const char *name)
{
	/* mostly it is the very one */
	for (size_t i = 0; i < keys->count; i++) {
		if (keys->attributes[i] == name)
			return true;
	}
	return store_keys_have_text(keys, name);
}

/* All keys of the entry; 0, or -1 without memory.  Keeps ret's memory. */
int store_keys_of(const struct store_keys *keys, const struct entry *entry,
    struct store_hashes *ret);
void store_hashes_free(struct store_hashes *hashes);
bool store_hashes_contain(const struct store_hashes *hashes, uint64_t hash);

/* What is looked for, folded: the value behind the prefix of its keys. */
struct store_wanted {
	char folded[STORE_KEY_VALUE_MAX];
	size_t len;
	uint64_t hash;
};

/* False when no entry can have such a value.  prefix: of the keys it is looked
 * for under, or NULL. */
bool store_key_wanted(const struct store_keys *keys, const char *prefix,
    const char *value, size_t len, struct store_wanted *ret);

/* Does the entry have it in this attribute? */
bool store_key_found(const char *attribute, const struct store_wanted *wanted,
    const struct entry *entry);

#endif
