/*
 * The walk from one identity to its account and the account's domains.
 *
 *   ACCOUNT ─ found ──────────────→ OWN [→ OWN_TARGET] → ADDRESS [→ …_TARGET]
 *           └ not found → ADDRESS → ADDRESS_TARGET → RETRY ─ found → OWN …
 *
 * OWN is the domain of the account's name, ADDRESS the domain of the address
 * asked for.  Each is searched once; the walk has no loop.
 */
#include "lookupd/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "lookupd/resolve_parts.h"

void
findings_init(struct findings *findings)
{
	memset(findings, 0, sizeof(*findings));
}

void
findings_free(struct findings *findings)
{
	size_t i;

	if (findings == NULL)
		return;
	for (i = 0; i < findings->account_count; i++)
		entry_free(findings->accounts[i]);
	for (i = 0; i < findings->domain_count; i++)
		entry_free(findings->domains[i]);
	findings_init(findings);
}

void
resolve_break(struct resolve *resolve, const char *reason, const char *why)
{
	resolve->state = STATE_DONE;
	resolve->findings.failure = VERDICT_UNAVAILABLE;
	resolve->findings.reason = reason;
	trace_say(resolve->trace, "search", "unavailable reason=%s: %s",
	    reason, why);
}

bool
resolve_set_query(struct resolve *resolve, const char *value, size_t len)
{
	struct resolve_query *query = &resolve->query;

	if (len == 0 || len > IDENTITY_MAX)
		return false;
	query->value = value;
	query->len = len;
	return true;
}

void
resolve_ask_account(struct resolve *resolve, enum state state, const char *value,
    size_t len)
{
	const struct profile *profile = resolve->profile;
	struct resolve_query *query = &resolve->query;

	query->kind = RESOLVE_ACCOUNT;
	query->keys = profile->keys[resolve->kind].items;
	query->key_count = profile->keys[resolve->kind].count;
	query->class = profile->account;
	query->attributes = profile->account_attributes;
	resolve->state = state;
	if (query->key_count == 0)
		resolve_break(resolve, REASON_INTERNAL,
		    "the profile has no keys for this kind of name");
	else if (!resolve_set_query(resolve, value, len))
		resolve_break(resolve, REASON_INTERNAL, "the name is too long");
}

void
resolve_init(struct resolve *resolve, const struct profile *profile,
    const struct identity *identity, bool exact, struct trace *trace)
{
	const struct address *name = &identity->name;

	memset(resolve, 0, offsetof(struct resolve, profile));
	resolve->profile = profile;
	resolve->identity = identity;
	resolve->exact = exact;
	resolve->trace = trace;
	resolve->kind = identity_key_kind(identity->source);
	if (resolve->kind >= KEY_KINDS) {
		resolve_break(resolve, REASON_INTERNAL, "no such kind of name");
		return;
	}
	if (resolve->kind == KEY_ADDRESS && name->local_len == 0) {
		resolve_break(resolve, REASON_INTERNAL, "not an address");
		return;
	}
	resolve->wanted = resolve->kind == KEY_ADDRESS ? name : NULL;
	resolve_ask_account(resolve, STATE_ACCOUNT, name->text, name->len);
}

struct resolve *
resolve_new(const struct profile *profile, const struct identity *identity,
    bool exact, struct trace *trace)
{
	struct resolve *resolve = malloc(sizeof(*resolve));

	if (resolve != NULL)
		resolve_init(resolve, profile, identity, exact, trace);
	return resolve;
}

void
resolve_free(struct resolve *resolve)
{
	if (resolve == NULL)
		return;
	findings_free(&resolve->findings);
	free(resolve);
}

const struct resolve_query *
resolve_next(struct resolve *resolve)
{
	if (resolve->state != STATE_DONE && !resolve->asked) {
		if (++resolve->steps > RESOLVE_STEPS_MAX) {
			resolve_break(resolve, REASON_INTERNAL, "too many searches");
			return NULL;
		}
		trace_say(resolve->trace, "search", "%s %s",
		    resolve->query.kind == RESOLVE_ACCOUNT ? "account" :
		    "domain", resolve->query.value);
		resolve->asked = true;
	}
	return resolve->state == STATE_DONE ? NULL : &resolve->query;
}

