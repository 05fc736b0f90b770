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

#include "lookupd/resolve_match.h"

enum state {
	STATE_ACCOUNT,
	STATE_RETRY,		/* the account again, in the target domain */
	STATE_OWN,
	STATE_OWN_TARGET,
	STATE_ADDRESS,
	STATE_ADDRESS_TARGET,
	STATE_DONE
};

struct resolve {
	const struct profile *profile;
	const struct identity *identity;
	bool exact;
	struct trace *trace;
	enum key_kind kind;
	struct address address;		/* KEY_ADDRESS: what was asked for */
	struct address wanted;		/* … and what is looked for now */
	enum state state;
	bool asked;			/* query is out */
	unsigned steps;
	size_t loose;			/* entries that matched loosely */
	bool address_searched;
	char own[ADDRESS_MAX + 1];	/* the account's domain, once known */
	struct resolve_query query;
	struct filter_key domain_key;
	struct findings findings;
};

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

static void
fail(struct resolve *resolve, const char *reason, const char *why)
{
	resolve->state = STATE_DONE;
	resolve->findings.failure = VERDICT_UNAVAILABLE;
	resolve->findings.reason = reason;
	trace_say(resolve->trace, "search", "unavailable reason=%s: %s",
	    reason, why);
}

static void
missing(struct resolve *resolve, const char *why, const char *what)
{
	resolve->findings.domain_missing = true;
	trace_say(resolve->trace, "domain", "%s%s%s", why,
	    *what == '\0' ? "" : " ", what);
}

/* The attribute's one value; NULL for none, several, or an empty one. */
static const struct value *
only_value(const struct entry *entry, const char *name)
{
	const struct attribute *attribute = entry_get(entry, name);

	if (attribute == NULL || attribute->count != 1 ||
	    attribute->values[0].len == 0)
		return NULL;
	return &attribute->values[0];
}

static bool
set_query(struct resolve *resolve, const char *value, size_t len)
{
	struct resolve_query *query = &resolve->query;

	if (len == 0 || len > IDENTITY_MAX)
		return false;
	memcpy(query->value, value, len);
	query->value[len] = '\0';
	query->len = len;
	return true;
}

static void
ask_account(struct resolve *resolve, enum state state, const char *value,
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
		fail(resolve, REASON_INTERNAL,
		    "the profile has no keys for this kind of name");
	else if (!set_query(resolve, value, len))
		fail(resolve, REASON_INTERNAL, "the name is too long");
}

/* attribute: by which the domain entry is searched. */
static bool
ask_domain(struct resolve *resolve, enum state state, const char *attribute,
    const char *value, size_t len)
{
	struct resolve_query *query = &resolve->query;

	if (!set_query(resolve, value, len))
		return false;
	resolve->domain_key.attribute = attribute;
	resolve->domain_key.prefix = NULL;
	query->kind = RESOLVE_DOMAIN;
	query->keys = &resolve->domain_key;
	query->key_count = 1;
	query->class = resolve->profile->domain.entry;
	query->attributes = resolve->profile->domain_attributes;
	resolve->state = state;
	return true;
}

struct resolve *
resolve_new(const struct profile *profile, const struct identity *identity,
    bool exact, struct trace *trace)
{
	struct resolve *resolve = calloc(1, sizeof(*resolve));

	if (resolve == NULL)
		return NULL;
	resolve->profile = profile;
	resolve->identity = identity;
	resolve->exact = exact;
	resolve->trace = trace;
	resolve->kind = identity_key_kind(identity->source);
	findings_init(&resolve->findings);
	if (resolve->kind >= KEY_KINDS)
		fail(resolve, REASON_INTERNAL, "no such kind of name");
	else if (resolve->kind == KEY_ADDRESS && address_parse(identity->value,
	    identity->len, &resolve->address) != NULL)
		fail(resolve, REASON_INTERNAL, "not an address");
	else
		ask_account(resolve, STATE_ACCOUNT, identity->value,
		    identity->len);
	resolve->wanted = resolve->address;
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
			fail(resolve, REASON_INTERNAL, "too many searches");
			return NULL;
		}
		trace_say(resolve->trace, "search", "%s %s",
		    resolve->query.kind == RESOLVE_ACCOUNT ? "account" :
		    "domain", resolve->query.value);
		resolve->asked = true;
	}
	return resolve->state == STATE_DONE ? NULL : &resolve->query;
}

