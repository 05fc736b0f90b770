/*
 * File mode: an LDIF file feeds the areas of one realm, in the directory
 * process.  It is read when it is not what the store has, beside, a piece in
 * each turn of the loop, and taken into use as a whole; a file with anything
 * wrong in it is said to be so once, and what was there stays.
 *
 * The file is looked at every second.  One that changes while it is read is
 * read once more.  Which file the store has is in the areas' cookies: its
 * inode, size and time, so that a restart need not read it again.
 */
#ifndef LOOKUPD_FILE_FEED_H
#define LOOKUPD_FILE_FEED_H

#include "daemon/loop.h"
#include "lookupd/config.h"
#include "lookupd/store.h"

/* Between two looks at the file. */
#define FILE_FEED_LOOK_MS 1000
/* After the store could not take it. */
#define FILE_FEED_AGAIN_MS (10 * 1000)
/* The largest file: more than a directory that fits in one machine. */
#define FILE_FEED_MAX (64LL * 1024 * 1024 * 1024)
/* Bytes read in one turn of the loop: other questions wait meanwhile. */
#define FILE_FEED_PIECE (64 * 1024)

struct file_feed;

/* As mirror_new: realm and store must outlive it, damaged is called when the
 * store cannot be believed.  NULL when out of memory. */
struct file_feed *file_feed_new(struct event_base *base,
    const struct realm *realm, struct store *store,
    void (*damaged)(void *context), void *context);
void file_feed_free(struct file_feed *feed);	/* NULL-safe */

/* What it does, one line. */
void file_feed_describe(const struct file_feed *feed,
    void (*line)(void *context, const char *text), void *context);

#endif
