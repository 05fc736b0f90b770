/*
 * What may be remembered at most, in bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lookupd/known.h"

#define NOW 1000
#define LIFE_MS 60000

/* Good until the next. */
static struct known_key
key_of(unsigned i)
{
	static char name[64];
	struct known_key key;

	memset(&key, 0, sizeof(key));
	key.kind = KEY_ADDRESS;
	key.len = (size_t)snprintf(name, sizeof(name), "u%u@example.com", i);
	key.value = name;
	return key;
}

/* An account with that many values of so many bytes each. */
static void
put(struct known_table *table, unsigned i, size_t values, size_t len)
{
	struct shared *shared = calloc(1, sizeof(*shared));
	struct entry *entry = entry_new("uid=u");
	char *value = calloc(1, len + 1);
	struct known_key key = key_of(i);

	assert_true(shared != NULL && entry != NULL && value != NULL);
	while (values-- > 0)
		assert_int_equal(entry_add(entry, "memberOf", value, len), 0);
	free(value);
	shared->references = 1;
	findings_init(&shared->findings);
	shared->findings.accounts[shared->findings.account_count++] = entry;
	known_put(table, &key, shared, NOW, LIFE_MS);
	shared_unref(shared);
}

static bool
knows(struct known_table *table, unsigned i)
{
	struct known_key key = key_of(i);
	struct shared *shared = known_get(table, &key, NOW);

	shared_unref(shared);
	return shared != NULL;
}

/* Large values, and many that are small: what they take is bounded. */
static void
test_bytes(void **state)
{
	static const struct {
		size_t values, len, least;
	} rows[] = {
		{ 1, 1000 * 1000, 1000 * 1000 },
		{ 4000, 1, 4000 * sizeof(struct value) },
	};

	(void)state;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		struct known_table *table = known_new();
		unsigned count = (unsigned)(2 * KNOWN_BYTES_MAX /
		    rows[r].least);

		assert_non_null(table);
		for (unsigned i = 0; i < count; i++) {
			put(table, i, rows[r].values, rows[r].len);
			assert_true(knows(table, i));
		}
		assert_false(knows(table, 0));
		assert_true(known_count(table) > 1);
		if (known_count(table) * rows[r].least > KNOWN_BYTES_MAX)
			fail_msg("row %zu: %zu remembered, of %zu bytes each",
			    r, known_count(table), rows[r].least);
		known_free(table);
	}
}

/* What is forgotten makes room again. */
static void
test_room(void **state)
{
	struct known_table *table = known_new();

	(void)state;
	assert_non_null(table);
	for (unsigned i = 0; i < 500; i++) {
		put(table, 1, 1, 1000 * 1000);
		put(table, 2, 1, 1000 * 1000);
		assert_true(knows(table, 1) && knows(table, 2));
	}
	assert_int_equal(known_count(table), 2);
	known_free(table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
