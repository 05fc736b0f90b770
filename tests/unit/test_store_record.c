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

/* It says that it is named by the list when all its names are from there. */
static void
check_list(const struct entry *entry)
{
	bool all = true;

	for (size_t i = 0; i < entry->count; i++) {
		const char *name = entry->attributes[i].name;

		all = all && (name == stage_mail || name == stage_alias ||
		    name == stage_status);
	}
	assert_ptr_equal(entry->list, all ? stage_attributes : NULL);
}

static void
test_round_trip(void **state)
{
	struct entry *entries[] = { large_entry(), stage_user(1, "active"),
		stage_entry("", NULL, NULL, NULL),
		stage_entry("dc=x", NULL, "a", NULL) };
	const char *why;

	for (size_t i = 0; i < 4; i++) {
		struct entry *entry = entries[i], *back;
		struct buffer out;

		buffer_init(&out, STORE_RECORD_MAX);
		store_record_put(&out, 9, entry, &stage_names);
		assert_false(out.failed);
		assert_true(store_record_sound(out.data, out.len, 9));
		assert_false(store_record_sound(out.data, out.len, 10));
		back = store_record_get(out.data, out.len, 9,
		    &stage_names, &why);
		assert_non_null(back);
		assert_true(entry_same(entry, back));
		assert_int_equal(back->values, entry->values);
		assert_int_equal(back->bytes, entry->bytes);
		check_list(back);
		entry_free(back);
		assert_null(store_record_get(out.data, out.len, 8,
		    &stage_names, &why));
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
	store_record_put(&out, 1, entry, &stage_names);
	for (size_t len = 0; len < out.len; len++) {
		char *copy = malloc(len + 1);

		memcpy(copy, out.data, len);
		if (len >= STORE_CHECKSUM_SIZE)
			store_record_seal(copy, len, 1);
		back = store_record_get(copy, len, 1, &stage_names, &why);
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
		{ "just a DN", "\3\0" "\0\0\2" "dn\0", 8, true },
		{ "an empty DN", "\3\0" "\0\0\0" "\0", 6, true },
		{ "nothing", "", 0, false },
		{ "half a size", "\3", 1, false },
		{ "no numbers", "\0\0", 2, false },
		{ "no count of values", "\1\0" "\0", 3, false },
		{ "no length of the DN", "\2\0" "\0\0", 4, false },
		{ "more numbers than bytes", "\4\0" "\0\0\0", 5, false },
		{ "many more", "\377\377" "\0\0\0" "\0", 6, false },
		{ "no DN", "\3\0" "\0\0\0", 5, false },
		{ "a DN without its NUL", "\3\0" "\0\0\2" "dn", 7, false },
		{ "a DN with a NUL within", "\3\0" "\0\0\2" "\0n\0", 8, false },
		{ "a DN longer than the record", "\3\0" "\0\0\3" "dn\0", 8,
		    false },
		{ "a byte too many", "\3\0" "\0\0\2" "dn\0\0", 9, false },
		{ "a number too many", "\4\0" "\0\0\2\0" "dn\0", 9, false },
		{ "an attribute", "\6\0" "\1\1\2" "\1\1\1" "dn\0v\0", 13,
		    true },
		{ "the last one there is", "\6\0" "\1\1\2" "\3\1\1" "dn\0v\0",
		    13, true },
		{ "an empty value", "\6\0" "\1\1\2" "\1\1\0" "dn\0\0", 12,
		    true },
		{ "a NUL within a value", "\6\0" "\1\1\2" "\1\1\2" "dn\0\0v\0",
		    14, true },
		{ "a value without its NUL", "\6\0" "\1\1\2" "\1\1\1" "dn\0v",
		    12, false },
		{ "a value with another byte behind it",
		    "\6\0" "\1\1\2" "\1\1\1" "dn\0vw", 13, false },
		{ "a value longer than the record",
		    "\6\0" "\1\1\2" "\1\1\2" "dn\0v\0", 13, false },
		{ "an attribute nobody asks for",
		    "\6\0" "\1\1\2" "\4\1\1" "dn\0v\0", 13, false },
		{ "without values", "\5\0" "\1\0\2" "\1\0" "dn\0", 10, false },
		{ "with too few values", "\6\0" "\1\2\2" "\1\2\1" "dn\0v\0",
		    13, false },
		{ "without the length of its value",
		    "\5\0" "\1\1\2" "\1\1" "dn\0v\0", 12, false },
		{ "two values", "\7\0" "\1\2\2" "\1\2\1\1" "dn\0v\0w\0", 16,
		    true },
		{ "two attributes", "\11\0" "\2\2\2" "\2\1\1\1\1\1"
		    "dn\0v\0w\0", 18, true },
		{ "more attributes said than there are",
		    "\6\0" "\2\1\2" "\1\1\1" "dn\0v\0", 13, false },
		{ "less attributes said", "\6\0" "\0\1\2" "\1\1\1" "dn\0v\0",
		    13, false },
		{ "more values said", "\6\0" "\1\2\2" "\1\1\1" "dn\0v\0", 13,
		    false },
		{ "less values said", "\6\0" "\1\0\2" "\1\1\1" "dn\0v\0", 13,
		    false },
		{ "too many attributes said", "\6\0" "\101\1\2" "\1\1\1"
		    "dn\0v\0", 13, false },
		{ "too many values said", "\7\0" "\1\201\40\2" "\1\1\1"
		    "dn\0v\0", 14, false },
		{ "the same one twice", "\11\0" "\2\2\2" "\1\1\1\1\1\1"
		    "dn\0v\0w\0", 18, false },
		{ "by another name", "\7\0" "\1\1\2" "\0\1\1\1" "dn\0n\0v\0",
		    16, true },
		{ "by another name twice", "\13\0" "\2\2\2" "\0\1\1\1\0\1\1\1"
		    "dn\0n\0v\0N\0w\0", 24, false },
		{ "by its name, after its number",
		    "\12\0" "\2\2\2" "\1\1\1\0\4\1\1" "dn\0v\0mail\0w\0", 24,
		    false },
		{ "by its number, after its name",
		    "\12\0" "\2\2\2" "\0\4\1\1\1\1\1" "dn\0MAIL\0v\0w\0", 24,
		    false },
		{ "by its number, after another name",
		    "\12\0" "\2\2\2" "\0\4\1\1\1\1\1" "dn\0MAIX\0v\0w\0", 24,
		    true },
		{ "a name without its NUL", "\7\0" "\1\1\2" "\0\1\1\1"
		    "dn\0nv\0", 15, false },
		{ "a name with a NUL within", "\7\0" "\1\1\2" "\0\3\1\1"
		    "dn\0n\0m\0v\0", 18, false },
		{ "an empty name", "\7\0" "\1\1\2" "\0\0\1\1" "dn\0\0v\0", 15,
		    false },
		{ "a number in a longer form", "\4\0" "\0\0\202\0" "dn\0", 9,
		    false },
		{ "a number without an end", "\5\0" "\377\377\377\377\377", 7,
		    false },
		{ "a number cut by the end of all", "\1\0" "\200", 3, false },
		{ "a number cut by the end of numbers",
		    "\3\0" "\0\0\202" "\0dn\0", 9, false },
		{ "a huge number", "\11\0" "\1\1\2" "\1\377\377\377\177\1"
		    "dn\0v\0", 16, false },
		{ "a huge length", "\11\0" "\1\1\2" "\1\1\377\377\377\177"
		    "dn\0v\0", 16, false },
	};
	const char *why;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* of its own, so that reading beyond it is seen */
		char *bytes = malloc(STORE_CHECKSUM_SIZE + rows[i].len);
		struct entry *entry;

		assert_non_null(bytes);
		memcpy(bytes + STORE_CHECKSUM_SIZE, rows[i].bytes,
		    rows[i].len);
		store_record_seal(bytes, STORE_CHECKSUM_SIZE + rows[i].len, 1);
		entry = store_record_get(bytes, STORE_CHECKSUM_SIZE +
		    rows[i].len, 1, &stage_names, &why);
		row_check((entry != NULL) == rows[i].good, rows[i].name,
		    "expected %d, got %d: %s", rows[i].good, entry != NULL,
		    why);
		entry_free(entry);
		free(bytes);
	}
	rows_end();
}

