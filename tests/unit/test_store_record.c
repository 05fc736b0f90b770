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

/* Cut at any length and sealed again, it is no record. */
static void
test_cut(void **state)
{
	struct entry *entry = stage_user(1, "active"), *back;
	struct buffer out;
	const char *why;

	buffer_init(&out, STORE_RECORD_MAX);
	store_record_put(&out, 1, entry, stage_attributes);
	for (size_t len = 0; len < out.len; len++) {
		char *copy = malloc(len + 1);

		memcpy(copy, out.data, len);
		if (len >= STORE_CHECKSUM_SIZE)
			store_record_seal(copy, len, 1);
		back = store_record_get(copy, len, 1, stage_attributes, &why);
		assert_null(back);
		free(copy);
	}
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
		{ "just a DN", "\0\0\3dn\0", 6, true },
		{ "nothing", "", 0, false },
		{ "no count of values", "\0", 1, false },
		{ "no DN", "\0\0", 2, false },
		{ "a DN of no length", "\0\0\0", 3, false },
		{ "a DN without its NUL", "\0\0\2dn", 5, false },
		{ "a DN with a NUL within", "\0\0\3\0n\0", 6, false },
		{ "a DN longer than the record", "\0\0\4dn\0", 6, false },
		{ "an attribute", "\1\1\3dn\0\1\1\1v\0", 11, true },
		{ "an empty value", "\1\1\3dn\0\1\1\0\0", 10, true },
		{ "a value without its NUL", "\1\1\3dn\0\1\1\1v", 10, false },
		{ "a value with another byte behind it",
		    "\1\1\3dn\0\1\1\1vw", 11, false },
		{ "an attribute nobody asks for",
		    "\1\1\3dn\0\4\1\1v\0", 11, false },
		{ "without values", "\1\0\3dn\0\1\0", 8, false },
		{ "with too few values", "\1\2\3dn\0\1\2\1v\0", 11, false },
		{ "more attributes said than there are",
		    "\2\1\3dn\0\1\1\1v\0", 11, false },
		{ "less attributes said", "\0\1\3dn\0\1\1\1v\0", 11, false },
		{ "more values said", "\1\2\3dn\0\1\1\1v\0", 11, false },
		{ "less values said", "\1\0\3dn\0\1\1\1v\0", 11, false },
		{ "too many attributes said",
		    "\101\1\3dn\0\1\1\1v\0", 11, false },
		{ "too many values said",
		    "\1\201\40\3dn\0\1\1\1v\0", 12, false },
		{ "the same one twice",
		    "\2\2\3dn\0\1\1\1v\0\1\1\1v\0", 16, false },
		{ "by another name", "\1\1\3dn\0\0\2n\0\1\1v\0", 14, true },
		{ "by its name, after its number",
		    "\2\2\3dn\0\1\1\1v\0\0\5mail\0\1\1v\0", 22, false },
		{ "by its number, after its name",
		    "\2\2\3dn\0\0\5MAIL\0\1\1v\0\1\1\1v\0", 22, false },
		{ "a name without its NUL", "\1\1\3dn\0\0\1n\1\1v\0", 13,
		    false },
		{ "an empty name", "\1\1\3dn\0\0\1\0\1\1v\0", 13, false },
		{ "a number in a longer form", "\0\0\203\0dn\0", 7, false },
		{ "a number without an end", "\377\377\377\377\377", 5, false },
		{ "a huge number", "\1\1\3dn\0\1\377\377\377\177\1v\0", 14,
		    false },
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
