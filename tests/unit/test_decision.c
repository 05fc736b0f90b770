/*
 * The decision: one account or none, in the stated order, and active only at
 * the very end.
 */
#include "lookupd/decision.h"

#include "tests/unit/pure.h"

static const char profile_text[] =
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

static void
fill(struct findings *findings, const struct found *found)
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
			    entry_of(dn, text + strlen(dn) + 1);
		}
	}
	for (i = 0; i < 3 && found->domains[i] != NULL; i++) {
		char dn[16];

		(void)snprintf(dn, sizeof(dn), "%.*s",
		    (int)strcspn(found->domains[i], " "), found->domains[i]);
		findings->domains[findings->domain_count++] =
		    entry_of(dn, found->domains[i] + strlen(dn) + 1);
	}
}

static void
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
		identities.items[n].len = strlen(text);
		memcpy(identities.items[n].value, text, strlen(text) + 1);
		fill(&findings[n], &row->found[n]);
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

static const struct row rows[] = {
	{ .name = "one identity", .want = "active",
	  .found = { { "u@x.org", { "u " GOOD }, { DX } } } },
	{ .name = "three identities of one account", .want = "active",
	  .found = { { "u@x.org", { "u " GOOD }, { DX } },
	      { "v@x.org", { "U " GOOD }, { DX } },
	      { "w@x.org", { "u " GOOD }, { DX } } } },
	{ .name = "none", .want = "no-address", .found = { { NULL, { NULL }, { NULL } } } },
	{ .name = "no account", .want = "unknown",
	  .found = { { "u@x.org", { NULL }, { NULL } } } },
	{ .name = "no account for both", .want = "unknown",
	  .found = { { "u@x.org", { NULL }, { NULL } },
	      { "v@x.org", { NULL }, { NULL } } } },
	{ .name = "no account, and no domain", .want = "unknown",
	  .found = { { "u@x.org", { "!missing" }, { NULL } } } },
	/* two must not become one */
	{ .name = "two accounts of one identity", .want = "ambiguous",
	  .found = { { "u@x.org", { "u " GOOD, "v " GOOD }, { DX } } } },
	{ .name = "one account and more", .want = "ambiguous",
	  .found = { { "u@x.org", { "u " GOOD, "!more" }, { DX } } } },
	{ .name = "only more", .want = "ambiguous",
	  .found = { { "u@x.org", { "!more" }, { NULL } } } },
	{ .name = "two identities, two accounts", .want = "ambiguous",
	  .found = { { "u@x.org", { "u " GOOD }, { DX } },
	      { "v@x.org", { "v " GOOD }, { DX } } } },
	{ .name = "known, then unknown", .want = "ambiguous",
	  .found = { { "u@x.org", { "u " GOOD }, { DX } },
	      { "v@x.org", { NULL }, { NULL } } } },
	{ .name = "unknown, then known", .want = "ambiguous",
	  .found = { { "v@x.org", { NULL }, { NULL } },
	      { "u@x.org", { "u " GOOD }, { DX } } } },
	{ .name = "known, known, then more", .want = "ambiguous",
	  .found = { { "u@x.org", { "u " GOOD }, { DX } },
	      { "v@x.org", { "u " GOOD }, { DX } },
	      { "w@x.org", { "u " GOOD, "!more" }, { DX } } } },
	{ .name = "locked, then active of another", .want = "ambiguous",
	  .found = { { "u@x.org", { "u mail=u@x.org|status=locked" }, { DX } },
	      { "v@x.org", { "v " GOOD }, { DX } } } },
	/* could not ask: before all else */
	{ .name = "failure", .want = "directory",
	  .found = { { "u@x.org", { "!directory" }, { NULL } } } },
	{ .name = "active, then failure", .want = "hidden",
	  .found = { { "u@x.org", { "u " GOOD }, { DX } },
	      { "v@x.org", { "!hidden" }, { NULL } } } },
	{ .name = "unknown, then failure", .want = "busy",
	  .found = { { "u@x.org", { NULL }, { NULL } },
	      { "v@x.org", { "!busy" }, { NULL } } } },
	{ .name = "ambiguous, then failure", .want = "deadline",
	  .found = { { "u@x.org", { "u " GOOD, "v " GOOD }, { NULL } },
	      { "v@x.org", { "!deadline" }, { NULL } } } },
	{ .name = "failure with an account in hand", .want = "canary",
	  .found = { { "u@x.org", { "u " GOOD, "!canary" }, { DX } } } },
	{ .name = "failure without a reason", .want = "internal",
	  .found = { { "u@x.org", { "!null" }, { NULL } } } },
	{ .name = "failure with another verdict's reason", .want = "internal",
	  .found = { { "u@x.org", { "!locked" }, { NULL } } } },
	/* a sound entry */
	{ .name = "no name", .want = "bad-entry",
	  .found = { { "u@x.org", { "u alias=u@x.org|status=active" }, { DX } } } },
	{ .name = "two names", .want = "bad-entry",
	  .found = { { "u@x.org", { "u " GOOD "|mail=v@x.org" }, { DX } } } },
	{ .name = "an empty name", .want = "bad-entry",
	  .found = { { "u@x.org", { "u mail=|status=active" }, { DX } } } },
	{ .name = "a line feed in the name", .want = "bad-entry",
	  .found = { { "u@x.org", { "u mail=u\nv|status=active" }, { DX } } } },
	{ .name = "DEL in the name", .want = "bad-entry",
	  .found = { { "u@x.org", { "u mail=u\x7f|status=active" }, { DX } } } },
	{ .name = "C1 control in the name", .want = "bad-entry",
	  .found = { { "u@x.org", { "u mail=u\xc2\x85v|status=active" }, { DX } } } },
	{ .name = "no UTF-8 in the name", .want = "bad-entry",
	  .found = { { "u@x.org", { "u mail=u\xe4|status=active" }, { DX } } } },
	{ .name = "UTF-8 in the name", .want = "active",
	  .found = { { "u@x.org", { "u mail=\xc3\xa4|status=active" }, { DX } } } },
	{ .name = "a required attribute is absent", .want = "bad-entry",
	  .found = { { "u@x.org", { "u mail=u@x.org" }, { DX } } } },
	{ .name = "two values where one may be", .want = "bad-entry",
	  .found = { { "u@x.org", { "u " GOOD "|status=odd" }, { DX } } } },
	{ .name = "… in the domain", .want = "bad-entry",
	  .found = { { "u@x.org", { "u " GOOD },
	      { DX "|dstatus=active|dstatus=odd" } } } },
	/* own domains */
	{ .name = "in an own domain", .want = "active", .domains = { "y.org", "x.org" },
	  .found = { { "u@x.org", { "u mail=u@X.ORG|status=active" }, { DX } } } },
	{ .name = "in no own domain", .want = "other-domain", .domains = { "y.org" },
	  .found = { { "u@x.org", { "u " GOOD }, { DX } } } },
	{ .name = "a subdomain is another", .want = "other-domain",
	  .domains = { "x.org" },
	  .found = { { "u@a.x.org", { "u mail=u@a.x.org|status=active" }, { DX } } } },
	{ .name = "a name without a domain", .want = "other-domain",
	  .domains = { "x.org" },
	  .found = { { "u@x.org", { "u mail=x.org|status=active" }, { DX } } } },
	{ .name = "two at signs", .want = "other-domain", .domains = { "x.org" },
	  .found = { { "u@x.org", { "u mail=u@y.org@x.org|status=active" }, { DX } } } },
	/* domain entries */
	{ .name = "no domain entry", .want = "no-domain",
	  .found = { { "u@x.org", { "u " GOOD, "!missing" }, { NULL } } } },
	{ .name = "one of them missing", .want = "no-domain",
	  .found = { { "u@x.org", { "u " GOOD, "!missing" }, { DX } } } },
	{ .name = "missing for the second identity", .want = "no-domain",
	  .found = { { "u@x.org", { "u " GOOD }, { DX } },
	      { "u@y.org", { "u " GOOD, "!missing" }, { DX } } } },
	{ .name = "none was looked for", .want = "no-domain",
	  .found = { { "u@x.org", { "u " GOOD }, { NULL } } } },
	/* rules over the domains of all identities */
	{ .name = "locked", .want = "locked",
	  .found = { { "u@x.org", { "u mail=u@x.org|status=locked" }, { DX } } } },
	{ .name = "no rule", .want = "no-rule",
	  .found = { { "u@x.org", { "u mail=u@x.org|status=odd" }, { DX } } } },
	{ .name = "ended", .want = "ended",
	  .found = { { "u@x.org", { "u " GOOD "|until=20260101000000Z" }, { DX } } } },
	{ .name = "not ended", .want = "active",
	  .found = { { "u@x.org", { "u " GOOD "|until=20260101000001Z" }, { DX } } } },
	{ .name = "unparsable", .want = "ended",
	  .found = { { "u@x.org", { "u " GOOD "|until=soon" }, { DX } } } },
	{ .name = "the second identity's domain is locked",
	  .want = "domain-locked",
	  .found = { { "u@x.org", { "u " GOOD }, { DX } },
	      { "u@y.org", { "u " GOOD }, { DX, "y domain=y.org|dstatus=locked" } } } },
	/* copies read at different moments: the worse one counts */
	{ .name = "active, then locked", .want = "locked",
	  .found = { { "u@x.org", { "u " GOOD }, { DX } },
	      { "v@x.org", { "u mail=u@x.org|status=locked" }, { DX } } } },
	{ .name = "locked, then active", .want = "locked",
	  .found = { { "u@x.org", { "u mail=u@x.org|status=locked" }, { DX } },
	      { "v@x.org", { "u " GOOD }, { DX } } } },
	{ .name = "renamed meanwhile", .want = "bad-entry",
	  .found = { { "u@x.org", { "u " GOOD }, { DX } },
	      { "v@x.org", { "u mail=w@x.org|status=active" }, { DX } } } },
	{ .name = "the second copy shows no status", .want = "bad-entry",
	  .found = { { "u@x.org", { "u " GOOD }, { DX } },
	      { "v@x.org", { "u mail=u@x.org" }, { DX } } } },
	{ .name = "the second copy shows more", .want = "ended",
	  .found = { { "u@x.org", { "u " GOOD }, { DX } },
	      { "v@x.org", { "u " GOOD "|until=20250101000000Z" }, { DX } } } },
	{ .name = "the second copy of a domain is locked",
	  .want = "domain-locked",
	  .found = { { "u@x.org", { "u " GOOD }, { DX } },
	      { "v@x.org", { "u " GOOD }, { DX "|dstatus=locked" } } } },
	/* the service */
	{ .name = "require, True", .want = "active", .require = "(staff=yes)",
	  .found = { { "u@x.org", { "u " GOOD "|staff=yes" }, { DX } } } },
	{ .name = "require, False", .want = "service", .require = "(staff=yes)",
	  .found = { { "u@x.org", { "u " GOOD }, { DX } } } },
	{ .name = "require, Undefined", .want = "service",
	  .require = "(!(admin=TRUE))",
	  .found = { { "u@x.org", { "u " GOOD "|admin=no" }, { DX } } } },
	{ .name = "require, on the second copy", .want = "service",
	  .require = "(staff=yes)",
	  .found = { { "u@x.org", { "u " GOOD "|staff=yes" }, { DX } },
	      { "v@x.org", { "u " GOOD }, { DX } } } },
	{ .name = "blocked comes before the service", .want = "locked",
	  .require = "(staff=yes)",
	  .found = { { "u@x.org", { "u mail=u@x.org|status=locked" }, { DX } } } },
	/* administrators */
	{ .name = "admin", .want = "active", .admin = true,
	  .found = { { "u@x.org", { "u " GOOD "|admin=TRUE" }, { DX } } } },
	{ .name = "no admin", .want = "not-admin", .admin = true,
	  .found = { { "u@x.org", { "u " GOOD "|admin=FALSE" }, { DX } } } },
	{ .name = "admin absent", .want = "not-admin", .admin = true,
	  .found = { { "u@x.org", { "u " GOOD }, { DX } } } },
	{ .name = "admin Undefined", .want = "not-admin", .admin = true,
	  .found = { { "u@x.org", { "u " GOOD "|admin=true" }, { DX } } } },
	{ .name = "admin on one copy only", .want = "not-admin", .admin = true,
	  .found = { { "u@x.org", { "u " GOOD "|admin=TRUE" }, { DX } },
	      { "v@x.org", { "u " GOOD }, { DX } } } },
	{ .name = "the service comes before admin", .want = "service",
	  .admin = true, .require = "(staff=yes)",
	  .found = { { "u@x.org", { "u " GOOD }, { DX } } } },
	{ .name = "a locked admin is locked", .want = "locked", .admin = true,
	  .found = { { "u@x.org",
	      { "u mail=u@x.org|status=locked|admin=TRUE" }, { DX } } } },
	/* the user expected */
	{ .name = "user: the name", .want = "active", .user = "U@X.org",
	  .found = { { "v@x.org", { "u " GOOD }, { DX } } } },
	{ .name = "user: an identity", .want = "active", .user = "v@x.org",
	  .found = { { "v@x.org", { "u " GOOD }, { DX } } } },
	{ .name = "user: an alias", .want = "active", .user = "w@x.org",
	  .found = { { "v@x.org", { "u " GOOD "|alias=W@x.org" }, { DX } } } },
	{ .name = "user: an alias with a prefix", .want = "active",
	  .user = "w@x.org",
	  .found = { { "v@x.org", { "u " GOOD "|proxy=SMTP:w@x.org" }, { DX } } } },
	{ .name = "user: another prefix", .want = "wrong-user",
	  .user = "w@x.org",
	  .found = { { "v@x.org", { "u " GOOD "|proxy=x400:w@x.org" }, { DX } } } },
	{ .name = "user: the prefix, too", .want = "wrong-user",
	  .user = "smtp:w@x.org",
	  .found = { { "v@x.org", { "u " GOOD "|proxy=smtp:w@x.org" }, { DX } } } },
	{ .name = "user: login name", .want = "active", .user = "Bob",
	  .found = { { "v@x.org", { "u " GOOD "|uid=bob" }, { DX } } } },
	{ .name = "user: principal", .want = "active", .user = "bob@ad.local",
	  .found = { { "v@x.org", { "u " GOOD "|principal=bob@AD.local" }, { DX } } } },
	{ .name = "user: a principal that is mapped", .want = "wrong-user",
	  .user = "bob@x.org", .source = IDENTITY_UPN,
	  .found = { { "bob@x.org",
	      { "u " GOOD "|foreign=cert UPN:bob@x.org" }, { DX } } } },
	{ .name = "user: a principal of its own", .want = "active",
	  .user = "bob@x.org", .source = IDENTITY_UPN,
	  .found = { { "bob@x.org", { "u " GOOD "|principal=bob@x.org" }, { DX } } } },
	{ .name = "user: a subject's CN", .want = "wrong-user",
	  .user = "bob", .source = IDENTITY_CN,
	  .found = { { "bob", { "u " GOOD "|cn=bob" }, { DX } } } },
	{ .name = "user: an account name that was asked for", .want = "active",
	  .user = "bob", .source = IDENTITY_REQUEST_ACCOUNT,
	  .found = { { "bob", { "u " GOOD }, { DX } } } },
	{ .name = "user: an attribute that is no key", .want = "wrong-user",
	  .user = "bob",
	  .found = { { "v@x.org", { "u " GOOD "|cn=bob" }, { DX } } } },
	{ .name = "user: somebody else", .want = "wrong-user", .user = "z@x.org",
	  .found = { { "v@x.org", { "u " GOOD }, { DX } } } },
	{ .name = "user: a part of the name", .want = "wrong-user", .user = "u",
	  .found = { { "v@x.org", { "u " GOOD }, { DX } } } },
	{ .name = "user: empty", .want = "wrong-user", .user = "",
	  .found = { { "v@x.org", { "u " GOOD "|uid=|alias=" }, { DX } } } },
	{ .name = "user: exact, the same", .want = "active", .user = "Bob@x.org",
	  .exact = true,
	  .found = { { "v@x.org", { "u " GOOD "|alias=Bob@X.ORG" }, { DX } } } },
	{ .name = "user: exact, another case", .want = "wrong-user",
	  .user = "bob@x.org", .exact = true,
	  .found = { { "v@x.org", { "u " GOOD "|alias=Bob@x.org" }, { DX } } } },
	{ .name = "not admin comes before wrong user", .want = "not-admin",
	  .admin = true, .user = "z@x.org",
	  .found = { { "v@x.org", { "u " GOOD }, { DX } } } },
	{ .name = "everything asked for, everything there", .want = "active",
	  .admin = true, .user = "u@x.org", .require = "(staff=yes)",
	  .domains = { "x.org" },
	  .found = { { "v@x.org", { "u " GOOD "|admin=TRUE|staff=yes" }, { DX } } } },
};

