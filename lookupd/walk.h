/*
 * One identity's walk through the directory: the machine of resolve.h driven
 * over a pool.  Used by `find` and by the canaries.
 */
#ifndef LOOKUPD_WALK_H
#define LOOKUPD_WALK_H

#include <stdint.h>

#include "lookupd/config.h"
#include "lookupd/identity.h"
#include "lookupd/ldap_pool.h"
#include "lookupd/resolve.h"
#include "lookupd/trace.h"

struct walk;

/* The findings; the callee moves or frees them. Called once. */
typedef void walk_done(void *context, struct findings *findings);

/*
 * Begin.  only: over this connection alone, or NULL for any of the pool.
 * trace: NULL, or where every search and its result is told.  realm and
 * trace must live until done, which is called from the loop or, when nothing
 * has to be asked, at once.
 */
void walk_start(struct ldap_pool *pool, struct ldap_connection *only,
    const struct realm *realm, const struct identity *identity,
    int64_t deadline, struct trace *trace, walk_done *done, void *context);

#endif
