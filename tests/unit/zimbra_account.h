/*
 * What the tests of the profile zimbra share: accounts and domains by their
 * statuses, and what is decided about them.
 */
#ifndef CERTAUTH_TESTS_ZIMBRA_ACCOUNT_H
#define CERTAUTH_TESTS_ZIMBRA_ACCOUNT_H

#include "lookupd/decision.h"

#include "tests/unit/pure.h"

/* 2026-01-01 00:00:00 UTC */
#define NOW (INT64_C(1767225600) * 1000000)
#define HOUR 3600

static struct profile *profile;

static inline int
read_profile(void **state)
{
	profile = profile_shipped("zimbra");
	return 0;
}

static inline int
free_profile(void **state)
{
	profile_free(profile);
	return 0;
}

static inline void
add(struct entry *entry, const char *name, const char *value)
{
	if (value != NULL)
		assert_int_equal(entry_add(entry, name, value, strlen(value)),
		    0);
}

/* Statuses are words; "-" is absent; two with a comma are two values. */
static inline void
add_status(struct entry *entry, const char *name, const char *status)
{
	const char *comma = strchr(status, ',');

	if (strcmp(status, "-") == 0)
		return;
	if (comma != NULL)
		assert_int_equal(entry_add(entry, name, status,
		    (size_t)(comma - status)), 0);
	add(entry, name, comma == NULL ? status : comma + 1);
}

static inline struct entry *
make_account(const char *status)
{
	struct entry *entry = entry_of("uid=u,ou=people,dc=example,dc=com",
	    "zimbraMailDeliveryAddress=u@example.com|uid=u|"
	    "zimbraMailAlias=v@example.com");

	add_status(entry, "zimbraAccountStatus", status);
	return entry;
}

static inline struct entry *
make_domain(const char *name, const char *status)
{
	char dn[64];
	struct entry *entry;

	(void)snprintf(dn, sizeof(dn), "dc=%s", name);
	entry = entry_of(dn, "zimbraDomainType=local");
	add(entry, "zimbraDomainName", name);
	add_status(entry, "zimbraDomainStatus", status);
	return entry;
}

/* "active" or the reason; takes the entries over. */
static inline const char *
ask(struct entry *account, struct entry **domains, size_t count,
    int64_t lockout_s, bool need_admin)
{
	static struct decision decision;
	static struct identities identities;
	struct findings findings;
	struct decision_input input = { .profile = profile,
	    .identities = &identities, .findings = &findings, .now_us = NOW,
	    .lockout_s = lockout_s, .need_admin = need_admin };
	size_t i;

	memset(&identities, 0, sizeof(identities));
	identities.count = 1;
	findings_init(&findings);
	findings.accounts[findings.account_count++] = account;
	for (i = 0; i < count; i++)
		findings.domains[findings.domain_count++] = domains[i];
	decision_make(&input, &decision, NULL);
	findings_free(&findings);
	if (decision.verdict == VERDICT_ACTIVE)
		return "active";
	return decision.reason[0] != '\0' ? decision.reason :
	    verdict_word(decision.verdict);
}

#endif
