/*
 * Profiles with mistakes: every one is found, with its line, and all of them
 * at once.
 */
#include "tests/unit/profile_whole.h"

/* A rule of the list: its line is RULES + 1. */
#define RULE(text) "rules = ( " text ", { admit = true; } );"
#define ADMIT "{ admit = true; }"

static const struct bad_row {
	enum part part;
	const char *text;
	const char *want;		/* a part of the sentence */
} bad_rows[] = {
	{ ACCOUNT, "", "'account' is missing" },
	{ ACCOUNT, "account = \"\";", "" },
	{ ACCOUNT, "account = \"objectClass=person\";", "byte 1" },
	{ ACCOUNT, "account = \"(t>=%{now})\";", "no meaning" },
	{ ACCOUNT, "account = [ \"(a=b)\" ];", "string" },
	{ NAME, "", "'name' is missing" },
	{ NAME, "name = \"two words\";", "not an attribute" },
	{ NAME, "name = \"1a\";", "not an attribute" },
	{ NAME, "name = [ \"mail\", \"uid\" ];", "string" },
	{ KEYS, "", "'keys' is missing" },
	{ KEYS, "keys = \"mail\";", "group" },
	{ KEYS, "keys = { };", "address is missing" },
	{ KEYS, "keys = { account = [ \"uid\" ]; };", "address is missing" },
	{ KEYS, "keys = { address = [ ]; };", "values" },
	{ KEYS, "keys = { address = [ \"mail\" ]; mail = \"a\"; };",
	    "unknown setting 'mail'" },
	{ KEYS, "keys = { address = [ \":smtp\" ]; };", "neither" },
	{ KEYS, "keys = { address = [ \"mail:\" ]; };", "neither" },
	{ KEYS, "keys = { address = [ \"ma il\" ]; };", "neither" },
	{ KEYS, "keys = { address = [ \"a\", \"b\", \"c\", \"d\", \"e\", \"f\", "
	    "\"g\", \"h\", \"i\" ]; };", "at most 8" },
	{ TYPES, "types = { t = \"date\"; };", "\"filetime\"" },
	{ TYPES, "types = { t = 1; };", "\"filetime\"" },
	{ TYPES, "types = { t = \"time\"; T = \"time\"; };", "twice" },
	{ TYPES, "types = { a_b = \"time\"; };", "attribute name" },
	{ TYPES, "types = ( \"time\" );", "group" },
	{ TYPES, "types = \"time\";", "group" },
	{ TYPES, "", "%{now} and %{now-lockout} need time" },
	{ TYPES, "types = { t = \"integer\"; };", "need time" },
	{ REQUIRE, "require = [ \"a b\" ];", "not an attribute" },
	{ REQUIRE, "require = \"a=b\";", "not an attribute" },
	{ SINGLE, "single = [ \"a b\" ];", "not an attribute" },
	{ DOMAIN, "", "does not say how a domain is found" },
	{ DOMAIN, "domain = { };", "'entry' is missing" },
	{ DOMAIN, "domain = { entry = \"(a=b)\"; };", "'name' is missing" },
	{ DOMAIN, "domain = { entry = \"a=b\"; name = \"n\"; };", "byte 1" },
	{ DOMAIN, "domain = { entry = \"(a=%{now})\"; name = \"n\"; };",
	    "no meaning" },
	{ DOMAIN, "domain = { entry = \"(a=b)\"; name = \"n n\"; };",
	    "not an attribute" },
	{ DOMAIN, "domain = { entry = \"(a=b)\"; name = \"n\"; alias = \"(a=b)\"; "
	    "};", "go together" },
	{ DOMAIN, "domain = { entry = \"(a=b)\"; name = \"n\"; alias = \"(a=b)\"; "
	    "id = \"i\"; };", "go together" },
	{ DOMAIN, "domain = { entry = \"(a=b)\"; name = \"n\"; alias = \"(a=b)\"; "
	    "target = \"i\"; };", "go together" },
	{ DOMAIN, "domain = { entry = \"(a=b)\"; name = \"n\"; target = \"t\"; "
	    "id = \"i\"; };", "go together" },
	{ DOMAIN, "domain = { entry = \"(a=b)\"; name = \"n\"; alias = \"(a~=b)\"; "
	    "target = \"t\"; id = \"i\"; };", "a: an approximate" },
	{ DOMAIN, "domain = { entry = \"(a=b)\"; name = \"n\"; alias = \"(t=%{now})\";"
	    " target = \"t\"; id = \"i\"; };", "at all times" },
	{ DOMAIN, "domain = { entry = \"(a=b)\"; name = \"n\"; required = \"no\"; };",
	    "true or false" },
	{ LOCKOUT, "lockout = -1;", "lockout" },
	{ LOCKOUT, "lockout = \"1h\";", "number" },
	{ LOCKOUT, "lockout = 400000000;", "lockout" },
	{ LET, "", "there is no let \"root\"" },
	{ LET, "let = { other = \"(a=b)\"; };", "there is no let \"root\"" },
	{ LET, "let = { root = \"a=b\"; };", "byte 1" },
	{ LET, "let = { root = \"(a~=b)\"; };", "root: a: an approximate" },
	{ LET, "let = { root = 1; };", "in quotes" },
	{ LET, "let = ( \"(a=b)\" );", "group" },
	{ ADMIN, "admin = \"a\";", "byte 1" },
	{ ADMIN, "admin = \"(n=many)\";", "n: the value is not of" },
	{ ADMIN, "admin = \"\";", "" },
	{ RULES, "", "'rules' is missing" },
	{ RULES, "rules = ( );", "1 to 64 rules" },
	{ RULES, "rules = { admit = true; };", "1 to 64 rules" },
	{ RULES, "rules = ( { block = \"x\"; account = \"(a=b)\"; } );",
	    "none admits" },
	{ RULES, "rules = ( { block = \"x\"; } );", "none admits" },
	{ RULES, "rules = ( " ADMIT ", " ADMIT " );", "never reached" },
	{ RULES, "rules = ( { block = \"x\"; }, " ADMIT " );", "never reached" },
	{ RULES, "rules = ( \"x\", " ADMIT " );", "group" },
	{ RULES, RULE("{ account = \"(a=b)\"; }"), "either block" },
	{ RULES, RULE("{ admit = false; account = \"(a=b)\"; }"), "either block" },
	{ RULES, RULE("{ admit = true; block = \"x\"; account = \"(a=b)\"; }"),
	    "either block" },
	{ RULES, RULE("{ admit = \"yes\"; account = \"(a=b)\"; }"),
	    "true or false" },
	{ RULES, RULE("{ block = \"\"; account = \"(a=b)\"; }"), "" },
	{ RULES, RULE("{ block = \"Locked\"; account = \"(a=b)\"; }"),
	    "a-z, 0-9 and hyphen" },
	{ RULES, RULE("{ block = \"not active\"; account = \"(a=b)\"; }"),
	    "a-z, 0-9 and hyphen" },
	{ RULES, RULE("{ block = \"inactive\"; account = \"(a=b)\"; }"),
	    "contains no verdict" },
	{ RULES, RULE("{ block = \"blocked\"; account = \"(a=b)\"; }"),
	    "contains no verdict" },
	{ RULES, RULE("{ block = \"a23456789012345678901234567890123\"; "
	    "account = \"(a=b)\"; }"), "1 to 32 bytes" },
	{ RULES, RULE("{ block = \"expired\"; account = \"(a=b)\"; }"),
	    "belongs to the verdict refused" },
	{ RULES, RULE("{ block = \"directory\"; account = \"(a=b)\"; }"),
	    "belongs to the verdict unavailable" },
	{ RULES, RULE("{ block = \"syntax\"; account = \"(a=b)\"; }"),
	    "belongs to the verdict bad-request" },
	{ RULES, RULE("{ block = \"x\"; account = \"(a=b\"; }"), "byte 5" },
	{ RULES, RULE("{ block = \"x\"; account = \"(a~=b)\"; }"),
	    "account: a: an approximate" },
	{ RULES, RULE("{ block = \"x\"; account = \"(a>=%{now})\"; }"),
	    "does not fit" },
	{ RULES, RULE("{ block = \"x\"; account = \"(t>=%{now+1})\"; }"),
	    "variable" },
	{ RULES, RULE("{ block = \"x\"; account = \"(n>=%{now.days})\"; }"),
	    "does not fit" },
	{ RULES, RULE("{ block = \"x\"; account = \"(b=yes)\"; }"), "not of" },
	{ RULES, RULE("{ block = \"x\"; account = \"(d=2026-01-01)\"; }"),
	    "not of" },
	{ RULES, RULE("{ block = \"x\"; domain = \"(a:=b)\"; }"),
	    "domain: a: this matching rule" },
	{ RULES, RULE("{ block = \"x\"; if = \"nobody\"; }"),
	    "if: there is no let" },
	{ RULES, RULE("{ block = \"x\"; unless = \"nobody\"; }"),
	    "unless: there is no let" },
	{ RULES, RULE("{ block = \"x\"; acount = \"(a=b)\"; }"),
	    "did you mean 'account'" },
	{ REFERENCES, "ignore_references = 1;", "true or false" },
	{ REFERENCES, "resume = 1;", "true or false" },
	{ REFERENCES, "ignore_referrals = true;",
	    "unknown setting 'ignore_referrals'" },
	{ REFERENCES, "lockout = 1;", "" },
	{ REFERENCES, "@include \"other\"", "" },
};

