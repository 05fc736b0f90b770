/*
 * Cookies.  To us they are bytes that a provider gives and gets back, with
 * one exception: those of OpenLDAP's slapd,
 *
 *	rid=000,sid=001,csn=20260101000000.000000Z#000000#001#000000;…
 *
 * hold one change sequence number for each server where changes are made
 * (its sid).  In the persist stage slapd sends only that of the change, so
 * they are joined here; and the `sid=` of a cookie names who got it: sent
 * back, it would make the provider leave out the changes of that server, so
 * it is never kept.  While changes are made at once, slapd may send a cookie
 * without a number: it says nothing, and what was kept stays.
 */
#ifndef LOOKUPD_SYNC_COOKIE_H
#define LOOKUPD_SYNC_COOKIE_H

#include <stdbool.h>
#include <stddef.h>

#include "lookupd/sync.h"

#define SYNC_CSN_SIZE 40		/* bytes of one number */
#define SYNC_CSNS_MAX 64		/* servers where changes are made */

struct sync_csn {
	unsigned sid;
	char text[SYNC_CSN_SIZE + 1];
};

struct sync_csns {
	struct sync_csn items[SYNC_CSNS_MAX];	/* by sid */
	size_t count;
};

/* Add one number: the greater of two with the same sid stays.  0, or -1: it
 * is none, or there are too many. */
int sync_csns_add(struct sync_csns *csns, const char *text, size_t len);

/* The numbers of a cookie; 0, or -1: it is another kind of cookie. */
int sync_csns_of(struct sync_csns *ret, const void *cookie, size_t len);

/* Do both tell of the same servers? */
bool sync_csns_same_sids(const struct sync_csns *a,
    const struct sync_csns *b);

/* Does a lack something that b has? */
bool sync_csns_behind(const struct sync_csns *a, const struct sync_csns *b);

/*
 * Is one cookie known to lack something that another one has?  Both hold
 * numbers, or (389) are alike up to their last `#' and count changes behind
 * it; of others nothing is known.
 */
bool sync_cookie_behind(const void *a, size_t a_len, const void *b,
    size_t b_len);

/* How far, in seconds, by the newest number of both; 0 when it does not. */
long long sync_csns_lag(const struct sync_csns *a, const struct sync_csns *b);

/*
 * The cookie to keep when `fresh` comes to the one kept until now (len 0:
 * none): joined when both hold numbers and join is true, else the new one.
 * Returns its length; out holds SYNC_COOKIE_MAX bytes and may be `old`.
 */
size_t sync_cookie_join(const void *old, size_t old_len, const void *fresh,
    size_t fresh_len, bool join, void *out);

#endif
