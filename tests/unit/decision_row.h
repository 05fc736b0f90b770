/*
 * A decision as a row: what each identity led to, what the request has, and
 * the verdict or its reason.
 */
#ifndef CERTAUTH_TESTS_DECISION_ROW_H
#define CERTAUTH_TESTS_DECISION_ROW_H

#include "lookupd/decision.h"

#include "tests/unit/pure.h"

static const char decision_profile[] =
    "account = \"(a=*)\"; name = \"mail\";"
    "keys = { address = [ \"mail\", \"alias\", \"proxy:smtp:\" ];"
    "  account = [ \"mail\", \"uid\" ]; upn = [ \"principal\","
    "    \"foreign:cert UPN:\" ]; };"
    "types = { until = \"time\"; admin = \"boolean\"; };"
    "require = [ \"status\" ]; single = [ \"status\", \"dstatus\" ];"
    "domain = { entry = \"(a=*)\"; name = \"domain\"; };"
    "admin = \"(admin=TRUE)\";"
    "rules = ( { block = \"locked\"; account = \"(status=locked)\"; },"
    "  { block = \"ended\"; account = \"(until<=%{now})\"; },"
    "  { block = \"domain-locked\"; domain = \"(dstatus=locked)\"; },"
    "  { admit = true; account = \"(status=active)\"; } );";

/* 2026-01-01 00:00:00 UTC */
#define NOW (INT64_C(1767225600) * 1000000)

#define GOOD "mail=u@x.org|status=active"
#define DX "x domain=x.org"

/* What one identity led to: "DN attributes", "!more", "!missing", "!REASON". */
struct found {
	const char *identity;		/* NULL ends the list */
	const char *accounts[4];
	const char *domains[3];
};

struct row {
	const char *name;
	struct found found[4];
	const char *want;		/* "active", "verdict" or its reason */
	/* what else the request has */
	const char *user;
	enum identity_source source;	/* of all identities; san-email */
	bool admin, exact;
	const char *require;
	const char *domains[3];
};

/* Entries are as the store gives them. */
static bool as_stored;

static inline struct entry *
row_entry(const char *dn, const char *text, char *const *list)
{
	struct entry *entry = entry_of(dn, text), *stored;

	if (!as_stored)
		return entry;
	stored = entry_from_list(entry, list);
	entry_free(entry);
	return stored;
}

static inline void
fill(struct findings *findings, const struct found *found,
    const struct profile *profile)
{
	size_t i;

	findings_init(findings);
	for (i = 0; i < 4 && found->accounts[i] != NULL; i++) {
		const char *text = found->accounts[i];
		char dn[16];

		if (strcmp(text, "!more") == 0) {
			findings->more = true;
		} else if (strcmp(text, "!missing") == 0) {
			findings->domain_missing = true;
		} else if (text[0] == '!') {
			findings->failure = VERDICT_UNAVAILABLE;
			findings->reason = strcmp(text, "!null") == 0 ? NULL :
			    text + 1;
		} else {
			(void)snprintf(dn, sizeof(dn), "%.*s",
			    (int)strcspn(text, " "), text);
			findings->accounts[findings->account_count++] =
			    row_entry(dn, text + strlen(dn) + 1,
			    profile->account_attributes);
		}
	}
	for (i = 0; i < 3 && found->domains[i] != NULL; i++) {
		char dn[16];

		(void)snprintf(dn, sizeof(dn), "%.*s",
		    (int)strcspn(found->domains[i], " "), found->domains[i]);
		findings->domains[findings->domain_count++] =
		    row_entry(dn, found->domains[i] + strlen(dn) + 1,
		    profile->domain_attributes);
	}
}

static inline void
decide(const struct profile *profile, const struct row *row,
    struct decision *ret, struct trace *trace)
{
	static struct identities identities;
	struct findings findings[4];
	char error[FILTER_ERROR_MAX];
	char *domains[4] = { NULL };
	struct filter *require = row->require == NULL ? NULL :
	    filter_parse(row->require, strlen(row->require), error);
	struct decision_input input = { .profile = profile,
	    .identities = &identities, .findings = findings, .now_us = NOW,
	    .exact = row->exact, .require = require, .need_admin = row->admin,
	    .user = row->user };
	size_t i, n;

	memset(&identities, 0, sizeof(identities));
	for (n = 0; n < 4 && row->found[n].identity != NULL; n++) {
		const char *text = row->found[n].identity;

		identities.items[n].source = row->source;
		identities.items[n].name.len = strlen(text);
		memcpy(identities.items[n].name.text, text, strlen(text) + 1);
		fill(&findings[n], &row->found[n], profile);
	}
	identities.count = n;
	for (i = 0; i < 3 && row->domains[i] != NULL; i++)
		domains[i] = strdup(row->domains[i]);
	if (i > 0)
		input.domains = domains;
	memset(ret, 0xff, sizeof(*ret));
	decision_make(&input, ret, trace);
	while (n > 0)
		findings_free(&findings[--n]);
	while (i > 0)
		free(domains[--i]);
	filter_free(require);
}

#endif
