/*
 * The connection of one sync session: the search with the Sync Request
 * control, and beside it small reads (a heartbeat, what the server is).
 * Knows libldap's calls and the values of RFC 4533, nothing of the machine,
 * the store or other servers.
 *
 * It never blocks: at most LDAP_SYNC_DRAIN_MAX messages are taken in one
 * turn of the loop, so that a refresh of a million entries keeps nobody
 * waiting; libldap reads no further than it is asked, so what is not taken
 * waits in the socket.  While a refresh is under way the socket is looked at
 * from time to time (ldap_pace.h); afterwards each message is waited for.
 */
#ifndef LOOKUPD_LDAP_SYNC_H
#define LOOKUPD_LDAP_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/loop.h"
#include "lookupd/sync.h"

#define LDAP_SYNC_DRAIN_MAX 256

struct ldap;
struct ldap_sync;

/* None of these may free the connection, but lost. */
struct ldap_sync_events {
	/* The entry is the callee's; NULL where none is told. */
	void (*entry)(void *context, const struct sync_entry *state,
	    struct entry *entry);
	void (*info)(void *context, const struct sync_info *info);
	/* The sync search is over; done or NULL; text: the server's words. */
	void (*result)(void *context, int code, const struct sync_done *done,
	    const char *text);
	/* What ldap_sync_read asked; entry (the callee's) or NULL. */
	void (*answer)(void *context, int code, struct entry *entry);
	/* What ldap_sync_count asked. */
	void (*counted)(void *context, int code, uint64_t entries);
	/* The messages that were there, or some of many, were taken. */
	void (*turn)(void *context);
	/* It is of no more use; called once, last: the callee frees it. */
	void (*lost)(void *context, const char *why);
};

/* Takes over the handle, also on failure (NULL). */
struct ldap_sync *ldap_sync_new(struct event_base *base, struct ldap *ld,
    const struct ldap_sync_events *events, void *context);
void ldap_sync_free(struct ldap_sync *sync);	/* NULL-safe; unbinds */

/* From now on events go there. */
void ldap_sync_attend(struct ldap_sync *sync,
    const struct ldap_sync_events *events, void *context);

/* Begin the session, once; cookie of length 0: none.  0, or -1: lost. */
int ldap_sync_search(struct ldap_sync *sync, const char *base,
    const char *filter, char *const *attributes, bool ignore_references,
    const void *cookie, size_t len);
/* Read one entry, if the filter is true of it; filter NULL: whatever it is.
 * One at a time. 0, or -1: not now. */
int ldap_sync_read(struct ldap_sync *sync, const char *dn, const char *filter,
    char *const *attributes);
/* A plain search without attributes, its entries counted; one at a time. */
int ldap_sync_count(struct ldap_sync *sync, const char *base,
    const char *filter);

/* Take no more messages for now; or go on. */
void ldap_sync_pause(struct ldap_sync *sync, bool pause);
/* Give it up: lost follows from the loop. */
void ldap_sync_lose(struct ldap_sync *sync, const char *why);
bool ldap_sync_is_lost(const struct ldap_sync *sync);

#endif