/* With so many bytes of DN, of the name and of the one value. */
static bool
readable(size_t dn, size_t name, size_t value)
{
	size_t lengths[3] = { dn, name, value };
	char *text = calloc(1, ENTRY_BYTES_MAX + 2);
	struct entry *entry;
	struct buffer out;
	const char *why;

	assert_non_null(text);
	memset(text, 'x', ENTRY_BYTES_MAX + 1);
	buffer_init(&out, SIZE_MAX / 2);
	/* each length in four bytes at most; the size is put in behind */
	buffer_put(&out, "12345678..\1\1", 12);
	for (size_t i = 0; i < 3; i++) {
		char number[4] = { (char)(lengths[i] & 127),
			(char)(lengths[i] >> 7 & 127),
			(char)(lengths[i] >> 14), 0 };
		size_t len = number[2] != 0 ? 3 : number[1] != 0 ? 2 : 1;

		for (size_t j = 0; j + 1 < len; j++)
			number[j] |= (char)0x80;
		if (i == 1)
			buffer_put(&out, "\0", 1);
		if (i == 2)
			buffer_put(&out, "\1", 1);
		buffer_put(&out, number, len);
	}
	out.data[8] = (char)(out.len - 10);
	out.data[9] = 0;
	for (size_t i = 0; i < 3; i++) {
		buffer_put(&out, text, lengths[i]);
		buffer_put(&out, "", 1);
	}
	assert_false(out.failed);
	store_record_seal(out.data, out.len, 1);
	entry = store_record_get(out.data, out.len, 1, &stage_names, &why);
	entry_free(entry);
	buffer_free(&out);
	free(text);
	return entry != NULL;
}

