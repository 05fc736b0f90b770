/*
 * Building the search filter of one key: the only place where a value from
 * outside enters a filter, and the one escaping function (RFC 4515 3).
 */
#ifndef LOOKUPD_FILTER_BUILD_H
#define LOOKUPD_FILTER_BUILD_H

#include "common/buffer.h"
#include "lookupd/filter.h"

struct filter_key {
	const char *attribute;	/* an attribute description */
	const char *prefix;	/* literal put before the value, or NULL */
};

/* Append the value with every byte outside [A-Za-z0-9@._+=/ -] as \XX. */
void filter_escape(struct buffer *out, const void *value, size_t len);

/*
 * Append   (&(|(a1=p1V)(a2=p2V)…)CLASS)   or, with one key, (&(a1=p1V)CLASS).
 * The class filter, from the configuration, comes last (small directories
 * pay for it first) and may be NULL.  0, or -1 when *out has failed.
 */
int filter_build(struct buffer *out, const struct filter_key *keys,
    size_t count, const void *value, size_t len, const struct filter *class);

#endif
