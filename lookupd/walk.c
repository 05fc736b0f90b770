/*
 * Question after question, until resolve.h has enough.
 */
#include "lookupd/walk.h"

#include <stdlib.h>
#include <string.h>

#include "common/verdict.h"
#include "lookupd/filter_build.h"

/* A few attributes with an escaped address each, and the class filter. */
#define WALK_FILTER_MAX (64 * 1024)

struct walk {
	struct ldap_pool *pool;
	const struct realm *realm;
	struct identity identity;
	struct resolve *resolve;
	struct trace *trace;
	struct buffer filter;
	struct ldap_search search;
	walk_done *done;
	void *context;
};

static void
finish(struct walk *walk)
{
	struct findings findings;

	findings_init(&findings);
	resolve_take(walk->resolve, &findings);
	walk->done(walk->context, &findings);
	resolve_free(walk->resolve);
	buffer_free(&walk->filter);
	free(walk);
}

/* Make one search of the machine's query; 0, or -1 with *ret_reason. */
static int
ask(struct walk *walk, const struct resolve_query *query,
    const char **ret_reason)
{
	const struct realm *realm = walk->realm;
	struct ldap_search *search = &walk->search;

	buffer_clear(&walk->filter);
	if (filter_build(&walk->filter, query->keys, query->key_count,
	    query->value, query->len, query->class) != 0) {
		*ret_reason = REASON_INTERNAL;
		return -1;
	}
	search->filter = buffer_text(&walk->filter);
	search->attributes = query->attributes;
	search->base = query->kind == RESOLVE_DOMAIN &&
	    realm->domain_base != NULL ? realm->domain_base : realm->base;
	if (ldap_pool_search(walk->pool, search) == 0)
		return 0;
	*ret_reason = REASON_BUSY;
	return -1;
}

/* Go on until a search is under way or the walk is over. */
static void
step(struct walk *walk)
{
	const struct resolve_query *query;
	const char *reason = REASON_INTERNAL;

	while ((query = resolve_next(walk->resolve)) != NULL) {
		if (ask(walk, query, &reason) == 0)
			return;
		resolve_fail(walk->resolve, reason);
	}
	finish(walk);
}

static void
tell(struct walk *walk, const struct ldap_search *search)
{
	size_t i;

	if (walk->trace == NULL)
		return;
	trace_say(walk->trace, "search", "%s base \"%s\" filter %s",
	    search->server != NULL ? search->server : "(no server)",
	    search->base, search->filter);
	if (search->reason != NULL) {
		trace_say(walk->trace, "result", "%s%s%s (code %d)",
		    search->reason, search->detail[0] != '\0' ? ": " : "",
		    search->detail, search->code);
		return;
	}
	trace_say(walk->trace, "result", "code %d, %zu entries%s",
	    search->code, search->count,
	    search->truncated ? ", and there are more" : "");
	for (i = 0; i < search->count; i++)
		trace_say(walk->trace, "entry", "%s", search->entries[i]->dn);
}

static void
on_answer(void *context, struct ldap_search *search)
{
	struct walk *walk = context;

	tell(walk, search);
	if (search->reason != NULL)
		resolve_fail(walk->resolve, search->reason);
	else
		resolve_feed(walk->resolve, search->entries, search->count,
		    search->truncated);
	search->count = 0;		/* the entries have gone */
	step(walk);
}

void
walk_start(struct ldap_pool *pool, struct ldap_connection *only,
    const struct realm *realm, const struct identity *identity,
    int64_t deadline, struct trace *trace, walk_done *done, void *context)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	struct findings failed;

	if (walk != NULL) {
		walk->identity = *identity;
		walk->resolve = resolve_new(realm->profile, &walk->identity,
		    realm->exact, trace);
	}
	if (walk == NULL || walk->resolve == NULL) {
		free(walk);
		findings_init(&failed);
		failed.failure = VERDICT_UNAVAILABLE;
		failed.reason = REASON_INTERNAL;
		done(context, &failed);
		return;
	}
	walk->pool = pool;
	walk->realm = realm;
	walk->trace = trace;
	walk->done = done;
	walk->context = context;
	buffer_init(&walk->filter, WALK_FILTER_MAX);
	walk->search.ignore_references = realm->profile->ignore_references;
	walk->search.deadline = deadline;
	walk->search.only = only;
	walk->search.done = on_answer;
	walk->search.context = walk;
	step(walk);
}
