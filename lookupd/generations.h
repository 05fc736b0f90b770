/*
 * The configurations of the directory process: the one in use, the one
 * before, by which the front may still ask, and those before that until the
 * questions by them are over.
 */
#ifndef LOOKUPD_GENERATIONS_H
#define LOOKUPD_GENERATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "lookupd/generation.h"

/* A question may lie unread in the channel while the configuration is
 * replaced twice; after this long none does. */
#define GENERATIONS_LATE_MS 1000

struct generations {
	struct generation *current;	/* never NULL once there is one */
	struct generation *previous;	/* or NULL */
	struct generation *retired;
	bool tentative;			/* the front may yet refuse current */
};

/* The one with this hash, or NULL. */
struct generation *generations_find(const struct generations *generations,
    uint64_t hash);

/* Takes it over: the new current one. */
void generations_take(struct generations *generations,
    struct generation *generation);

/*
 * The front has refused the current one: it asks by the one before, and the
 * next one must not displace that.  The refused one, retired; NULL when
 * nothing is to be taken back.
 */
struct generation *generations_take_back(struct generations *generations);

/* Free and close what nobody asks by any more; true: look again later. */
bool generations_sweep(struct generations *generations);

/* Ends what is under way. */
void generations_free(struct generations *generations);

#endif
