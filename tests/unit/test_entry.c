/*
 * Entries: what was added is found, and every limit is an error.
 */
#include "lookupd/entry.h"

#include "tests/unit/pure.h"

static void
test_found(void **state)
{
	static const struct {
		const char *name;
		const char *ask;
		size_t want;
	} rows[] = {
		{ "as added", "mail", 2 },
		{ "other case", "MAIL", 2 },
		{ "options are part of the name", "userCertificate;binary", 1 },
		{ "and not left out", "userCertificate", 0 },
		{ "no prefix", "mai", 0 },
		{ "no longer name", "mails", 0 },
		{ "absent", "uid", 0 },
		{ "empty", "", 0 },
	};
	struct entry *entry = entry_new("uid=a,dc=b");
	size_t i;

	assert_non_null(entry);
	assert_int_equal(entry_add(entry, "Mail", "a@b", 3), 0);
	assert_int_equal(entry_add(entry, "mail", "c\0d", 3), 0);
	assert_int_equal(entry_add(entry, "userCertificate;binary", "", 0), 0);
	for (i = 0; i < COUNT(rows); i++) {
		const struct attribute *found = entry_get(entry, rows[i].ask);
		size_t got = found == NULL ? 0 : found->count;

		row_check(got == rows[i].want, rows[i].name,
		    "want %zu values, got %zu", rows[i].want, got);
	}
	rows_end();
	assert_string_equal(entry_get(entry, "mail")->name, "Mail");
	assert_int_equal(entry_get(entry, "mail")->values[1].len, 3);
	assert_memory_equal(entry_get(entry, "mail")->values[1].data, "c\0d", 4);
	assert_int_equal(entry->values, 3);
	assert_int_equal(entry->bytes, 6);
	entry_free(entry);
	entry_free(NULL);
}

/* An attribute opened for so many values, and more added afterwards. */
static void
test_opened(void **state)
{
	struct entry *entry;
	struct attribute *attribute;
	size_t n, i;

	for (n = 1; n <= 9; n++) {
		entry = entry_new("uid=a");
		assert_non_null(entry);
		attribute = entry_open(entry, "mail", n);
		assert_non_null(attribute);
		assert_null(entry_get(entry, "mail"));
		for (i = 0; i < n; i++)
			assert_int_equal(entry_append(entry, attribute,
			    &"abcdefghi"[i], 1), 0);
		assert_null(entry_open(entry, "MAIL", 1));
		for (i = 0; i < 9; i++)
			assert_int_equal(entry_add(entry, i % 2 == 0 ? "mail" :
			    "uid", "x", 1), 0);
		assert_int_equal(entry_get(entry, "mail")->count, n + 5);
		assert_int_equal(entry_get(entry, "uid")->count, 4);
		for (i = 0; i < n + 5; i++)
			assert_int_equal(entry_get(entry,
			    "mail")->values[i].data[0],
			    i < n ? "abcdefghi"[i] : 'x');
		assert_int_equal(entry->values, n + 9);
		assert_int_equal(entry->bytes, n + 9);
		entry_free(entry);
	}
	entry = entry_new("uid=a");
	assert_null(entry_open(entry, "mail", ENTRY_VALUES_MAX + 1));
	assert_null(entry_open(entry, "", 1));
	assert_non_null(entry_open(entry, "mail", ENTRY_VALUES_MAX));
	entry_free(entry);
}

static char names[6][5] = { "uid", "MAIL", "cn", "CN", "Uid", "mail" };
static char *first_list[] = { names[0], names[1], names[2], NULL };
static char *second_list[] = { names[3], names[4], names[5], NULL };

/* A name of a list in entries of this list, of another and of none: what its
 * letters say. */
static void
test_lists(void **state)
{
	static const struct {
		const char *entry;
		const char *name;
		size_t want;
	} rows[] = {
		{ "uid=a|mail=b|mail=c", "Mail", 2 },
		{ "uid=a|mail=b", "uid", 1 },
		{ "uid=a|mail=b", "cn", 0 },
		{ "", "cn", 0 },
		/* not named by the list alone */
		{ "uid=a|sn=b", "sn", 1 }, { "uid=a|sn=b", "UID", 1 },
		{ "uid=a|sn=b", "cn", 0 },
		/* no name of the list */
		{ "uid=a|mail=b", "sn", 0 }, { "uid=a|mail=b", "ui", 0 },
	};
	char *const *const lists[] = { NULL, first_list, second_list };
	size_t i, j, k;

	for (i = 0; i < COUNT(rows); i++) {
		struct entry *plain = entry_of("cn=a", rows[i].entry);

		for (j = 0; j < COUNT(lists); j++) {
			struct entry *entry = entry_from_list(plain, lists[j]);

			for (k = 0; k < COUNT(lists); k++) {
				struct attribute_name name = attribute_name(
				    rows[i].name, lists[k]);
				const struct attribute *found = entry_get_name(
				    entry, &name);
				size_t got = found == NULL ? 0 : found->count;

				row_check(got == rows[i].want && found ==
				    entry_get(entry, rows[i].name),
				    rows[i].entry, "%s of list %zu in an entry "
				    "of list %zu: want %zu values, got %zu",
				    name.text, k, j, rows[i].want, got);
			}
			entry_free(entry);
		}
		entry_free(plain);
	}
	rows_end();
}

