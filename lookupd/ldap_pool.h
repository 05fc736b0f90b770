/*
 * The pool of one realm: a few connections, many searches on each, failover
 * down the list of servers.  Searches that find no connection wait in a
 * bounded queue; once every server has failed since a search began to wait,
 * it is told so instead of being kept until its deadline.
 *
 * A connection serves only after its owner has checked it (canaries), and is
 * closed when a search ran into its deadline on it and nothing else came.
 */
#ifndef LOOKUPD_LDAP_POOL_H
#define LOOKUPD_LDAP_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/loop.h"
#include "lookupd/config.h"
#include "lookupd/ldap_connection.h"

/* More on one connection only lengthens the wait of each. */
#define LDAP_POOL_OUTSTANDING_MAX 16
/* From this many on all of them another connection is opened. */
#define LDAP_POOL_LOADED 4
/* Searches waiting for a connection; more are `busy`. */
#define LDAP_POOL_WAITING_MAX 4096
/* Establishing one connection: several round trips and TLS. */
#define LDAP_POOL_CONNECT_MS 2000
/* An attempt that takes longer does not keep us from trying another server
 * beside it. */
#define LDAP_POOL_HEDGE_MS 400
/* Looking at the canaries again while they are not blocked. */
#define LDAP_POOL_RECHECK_MS 1000

struct ldap_pool;

enum ldap_check {
	CHECK_BROKEN = 0,	/* could not be asked: the connection goes */
	CHECK_PASSED,
	CHECK_FAILED		/* the connection is held, not used */
};

/* Check this connection, then call ldap_pool_checked (at once or later). */
typedef void ldap_pool_check(void *context, struct ldap_pool *pool,
    struct ldap_connection *connection);

/*
 * A pool for a realm, which must outlive it; opens its first connection at
 * once.  check may be NULL: nothing to check.  NULL when out of memory.
 */
struct ldap_pool *ldap_pool_new(struct event_base *base,
    const struct realm *realm, ldap_pool_check *check, void *context);

/* Ends all searches (REASON_STOPPING), then closes.  Not from within a
 * search's done.  NULL-safe. */
void ldap_pool_free(struct ldap_pool *pool);

/* Ask.  0: search->done will be called; -1: too many wait already. */
int ldap_pool_search(struct ldap_pool *pool, struct ldap_search *search);

/* The outcome of a check; ignored when the connection is gone. */
void ldap_pool_checked(struct ldap_pool *pool,
    const struct ldap_connection *connection, enum ldap_check outcome);

/* The last check failed, or a connection that failed it is still held:
 * nothing this directory says may be believed. */
bool ldap_pool_failing(const struct ldap_pool *pool);

/* One line of text for each connection and each idle server. */
void ldap_pool_describe(const struct ldap_pool *pool,
    void (*line)(void *context, const char *text), void *context);

#endif
