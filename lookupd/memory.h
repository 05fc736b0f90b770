/*
 * What the directory said of an identity, remembered for a few seconds, and
 * the questions under way, so that identical ones are one search.
 *
 * Findings are remembered, never verdicts: the clock, the profile's rules,
 * the service's filter, need= and user= are applied anew at every use.  What
 * findings depend on is the key: configuration generation, realm, kind of
 * name and the name itself.  Failures are never remembered.  Names with an
 * account and names without one are bounded separately, so that strangers
 * with unknown addresses cannot displace people; both live shortly, with
 * jitter, and a flush also keeps answers still under way from being
 * remembered.
 */
#ifndef LOOKUPD_MEMORY_H
#define LOOKUPD_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/loop.h"
#include "lookupd/counters.h"
#include "lookupd/finder.h"
#include "lookupd/known.h"
#include "lookupd/trust.h"

struct memory;
struct waiter;			/* one request waiting for an answer */

/* The answer: a reference, passed to the callee. */
typedef void memory_answer(void *context, struct shared *shared);

struct memory *memory_new(struct finder *finder, struct counters *counters);
void memory_free(struct memory *memory);	/* NULL-safe; forgets all */

/*
 * What is known of this identity: a reference, or NULL.  now: deadline_now().
 */
struct shared *memory_known(struct memory *memory, const struct trust *trust,
    const struct realm *realm, const struct identity *identity, int64_t now);

/*
 * Ask the directory, or join whoever asks the same already.  deadline as for
 * finder_ask.  NULL when it could not be asked; else answer is called once,
 * later, unless memory_forget comes first.
 */
struct waiter *memory_ask(struct memory *memory, const struct trust *trust,
    const struct realm *realm, const struct identity *identity,
    int64_t deadline, memory_answer *answer, void *context);
void memory_forget(struct waiter *waiter);	/* NULL-safe */

/* Forget everything, or what concerns a name: an address or account (key or
 * any attribute value of the account, case ignored) or a domain ("@name" at
 * the end of any of them). */
void memory_flush(struct memory *memory);
void memory_flush_name(struct memory *memory, const char *name, size_t len);
void memory_flush_domain(struct memory *memory, const char *name, size_t len);

size_t memory_count(const struct memory *memory);

#endif
