/*
 * The log of refusals: one line each, and past a limit per second only their
 * number, so that a flood of requests is no flood of lines.
 */
#ifndef HOOK_REFUSALS_H
#define HOOK_REFUSALS_H

#include <stdint.h>

#include "hook/answer.h"
#include "hook/listener.h"

/* Lines per second: what a person can still read. */
#define REFUSALS_PER_SECOND 20

struct refusals {
	int64_t second;
	unsigned logged;		/* in this second */
	unsigned withheld;		/* since the last line about it */
};

/* why: a sentence, or NULL. */
void refusals_log(struct refusals *refusals, const struct exchange *exchange,
    const struct answer *answer, const char *why);

/* Say how many were withheld, if any. */
void refusals_flush(struct refusals *refusals);

#endif