static void
test_rows(void **state)
{
	struct profile *profile = profile_good(profile_text);
	struct decision got;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		const char *want = rows[i].want, *reason = want;
		enum verdict verdict = verdict_parse(want, strlen(want));

		if (verdict == VERDICT_NONE) {
			verdict = reason_verdict(want);
			if (verdict == VERDICT_NONE)
				verdict = VERDICT_BLOCKED;	/* the profile's */
		} else {
			reason = "";
		}
		decide(profile, &rows[i], &got, NULL);
		row_check(got.verdict == verdict &&
		    strcmp(got.reason, reason) == 0, rows[i].name,
		    "want %s %s, got %s %s", verdict_word(verdict), reason,
		    verdict_word(got.verdict), got.reason);
		row_check(got.verdict != VERDICT_ACTIVE ||
		    got.account[0] != '\0', rows[i].name, "active and nameless");
	}
	profile_free(profile);
	rows_end();
	print_message("%zu decisions\n", COUNT(rows));
}

static void
test_results(void **state)
{
	static const struct row two = { .name = "two", .want = "ambiguous",
	    .found = { { "v@x.org", { NULL }, { NULL } },
	        { "u@x.org", { "uid=1\n" " " GOOD, "w " GOOD, "!more" }, { DX } } } };
	static const struct row locked = { .name = "locked", .want = "locked",
	    .found = { { "u@x.org", { "u mail=u@x.org|status=locked" }, { DX } } } };
	struct profile *profile = profile_good(profile_text);
	struct decision got;

	decide(profile, &rows[0], &got, NULL);
	assert_string_equal(got.account, "u@x.org");
	assert_int_equal(got.identity, 0);
	assert_string_equal(got.others, "");
	/* the entries are named, escaped, for the audit line */
	decide(profile, &two, &got, NULL);
	assert_string_equal(got.account, "");
	assert_string_equal(got.others, "uid=1\\x0a | w | ...");
	/* a refusal knows whom it refuses */
	decide(profile, &locked, &got, NULL);
	assert_string_equal(got.account, "u@x.org");
	profile_free(profile);
}