/* After the account's own domain: the one of the address, if another. */
static void
address_domain_next(struct resolve *resolve)
{
	const char *domain;

	resolve->state = STATE_DONE;
	if (resolve->kind != KEY_ADDRESS || resolve->address_searched)
		return;
	domain = address_domain(&resolve->address);
	if (strcmp(domain, resolve->own) == 0)
		return;
	resolve->address_searched = true;
	if (!ask_domain(resolve, STATE_ADDRESS, resolve->profile->domain.name,
	    domain, strlen(domain)))
		fail(resolve, REASON_INTERNAL, "no domain name");
}

/* The domain of the account's name. */
static void
own_domain(struct resolve *resolve)
{
	const struct profile *profile = resolve->profile;
	const struct value *name = only_value(resolve->findings.accounts[0],
	    profile->name);
	struct address address;
	const char *domain;

	if (name == NULL ||
	    address_parse(name->data, name->len, &address) != NULL) {
		if (profile->domain.required)
			missing(resolve,
			    "the account's name has no domain", "");
		address_domain_next(resolve);
		return;
	}
	domain = address_domain(&address);
	memcpy(resolve->own, domain, strlen(domain) + 1);
	if (resolve->address_searched &&
	    strcmp(domain, address_domain(&resolve->address)) == 0) {
		address_domain_next(resolve);
		return;
	}
	if (!ask_domain(resolve, STATE_OWN, profile->domain.name, domain,
	    strlen(domain)))
		fail(resolve, REASON_INTERNAL, "no domain name");
}

static enum resolve_match
match_entry(const struct resolve *resolve, const struct entry *entry)
{
	bool address = resolve->query.kind == RESOLVE_ACCOUNT &&
	    resolve->kind == KEY_ADDRESS;

	return resolve_match(&resolve->query,
	    address ? &resolve->wanted : NULL, resolve->exact, entry);
}