/* Reported: the sentence, at the line of the part. */
static bool
reported(const struct problems *problems, unsigned line, const char *want)
{
	char at[32];
	size_t i;

	(void)snprintf(at, sizeof(at), ":%u: ", line);
	for (i = 0; i < problems->count; i++)
		if (strstr(problems->items[i], want) != NULL &&
		    strstr(problems->items[i], at) != NULL)
			return true;
	return false;
}

static void
test_bad(void **state)
{
	size_t i;

	for (i = 0; i < COUNT(bad_rows); i++) {
		const char *parts[PARTS];
		struct problems problems;
		struct profile *profile;

		memcpy(parts, whole, sizeof(parts));
		parts[bad_rows[i].part] = bad_rows[i].text;
		problems_init(&problems);
		profile = read_parts(parts, &problems);
		row_check(profile == NULL && problems.count > 0,
		    bad_rows[i].text, "was taken");
		/* what is missing is reported elsewhere, and so is what the
		 * rules make of it */
		row_check(reported(&problems, (unsigned)bad_rows[i].part + 1,
		    bad_rows[i].want) || reported(&problems, RULES + 1,
		    bad_rows[i].want) || (bad_rows[i].text[0] == '\0' &&
		    problems.count > 0 && strstr(problems.items[0],
		    bad_rows[i].want) != NULL) || bad_rows[i].want[0] == '\0',
		    bad_rows[i].text, "want line %u: %s, got %s",
		    (unsigned)bad_rows[i].part + 1, bad_rows[i].want,
		    problems.count > 0 ? problems.items[0] : "nothing");
		profile_free(profile);
		problems_free(&problems);
	}
	rows_end();
	print_message("%zu mistakes found\n", COUNT(bad_rows));
}

