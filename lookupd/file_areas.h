/*
 * The areas of one realm that a file feeds, filled and taken into use as one:
 * each entry of the file goes to those it belongs to.
 *
 * -1 is the store's fault or memory's, with a sentence in error
 * (STORE_ERROR_MAX bytes) where there is one.
 */
#ifndef LOOKUPD_FILE_AREAS_H
#define LOOKUPD_FILE_AREAS_H

#include "lookupd/area.h"
#include "lookupd/file_mark.h"
#include "lookupd/file_sieve.h"

#define FILE_AREAS_KINDS 2

/* Zeroed before it is opened, and after it is closed. */
struct file_areas {
	const struct realm *realm;
	struct file_sieve *sieve;
	struct area is[FILE_AREAS_KINDS];
	struct store_area *stored[FILE_AREAS_KINDS]; /* domains may be NULL */
	/* Of the refresh under way, so far: */
	unsigned long long entries;	/* … of the file */
	unsigned long long put[FILE_AREAS_KINDS];
};

/* realm and store must outlive it. Closed by the caller also after -1. */
int file_areas_open(struct file_areas *areas, const struct realm *realm,
    struct store *store);
void file_areas_close(struct file_areas *areas);

/* Are accounts there at all? */
bool file_areas_usable(const struct file_areas *areas);
/* Is this the file that was read? */
bool file_areas_have(const struct file_areas *areas,
    const struct file_mark *mark);

/* A refresh, as those of store.h.  The entry stays the caller's. */
int file_areas_begin(struct file_areas *areas, char *error);
int file_areas_put(struct file_areas *areas, const struct entry *entry,
    char *error);
/* *ret_twice: a dn was put twice; then *ret_done says nothing. */
int file_areas_step(struct file_areas *areas, bool *ret_done,
    bool *ret_twice, char *error);
int file_areas_finish(struct file_areas *areas, const struct file_mark *mark,
    int64_t now_us, char *error);
void file_areas_abandon(struct file_areas *areas);

#endif
