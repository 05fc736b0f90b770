/*
 * Keys of the store: what is found by its hash is seen to be there, and
 * nothing else is.
 */
#include "lookupd/store_key.h"

#include "tests/unit/pure.h"

static const struct {
	const char *name, *stored, *prefix, *asked;
	bool same;
} rows[] = {
	{ "the same", "a@example.com", NULL, "a@example.com", true },
	{ "upper case is stored", "A@Example.COM", NULL, "a@example.com",
	    true },
	{ "upper case is asked", "a@example.com", NULL, "A@EXAMPLE.com",
	    true },
	{ "another of the same length", "b@example.com", NULL,
	    "a@example.com", false },
	{ "differs at its end", "a@example.con", NULL, "a@example.com",
	    false },
	{ "shorter", "a@example.co", NULL, "a@example.com", false },
	{ "longer", "a@example.com.", NULL, "a@example.com", false },
	{ "spaces around", "  a b ", NULL, "a b", true },
	{ "spaces asked", "a b", NULL, "  A   b  ", true },
	{ "spaces within", "a   b", NULL, "a b", true },
	{ "no space within", "ab", NULL, "a b", false },
	{ "one space more within", "a b", NULL, "ab", false },
	{ "a space for a byte", "a b", NULL, "a-b", false },
	{ "a space at the end of the same length", "ab ", NULL, "abc",
	    false },
	{ "nothing", "", NULL, "", true },
	{ "only spaces", "   ", NULL, "", true },
	{ "nothing stored", "", NULL, "a", false },
	{ "nothing asked", "a", NULL, "", false },
	{ "a prefix", "smtp:a@example.com", "SMTP:", "a@example.com", true },
	{ "another prefix", "sip:a@example.com", "SMTP:", "a@example.com",
	    false },
	{ "no prefix stored", "a@example.com", "SMTP:", "a@example.com",
	    false },
	{ "bytes above ASCII stay", "\xc3\x84", NULL, "\xc3\xa4", false },
	{ "brackets are no letters", "[", NULL, "{", false },
	{ "nor is the at sign", "@", NULL, "`", false },
};

static bool
seen(const struct store_keys *keys, const char *prefix, const char *stored,
    const char *asked, bool *ret_hashed)
{
	struct store_hashes hashes = { NULL, 0, 0 };
	struct store_wanted wanted;
	struct entry *entry = entry_new("uid=a");
	bool found;

	assert_non_null(entry);
	assert_int_equal(entry_add(entry, "mail", stored, strlen(stored)), 0);
	assert_true(store_key_wanted(keys, prefix, asked, strlen(asked),
	    &wanted));
	assert_int_equal(store_keys_of(keys, entry, &hashes), 0);
	*ret_hashed = store_hashes_contain(&hashes, wanted.hash);
	found = store_key_found("MAIL", &wanted, entry);
	assert_false(store_key_found("uid", &wanted, entry));
	store_hashes_free(&hashes);
	entry_free(entry);
	return found;
}

static void
test_found(void **state)
{
	struct store_keys keys;

	store_keys_init(&keys, 7);
	store_keys_add(&keys, "mail");
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool hashed, found = seen(&keys, rows[i].prefix,
		    rows[i].stored, rows[i].asked, &hashed);

		row_check(found == rows[i].same, rows[i].name,
		    "want %d, found %d", rows[i].same, found);
		row_check(hashed == rows[i].same, rows[i].name,
		    "want %d, by its hash %d", rows[i].same, hashed);
	}
	rows_end();
}

/* The longest there is, and one byte more. */
static void
test_long(void **state)
{
	static char stored[STORE_KEY_VALUE_MAX + 2];
	struct store_keys keys;
	struct store_wanted wanted;
	size_t len = STORE_KEY_VALUE_MAX - 1;
	bool hashed;

	store_keys_init(&keys, 7);
	store_keys_add(&keys, "mail");
	memset(stored, 'x', len);
	assert_true(seen(&keys, NULL, stored, stored, &hashed));
	assert_true(hashed);
	memset(stored, 'x', len + 1);
	assert_false(store_key_wanted(&keys, NULL, stored, len + 1, &wanted));
	stored[len + 1] = '\0';
	assert_true(store_keys_have(&keys, "MAIL"));
	assert_false(store_keys_have(&keys, "uid"));
}

/* A prefix that is folded step by step may fill the room to its last byte. */
static void
test_long_prefix(void **state)
{
	char prefix[STORE_KEY_VALUE_MAX + 64], row_name[32];
	struct store_keys keys;
	struct store_wanted wanted;
	size_t len;

	store_keys_init(&keys, 7);
	store_keys_add(&keys, "mail");
	for (len = STORE_KEY_VALUE_MAX - 32; len < STORE_KEY_VALUE_MAX + 32;
	    len++) {
		memset(prefix, 'x', len);
		memcpy(prefix + len, " y", sizeof(" y"));
		snprintf(row_name, sizeof(row_name), "a prefix of %zu", len + 2);
		row_check(store_key_wanted(&keys, prefix, "asked", 5, &wanted)
		    == (len + 2 + 5 < STORE_KEY_VALUE_MAX), row_name,
		    "it is taken, or refused, wrongly");
	}
	rows_end();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_long_prefix),
	};

	return cmocka_run_group_tests_name("store_key", tests, NULL, NULL);
}
