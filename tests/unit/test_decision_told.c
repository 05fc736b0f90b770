/*
 * What a decision says besides its verdict, its limits, and profiles that
 * lack what others have.
 */
#include "tests/unit/decision_row.h"

static void
test_results(void **state)
{
	static const struct row one = { .name = "one", .want = "active",
	    .found = { { "u@x.org", { "u " GOOD }, { DX } } } };
	static const struct row two = { .name = "two", .want = "ambiguous",
	    .found = { { "v@x.org", { NULL }, { NULL } },
	        { "u@x.org", { "uid=1\n" " " GOOD, "w " GOOD, "!more" }, { DX } } } };
	static const struct row locked = { .name = "locked", .want = "locked",
	    .found = { { "u@x.org", { "u mail=u@x.org|status=locked" }, { DX } } } };
	struct profile *profile = profile_good(decision_profile);
	struct decision got;

	decide(profile, &one, &got, NULL);
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
	struct profile *profile = profile_good(decision_profile);
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
	struct profile *profile = profile_good(decision_profile);
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
	struct profile *profile = profile_good(decision_profile);
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
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_name_length),
		cmocka_unit_test(test_plain_profile),
		cmocka_unit_test(test_not_required),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_trace),
	};

	return cmocka_run_group_tests_name("decision_told", tests, NULL, NULL);
}
