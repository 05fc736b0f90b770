/*
 * Mirroring one realm: the driver that keeps the areas of the store as the
 * provider has them (RFC 4533), in the directory process.
 *
 * Accounts and domains are a session each, over a connection of its own.  A
 * session goes through the realm's servers in their order: connected to and
 * looked at (mirror_try.h), it becomes the session's connection, and sync.h
 * decides what its messages mean.  A heartbeat over the same connection
 * notices a server that is silent, and confirms that what we have is what it
 * has.  While another than the first server serves, the first is tried again
 * and taken back when it is there and not behind.
 *
 * What a server tells nobody is found by reading everything anew from time to
 * time (refresh_interval), by a session beside, which then takes the place of
 * the one that kept the copy up to date meanwhile.
 *
 * Nothing here waits or blocks the loop.
 */
#ifndef LOOKUPD_MIRROR_H
#define LOOKUPD_MIRROR_H

#include "daemon/loop.h"
#include "lookupd/config.h"
#include "lookupd/store.h"

/* Looking whether an earlier server is back. */
#define MIRROR_RETURN_MS (30 * 1000)
/* Looking whether it is time to read everything anew. */
#define MIRROR_REVIEW_MS (10 * 1000)
/* A line in the log about a refresh that goes on. */
#define MIRROR_PROGRESS_MS (10 * 1000)

struct mirror;

/*
 * Begin; realm and store must outlive it.  damaged is called (from the loop)
 * when the store cannot be believed any more: its owner discards it and ends.
 * NULL when out of memory.
 */
struct mirror *mirror_new(struct event_base *base, const struct realm *realm,
    struct store *store, void (*damaged)(void *context), void *context);
void mirror_free(struct mirror *mirror);	/* NULL-safe */

/* A line of text for each session, and each server that failed. */
void mirror_describe(const struct mirror *mirror,
    void (*line)(void *context, const char *text), void *context);

#endif