/* Take over one entry of the result; what is not kept is freed. */
static void
keep_account(struct resolve *resolve, struct entry *entry)
{
	struct findings *findings = &resolve->findings;

	switch (match_entry(resolve, entry)) {
	case MATCH_HIDDEN:
		fail(resolve, REASON_HIDDEN, "an entry shows none of the "
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
		own_domain(resolve);
	else if (resolve->state == STATE_ACCOUNT)
		address_domain_next(resolve);
	else
		resolve->state = STATE_DONE;
}

/* Keep a domain entry, each once. */
static struct entry *
keep_domain(struct resolve *resolve, struct entry *entry)
{
	struct findings *findings = &resolve->findings;
	size_t i;

	for (i = 0; i < findings->domain_count; i++)
		if (entry_same_dn(findings->domains[i], entry)) {
			entry_free(entry);
			return findings->domains[i];
		}
	if (findings->domain_count == RESOLVE_DOMAINS_MAX) {
		entry_free(entry);
		fail(resolve, REASON_INTERNAL, "too many domains");
		return NULL;
	}
	findings->domains[findings->domain_count++] = entry;
	return entry;
}

/* Is it an alias domain whose target can be asked for?  Then it is. */
static bool
ask_target(struct resolve *resolve, const struct entry *domain)
{
	const struct profile_domain *rules = &resolve->profile->domain;
	struct filter_context context = { .type_of = profile_type_of,
		.types = resolve->profile };
	const struct value *target;
	enum truth alias;

	if (rules->alias == NULL)
		return false;
	alias = filter_eval(rules->alias, domain, &context);
	trace_say(resolve->trace, "domain", "%s: alias domain %s", domain->dn,
	    truth_name(alias));
	if (alias == TRUTH_FALSE)
		return false;
	target = only_value(domain, rules->target);
	if (alias == TRUTH_TRUE && target != NULL && ask_domain(resolve,
	    resolve->state == STATE_OWN ? STATE_OWN_TARGET :
	    STATE_ADDRESS_TARGET, rules->id, target->data, target->len))
		return true;
	/* Its target has rules, too, and they cannot be known. */
	missing(resolve, "no target is known of", domain->dn);
	return false;
}

/* The same local part in the target domain, once. */
static void
retry(struct resolve *resolve, const struct entry *target)
{
	const struct value *name = only_value(target,
	    resolve->profile->domain.name);

	if (name == NULL || address_with_domain(&resolve->address, name->data,
	    name->len, &resolve->wanted) < 0) {
		missing(resolve, "no usable name is shown by", target->dn);
		resolve->state = STATE_DONE;
		return;
	}
	ask_account(resolve, STATE_RETRY, resolve->wanted.text,
	    resolve->wanted.len);
}

/* domain: the entry, or NULL when there is none. */
static void
after_domain(struct resolve *resolve, const struct entry *domain)
{
	switch (resolve->state) {
	case STATE_OWN:
		if (domain == NULL || !ask_target(resolve, domain))
			address_domain_next(resolve);
		break;
	case STATE_OWN_TARGET:
		address_domain_next(resolve);
		break;
	case STATE_ADDRESS:
		if (domain == NULL || !ask_target(resolve, domain))
			resolve->state = STATE_DONE;
		break;
	case STATE_ADDRESS_TARGET:
		if (domain != NULL && resolve->findings.account_count == 0)
			retry(resolve, domain);
		else
			resolve->state = STATE_DONE;
		break;
	default:
		fail(resolve, REASON_INTERNAL, "a domain out of turn");
	}
}

static void
feed_domain(struct resolve *resolve, struct entry **entries, size_t count)
{
	struct entry *domain = NULL;
	size_t i;

	if (count > 1) {
		fail(resolve, REASON_DIRECTORY, "more than one entry for a "
		    "domain: neither can be believed");
	} else if (count == 1 &&
	    match_entry(resolve, entries[0]) != MATCH_STRICT) {
		fail(resolve, REASON_HIDDEN, "a domain entry does not show "
		    "the name it was found by");
	}
	for (i = 0; i < count; i++) {
		trace_say(resolve->trace, "found", "%s", entries[i]->dn);
		if (resolve->findings.failure != VERDICT_NONE)
			entry_free(entries[i]);
		else
			domain = keep_domain(resolve, entries[i]);
	}
	if (resolve->findings.failure != VERDICT_NONE)
		return;
	if (count == 0)
		missing(resolve, "no entry for", resolve->query.value);
	after_domain(resolve, domain);
}

void
resolve_feed(struct resolve *resolve, struct entry **entries, size_t count,
    bool truncated)
{
	bool sound = resolve->asked && resolve->state != STATE_DONE;
	size_t i;

	resolve->asked = false;
	if (sound && truncated && count < RESOLVE_ACCOUNTS_MAX) {
		fail(resolve, REASON_DIRECTORY,
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
		feed_domain(resolve, entries, count);
}

void
resolve_fail(struct resolve *resolve, const char *reason)
{
	resolve->asked = false;
	fail(resolve, reason, "the search was not answered");
}

void
resolve_take(struct resolve *resolve, struct findings *ret)
{
	/* A walk that was broken off knows nothing. */
	if (resolve->state != STATE_DONE)
		fail(resolve, REASON_INTERNAL, "the walk is not over");
	*ret = resolve->findings;
	findings_init(&resolve->findings);
}