static void
test_all_at_once(void **state)
{
	const char *parts[PARTS];
	struct problems problems;

	memcpy(parts, whole, sizeof(parts));
	parts[KEYS] = "keys = { address = [ \"a b\" ]; };";
	parts[TYPES] = "types = { t = \"time\"; b = \"boolean\"; u = \"date\"; };";
	parts[DOMAIN] = "domain = { entry = \"(a\"; name = \"n\"; };";
	parts[LET] = "let = { root = \"(b=yes)\"; };";
	parts[RULES] = "rules = ( { block = \"active\"; account = \"(a\"; }, "
	    "{ admit = true; unless = \"nobody\"; } );";
	parts[REFERENCES] = "nonsense = 1;";
	problems_init(&problems);
	assert_null(read_parts(parts, &problems));
	assert_true(reported(&problems, KEYS + 1, "a b"));
	assert_true(reported(&problems, TYPES + 1, "types"));
	assert_true(reported(&problems, DOMAIN + 1, "entry: byte 3"));
	assert_true(reported(&problems, LET + 1, "root: b: "));
	assert_true(reported(&problems, RULES + 1, "contains no verdict"));
	assert_true(reported(&problems, RULES + 1, "account: byte 3"));
	assert_true(reported(&problems, RULES + 1, "no let \"nobody\""));
	assert_true(reported(&problems, REFERENCES + 1, "nonsense"));
	assert_int_equal(problems.count, 8);
	problems_free(&problems);
}

static void
test_limits(void **state)
{
	char text[64 * 1024];
	struct problems problems;
	const char *parts[PARTS];
	size_t len, i;

	memcpy(parts, whole, sizeof(parts));
	parts[RULES] = text;
	len = (size_t)snprintf(text, sizeof(text), "rules = ( ");
	for (i = 0; i < PROFILE_RULES_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "{ block = \"x\"; account = \"(a=b)\"; }, ");
	(void)snprintf(text + len, sizeof(text) - len, ADMIT " );");
	problems_init(&problems);
	assert_null(profile_of(text, strlen(text), &problems));
	assert_true(reported(&problems, 1, "1 to 64 rules"));
	problems_free(&problems);

	/* More attributes than an entry may have. */
	len = (size_t)snprintf(text, sizeof(text), "account = \"(a=*)\"; "
	    "name = \"m\"; keys = { address = [ \"m\" ]; }; let = { a = \"(|");
	for (i = 0; i < ENTRY_ATTRIBUTES_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "(a%zu=1)", i);
	(void)snprintf(text + len, sizeof(text) - len,
	    ")\"; }; rules = ( " ADMIT " );");
	problems_init(&problems);
	assert_null(profile_of(text, strlen(text), &problems));
	assert_non_null(strstr(problems.items[0], "more than 64 attributes"));
	problems_free(&problems);

	problems_init(&problems);
	assert_null(profile_read("/nonexistent/profile.conf", &problems));
	assert_int_equal(problems.count, 1);
	problems_free(&problems);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("profile_bad", tests, NULL, NULL);
}
