/*
 * Search after search, until resolve.h has enough.
 */
#include "lookupd/store_walk.h"

#include <stdio.h>
#include <string.h>

#include "common/verdict.h"
#include "lookupd/resolve_parts.h"

static int
search(struct store_area *area, struct resolve *resolve,
    const struct resolve_query *query, struct trace *trace, char *error)
{
	struct entry *entries[2];
	size_t count;
	bool more;

	if (area == NULL)
		snprintf(error, STORE_ERROR_MAX, "store: no such area");
	if (area == NULL || store_find(area, query->keys, query->key_count,
	    query->value, query->len, entries, &count, &more, error) != 0) {
		trace_say(trace, "result", "%s", error);
		resolve_fail(resolve, REASON_STALE);
		return -1;
	}
	trace_say(trace, "result", "from the store, %zu entries%s", count,
	    more ? ", and there are more" : "");
	resolve_feed(resolve, entries, count, more);
	return 0;
}

int
store_walk(struct store_area *accounts, struct store_area *domains,
    const struct realm *realm, const struct identity *identity,
    struct trace *trace, struct findings *ret, char *error)
{
	const struct resolve_query *query;
	struct resolve resolve;
	int rc = 0;

	resolve_init(&resolve, realm->profile, identity, realm->exact, trace);
	while ((query = resolve_next(&resolve)) != NULL) {
		if (search(query->kind == RESOLVE_DOMAIN ? domains : accounts,
		    &resolve, query, trace, error) != 0)
			rc = -1;
	}
	resolve_take(&resolve, ret);
	return rc;
}
