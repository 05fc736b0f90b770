/*
 * A bundle: the files and the names that a configuration was read from, in
 * one piece of memory.  A process that may not open files any more is given
 * one by a process that may.
 *
 * There are two sorts.  One that is being collected (bundle_new) takes what is
 * asked of it from the disk and from the name service, and keeps it.  One that
 * was received (bundle_decode) has the last word: what it does not contain
 * does not exist.  Who reads a configuration through a bundle that is being
 * collected has afterwards exactly what reading it once more will ask for.
 *
 * Secrets never come into it: bundle_read_file is the only way in for a file,
 * and reads what everybody may read.
 *
 * Coded: the eight bytes "cabundl1", the number of entries, and of each its
 * kind (one byte), the lengths of its name and of its value, the name, the
 * value.  Numbers are four bytes, the highest first.
 */
#ifndef DAEMON_BUNDLE_H
#define DAEMON_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"

#define BUNDLE_NAME_MAX 4096		/* PATH_MAX */
#define BUNDLE_VALUE_MAX (1024 * 1024)	/* as the files' own limits are */
#define BUNDLE_ENTRIES_MAX 32768	/* every caller of every service */
/* A profile and a CA file for each of 64 realms, and more than that. */
#define BUNDLE_MAX (160 * 1024 * 1024)

enum bundle_kind {
	BUNDLE_FILE = 'f',		/* path, contents */
	BUNDLE_USER = 'u',		/* name, uid */
	BUNDLE_GROUP = 'g'		/* name, gid */
};

struct bundle;

struct bundle *bundle_new(void);	/* NULL: out of memory */
void bundle_free(struct bundle *bundle);	/* NULL-safe */

/* 0; -1 when it is there already, too long, or memory is short. */
int bundle_put(struct bundle *bundle, enum bundle_kind kind, const char *name,
    const void *value, size_t len);
int bundle_put_number(struct bundle *bundle, enum bundle_kind kind,
    const char *name, uint32_t number);

/* The value, borrowed; NULL when there is none (an empty one is not NULL). */
const char *bundle_get(const struct bundle *bundle, enum bundle_kind kind,
    const char *name, size_t *ret_len);
/* 0, or -1 when there is none. */
int bundle_get_number(const struct bundle *bundle, enum bundle_kind kind,
    const char *name, uint32_t *ret);

/* Appended to out, whose max must be at least BUNDLE_MAX. 0 or -1. */
int bundle_encode(const struct bundle *bundle, struct buffer *out);
/* NULL when it is malformed in any way, or out of memory. */
struct bundle *bundle_decode(const char *bytes, size_t len);

/* It has the last word: what it does not contain must not be looked for. */
int bundle_is_final(const struct bundle *bundle);	/* NULL-safe */

/*
 * The one door to configuration files: safe_read_file of a public file, from
 * the disk alone when bundle is NULL.
 */
int bundle_read_file(struct bundle *bundle, const char *path, size_t max,
    struct buffer *out, char *error);

#endif
