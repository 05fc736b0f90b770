/*
 * Which entries of a file belong to which area of a realm, with which
 * attributes: what a server's search with base, class filter and attributes
 * would return.  No I/O.
 */
#ifndef LOOKUPD_FILE_SIEVE_H
#define LOOKUPD_FILE_SIEVE_H

#include "lookupd/config.h"
#include "lookupd/store.h"

struct file_sieve;

/* realm must outlive it. NULL when out of memory. */
struct file_sieve *file_sieve_new(const struct realm *realm);
void file_sieve_free(struct file_sieve *sieve);		/* NULL-safe */

/* The attributes to be read of each entry, NULL-terminated. Borrowed. */
char *const *file_sieve_wanted(const struct file_sieve *sieve);

/*
 * 0 with what that area has of the entry, the caller's, or NULL when it does
 * not belong there; -1 when out of memory.
 */
int file_sieve(const struct file_sieve *sieve, enum store_kind kind,
    const struct entry *entry, struct entry **ret);

/* An entry's id: a digest of its DN, however that is spelled. */
void file_sieve_id(const struct entry *entry, struct store_id *ret);

#endif
