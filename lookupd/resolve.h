/*
 * Finding the accounts of one identity: a walk of few searches, written as a
 * machine that does no I/O.  The directory process drives it over LDAP; the
 * store (mirror, file) drives it over LMDB; the answer is the same.
 *
 *   account by key  ->  found: its own domain, and the domain of the address
 *                   ->  not found, address in an alias domain: the same
 *                       local part in the target domain, once
 *
 * Values that come back are compared again with what was asked: an entry
 * that shows none of the searched attributes is hidden from us
 * (`unavailable reason=hidden`), one that only matched loosely is never the
 * account, but is still counted (two must not become one).
 */
#ifndef LOOKUPD_RESOLVE_H
#define LOOKUPD_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/verdict.h"
#include "lookupd/address.h"
#include "lookupd/entry.h"
#include "lookupd/identity.h"
#include "lookupd/profile.h"
#include "lookupd/trace.h"

/* Two are enough to know that it is not one. */
#define RESOLVE_ACCOUNTS_MAX 2
/* own domain, address's domain, and the targets of both */
#define RESOLVE_DOMAINS_MAX 4
/* no walk takes more searches than this */
#define RESOLVE_STEPS_MAX 8

/* Everything known about one identity once the walk is over.  Owns entries. */
struct findings {
	struct entry *accounts[RESOLVE_ACCOUNTS_MAX];
	size_t account_count;		/* strict matches only */
	bool more;			/* further or loose matches: ambiguous */
	struct entry *domains[RESOLVE_DOMAINS_MAX];
	size_t domain_count;
	bool domain_missing;		/* a domain entry was looked for, and
					 * there was none */
	enum verdict failure;		/* VERDICT_NONE, or UNAVAILABLE */
	const char *reason;		/* static; with failure */
};

void findings_init(struct findings *findings);
void findings_free(struct findings *findings);	/* NULL-safe; contents only */

enum resolve_kind { RESOLVE_ACCOUNT, RESOLVE_DOMAIN };

/* One search that the driver is to make. */
struct resolve_query {
	enum resolve_kind kind;
	const struct filter_key *keys;	/* borrowed from the profile */
	size_t key_count;
	const char *value;		/* 1 to IDENTITY_MAX bytes and a NUL */
	size_t len;
	const struct filter *class;	/* account or domain entry filter */
	char *const *attributes;	/* what to ask for */
};

struct resolve;				/* opaque: resolve.c */

/*
 * A walk for one identity.  exact: local parts compare exactly.  NULL when
 * out of memory.  profile, identity are borrowed until resolve_free.
 */
struct resolve *resolve_new(const struct profile *profile,
    const struct identity *identity, bool exact, struct trace *trace);
void resolve_free(struct resolve *resolve);	/* NULL-safe */

/*
 * The next search to make, or NULL when the walk is over.  Borrowed; valid
 * until the next call.  Must be followed by one resolve_feed or resolve_fail.
 */
const struct resolve_query *resolve_next(struct resolve *resolve);

/*
 * The complete and successful result of that search: at most two entries
 * (ownership passes), truncated when the size limit was exceeded.
 */
void resolve_feed(struct resolve *resolve, struct entry **entries,
    size_t count, bool truncated);

/* The search could not be answered: the walk ends, unavailable. */
void resolve_fail(struct resolve *resolve, const char *reason);

/* After the walk: the findings, moved out into *ret (caller frees). */
void resolve_take(struct resolve *resolve, struct findings *ret);

#endif
