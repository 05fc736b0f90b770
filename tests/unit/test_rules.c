/*
 * The ordered rules: the first that matches decides, what is not known
 * blocks, and every combination of conditions.
 */
#include "lookupd/decision.h"

#include "tests/unit/pure.h"

#define HEAD "account = \"(a=*)\"; name = \"mail\"; " \
    "keys = { address = [ \"mail\" ]; }; types = { n = \"integer\"; }; " \
    "domain = { entry = \"(a=*)\"; name = \"d\"; }; " \
    "let = { l = \"(l=1)\"; m = \"(n=1)\"; }; "

static const struct {
	const char *name;
	const char *rules;		/* "rules = ( … );" without the head */
	const char *account;
	const char *domains[3];
	const char *want;		/* reason, or "active" */
} rows[] = {
	{ "first match decides: block", "{ block = \"x\"; account = \"(a=1)\"; }, "
	    "{ admit = true; }", "a=1", { NULL }, "x" },
	{ "first match decides: admit", "{ admit = true; account = \"(a=1)\"; }, "
	    "{ block = \"x\"; account = \"(a=1)\"; }", "a=1", { NULL }, "active" },
	{ "order among blocks", "{ block = \"x\"; account = \"(a=2)\"; }, "
	    "{ block = \"y\"; account = \"(a=1)\"; }, "
	    "{ block = \"z\"; account = \"(a=1)\"; }, { admit = true; }",
	    "a=1", { NULL }, "y" },
	{ "no match", "{ admit = true; account = \"(a=2)\"; }",
	    "a=1", { NULL }, "no-rule" },
	{ "block, absent", "{ block = \"x\"; account = \"(b=1)\"; }, "
	    "{ admit = true; }", "a=1", { NULL }, "active" },
	{ "block, Undefined", "{ block = \"x\"; account = \"(n=1)\"; }, "
	    "{ admit = true; }", "n=one", { NULL }, "x" },
	{ "block, not Undefined", "{ block = \"x\"; account = \"(!(n=1))\"; }, "
	    "{ admit = true; }", "n=one", { NULL }, "x" },
	{ "admit, Undefined", "{ admit = true; account = \"(n=1)\"; }",
	    "n=one", { NULL }, "no-rule" },
	{ "admit, not Undefined", "{ admit = true; account = \"(!(n=1))\"; }",
	    "n=one", { NULL }, "no-rule" },
	/* if and unless */
	{ "block if, True", "{ block = \"x\"; if = \"l\"; }, { admit = true; }",
	    "l=1", { NULL }, "x" },
	{ "block if, False", "{ block = \"x\"; if = \"l\"; }, { admit = true; }",
	    "l=2", { NULL }, "active" },
	{ "block if, Undefined", "{ block = \"x\"; if = \"m\"; }, "
	    "{ admit = true; }", "n=one", { NULL }, "x" },
	{ "block unless, True", "{ block = \"x\"; unless = \"l\"; }, "
	    "{ admit = true; }", "l=1", { NULL }, "active" },
	{ "block unless, False", "{ block = \"x\"; unless = \"l\"; }, "
	    "{ admit = true; }", "l=2", { NULL }, "x" },
	{ "block unless, Undefined", "{ block = \"x\"; unless = \"m\"; }, "
	    "{ admit = true; }", "n=one", { NULL }, "x" },
	{ "admit if, Undefined", "{ admit = true; if = \"m\"; }", "n=one",
	    { NULL }, "no-rule" },
	{ "admit if, True", "{ admit = true; if = \"m\"; }", "n=1",
	    { NULL }, "active" },
	{ "admit unless, Undefined", "{ admit = true; unless = \"m\"; }",
	    "n=one", { NULL }, "no-rule" },
	{ "admit unless, False", "{ admit = true; unless = \"m\"; }",
	    "n=2", { NULL }, "active" },
	{ "admit unless, True", "{ admit = true; unless = \"m\"; }",
	    "n=1", { NULL }, "no-rule" },
	/* a condition that is False outweighs one that is Undefined */
	{ "block, Undefined and False", "{ block = \"x\"; account = \"(n=1)\"; "
	    "if = \"l\"; }, { admit = true; }", "n=one|l=2", { NULL }, "active" },
	{ "block, Undefined and True", "{ block = \"x\"; account = \"(n=1)\"; "
	    "if = \"l\"; }, { admit = true; }", "n=one|l=1", { NULL }, "x" },
	{ "block, True and False", "{ block = \"x\"; account = \"(a=1)\"; "
	    "if = \"l\"; }, { admit = true; }", "a=1|l=2", { NULL }, "active" },
	{ "all four True", "{ block = \"x\"; account = \"(a=1)\"; "
	    "domain = \"(s=1)\"; if = \"l\"; unless = \"m\"; }, { admit = true; }",
	    "a=1|l=1|n=2", { "s=1" }, "x" },
	{ "all but unless", "{ block = \"x\"; account = \"(a=1)\"; "
	    "domain = \"(s=1)\"; if = \"l\"; unless = \"m\"; }, { admit = true; }",
	    "a=1|l=1|n=1", { "s=1" }, "active" },
	/* domains: to block one suffices */
	{ "block, no domain", "{ block = \"x\"; domain = \"(s=1)\"; }, "
	    "{ admit = true; }", "a=1", { NULL }, "active" },
	{ "block, no domain, negated", "{ block = \"x\"; domain = \"(!(s=1))\"; }, "
	    "{ admit = true; }", "a=1", { NULL }, "active" },
	{ "block, the only one", "{ block = \"x\"; domain = \"(s=1)\"; }, "
	    "{ admit = true; }", "a=1", { "s=1" }, "x" },
	{ "block, the first of three", "{ block = \"x\"; domain = \"(s=1)\"; }, "
	    "{ admit = true; }", "a=1", { "s=1", "s=2", "s=3" }, "x" },
	{ "block, the last of three", "{ block = \"x\"; domain = \"(s=3)\"; }, "
	    "{ admit = true; }", "a=1", { "s=1", "s=2", "s=3" }, "x" },
	{ "block, none of three", "{ block = \"x\"; domain = \"(s=4)\"; }, "
	    "{ admit = true; }", "a=1", { "s=1", "s=2", "s=3" }, "active" },
	{ "block, one Undefined", "{ block = \"x\"; domain = \"(n=4)\"; }, "
	    "{ admit = true; }", "a=1", { "n=1", "n=two", "n=3" }, "x" },
	{ "block, Undefined, unless", "{ block = \"x\"; domain = \"(n=4)\"; "
	    "unless = \"l\"; }, { admit = true; }", "l=1", { "n=two" }, "active" },
	/* to admit, all */
	{ "admit, no domain", "{ admit = true; domain = \"(s=1)\"; }",
	    "a=1", { NULL }, "no-rule" },
	{ "admit, no domain, negated", "{ admit = true; domain = \"(!(s=1))\"; }",
	    "a=1", { NULL }, "no-rule" },
	{ "admit, the only one", "{ admit = true; domain = \"(s=1)\"; }",
	    "a=1", { "s=1" }, "active" },
	{ "admit, both", "{ admit = true; domain = \"(s=1)\"; }",
	    "a=1", { "s=1", "s=1" }, "active" },
	{ "admit, one of two", "{ admit = true; domain = \"(s=1)\"; }",
	    "a=1", { "s=1", "s=2" }, "no-rule" },
	{ "admit, one Undefined", "{ admit = true; domain = \"(n=1)\"; }",
	    "a=1", { "n=1", "n=x" }, "no-rule" },
};

