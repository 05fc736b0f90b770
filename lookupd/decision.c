/*
 * The one decision.  The order of go_through is the order of the manual;
 * every step either ends it or lets it go on, and only its last line says
 * active.
 */
#include "lookupd/decision.h"

#include <string.h>

#include "common/text.h"
#include "lookupd/decision_told.h"
#include "lookupd/decision_user.h"

#define DOMAINS_MAX (IDENTITIES_MAX * RESOLVE_DOMAINS_MAX)

/* What the steps hand on. */
struct work {
	const struct decision_input *in;
	struct decision *ret;
	struct trace *trace;
	struct filter_context context;
	/* The account, as each identity's search showed it: copies that were
	 * read at different moments may differ, and then each must pass. */
	struct entry *const *accounts;
	size_t account_count;
	struct entry *const *domains;
	size_t domain_count;
	/* Where they are put together; NULL: there is one identity, and its
	 * findings have them. */
	struct together *together;
};

struct together {
	struct entry *accounts[IDENTITIES_MAX];
	struct entry *domains[DOMAINS_MAX];
};

/* The end: always "false", for a step to return. */
static bool
decide(struct work *work, enum verdict verdict, const char *reason)
{
	size_t len = strnlen(reason, REASON_MAX);

	work->ret->verdict = verdict;
	memcpy(work->ret->reason, reason, len);
	work->ret->reason[len] = '\0';
	return false;
}

static void
add_account(struct work *work, struct entry *entry)
{
	size_t i;

	for (i = 0; i < work->account_count; i++)
		if (entry_same(work->accounts[i], entry))
			return;
	work->together->accounts[work->account_count++] = entry;
}

static void
add_domains(struct work *work, const struct findings *findings)
{
	size_t i, j;

	for (i = 0; i < findings->domain_count; i++) {
		for (j = 0; j < work->domain_count; j++)
			if (entry_same(work->domains[j], findings->domains[i]))
				break;
		if (j == work->domain_count)
			work->together->domains[work->domain_count++] =
			    findings->domains[i];
	}
}

/* The account of one identity, with its domains. */
static void
add_findings(struct work *work, const struct findings *findings)
{
	if (work->together != NULL) {
		add_account(work, findings->accounts[0]);
		add_domains(work, findings);
		return;
	}
	work->accounts = findings->accounts;
	work->account_count = 1;
	work->domains = findings->domains;
	work->domain_count = findings->domain_count;
}

/* Every identity could be asked for. */
static bool
check_asked(struct work *work)
{
	const struct identities *identities = work->in->identities;
	const char *reason;
	size_t i;

	if (identities->count > IDENTITIES_MAX)
		return decide(work, VERDICT_UNAVAILABLE, REASON_INTERNAL);
	if (identities->count == 0)
		return decide(work, VERDICT_REFUSED, REASON_NO_ADDRESS);
	for (i = 0; i < identities->count; i++) {
		if (work->in->findings[i].failure == VERDICT_NONE)
			continue;
		reason = work->in->findings[i].reason;
		if (reason == NULL ||
		    reason_verdict(reason) != VERDICT_UNAVAILABLE)
			reason = REASON_INTERNAL;
		trace_say(work->trace, "identity", "%s %s could not be asked "
		    "for: %s", identity_source_name(identities->items[i].source),
		    identities->items[i].name.text, reason);
		return decide(work, VERDICT_UNAVAILABLE, reason);
	}
	return true;
}

