/*
 * Trying a server: connect, find out whether it does RFC 4533 and which
 * changes it has (slapd's contextCSN).  One try at a time; what comes out is
 * an open connection on which nothing has been searched yet.
 */
#ifndef LOOKUPD_MIRROR_TRY_H
#define LOOKUPD_MIRROR_TRY_H

#include "daemon/loop.h"
#include "lookupd/config.h"
#include "lookupd/ldap_sync.h"
#include "lookupd/sync_cookie.h"

/* From the first byte to the answers; a server that takes longer is
 * treated as one that is not there. */
#define MIRROR_TRY_MS 4000

struct mirror_try;

/* What is known of a server that was reached. */
struct mirror_found {
	struct ldap_sync *link;		/* the callee's: attend to it */
	const char *security;
	char *context;			/* DN whose contextCSN counts; the
					 * callee's */
	bool has_csns;
	struct sync_csns csns;
};

struct mirror_try_events {
	/* The try is over, one way or the other; the callee frees it.  What
	 * is found must be taken over. */
	void (*found)(void *context, struct mirror_found *found);
	void (*failed)(void *context, const char *why);
};

/* Begin; realm, uri and search_base must outlive it.  NULL with errno set. */
struct mirror_try *mirror_try_start(struct event_base *base,
    const struct realm *realm, const char *uri, const char *search_base,
    const struct mirror_try_events *events, void *context);
void mirror_try_free(struct mirror_try *try);	/* NULL-safe; hangs up */

/* contextCSN, as an attribute list. */
extern char *const mirror_csn_attributes[];
/* What an answer with it says; false: nothing. */
bool mirror_csns_of(const struct entry *entry, struct sync_csns *ret);

#endif
