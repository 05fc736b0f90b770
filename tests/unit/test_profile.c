/*
 * Profiles: a whole one is read as written, and the least one too.
 */
#include "tests/unit/profile_whole.h"

static void
assert_list(char *const *list, const char *want)
{
	char text[1024] = "";

	for (; *list != NULL; list++) {
		(void)strcat(text, *list);
		(void)strcat(text, " ");
	}
	assert_string_equal(text, want);
}

static void
test_whole(void **state)
{
	struct problems problems;
	struct profile *profile;
	struct buffer out;

	problems_init(&problems);
	profile = read_parts(whole, &problems);
	problems_print(&problems, stderr);
	assert_non_null(profile);
	assert_int_equal(problems.count, 0);
	assert_string_equal(profile->name, "mail");
	assert_int_equal(profile->keys[KEY_ADDRESS].count, 2);
	assert_null(profile->keys[KEY_ADDRESS].items[0].prefix);
	assert_string_equal(profile->keys[KEY_ADDRESS].items[1].attribute,
	    "proxyAddresses");
	assert_string_equal(profile->keys[KEY_ADDRESS].items[1].prefix,
	    "smtp:");
	assert_int_equal(profile->keys[KEY_ACCOUNT].count, 1);
	assert_string_equal(profile->keys[KEY_UPN].items[0].attribute, "p");
	assert_string_equal(profile->keys[KEY_UPN].items[0].prefix,
	    "cert U:V:");
	assert_int_equal(profile->keys[KEY_CN].count, 0);
	assert_int_equal(profile->keys[KEY_UID].count, 0);
	assert_int_equal(profile_type_of(profile, "T"), VALUE_TIME);
	assert_int_equal(profile_type_of(profile, "n"), VALUE_INTEGER);
	assert_int_equal(profile_type_of(profile, "b"), VALUE_BOOLEAN);
	assert_int_equal(profile_type_of(profile, "d"), VALUE_DAYS);
	assert_int_equal(profile_type_of(profile, "f"), VALUE_FILETIME);
	assert_int_equal(profile_type_of(profile, "e"), VALUE_EXACT);
	assert_int_equal(profile_type_of(profile, "x"), VALUE_TEXT);
	assert_int_equal(profile_type_of(profile, "other"), VALUE_TEXT);
	assert_int_equal(profile->require_count, 1);
	assert_int_equal(profile->single_count, 2);
	assert_true(profile->domain.used);
	assert_false(profile->domain.required);
	assert_string_equal(profile->domain.name, "dn");
	assert_string_equal(profile->domain.id, "did");
	assert_string_equal(profile->domain.target, "dtarget");
	assert_non_null(profile->domain.alias);
	assert_int_equal(profile->lockout_s, 3600);
	assert_int_equal(profile->rule_count, 2);
	assert_false(profile->rules[0].admit);
	assert_string_equal(profile->rules[0].reason, "locked");
	assert_ptr_equal(profile->rules[0].when, profile->lets[0].filter);
	assert_ptr_equal(profile->rules[0].unless, profile->lets[0].filter);
	assert_int_equal(profile->rules[0].line, RULES + 1);
	assert_true(profile->rules[1].admit);
	assert_null(profile->rules[1].domain);
	assert_true(profile->ignore_references);
	assert_false(profile->resume);
	assert_true(profile->hash != 0);
	/* objectClass is the directory's business, Status the same as status */
	assert_list(profile->account_attributes,
	    "mail proxyAddresses uid p status b t role ");
	assert_list(profile->domain_attributes,
	    "dn did dtarget dtype dstatus ");
	buffer_init(&out, 256);
	filter_print(profile->account, &out);
	assert_string_equal(buffer_text(&out), "(objectClass=person)");
	buffer_free(&out);
	profile_free(profile);
	profile_free(NULL);
	problems_free(&problems);
}

static void
test_least(void **state)
{
	struct profile *profile = profile_good("account = \"(a=*)\"; "
	    "name = \"mail\"; keys = { address = [ \"mail\" ]; }; "
	    "rules = ( { admit = true; } );");

	assert_int_equal(profile->lockout_s, 0);
	assert_false(profile->domain.used);
	assert_null(profile->admin);
	assert_false(profile->ignore_references);
	assert_true(profile->resume);
	assert_int_equal(profile->require_count, 0);
	assert_int_equal(profile->single_count, 0);
	assert_null(profile->rules[0].account);
	assert_list(profile->account_attributes, "mail ");
	assert_non_null(profile->domain_attributes);
	assert_null(profile->domain_attributes[0]);
	profile_free(profile);
	profile = profile_good("account = \"(a=*)\"; name = \"mail\"; "
	    "keys = { address = [ \"mail\" ]; }; domain = { entry = \"(b=*)\"; "
	    "name = \"d\"; }; rules = ( { admit = true; } );");
	assert_true(profile->domain.required);
	assert_null(profile->domain.alias);
	profile_free(profile);
}

/* What is wanted, too, is there once; the list stays where it is, and has an
 * end. */
static void
test_want(void **state)
{
	struct profile *profile = profile_good("account = \"(a=*)\"; "
	    "name = \"mail\"; keys = { address = [ \"mail\" ]; }; "
	    "rules = ( { admit = true; account = \"(s=1)\"; } );");
	char **list = profile->account_attributes;
	size_t i;
	char name[16];

	assert_list(list, "mail s ");
	assert_ptr_equal(profile->name, list[0]);
	assert_ptr_equal(profile->keys[KEY_ADDRESS].items[0].attribute,
	    list[0]);
	assert_null(profile_want(profile, "Staff"));
	assert_null(profile_want(profile, "MAIL"));
	assert_null(profile_want(profile, "staff"));
	assert_list(list, "mail s Staff ");
	for (i = 3; i < ENTRY_ATTRIBUTES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "a%zu", i);
		assert_null(profile_want(profile, name));
	}
	assert_string_equal(profile_want(profile, "further"),
	    "more than 64 attributes");
	assert_null(profile_want(profile, "a63"));
	assert_ptr_equal(profile->account_attributes, list);
	assert_non_null(list[ENTRY_ATTRIBUTES_MAX - 1]);
	assert_null(list[ENTRY_ATTRIBUTES_MAX]);
	profile_free(profile);
}

/* Things a directory understands are welcome in a search filter. */
static void
test_search_filters(void **state)
{
	static const char *const filters[] = {
		"(&(objectCategory=person)(objectClass=user))",
		"(a~=b)", "(cn:caseExactMatch:=x)", "(:dn:1.2.3:=x)",
		"(userAccountControl:1.2.840.113556.1.4.803:=2)",
		"(t>=20260101000000Z)", "(a=100\\\\25)",
	};
	const char *parts[PARTS];
	char text[256];
	size_t i;

	for (i = 0; i < COUNT(filters); i++) {
		struct problems problems;
		struct profile *profile;

		memcpy(parts, whole, sizeof(parts));
		(void)snprintf(text, sizeof(text), "account = \"%s\";",
		    filters[i]);
		parts[ACCOUNT] = text;
		problems_init(&problems);
		profile = read_parts(parts, &problems);
		row_check(profile != NULL, filters[i], "%s",
		    problems.count > 0 ? problems.items[0] : "no problem");
		profile_free(profile);
		problems_free(&problems);
	}
	rows_end();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_want),
		cmocka_unit_test(test_search_filters),
	};

	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
