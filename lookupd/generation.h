/*
 * One configuration in use by the directory process: its realms' pools and
 * what is remembered of their canaries.
 *
 * The pools of the current one are opened at once, and only it mirrors.  The previous one is kept
 * for as long as it is the previous one, because the front may go on asking
 * with it (its own reload comes later, and may fail); its pools are closed
 * when nobody has asked for a while, and made again on demand.
 */
#ifndef LOOKUPD_GENERATION_H
#define LOOKUPD_GENERATION_H

#include <stdint.h>

#include "daemon/loop.h"
#include "lookupd/canary.h"
#include "lookupd/config.h"
#include "lookupd/file_feed.h"
#include "lookupd/ldap_pool.h"
#include "lookupd/mirror.h"

/* A previous configuration's pools are closed after this long unused. */
#define GENERATION_IDLE_MS (60 * 1000)

struct generation {
	struct event_base *base;
	struct config *config;
	unsigned questions;		/* under way */
	int64_t asked;			/* when the last one came */
	struct ldap_pool *pools[CONFIG_REALMS_MAX];
	struct canary canaries[CONFIG_REALMS_MAX];
	bool wants_canary[CONFIG_REALMS_MAX];
	struct mirror *mirrors[CONFIG_REALMS_MAX];
	struct file_feed *feeds[CONFIG_REALMS_MAX];
	struct generation *next;	/* in a list of retired ones */
};

/* Takes over the reference to config, also on failure (NULL). */
struct generation *generation_new(struct event_base *base,
    struct config *config);
/* Ends what is under way. Not from within a search's done. NULL-safe. */
void generation_free(struct generation *generation);

/* The pool of a realm of this configuration; NULL when out of memory. */
struct ldap_pool *generation_pool(struct generation *generation,
    const struct realm *realm);

/*
 * Begin: the pools of live realms, and mirrors and file feeds when there is a
 * store (borrowed; damaged as mirror_new).  The others' pools are opened when they
 * are asked.
 */
void generation_open(struct generation *generation, struct store *store,
    void (*damaged)(void *context), void *context);
/* Its mirrors and feeds end: another one is going to write to the store. */
void generation_end_mirrors(struct generation *generation);
/* Close all pools (no question may be under way). */
void generation_close(struct generation *generation);

/* The state of every mirror, feed and pool, as ldap_pool_describe. */
void generation_describe(struct generation *generation,
    void (*line)(void *context, const char *text), void *context);

#endif