static void
test_name_length(void **state)
{
	struct profile *profile = profile_good(profile_text);
	char text[DECISION_ACCOUNT_MAX + 64];
	struct row row = { .name = "long",
	    .found = { { "u@x.org", { text }, { DX } } } };
	struct decision got;
	size_t len;

	for (len = DECISION_ACCOUNT_MAX; len <= DECISION_ACCOUNT_MAX + 1; len++) {
		(void)snprintf(text, sizeof(text), "u mail=%0*d|status=active",
		    (int)len, 7);
		decide(profile, &row, &got, NULL);
		assert_int_equal(got.verdict, len <= DECISION_ACCOUNT_MAX ?
		    VERDICT_ACTIVE : VERDICT_BLOCKED);
	}
	profile_free(profile);
}

/* No profile without an admin filter has administrators; no domain group, no
 * domains. */
static void
test_plain_profile(void **state)
{
	static const struct row admin = { .name = "admin", .admin = true,
	    .found = { { "u@x.org", { "u mail=u@x.org" }, { NULL } } } };
	static const struct row plain = { .name = "plain",
	    .found = { { "u@x.org", { "u mail=u@x.org" }, { NULL } } } };
	struct profile *profile = profile_good("account = \"(a=*)\"; "
	    "name = \"mail\"; keys = { address = [ \"mail\" ]; }; "
	    "rules = ( { admit = true; } );");
	struct decision got;

	decide(profile, &plain, &got, NULL);
	assert_int_equal(got.verdict, VERDICT_ACTIVE);
	decide(profile, &admin, &got, NULL);
	assert_int_equal(got.verdict, VERDICT_REFUSED);
	assert_string_equal(got.reason, "not-admin");
	profile_free(profile);
}

