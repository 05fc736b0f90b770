/*
 * The decision: one account or none, in the stated order, and active only at
 * the very end.
 */
#include "tests/unit/decision_row.h"

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

/* Each row over entries of either kind. */
static void
test_rows(void **state)
{
	struct profile *profile = profile_good(decision_profile);
	struct decision got;
	size_t i;

	for (i = 0; i < 2 * COUNT(rows); i++) {
		const struct row *row = &rows[i / 2];
		const char *want = row->want, *reason = want;
		enum verdict verdict = verdict_parse(want, strlen(want));

		if (verdict == VERDICT_NONE) {
			verdict = reason_verdict(want);
			if (verdict == VERDICT_NONE)
				verdict = VERDICT_BLOCKED;	/* the profile's */
		} else {
			reason = "";
		}
		as_stored = i % 2 == 1;
		decide(profile, row, &got, NULL);
		row_check(got.verdict == verdict &&
		    strcmp(got.reason, reason) == 0, row->name,
		    "%s: want %s %s, got %s %s", as_stored ? "as stored" :
		    "as read", verdict_word(verdict), reason,
		    verdict_word(got.verdict), got.reason);
		row_check(got.verdict != VERDICT_ACTIVE ||
		    got.account[0] != '\0', row->name, "active and nameless");
	}
	as_stored = false;
	profile_free(profile);
	rows_end();
	print_message("%zu decisions\n", COUNT(rows));
}

/* A byte that may not be in a name, at every place of one of every length,
 * among bytes that just may. */
static void
test_names(void **state)
{
	static const struct {
		unsigned char byte;
		bool good;
	} bytes[] = { { 0x01, false }, { 0x1f, false }, { ' ', true },
		{ '~', true }, { 0x7f, false }, { 0x80, false },
		{ 0x9f, false }, { 0xa0, false }, { 0xff, false } };
	static const char around[] = " ~a";
	struct profile *profile = profile_good(decision_profile);
	char text[96], name[32];
	struct row row = { .found = { { "u@x.org", { text }, { DX } } } };
	struct decision got;
	size_t i, len, at;

	for (i = 0; i < COUNT(bytes); i++)
		for (len = 1; len <= 25; len++)
			for (at = 0; at < 3 * len; at++) {
				memset(name, around[at % 3], len);
				name[at / 3] = (char)bytes[i].byte;
				name[len] = '\0';
				(void)snprintf(text, sizeof(text),
				    "u mail=%s|status=active", name);
				decide(profile, &row, &got, NULL);
				row_check(bytes[i].good ?
				    got.verdict == VERDICT_ACTIVE &&
				    strcmp(got.account, name) == 0 :
				    got.verdict == VERDICT_BLOCKED, "name",
				    "0x%02x at %zu of %zu: got %s",
				    bytes[i].byte, at / 3, len,
				    verdict_word(got.verdict));
			}
	profile_free(profile);
	rows_end();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("decision", tests, NULL, NULL);
}
