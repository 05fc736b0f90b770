/*
 * Looking at a socket from time to time.  Who waits for a socket is woken for
 * every message, which costs the server as much as sending it; while many are
 * to come, they are taken in portions instead.
 */
#ifndef LOOKUPD_LDAP_PACE_H
#define LOOKUPD_LDAP_PACE_H

#include "daemon/loop.h"

/* What a server tells meanwhile (some seventy entries) has room in the buffer
 * of a Unix socket, so that it need not wait. */
#define LDAP_PACE_US 250

struct ldap_pace;

/* tick is called from the loop, as long as it goes; it may stop it, not free
 * it.  NULL when out of memory or descriptors. */
struct ldap_pace *ldap_pace_new(struct event_base *base,
    void (*tick)(void *context), void *context);
void ldap_pace_free(struct ldap_pace *pace);	/* NULL-safe */

int ldap_pace_start(struct ldap_pace *pace);	/* 0 or -1 */
void ldap_pace_stop(struct ldap_pace *pace);

#endif
