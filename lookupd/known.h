/*
 * The table behind memory.h: findings by key, on two shelves of bounded size,
 * with lifetimes.  It asks nobody; memory.c does.
 */
#ifndef LOOKUPD_KNOWN_H
#define LOOKUPD_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lookupd/resolve.h"
#include "lookupd/trust.h"

/* Remembered at most: a busy minute's people; about 5 KiB each. */
#define KNOWN_POSITIVE_MAX 10000
/* Unknown names cost 400 bytes each. */
#define KNOWN_NEGATIVE_MAX 20000
/* All accounts together, were they larger: one may have a megabyte of
 * groups. */
#define KNOWN_BYTES_MAX (64 * 1024 * 1024)

/* Everything that findings depend on. */
struct known_key {
	uint64_t generation;
	unsigned realm;
	enum key_kind kind;
	const char *value;		/* borrowed: len bytes */
	size_t len;
};

/* A key that lasts longer than who asked. */
struct known_name {
	struct known_key key;		/* of the bytes behind it */
	char value[IDENTITY_MAX + 1];
};
void known_keep_name(struct known_name *name, const struct known_key *key);

/* Findings that several may hold. */
struct shared {
	unsigned references;
	struct findings findings;
};
struct shared *shared_ref(struct shared *shared);
void shared_unref(struct shared *shared);	/* NULL-safe */

struct known_table;

struct known_table *known_new(void);		/* NULL: no memory */
void known_free(struct known_table *table);	/* NULL-safe */
size_t known_count(const struct known_table *table);

/* The key of an identity, as it is spelled; borrows it. */
void known_make_key(struct known_key *key, const struct trust *trust,
    const struct realm *realm, const struct identity *identity);
bool known_same_key(const struct known_key *a, const struct known_key *b);
/* A seeded hash of the key. */
uint64_t known_hash(const struct known_table *table,
    const struct known_key *key);

/* What is known at this moment (deadline_now()): a reference, or NULL. */
struct shared *known_get(struct known_table *table,
    const struct known_key *key, int64_t now);

/*
 * Remember, for ms milliseconds less up to a fifth at random.  Takes a
 * reference of its own.  Without memory nothing is remembered.
 */
void known_put(struct known_table *table, const struct known_key *key,
    struct shared *shared, int64_t now, int64_t ms);

/* Forget what the function says true of. */
typedef bool known_chosen(const struct known_key *key,
    const struct findings *findings, const void *context);
void known_forget(struct known_table *table, known_chosen *chosen,
    const void *context);

#endif
