/*
 * Walks of other kinds: names compared exactly, a profile without domains,
 * walks that are broken off or fed wrongly, and what is told of a walk.
 */
#include "tests/unit/resolve_walk.h"

static const char plain_text[] =
    "account = \"(objectClass=person)\"; name = \"uid\";"
    "keys = { address = [ \"mail\" ]; }; rules = ( { admit = true; } );";

static void
test_exact(void **state)
{
	static const struct walk rows[] = {
		{ "the very same", MAIL, "Bob@x.org",
		    { { "account Bob@x.org", { "a mail=Bob@X.org" } },
		      { "domain x.org", { X } } },
		    "a ", "X ", false, false, NULL },
		{ "another account", MAIL, "Bob@x.org",
		    { { "account Bob@x.org", { "a mail=bob@x.org" } },
		      { "domain x.org", { X } } },
		    "", "X ", false, false, NULL },
		{ "another account beside", MAIL, "Bob@x.org",
		    { { "account Bob@x.org",
		        { "a mail=bob@x.org", "b mail=Bob@x.org" } },
		      { "domain x.org", { X } } },
		    "b ", "X ", false, false, NULL },
		{ "two of another case", MAIL, "Bob@x.org",
		    { { "account Bob@x.org",
		        { "a mail=bob@x.org", "b mail=BOB@x.org" } },
		      { "domain x.org", { X } } },
		    "", "X ", false, false, NULL },
		{ "… and more that nobody has seen", MAIL, "Bob@x.org",
		    { { "account Bob@x.org",
		        { "a mail=bob@x.org", "b mail=BOB@x.org", "!more" } } },
		    "", "", true, false, NULL },
		{ "another case and more", MAIL, "Bob@x.org",
		    { { "account Bob@x.org",
		        { "a mail=bob@x.org", "b mail=Bob@x.org", "!more" } } },
		    "b ", "", true, false, NULL },
		{ "another case and a loose one", MAIL, "Bob@x.org",
		    { { "account Bob@x.org",
		        { "a mail=bob@x.org", "b mail=Bob @x.org" } } },
		    "", "", true, false, NULL },
		{ "of two values the exact one counts", MAIL, "Bob@x.org",
		    { { "account Bob@x.org",
		        { "a alias=bob@x.org|mail=Bob@x.org" } },
		      { "domain x.org", { X } } },
		    "a ", "X ", false, false, NULL },
		{ "… in the attribute asked last, too", MAIL, "Bob@x.org",
		    { { "account Bob@x.org",
		        { "a mail=bob@x.org|alias=Bob@x.org" } },
		      { "domain x.org", { X } } },
		    "a ", "X ", false, false, NULL },
		{ "in the target domain, too", MAIL, "Bob@y.org",
		    { { "account Bob@y.org", { NULL } },
		      { "domain y.org", { YX } }, { "id 1", { X } },
		      { "account Bob@x.org", { "a mail=bob@x.org" } } },
		    "", "YX X ", false, false, NULL },
	};
	struct profile *profile = profile_good(walk_profile);
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		check_walk(profile, &rows[i], true);
	profile_free(profile);
	rows_end();
}

/* A profile without domains makes one search. */
static void
test_plain(void **state)
{
	static const struct walk rows[] = {
		{ "found", MAIL, "u@x.org",
		    { { "account u@x.org", { "a mail=u@x.org" } } },
		    "a ", "", false, false, NULL },
		{ "not found", MAIL, "u@x.org",
		    { { "account u@x.org", { NULL } } },
		    "", "", false, false, NULL },
		{ "no keys", IDENTITY_REQUEST_ACCOUNT, "u", { { NULL, { NULL } } },
		    "", "", false, false, "internal" },
	};
	struct profile *profile = profile_good(plain_text);
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		check_walk(profile, &rows[i], false);
	profile_free(profile);
	rows_end();
}

/* An alias condition that cannot be evaluated is followed nowhere. */
static void
test_undefined_alias(void **state)
{
	static const struct walk row = { "undefined", MAIL, "u@x.org",
		{ { "account u@x.org", { A } },
		  { "domain x.org", { "X domain=x.org|isalias=maybe|target=1" } } },
		"a ", "X ", false, true, NULL };
	struct profile *profile = profile_good(
	    "account = \"(objectClass=account)\"; name = \"mail\";"
	    "keys = { address = [ \"mail\" ]; }; types = { isalias = \"boolean\"; };"
	    "domain = { entry = \"(objectClass=domain)\"; name = \"domain\";"
	    "  id = \"id\"; alias = \"(isalias=TRUE)\"; target = \"target\"; };"
	    "rules = ( { admit = true; } );");

	check_walk(profile, &row, false);
	profile_free(profile);
	rows_end();
}

/* Broken off, it is a failure; and odd calls free what they are given. */
static void
test_misuse(void **state)
{
	static const struct step answer = { "", { A } };
	struct profile *profile = profile_good(walk_profile);
	struct identity identity = identity_of(MAIL, "u@x.org");
	struct resolve *resolve;
	struct findings found;

	resolve = resolve_new(profile, &identity, false, NULL);
	resolve_take(resolve, &found);
	assert_int_equal(found.failure, VERDICT_UNAVAILABLE);
	assert_string_equal(found.reason, "internal");
	assert_null(resolve_next(resolve));
	resolve_free(resolve);

	resolve = resolve_new(profile, &identity, false, NULL);
	feed(resolve, &answer);			/* nothing was asked */
	assert_non_null(resolve_next(resolve));
	feed(resolve, &answer);
	feed(resolve, &answer);			/* asked once, fed twice */
	assert_non_null(resolve_next(resolve));
	resolve_take(resolve, &found);
	assert_int_equal(found.failure, VERDICT_UNAVAILABLE);
	findings_free(&found);
	feed(resolve, &answer);			/* over */
	resolve_free(resolve);
	resolve_free(NULL);
	findings_free(NULL);
	profile_free(profile);
}

static void
test_trace(void **state)
{
	static const struct step account = { "", { A } };
	static const struct step domain = { "", { X } };
	struct profile *profile = profile_good(walk_profile);
	struct identity identity = identity_of(MAIL, "u@x.org");
	struct resolve *resolve;
	struct trace trace;

	trace_init(&trace);
	resolve = resolve_new(profile, &identity, false, &trace);
	assert_non_null(resolve_next(resolve));
	feed(resolve, &account);
	assert_non_null(resolve_next(resolve));
	feed(resolve, &domain);
	assert_null(resolve_next(resolve));
	resolve_free(resolve);
	assert_string_equal(buffer_text(&trace.lines),
	    " search: account u@x.org\n found: a\n search: domain x.org\n"
	    " found: X\n domain: X: alias domain False\n");
	trace_free(&trace);
	profile_free(profile);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_undefined_alias),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_trace),
	};

	return cmocka_run_group_tests_name("resolve_odd", tests, NULL, NULL);
}
