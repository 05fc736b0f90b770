/*
 * What the front has of its realms in the store: whether it may be believed
 * now, and findings from it, at once.
 *
 * Believed is what is complete and of the present definition; of a mirror
 * what was heard of within max_stale seconds, by the wall clock, which must
 * not have gone back behind that by more than a second, and by the monotonic
 * one; and only while the realm's canaries, looked at in it after each refresh
 * and every canary_interval, are blocked.
 *
 * Each question sees one moment of the store, the newest.  While nothing is
 * committed, and no more than STOCK_LOOK_US have passed, what was found out
 * about belief stands; at the latest then it is found out again, and whether
 * the file is still the one that was opened.  The front opens it once, before
 * its sandbox closes: when the store is replaced, the front ends and is started
 * again.
 */
#ifndef LOOKUPD_STOCK_H
#define LOOKUPD_STOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "daemon/loop.h"
#include "lookupd/config.h"
#include "lookupd/identity.h"
#include "lookupd/resolve.h"
#include "lookupd/store_foresee.h"
#include "lookupd/trace.h"

/* Clocks, canaries and the file are looked at once in so much time: a system
 * call each costs as much as a lookup. */
#define STOCK_LOOK_US 10000
/* A moment of the store is held no longer than this when nobody asks: pages
 * given back meanwhile cannot be used again. */
#define STOCK_HOLD_MS 100

struct stock;

enum stock_answer {
	STOCK_NONE = 0,		/* unavailable, for the reason given */
	STOCK_FOUND,		/* findings are filled in, the caller's */
	STOCK_ASK		/* ask the directory process */
};

/*
 * Open the store of the configuration, if it has one; what is wrong with it
 * is logged, and its realms are unavailable.  NULL when out of memory.
 */
struct stock *stock_new(struct event_base *base, const struct config *config);
void stock_free(struct stock *stock);		/* NULL-safe */

/* Another configuration is in use from now on, and outlives the next one's
 * beginning. */
void stock_take(struct stock *stock, const struct config *config);

/* Findings for each of the identities.  now_us: the wall clock. */
enum stock_answer stock_find(struct stock *stock, const struct realm *realm,
    const struct identities *identities, struct findings *findings,
    int64_t now_us, struct trace *trace, const char **ret_reason);

/* Hints, store_foresee.h: the first of a request's identities is going to be
 * looked for; and a while later. */
void stock_foresee(struct stock *stock, const struct realm *realm,
    const struct identity *identity, struct store_foreseen *ret);
void stock_foresee_entry(struct stock *stock, const struct realm *realm,
    struct store_foreseen *foreseen);

/* The store was replaced: this process must end. */
bool stock_is_stale(struct stock *stock);
/* What was read cannot be right: the writer must be told.  Says so once. */
bool stock_is_damaged(struct stock *stock);

/* Append a line for each area of the realm. */
void stock_describe(struct stock *stock, const struct realm *realm,
    int64_t now_us, struct buffer *out);

#endif
