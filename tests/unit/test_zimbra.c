/*
 * The profile zimbra against Zimbra's own rules: a table in a file, odd
 * entries, and the filters that are sent.
 */
#include "tests/unit/zimbra_account.h"

/* The words of a line; their number. */
static size_t
split(char *line, const char **words, size_t max)
{
	size_t n = 0;
	char *rest = line, *word;

	while (n < max && (word = strtok_r(rest, " \t\n", &rest)) != NULL)
		words[n++] = word;
	return n;
}

static void
test_table(void **state)
{
	const char *top = getenv("top_srcdir"), *head[16], *words[16], *got;
	char path[4096], line[512], head_line[512] = "", name[64];
	size_t columns = 0, i, cells = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/tests/unit/zimbra-table.txt",
	    top == NULL ? "." : top);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (columns == 0) {
			(void)strcpy(head_line, line);
			columns = split(head_line, head, 16);
			assert_int_equal(columns, 9);
			continue;
		}
		assert_int_equal(split(line, words, 16), columns);
		for (i = 1; i < columns; i++) {
			bool elapsed = strcmp(words[0], "elapsed") == 0;
			struct entry *account = make_account(elapsed ?
			    "lockout" : words[0]);
			struct entry *domain = make_domain("example.com",
			    head[i]);

			add(account, "zimbraPasswordLockoutLockedTime",
			    elapsed ? "20251231225959Z" : "20251231235900Z");
			got = ask(account, &domain, 1, HOUR, false);
			(void)snprintf(name, sizeof(name), "%s, domain %s",
			    words[0], head[i]);
			row_check(strcmp(got, words[i]) == 0, name,
			    "want %s, got %s", words[i], got);
			cells++;
		}
	}
	fclose(file);
	rows_end();
	assert_int_equal(cells, 72);
	print_message("%zu cells of the table\n", cells);
}

static void
test_odd(void **state)
{
	struct entry *domain = make_domain("example.com", "active,frozen");

	assert_string_equal(ask(make_account("active"), &domain, 1, 0, false),
	    "bad-entry");
	assert_string_equal(ask(make_account("active"), NULL, 0, 0, false),
	    "no-domain");
	/* the directory's own matching ignores case, and so do we */
	domain = make_domain("example.com", "Locked");
	assert_string_equal(ask(make_account("ACTIVE"), &domain, 1, 0, false),
	    "domain-locked");
	domain = make_domain("example.com", "active");
	assert_string_equal(ask(make_account("active "), &domain, 1, 0, false),
	    "active");
	domain = make_domain("example.com", "active");
	assert_string_equal(ask(make_account("inactive"), &domain, 1, 0,
	    false), "no-rule");
}

/* What is sent to the directory. */
static void
test_filters(void **state)
{
	static const struct {
		enum key_kind kind;
		const char *want;
	} rows[] = {
		{ KEY_ADDRESS, "(&(|(zimbraMailDeliveryAddress=u@example.com)"
		    "(zimbraMailAlias=u@example.com)"
		    "(zimbraOldMailAddress=u@example.com))"
		    "(objectClass=zimbraAccount))" },
		{ KEY_ACCOUNT, "(&(|(zimbraMailDeliveryAddress=u@example.com)"
		    "(uid=u@example.com))(objectClass=zimbraAccount))" },
		{ KEY_UPN, "(&(zimbraForeignPrincipal=cert "
		    "SUBJECTALTNAME_OTHERNAME_UPN\\3au@example.com)"
		    "(objectClass=zimbraAccount))" },
	};
	struct buffer out;
	size_t i;

	buffer_init(&out, 4096);
	for (i = 0; i < COUNT(rows); i++) {
		const struct profile_keys *keys =
		    &profile->keys[rows[i].kind];

		buffer_clear(&out);
		assert_int_equal(filter_build(&out, keys->items, keys->count,
		    "u@example.com", 13, profile->account), 0);
		row_check(strcmp(buffer_text(&out), rows[i].want) == 0,
		    key_kind_name(rows[i].kind), "got %s", buffer_text(&out));
	}
	buffer_free(&out);
	assert_int_equal(profile->keys[KEY_CN].count, 0);
	assert_int_equal(profile->keys[KEY_UID].count, 0);
	rows_end();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_filters),
	};

	return cmocka_run_group_tests_name("zimbra", tests, read_profile,
	    free_profile);
}