/* Without values it is absent, whatever its address. */
static void
test_no_values(void **state)
{
	struct attribute_name name = attribute_name("cn", first_list);
	struct entry *entry = entry_of("cn=a", "cn=b");
	struct entry *listed = entry_from_list(entry, first_list);

	assert_ptr_equal(name.text, first_list[2]);
	assert_ptr_equal(name.list, first_list);
	assert_true(entry_lists(listed, &name));
	assert_false(entry_lists(entry, &name));
	assert_non_null(entry_get_name(listed, &name));
	listed->attributes[0].count = 0;
	assert_null(entry_get_name(listed, &name));
	assert_null(entry_get(listed, name.text));
	entry_free(listed);
	entry_free(entry);
	name = attribute_name("cn", NULL);
	assert_null(name.list);
	assert_int_equal(name.len, 2);
}

static void
test_limits(void **state)
{
	char *big = calloc(1, ENTRY_BYTES_MAX + 1), name[300];
	struct entry *entry;
	int i;

	assert_non_null(big);
	memset(big, 'x', ENTRY_DN_MAX + 1);
	assert_null(entry_new(big));
	assert_null(entry_new(NULL));
	big[ENTRY_DN_MAX] = '\0';
	entry = entry_new(big);
	assert_non_null(entry);
	assert_int_equal(entry_add(entry, "a", big, ENTRY_BYTES_MAX + 1), -1);
	assert_int_equal(entry_add(entry, "a", big, ENTRY_BYTES_MAX), 0);
	assert_int_equal(entry_add(entry, "a", big, 1), -1);
	entry_free(entry);

	entry = entry_new("");
	for (i = 0; i < ENTRY_VALUES_MAX; i++)
		assert_int_equal(entry_add(entry, "a", "b", 1), 0);
	assert_int_equal(entry_add(entry, "a", "b", 1), -1);
	assert_int_equal(entry_get(entry, "a")->count, ENTRY_VALUES_MAX);
	entry_free(entry);

	entry = entry_new("");
	for (i = 0; i < ENTRY_ATTRIBUTES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "a%d", i);
		assert_int_equal(entry_add(entry, name, "b", 1), 0);
	}
	assert_int_equal(entry_add(entry, "another", "b", 1), -1);
	assert_int_equal(entry_add(entry, "A0", "b", 1), 0);
	entry_free(entry);

	entry = entry_new("");
	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	assert_int_equal(entry_add(entry, name, "b", 1), -1);
	name[255] = '\0';
	assert_int_equal(entry_add(entry, name, "b", 1), 0);
	assert_int_equal(entry_add(entry, "", "b", 1), -1);
	entry_free(entry);
	free(big);
}

static void
test_same_dn(void **state)
{
	struct entry *a = entry_new("uid=A,dc=example");
	struct entry *b = entry_new("UID=a,dc=Example");
	struct entry *c = entry_new("uid=a, dc=example");

	assert_true(entry_same_dn(a, b));
	assert_false(entry_same_dn(a, c));
	entry_free(a);
	entry_free(b);
	entry_free(c);
}

static void
test_same(void **state)
{
	static const struct {
		const char *name;
		const char *dn, *entry;
		bool want;
	} rows[] = {
		{ "the same", "cn=a", "a=1|a=2|b=3", true },
		{ "other case of names", "CN=A", "A=1|A=2|B=3", true },
		{ "other order of attributes", "cn=a", "b=3|a=1|a=2", true },
		{ "other DN", "cn=b", "a=1|a=2|b=3", false },
		{ "other value", "cn=a", "a=1|a=2|b=4", false },
		{ "other case of a value", "cn=a", "a=1|a=2|b=3 ", false },
		{ "other order of values", "cn=a", "a=2|a=1|b=3", false },
		{ "a value less", "cn=a", "a=1|b=3", false },
		{ "a value more", "cn=a", "a=1|a=2|a=2|b=3", false },
		{ "an attribute less", "cn=a", "a=1|a=2", false },
		{ "an attribute more", "cn=a", "a=1|a=2|b=3|c=4", false },
		{ "another attribute", "cn=a", "a=1|a=2|c=3", false },
	};
	struct entry *entry = entry_of("cn=a", "a=1|a=2|b=3");
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		struct entry *other = entry_of(rows[i].dn, rows[i].entry);

		row_check(entry_same(entry, other) == rows[i].want &&
		    entry_same(other, entry) == rows[i].want, rows[i].name,
		    "want %d", rows[i].want);
		entry_free(other);
	}
	entry_free(entry);
	rows_end();
}

static void
test_answers(void **state)
{
	static const struct {
		const char *name, *asked, *came;
		bool want;
	} rows[] = {
		{ "the same", "mail", "mail", true },
		{ "other case", "memberOf", "MEMBEROF", true },
		{ "an option more", "memberOf", "memberOf;lang-de", true },
		{ "the option asked for", "cn;lang-de", "CN;LANG-DE", true },
		{ "and another", "cn;lang-de", "cn;lang-de;x-a", true },
		{ "in other order", "cn;lang-de", "cn;x-a;lang-de", true },
		{ "two asked for", "cn;b;a", "cn;a;c;b", true },
		{ "one of two", "cn;b;a", "cn;a;c", false },
		{ "without the option", "cn;lang-de", "cn", false },
		{ "another option", "cn;lang-de", "cn;lang-d", false },
		{ "a longer option", "cn;lang-de", "cn;lang-de-x", false },
		{ "a synonym", "userid", "uid", false },
		{ "a prefix", "mail", "mailHost", false },
		{ "the other way round", "mailHost", "mail", false },
		{ "a prefix with an option", "mail", "mailHost;x", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		row_check(attribute_answers(rows[i].asked, rows[i].came) ==
		    rows[i].want, rows[i].name, "want %d", rows[i].want);
	rows_end();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_opened),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_no_values),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_same_dn),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests_name("entry", tests, NULL, NULL);
}