static void
test_not_required(void **state)
{
	static const struct row row = { .name = "missing",
	    .found = { { "u@x.org", { "u mail=u@x.org", "!missing" }, { NULL } } } };
	struct profile *profile = profile_good("account = \"(a=*)\"; "
	    "name = \"mail\"; keys = { address = [ \"mail\" ]; }; "
	    "domain = { entry = \"(b=*)\"; name = \"d\"; required = false; }; "
	    "rules = ( { admit = true; } );");
	struct decision got;

	decide(profile, &row, &got, NULL);
	assert_int_equal(got.verdict, VERDICT_ACTIVE);
	profile_free(profile);
}

/* More identities than there may be are an error of ours, not an answer. */
static void
test_too_many(void **state)
{
	static struct identities identities;
	static struct findings findings[IDENTITIES_MAX + 1];
	struct profile *profile = profile_good(profile_text);
	struct decision_input input = { .profile = profile,
	    .identities = &identities, .findings = findings };
	struct decision got;

	identities.count = IDENTITIES_MAX + 1;
	decision_make(&input, &got, NULL);
	assert_int_equal(got.verdict, VERDICT_UNAVAILABLE);
	assert_string_equal(got.reason, "internal");
	profile_free(profile);
}

static void
test_trace(void **state)
{
	static const struct row row = { .name = "trace", .user = "z@x.org",
	    .admin = true, .require = "(staff=yes)",
	    .found = { { "u@x.org", { "u " GOOD "|admin=TRUE|staff=yes" }, { DX } } } };
	struct profile *profile = profile_good(profile_text);
	struct decision got;
	struct trace trace;

	trace_init(&trace);
	decide(profile, &row, &got, &trace);
	assert_string_equal(buffer_text(&trace.lines),
	    " identity: san-email u@x.org: u\n"
	    " domains: x\n"
	    " rule at line 1: block locked: account False -> next\n"
	    " rule at line 1: block ended: account False -> next\n"
	    " rule at line 1: block domain-locked: domain False -> next\n"
	    " rule at line 1: admit: account True -> admits\n"
	    " service: True\n admin: True\n"
	    " user: z@x.org is no name of this account\n"
	    " verdict: refused reason=wrong-user\n");
	trace_free(&trace);
	profile_free(profile);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_name_length),
		cmocka_unit_test(test_plain_profile),
		cmocka_unit_test(test_not_required),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_trace),
	};

	return cmocka_run_group_tests_name("decision", tests, NULL, NULL);
}
