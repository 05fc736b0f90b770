/*
 * The inside of the stock: what is held of a realm, and whether it may be
 * believed (stock_belief.c).
 */
#ifndef LOOKUPD_STOCK_PARTS_H
#define LOOKUPD_STOCK_PARTS_H

#include "lookupd/stock.h"
#include "lookupd/store.h"

#define KINDS 2
#define US 1000000LL
/* A question's time is taken before the store is looked at, which may show what
 * was committed meanwhile: a contact so much later is not from the future. */
#define STOCK_AHEAD_US US

/* When the server of an area was last heard of, by both clocks. */
struct heard {
	int64_t contact_us;		/* as stored, by the wall clock */
	int64_t seen_us;		/* deadline_now_us(), when we saw it */
	int64_t age_us;			/* … and its age then */
	const char *doubt;		/* until it is heard of again */
};

struct holding {
	const struct realm *realm;
	struct store_area *areas[KINDS];	/* domains may be NULL */
	struct heard heard[KINDS];
	bool open;			/* all that are wanted */
	int64_t refreshed_us[KINDS];	/* when the canaries were looked at */
	int64_t checked;		/* deadline_now(); 0: never */
	bool passed;
	/* all of it was believed at this moment of the store, 0: never */
	uint32_t believed;
	int64_t believed_us;		/* … and this one of the wall clock */
};

/*
 * NULL, or why this state of an area is not believed.  A clock that is set does
 * not make anything younger: what was too old once, or from the future, stays
 * so until the server is heard of again, and the other clock counts, too.
 */
const char *stock_why_stale(const struct realm *realm,
    const struct store_state *state, struct heard *heard, int64_t now_us);

/* Are the realm's canaries blocked?  Looked at after each refresh, and every
 * canary_interval. */
bool stock_canaries_pass(struct holding *holding, int64_t now_us);

#endif