static void
test_limits(void **state)
{
	assert_true(readable(1, 1, 1));
	assert_true(readable(ENTRY_DN_MAX, 255, ENTRY_BYTES_MAX));
	assert_false(readable(ENTRY_DN_MAX + 1, 1, 1));
	assert_false(readable(1, 256, 1));
	assert_false(readable(1, 1, ENTRY_BYTES_MAX + 1));
}

/* The 64th name of a list is written out, and comes back all the same. */
static void
test_many_names(void **state)
{
	static char texts[ENTRY_ATTRIBUTES_MAX][8];
	static char *list[ENTRY_ATTRIBUTES_MAX + 1];
	struct entry *entry = stage_entry("cn=x", NULL, NULL, NULL), *back;
	struct store_names names;
	struct buffer out;
	const char *why;

	for (size_t i = 0; i < ENTRY_ATTRIBUTES_MAX; i++) {
		snprintf(texts[i], sizeof(texts[i]), "a%zu", i);
		list[i] = texts[i];
		assert_int_equal(entry_add(entry, texts[i], "v", 1), 0);
	}
	store_names_init(&names, list);
	assert_int_equal(names.count, ENTRY_ATTRIBUTES_MAX - 1);
	buffer_init(&out, STORE_RECORD_MAX);
	store_record_put(&out, 1, entry, &names);
	back = store_record_get(out.data, out.len, 1, &names, &why);
	assert_non_null(back);
	assert_true(entry_same(entry, back));
	entry_free(back);
	entry_free(entry);
	buffer_free(&out);
	store_names_init(&names, NULL);
	assert_int_equal(names.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_many_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