static void
test_rows(void **state)
{
	size_t i, n;

	for (i = 0; i < COUNT(rows); i++) {
		struct filter_context context = { .type_of = profile_type_of };
		struct entry *account = entry_of("account", rows[i].account);
		struct entry *domains[3];
		struct profile *profile;
		char text[2048], reason[REASON_MAX + 1] = "untouched";
		enum verdict verdict;
		const char *got;

		(void)snprintf(text, sizeof(text), HEAD "rules = ( %s );",
		    rows[i].rules);
		profile = profile_good(text);
		context.types = profile;
		for (n = 0; n < 3 && rows[i].domains[n] != NULL; n++)
			domains[n] = entry_of("domain", rows[i].domains[n]);
		verdict = rules_apply(profile, account, domains, n, &context,
		    reason, NULL);
		got = verdict == VERDICT_ACTIVE ? "active" : reason;
		row_check(strcmp(got, rows[i].want) == 0 &&
		    (verdict == VERDICT_ACTIVE ? reason[0] == '\0' :
		    verdict == VERDICT_BLOCKED), rows[i].name,
		    "want %s, got %s %s", rows[i].want, verdict_word(verdict),
		    reason);
		while (n > 0)
			entry_free(domains[--n]);
		entry_free(account);
		profile_free(profile);
	}
	rows_end();
}

