/*
 * Entries as bytes, and back.
 */
#include "tests/unit/store_stage.h"

static struct entry *
large_entry(void)
{
	struct entry *entry = stage_entry("cn=\303\244,dc=x", "a@b", "c@d", "");
	static char text[40000];

	memset(text, 'v', sizeof(text));
	assert_int_equal(entry_add(entry, "MAIL", "x\0y", 3), 0);
	assert_int_equal(entry_add(entry, "other;lang-de", text,
	    sizeof(text)), 0);
	for (int i = 0; i < 300; i++)
		assert_int_equal(entry_add(entry, "alias", text,
		    (size_t)i), 0);
	return entry;
}

static void
test_round_trip(void **state)
{
	struct entry *entries[] = { large_entry(),
		stage_entry("", NULL, NULL, NULL),
		stage_entry("dc=x", NULL, "a", NULL) };
	const char *why;

	for (size_t i = 0; i < 3; i++) {
		struct entry *entry = entries[i], *back;
		struct buffer out;

		buffer_init(&out, STORE_RECORD_MAX);
		store_record_put(&out, 9, entry, stage_attributes);
		assert_false(out.failed);
		assert_true(store_record_sound(out.data, out.len, 9));
		assert_false(store_record_sound(out.data, out.len, 10));
		back = store_record_get(out.data, out.len, 9,
		    stage_attributes, &why);
		assert_non_null(back);
		assert_true(entry_same(entry, back));
		assert_int_equal(back->values, entry->values);
		entry_free(back);
		assert_null(store_record_get(out.data, out.len, 8,
		    stage_attributes, &why));
		assert_non_null(strstr(why, "checksum"));
		buffer_free(&out);
		entry_free(entry);
	}
}

/* Cut at any length and sealed again, it is no record, or a smaller one that
 * ends with an attribute. */
static void
test_cut(void **state)
{
	struct entry *entry = stage_user(1, "active"), *back;
	struct buffer out;
	size_t whole = 0;
	const char *why;

	buffer_init(&out, STORE_RECORD_MAX);
	store_record_put(&out, 1, entry, stage_attributes);
	for (size_t len = 0; len < out.len; len++) {
		char *copy = malloc(len + 1);

		memcpy(copy, out.data, len);
		if (len >= STORE_CHECKSUM_SIZE)
			store_record_seal(copy, len, 1);
		back = store_record_get(copy, len, 1, stage_attributes, &why);
		whole += back != NULL;
		if (back != NULL)
			assert_true(back->count < 3);
		entry_free(back);
		free(copy);
	}
	assert_int_equal(whole, 3);
	buffer_free(&out);
	entry_free(entry);
}

/* Sealed, and wrong all the same: behind the checksum. */
static void
test_malformed(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
		bool good;
	} rows[] = {
		{ "just a DN", "\3dn\0", 4, true },
		{ "nothing", "", 0, false },
		{ "a DN of no length", "\0", 1, false },
		{ "a DN without its NUL", "\2dn", 3, false },
		{ "a DN with a NUL within", "\3\0n\0", 4, false },
		{ "a DN longer than the record", "\4dn\0", 4, false },
		{ "an attribute", "\3dn\0\1\1\1v", 8, true },
		{ "an attribute nobody asks for", "\3dn\0\4\1\1v", 8, false },
		{ "without values", "\3dn\0\1\0", 6, false },
		{ "with too few values", "\3dn\0\1\2\1v", 8, false },
		{ "the same one twice", "\3dn\0\1\1\1v\1\1\1v", 12, false },
		{ "by another name", "\3dn\0\0\2n\0\1\1v", 11, true },
		{ "by its name, after its number",
		    "\3dn\0\1\1\1v\0\5mail\0\1\1v", 17, false },
		{ "a name without its NUL", "\3dn\0\0\1n\1\1v", 10, false },
		{ "an empty name", "\3dn\0\0\1\0\1\1v", 10, false },
		{ "a number in a longer form", "\203\0dn\0", 5, false },
		{ "a number without an end", "\377\377\377\377\377", 5, false },
		{ "a huge number", "\3dn\0\1\377\377\377\177\1v", 11, false },
	};
	const char *why;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char bytes[64];
		struct entry *entry;

		memcpy(bytes + STORE_CHECKSUM_SIZE, rows[i].bytes,
		    rows[i].len);
		store_record_seal(bytes, STORE_CHECKSUM_SIZE + rows[i].len, 1);
		entry = store_record_get(bytes, STORE_CHECKSUM_SIZE +
		    rows[i].len, 1, stage_attributes, &why);
		row_check((entry != NULL) == rows[i].good, rows[i].name,
		    "expected %d, got %d: %s", rows[i].good, entry != NULL,
		    why);
		entry_free(entry);
	}
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