/* All identities lead to one and the same account. */
static bool
check_one_account(struct work *work)
{
	const struct entry *first = NULL;
	bool none = false, several = false;
	size_t i;

	for (i = 0; i < work->in->identities->count; i++) {
		const struct findings *found = &work->in->findings[i];

		if (trace_wanted(work->trace))
			decision_say_identity(work->in, i, work->trace);
		if (found->more || found->account_count > 1)
			several = true;
		if (found->account_count == 0) {
			none = true;
			continue;
		}
		if (first == NULL) {
			first = found->accounts[0];
			work->ret->identity = i;
		} else if (!entry_same_dn(first, found->accounts[0])) {
			several = true;
		}
		add_findings(work, found);
	}
	if (first == NULL && !several)
		return decide(work, VERDICT_UNKNOWN, "");
	if (several || none) {
		decision_name_others(work->in, work->ret);
		trace_say(work->trace, "account", several ?
		    "the identities lead to more than one account" :
		    "an identity has no account while another has one");
		return decide(work, VERDICT_AMBIGUOUS, "");
	}
	return true;
}

static bool
bad_entry(struct work *work, const struct entry *entry, const char *attribute,
    const char *why)
{
	trace_say(work->trace, "entry", "%s: %s %s", entry->dn, attribute,
	    why);
	return decide(work, VERDICT_BLOCKED, REASON_BAD_ENTRY);
}

/* As the profile calls it, if it is among those that must not have several
 * values; or NULL. */
static const char *
must_be_single(const struct profile *profile, const struct attribute *attribute)
{
	size_t i, count = profile->single_count;

	for (i = 0; i < count; i++)
		if (entry_is_named(attribute, profile->single[i]))
			return profile->single[i];
	return NULL;
}

/* Few attributes have several values. */
static bool
check_single(struct work *work, const struct entry *entry)
{
	const struct attribute *at = entry->attributes;
	const struct attribute *end = at + entry->count;
	const char *name;

	for (; at < end; at++) {
		name = at->count <= 1 ? NULL :
		    must_be_single(work->in->profile, at);
		if (name != NULL)
			return bad_entry(work, entry, name,
			    "has more than one value");
	}
	return true;
}

static bool
check_sound(struct work *work, const struct entry *account)
{
	const struct profile *profile = work->in->profile;
	const struct attribute *name = entry_get(account, profile->name);
	struct decision *ret = work->ret;
	size_t i;

	if (name == NULL || name->count != 1)
		return bad_entry(work, account, profile->name,
		    "has not exactly one value");
	if (name->values[0].len == 0 ||
	    name->values[0].len > DECISION_ACCOUNT_MAX ||
	    !value_printable(name->values[0].data, name->values[0].len))
		return bad_entry(work, account, profile->name,
		    "is empty, too long or not printable");
	/* Copies of one entry have one name, or neither can be believed. */
	if (ret->account[0] != '\0' &&
	    (strlen(ret->account) != name->values[0].len ||
	    memcmp(ret->account, name->values[0].data,
	    name->values[0].len) != 0))
		return bad_entry(work, account, profile->name,
		    "has changed between two searches");
	memcpy(ret->account, name->values[0].data, name->values[0].len);
	ret->account[name->values[0].len] = '\0';
	for (i = 0; i < profile->require_count; i++)
		if (entry_get(account, profile->require[i]) == NULL)
			return bad_entry(work, account, profile->require[i],
			    "is absent, or hidden from us");
	return check_single(work, account);
}

/* The realm's own domains. */
static bool
check_own(struct work *work)
{
	char *const *own = work->in->domains;
	struct address address;
	const char *domain;

	if (address_parse(work->ret->account, strlen(work->ret->account),
	    &address) == NULL) {
		domain = address_domain(&address);
		for (; *own != NULL; own++)
			if (text_same_nocase(*own, strlen(*own), domain,
			    strlen(domain)))
				return true;
	}
	trace_say(work->trace, "domains",
	    "the account is in none of the realm's");
	return decide(work, VERDICT_BLOCKED, REASON_OTHER_DOMAIN);
}

