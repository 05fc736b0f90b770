/*
 * Does an entry that a search returned show what was asked for?  A directory
 * may match more loosely than we do, and may hide what it matched.
 */
#ifndef LOOKUPD_RESOLVE_MATCH_H
#define LOOKUPD_RESOLVE_MATCH_H

#include "lookupd/resolve.h"

/* In rising order. */
enum resolve_match {
	MATCH_HIDDEN = 0,	/* none of the searched attributes is visible */
	MATCH_LOOSE,		/* the directory took it for equal, we do not */
	MATCH_CASE,		/* exact: the local part of another account */
	MATCH_STRICT
};

/*
 * The best that any value of any searched attribute shows.  wanted: the
 * address asked for, or NULL when query->value is to be compared as text.
 */
enum resolve_match resolve_match(const struct resolve_query *query,
    const struct address *wanted, bool exact, const struct entry *entry);

#endif