/* Every truth of every condition, for block and admit: 2 × 3 × 4 × 3 × 3. */
static void
test_product(void **state)
{
	static const char *const values[] = { "x", "2", "1" };	/* U F T */
	struct profile *profiles[2] = {
		profile_good("account = \"(a=*)\"; name = \"m\"; "
		    "keys = { address = [ \"m\" ]; }; types = { a = \"integer\"; "
		    "d = \"integer\"; i = \"integer\"; u = \"integer\"; };"
		    "domain = { entry = \"(a=*)\"; name = \"e\"; };"
		    "let = { i = \"(i=1)\"; u = \"(u=1)\"; };"
		    "rules = ( { block = \"x\"; account = \"(a=1)\"; "
		    "domain = \"(d=1)\"; if = \"i\"; unless = \"u\"; }, "
		    "{ admit = true; } );"),
		profile_good("account = \"(a=*)\"; name = \"m\"; "
		    "keys = { address = [ \"m\" ]; }; types = { a = \"integer\"; "
		    "d = \"integer\"; i = \"integer\"; u = \"integer\"; };"
		    "domain = { entry = \"(a=*)\"; name = \"e\"; };"
		    "let = { i = \"(i=1)\"; u = \"(u=1)\"; };"
		    "rules = ( { admit = true; account = \"(a=1)\"; "
		    "domain = \"(d=1)\"; if = \"i\"; unless = \"u\"; } );"),
	};
	size_t a, d, i, u, k;

	for (k = 0; k < 2 * 3 * 3 * 3 * 3; k++) {
		struct filter_context context = { .type_of = profile_type_of };
		char account_text[64], domain_text[16], reason[REASON_MAX + 1];
		struct entry *account, *domain;
		bool false_one, undefined, want_active;
		enum verdict verdict;

		a = k % 3, d = k / 3 % 3, i = k / 9 % 3, u = k / 27 % 3;
		(void)snprintf(account_text, sizeof(account_text),
		    "a=%s|i=%s|u=%s", values[a], values[i], values[u]);
		(void)snprintf(domain_text, sizeof(domain_text), "d=%s",
		    values[d]);
		account = entry_of("account", account_text);
		domain = entry_of("domain", domain_text);
		context.types = profiles[k / 81];
		verdict = rules_apply(profiles[k / 81], account, &domain, 1,
		    &context, reason, NULL);
		/* unless turns True and False around */
		false_one = a == 1 || d == 1 || i == 1 || u == 2;
		undefined = a == 0 || d == 0 || i == 0 || u == 0;
		want_active = k / 81 == 0 ? false_one :
		    !false_one && !undefined;
		row_check((verdict == VERDICT_ACTIVE) == want_active,
		    account_text, "%s, %s: got %s", domain_text,
		    k / 81 == 0 ? "block" : "admit", verdict_word(verdict));
		entry_free(account);
		entry_free(domain);
	}
	profile_free(profiles[0]);
	profile_free(profiles[1]);
	rows_end();
}

static void
test_trace(void **state)
{
	struct profile *profile = profile_good(HEAD "rules = (\n"
	    "{ block = \"x\"; account = \"(a=1)\"; unless = \"l\"; },\n"
	    "{ block = \"y\"; domain = \"(s=1)\"; if = \"m\"; },\n"
	    "{ admit = true; account = \"(n=7)\"; },\n"
	    "{ admit = true; }\n);");
	struct filter_context context = { .type_of = profile_type_of,
		.types = profile };
	struct entry *account = entry_of("account", "a=1|l=1|n=one");
	char reason[REASON_MAX + 1];
	struct trace trace;

	trace_init(&trace);
	assert_int_equal(rules_apply(profile, account, NULL, 0, &context,
	    reason, &trace), VERDICT_ACTIVE);
	assert_string_equal(buffer_text(&trace.lines),
	    " rule at line 2: block x: account True, unless True -> next\n"
	    " rule at line 3: block y: domain False, if Undefined -> next\n"
	    " rule at line 4: admit: account Undefined -> next\n"
	    " rule at line 5: admit: always -> admits\n");
	trace_free(&trace);
	entry_free(account);

	account = entry_of("account", "a=1|l=2");
	assert_int_equal(rules_apply(profile, account, NULL, 0, &context,
	    reason, &trace), VERDICT_BLOCKED);
	assert_string_equal(buffer_text(&trace.lines),
	    " rule at line 2: block x: account True, unless False -> blocks\n");
	trace_free(&trace);
	entry_free(account);
	profile_free(profile);
}

/* The explanation is bounded, and says so. */
static void
test_trace_limit(void **state)
{
	struct trace trace;
	size_t i;

	trace_init(&trace);
	trace_say(NULL, "step", "%s", "nothing");
	trace_append(NULL, " a: b\n", 6);
	trace_say(&trace, "st\nep", "%s", "a\nb\x1b[1m\\");
	trace_append(&trace, " one: 1\n two: 2\nunfinished", 26);
	assert_string_equal(buffer_text(&trace.lines),
	    " st\\x0aep: a\\x0ab\\x1b[1m\\\\\n one: 1\n two: 2\n");
	for (i = 0; i < 10000; i++)
		trace_say(&trace, "step", "%s", "a step that is repeated");
	assert_true(trace.lines.len <= TRACE_MAX);
	assert_false(trace.lines.failed);
	assert_non_null(strstr(buffer_text(&trace.lines),
	    "\n cut: the rest is left out\n"));
	assert_string_equal(strstr(buffer_text(&trace.lines), " cut:"),
	    " cut: the rest is left out\n");
	trace_free(&trace);
	trace_free(NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_product),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_trace_limit),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