enum resolve_match
resolve_match_entry(const struct resolve *resolve, const struct entry *entry)
{
	return resolve_match(&resolve->query,
	    resolve->query.kind == RESOLVE_ACCOUNT ? resolve->wanted : NULL,
	    resolve->exact, entry);
}

/* Take over one entry of the result; what is not kept is freed. */
static void
keep_account(struct resolve *resolve, struct entry *entry)
{
	struct findings *findings = &resolve->findings;

	switch (resolve_match_entry(resolve, entry)) {
	case MATCH_HIDDEN:
		resolve_break(resolve, REASON_HIDDEN, "an entry shows none of the "
		    "attributes it was found by");
		trace_say(resolve->trace, "found", "%s, hidden", entry->dn);
		break;
	case MATCH_LOOSE:
		trace_say(resolve->trace, "found",
		    "%s, but what it shows is not what was asked for",
		    entry->dn);
		resolve->loose++;
		break;
	case MATCH_CASE:
		trace_say(resolve->trace, "found",
		    "%s, another account: the local part differs in case",
		    entry->dn);
		break;
	case MATCH_STRICT:
		trace_say(resolve->trace, "found", "%s", entry->dn);
		if (findings->account_count == RESOLVE_ACCOUNTS_MAX) {
			findings->more = true;
			break;
		}
		findings->accounts[findings->account_count++] = entry;
		return;
	}
	entry_free(entry);
}

static void
feed_account(struct resolve *resolve, struct entry **entries, size_t count,
    bool truncated)
{
	struct findings *findings = &resolve->findings;
	size_t i;

	for (i = 0; i < count; i++)
		keep_account(resolve, entries[i]);
	if (findings->failure != VERDICT_NONE)
		return;
	/* Two must not become one, not over two searches either. */
	if (truncated || count > RESOLVE_ACCOUNTS_MAX ||
	    (resolve->loose > 0 && (count > 1 || findings->account_count > 0)))
		findings->more = true;
	if (findings->account_count == 0 && !findings->more)
		trace_say(resolve->trace, "found", "no account");
	if (findings->account_count > 1 || findings->more ||
	    !resolve->profile->domain.used)
		resolve->state = STATE_DONE;
	else if (findings->account_count == 1)
		resolve_own_domain(resolve);
	else if (resolve->state == STATE_ACCOUNT)
		resolve_address_domain(resolve);
	else
		resolve->state = STATE_DONE;
}

void
resolve_feed(struct resolve *resolve, struct entry **entries, size_t count,
    bool truncated)
{
	bool sound = resolve->asked && resolve->state != STATE_DONE;
	size_t i;

	resolve->asked = false;
	if (sound && truncated && count < RESOLVE_ACCOUNTS_MAX) {
		resolve_break(resolve, REASON_DIRECTORY,
		    "the size limit was exceeded with less than two entries");
		sound = false;
	}
	if (!sound) {
		for (i = 0; i < count; i++)
			entry_free(entries[i]);
		return;
	}
	if (resolve->query.kind == RESOLVE_ACCOUNT)
		feed_account(resolve, entries, count, truncated);
	else
		resolve_feed_domain(resolve, entries, count);
}

void
resolve_fail(struct resolve *resolve, const char *reason)
{
	resolve->asked = false;
	resolve_break(resolve, reason, "the search was not answered");
}

void
resolve_take(struct resolve *resolve, struct findings *ret)
{
	/* A walk that was broken off knows nothing. */
	if (resolve->state != STATE_DONE)
		resolve_break(resolve, REASON_INTERNAL, "the walk is not over");
	*ret = resolve->findings;
	findings_init(&resolve->findings);
}
