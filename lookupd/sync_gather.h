/*
 * What a session has told and the store has not yet made: changes in their
 * order, and the ids of a present phase.
 */
#ifndef LOOKUPD_SYNC_GATHER_H
#define LOOKUPD_SYNC_GATHER_H

#include "lookupd/sync.h"

struct sync_change {
	struct sync_id id;
	struct entry *entry;		/* owned; NULL: it is gone */
};

/* Zero-initialise. */
struct sync_gather {
	struct sync_change *changes;
	size_t count, room;
	size_t bytes;			/* of all entries */
	struct sync_id *present;
	size_t present_count, present_room;
	bool complete;			/* what no one named is gone */
};

void sync_gather_clear(struct sync_gather *gather);

/* Takes the entry over, also on failure. 0 or -1. */
int sync_gather_change(struct sync_gather *gather, const struct sync_id *id,
    struct entry *entry);
int sync_gather_present(struct sync_gather *gather, const struct sync_id *id);

/* More than is gathered of one session. */
bool sync_gather_full(const struct sync_gather *gather);

/*
 * Have all deleted that neither a change nor the present phase names.
 * *ret_unknown: how many are named as present that are not there.
 * What change_keep returns, or -1.
 */
int sync_gather_keep(struct sync_gather *gather,
    int (*change_keep)(void *context,
    bool (*keep)(void *keep_context, const struct sync_id *id),
    void *keep_context), void *context, size_t *ret_unknown);

#endif