/* The entries of its domains. */
static bool
check_domains(struct work *work)
{
	const struct profile_domain *rules = &work->in->profile->domain;
	bool missing = work->domain_count == 0;
	size_t i;

	if (!rules->used)
		return true;
	for (i = 0; i < work->in->identities->count; i++)
		missing = missing || work->in->findings[i].domain_missing;
	if (missing && rules->required) {
		trace_say(work->trace, "domains", "one has no entry");
		return decide(work, VERDICT_BLOCKED, REASON_NO_DOMAIN);
	}
	for (i = 0; i < work->domain_count; i++) {
		trace_say(work->trace, "domains", "%s", work->domains[i]->dn);
		if (!check_single(work, work->domains[i]))
			return false;
	}
	return true;
}

static bool
check_rules(struct work *work, const struct entry *account)
{
	char reason[REASON_MAX + 1] = "";
	enum verdict verdict = rules_apply(work->in->profile, account,
	    work->domains, work->domain_count, &work->context, reason,
	    work->trace);

	if (verdict == VERDICT_ACTIVE)
		return true;
	return decide(work, verdict, reason);
}

/* A filter that must be True. */
static bool
check_filter(struct work *work, const char *what, const struct filter *filter,
    const struct entry *account)
{
	enum truth truth = filter_eval(filter, account, &work->context);

	trace_say(work->trace, what, "%s", truth_name(truth));
	return truth == TRUTH_TRUE;
}

static bool
check_service(struct work *work, const struct entry *account)
{
	if (check_filter(work, "service", work->in->require, account))
		return true;
	return decide(work, VERDICT_BLOCKED, REASON_SERVICE);
}

static bool
check_admin(struct work *work, const struct entry *account)
{
	const struct filter *admin = work->in->profile->admin;

	if (admin != NULL && check_filter(work, "admin", admin, account))
		return true;
	return decide(work, VERDICT_REFUSED, REASON_NOT_ADMIN);
}

static bool
check_user(struct work *work, const struct entry *account)
{
	if (decision_is_user(work->in, work->ret->account, account))
		return true;
	trace_say(work->trace, "user", "%s is no name of this account",
	    work->in->user);
	return decide(work, VERDICT_REFUSED, REASON_WRONG_USER);
}

/* One step over every copy of the account. */
static bool
each_copy(struct work *work,
    bool (*step)(struct work *work, const struct entry *account))
{
	size_t i;

	for (i = 0; i < work->account_count; i++)
		if (!step(work, work->accounts[i]))
			return false;
	return work->account_count > 0;
}

/* The order of it all. */
static void
go_through(struct work *work)
{
	const struct decision_input *in = work->in;

	if (check_asked(work) && check_one_account(work) &&
	    each_copy(work, check_sound) &&
	    (in->domains == NULL || check_own(work)) &&
	    check_domains(work) && each_copy(work, check_rules) &&
	    (in->require == NULL || each_copy(work, check_service)) &&
	    (!in->need_admin || each_copy(work, check_admin)) &&
	    (in->user == NULL || each_copy(work, check_user)))
		(void)decide(work, VERDICT_ACTIVE, "");
}

/* Of several identities. */
static void
go_through_together(struct work *work)
{
	struct together together;

	work->accounts = together.accounts;
	work->domains = together.domains;
	work->together = &together;
	go_through(work);
	/* the decision is made: nobody looks at them again */
	work->together = NULL;
	work->accounts = work->domains = NULL;
	work->account_count = work->domain_count = 0;
}

void
decision_make(const struct decision_input *input, struct decision *ret,
    struct trace *trace)
{
	struct work work = { .in = input, .ret = ret, .trace = trace,
		.context = { .now_us = input->now_us,
		    .lockout_s = input->lockout_s,
		    .type_of = profile_type_of, .types = input->profile } };

	/* Texts end where they begin, whatever stood there. */
	ret->account[0] = '\0';
	ret->others[0] = '\0';
	ret->identity = 0;
	(void)decide(&work, VERDICT_UNAVAILABLE, REASON_INTERNAL);
	if (input->identities->count == 1)
		go_through(&work);
	else
		go_through_together(&work);
	trace_say(trace, "verdict", "%s%s%s", verdict_word(ret->verdict),
	    ret->reason[0] == '\0' ? "" : " reason=", ret->reason);
}
