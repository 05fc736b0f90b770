/*
 * The servers of a realm, in order, and what is known of their failures:
 * who is to be connected to next, and when.  No I/O; time is an argument
 * (microseconds of deadline_now_us).
 */
#ifndef LOOKUPD_LDAP_SERVER_H
#define LOOKUPD_LDAP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lookupd/config.h"
#include "lookupd/ldap_establish.h"

/* A server that failed is left alone for a second, then twice as long each
 * time, up to half a minute: not hammered, yet found again soon. */
#define LDAP_SERVER_BACKOFF_MIN_US (1000 * 1000LL)
#define LDAP_SERVER_BACKOFF_MAX_US (30 * 1000 * 1000LL)
/* While somebody waits, this is the longest it is left alone. */
#define LDAP_SERVER_URGENT_US (1000 * 1000LL)
/* The same trouble is logged again after this time. */
#define LDAP_SERVER_QUIET_US (60 * 1000 * 1000LL)

struct ldap_server {
	const char *uri;		/* borrowed from the realm */
	unsigned pending;		/* attempts under way */
	unsigned stuck;			/* attempts given up whose threads are
					 * still in the resolver */
	int64_t tried_us;		/* when the last attempt began */
	int64_t failed_us;		/* the last failure, 0: never */
	int64_t backoff_us;		/* 0: it is good */
	int64_t bad_until_us;
	int64_t said_us;		/* when it was last logged */
	char error[LDAP_ESTABLISH_ERROR_MAX];
};

struct ldap_servers {
	struct ldap_server items[CONFIG_SERVERS_MAX];
	size_t count;
};

void ldap_servers_init(struct ldap_servers *servers,
    const struct realm *realm);

/*
 * The first server that may be connected to now.  urgent: searches wait.
 * spare: only one without an attempt under way.  NULL when there is none;
 * *ret_wait_us says how long to wait, -1: until an attempt ends.
 */
struct ldap_server *ldap_servers_pick(struct ldap_servers *servers,
    int64_t now_us, bool urgent, bool spare, int64_t *ret_wait_us);

/* Has every server failed at least once after that moment?  One whose name
 * is still being resolved has. */
bool ldap_servers_failed_since(const struct ldap_servers *servers,
    int64_t since_us);

/* Remember a failure; true when it is worth a log line. */
bool ldap_server_failed(struct ldap_server *server, int64_t now_us,
    const char *why);
/* It serves; true when it had failed before. */
bool ldap_server_good(struct ldap_server *server);

#endif
