/*
 * Canaries: accounts that must read as blocked.  A directory that hides the
 * attributes of a lock looks like one without locks; a canary that reads as
 * admissible shows it before anybody is admitted by mistake.
 *
 * Every canary of a realm is resolved over one given connection and decided
 * with the one decision function; only `blocked` passes.
 */
#ifndef LOOKUPD_CANARY_H
#define LOOKUPD_CANARY_H

#include <stdint.h>

#include "lookupd/config.h"
#include "lookupd/ldap_pool.h"

/* One whole check, all canaries together. */
#define CANARY_MS 2000
/* The same complaint is logged again after this time. */
#define CANARY_QUIET_MS (60 * 1000)

/* What is remembered between the checks of one realm. */
struct canary {
	const struct realm *realm;
	int64_t said;		/* when a failure was last logged */
};

/* Does the realm have canaries?  Logs a warning when it has none. */
bool canary_wanted(const struct realm *realm);

/* An ldap_pool_check; context is the realm's struct canary. */
void canary_check(void *context, struct ldap_pool *pool,
    struct ldap_connection *connection);

#endif
