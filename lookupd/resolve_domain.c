/*
 * The domain half of the walk: the account's own domain, the domain of the
 * address, and the targets of alias domains.
 */
#include "lookupd/resolve_parts.h"

#include <string.h>

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

/* attribute: by which the domain entry is searched. */
static bool
ask_domain(struct resolve *resolve, enum state state, const char *attribute,
    const char *value, size_t len)
{
	struct resolve_query *query = &resolve->query;

	if (!resolve_set_query(resolve, value, len))
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

/* After the account's own domain: the one of the address, if another. */
void
resolve_address_domain(struct resolve *resolve)
{
	const struct address *asked = &resolve->identity->name;

	resolve->state = STATE_DONE;
	if (resolve->kind != KEY_ADDRESS || resolve->address_done)
		return;
	resolve->address_done = true;
	if (!ask_domain(resolve, STATE_ADDRESS, resolve->profile->domain.name,
	    address_domain(asked), address_domain_len(asked)))
		resolve_break(resolve, REASON_INTERNAL, "no domain name");
}

/* The domain of the account's name. */
void
resolve_own_domain(struct resolve *resolve)
{
	const struct profile *profile = resolve->profile;
	const struct value *name = only_value(resolve->findings.accounts[0],
	    profile->name);
	struct address *own = &resolve->address;

	if (name == NULL ||
	    address_parse(name->data, name->len, own) != NULL) {
		if (profile->domain.required)
			missing(resolve,
			    "the account's name has no domain", "");
		resolve_address_domain(resolve);
		return;
	}
	if (resolve->kind == KEY_ADDRESS && strcmp(address_domain(own),
	    address_domain(&resolve->identity->name)) == 0) {
		/* One search for both, and maybe it was made. */
		if (resolve->address_done) {
			resolve->state = STATE_DONE;
			return;
		}
		resolve->address_done = true;
	}
	if (!ask_domain(resolve, STATE_OWN, profile->domain.name,
	    address_domain(own), address_domain_len(own)))
		resolve_break(resolve, REASON_INTERNAL, "no domain name");
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
		resolve_break(resolve, REASON_INTERNAL, "too many domains");
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

	if (name == NULL || address_with_domain(&resolve->identity->name,
	    name->data, name->len, &resolve->address) < 0) {
		missing(resolve, "no usable name is shown by", target->dn);
		resolve->state = STATE_DONE;
		return;
	}
	resolve->wanted = &resolve->address;
	resolve_ask_account(resolve, STATE_RETRY, resolve->address.text,
	    resolve->address.len);
}

/* domain: the entry, or NULL when there is none. */
static void
after_domain(struct resolve *resolve, const struct entry *domain)
{
	switch (resolve->state) {
	case STATE_OWN:
		if (domain == NULL || !ask_target(resolve, domain))
			resolve_address_domain(resolve);
		break;
	case STATE_OWN_TARGET:
		resolve_address_domain(resolve);
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
		resolve_break(resolve, REASON_INTERNAL, "a domain out of turn");
	}
}

void
resolve_feed_domain(struct resolve *resolve, struct entry **entries, size_t count)
{
	struct entry *domain = NULL;
	size_t i;

	if (count > 1) {
		resolve_break(resolve, REASON_DIRECTORY, "more than one entry for a "
		    "domain: neither can be believed");
	} else if (count == 1 &&
	    resolve_match_entry(resolve, entries[0]) != MATCH_STRICT) {
		resolve_break(resolve, REASON_HIDDEN, "a domain entry does not show "
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
