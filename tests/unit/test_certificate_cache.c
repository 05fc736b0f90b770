/*
 * The cache of certificates: what is kept, for how long, and what goes first.
 */
#include "lookupd/certificate_cache.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/rows.h"

#define FROM INT64_C(1000)
#define UNTIL INT64_C(2000)

/* A certificate whose contents show which one it is. */
static struct held *
value_of(unsigned number)
{
	struct held *held = held_new();
	struct certificate *value;

	assert_non_null(held);
	value = &held->certificate;
	snprintf(value->serial, sizeof(value->serial), "%u", number);
	value->not_before = FROM;
	value->not_after = UNTIL;
	return held;
}

#define KEY 32

static void
key_of(unsigned number, char key[KEY])
{
	memset(key, 0x5a, KEY);
	memcpy(key + KEY - sizeof(number), &number, sizeof(number));
}

static void
put(struct certificate_cache *cache, unsigned number, uint64_t scope,
    const char *reason)
{
	struct held *held = value_of(number);
	char key[KEY];

	key_of(number, key);
	certificate_cache_put(cache, key, KEY, scope, held, reason);
	held_unref(held);
}

/* The serial found and the reason, "serial/reason"; or "nothing". */
static const char *
get(struct certificate_cache *cache, unsigned number, uint64_t scope,
    int64_t now)
{
	static char text[128];
	struct held *found;
	const char *reason = "untouched";
	char key[KEY];

	key_of(number, key);
	found = certificate_cache_get(cache, key, KEY, scope, now, &reason);
	if (found == NULL)
		return "nothing";
	snprintf(text, sizeof(text), "%s/%s", found->certificate.serial,
	    reason == NULL ? "good" : reason);
	return text;
}

static void
test_dates(void **state)
{
	static const struct {
		const char *name;
		int64_t now;
		const char *good, *refused;	/* expected */
	} rows[] = {
		{ "before", FROM - 1, "nothing", "2/untrusted" },
		{ "first second", FROM, "1/good", "2/untrusted" },
		{ "inside", FROM + 1, "1/good", "2/untrusted" },
		{ "last second", UNTIL - 1, "1/good", "2/untrusted" },
		{ "at the end", UNTIL, "nothing", "2/untrusted" },
		{ "after", UNTIL + 1, "nothing", "2/untrusted" },
	};
	struct certificate_cache *cache;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cache = certificate_cache_new(10);
		assert_non_null(cache);
		put(cache, 1, 0, NULL);
		put(cache, 2, 0, REASON_UNTRUSTED);
		row_check(strcmp(get(cache, 1, 0, rows[i].now), rows[i].good)
		    == 0, rows[i].name, "good: expected %s, got %s",
		    rows[i].good, get(cache, 1, 0, rows[i].now));
		row_check(strcmp(get(cache, 2, 0, rows[i].now),
		    rows[i].refused) == 0, rows[i].name,
		    "refused: expected %s, got %s", rows[i].refused,
		    get(cache, 2, 0, rows[i].now));
		certificate_cache_free(cache);
	}
	rows_end();
}

static void
test_reasons(void **state)
{
	char own[REASON_MAX + 1];
	static const struct {
		const char *reason;
		bool kept;
	} rows[] = {
		{ "untrusted", true }, { "wrong-purpose", true },
		{ "bad-cert", true }, { "no-address", true },
		{ "bad-identity", true }, { "too-many", true },
		{ "expired", false }, { "not-yet-valid", false },
		{ "internal", false }, { "busy", false },
		{ "locked", false }, { "", false },
	};
	struct certificate_cache *cache = certificate_cache_new(100);
	char expected[64];
	unsigned i;

	assert_non_null(cache);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* The reason is copied: its text may be gone afterwards. */
		snprintf(own, sizeof(own), "%s", rows[i].reason);
		put(cache, i, 0, own);
		memset(own, 'x', sizeof(own) - 1);
		snprintf(expected, sizeof(expected), "%u/%s", i,
		    rows[i].reason);
		row_check(strcmp(get(cache, i, 0, FROM), rows[i].kept ?
		    expected : "nothing") == 0, rows[i].reason,
		    "got %s", get(cache, i, 0, FROM));
	}
	/* A refusal that is not kept forgets what was known before. */
	put(cache, 50, 0, NULL);
	assert_string_equal(get(cache, 50, 0, FROM), "50/good");
	put(cache, 50, 0, REASON_EXPIRED);
	assert_string_equal(get(cache, 50, 0, FROM), "nothing");
	put(cache, 50, 0, NULL);
	put(cache, 50, 0, REASON_BAD_CERT);
	assert_string_equal(get(cache, 50, 0, FROM), "50/bad-cert");
	certificate_cache_free(cache);
	rows_end();
}

static void
test_scope(void **state)
{
	struct certificate_cache *cache = certificate_cache_new(10);
	uint64_t scope;

	assert_non_null(cache);
	put(cache, 1, 7, NULL);
	assert_string_equal(get(cache, 1, 7, FROM), "1/good");
	for (scope = 0; scope < 100; scope++)
		if (scope != 7)
			assert_string_equal(get(cache, 1, scope, FROM),
			    "nothing");
	assert_string_equal(get(cache, 2, 7, FROM), "nothing");
	put(cache, 1, 8, REASON_UNTRUSTED);
	assert_string_equal(get(cache, 1, 7, FROM), "1/good");
	assert_string_equal(get(cache, 1, 8, FROM), "1/untrusted");
	assert_int_equal(certificate_cache_count(cache), 2);
	certificate_cache_flush(cache);
	assert_int_equal(certificate_cache_count(cache), 0);
	assert_string_equal(get(cache, 1, 7, FROM), "nothing");
	put(cache, 1, 7, NULL);
	assert_string_equal(get(cache, 1, 7, FROM), "1/good");
	certificate_cache_free(cache);
	certificate_cache_free(NULL);
}

/* The least recently used goes first; never more than max. */
static void
test_bound(void **state)
{
	struct certificate_cache *cache = certificate_cache_new(3);
	unsigned i;

	assert_non_null(cache);
	put(cache, 1, 0, NULL);
	put(cache, 2, 0, NULL);
	put(cache, 3, 0, NULL);
	assert_string_equal(get(cache, 1, 0, FROM), "1/good");
	put(cache, 4, 0, NULL);
	assert_int_equal(certificate_cache_count(cache), 3);
	assert_string_equal(get(cache, 2, 0, FROM), "nothing");
	assert_string_equal(get(cache, 1, 0, FROM), "1/good");
	assert_string_equal(get(cache, 3, 0, FROM), "3/good");
	/* Putting one again makes it the newest and takes no place. */
	put(cache, 4, 0, NULL);
	put(cache, 1, 0, NULL);
	assert_int_equal(certificate_cache_count(cache), 3);
	put(cache, 5, 0, NULL);
	assert_string_equal(get(cache, 3, 0, FROM), "nothing");
	/* One outside its dates goes at once. */
	assert_string_equal(get(cache, 5, 0, UNTIL), "nothing");
	assert_int_equal(certificate_cache_count(cache), 2);
	for (i = 0; i < 10000; i++) {
		put(cache, i, i % 3, NULL);
		assert_true(certificate_cache_count(cache) <= 3);
	}
	for (i = 9997; i < 10000; i++)
		assert_string_not_equal(get(cache, i, i % 3, FROM), "nothing");
	certificate_cache_free(cache);
	cache = certificate_cache_new(1);
	assert_non_null(cache);
	put(cache, 1, 0, NULL);
	put(cache, 2, 0, NULL);
	assert_string_equal(get(cache, 1, 0, FROM), "nothing");
	assert_string_equal(get(cache, 2, 0, FROM), "2/good");
	certificate_cache_free(cache);
}

/* What was found may be put back, even when that is the one that goes. */
static void
test_own_value(void **state)
{
	struct certificate_cache *cache = certificate_cache_new(1);
	struct held *found;
	const char *reason = NULL;
	char key[KEY];

	assert_non_null(cache);
	put(cache, 1, 0, NULL);
	key_of(1, key);
	found = certificate_cache_get(cache, key, KEY, 0, FROM, &reason);
	assert_non_null(found);
	certificate_cache_put(cache, key, KEY, 0, found, NULL);
	found = certificate_cache_get(cache, key, KEY, 0, FROM, &reason);
	assert_non_null(found);
	certificate_cache_put(cache, key, KEY, 1, found, NULL);
	assert_string_equal(get(cache, 1, 1, FROM), "1/good");
	certificate_cache_free(cache);
}

/* Who holds one keeps it, whatever the cache forgets. */
static void
test_held(void **state)
{
	struct certificate_cache *cache = certificate_cache_new(1);
	struct held *found;
	const char *reason = NULL;
	char key[KEY];

	assert_non_null(cache);
	put(cache, 1, 0, NULL);
	key_of(1, key);
	found = certificate_cache_get(cache, key, KEY, 0, FROM, &reason);
	assert_non_null(found);
	assert_int_equal(found->references, 1);
	held_ref(found);
	put(cache, 2, 0, NULL);
	assert_string_equal(get(cache, 1, 0, FROM), "nothing");
	assert_int_equal(found->references, 1);
	assert_string_equal(found->certificate.serial, "1");
	certificate_cache_put(cache, key, KEY, 0, found, NULL);
	certificate_cache_flush(cache);
	assert_int_equal(found->references, 1);
	held_unref(found);
	held_unref(NULL);
	certificate_cache_free(cache);
}

/* All of a value counts, wherever it differs and however long it is. */
static void
test_whole_value(void **state)
{
	static char text[4096];
	struct certificate_cache *cache = certificate_cache_new(10);
	struct held *held = value_of(1);
	const char *reason;

	assert_non_null(cache);
	memset(text, 'A', sizeof(text));
	certificate_cache_put(cache, text, 4000, 0, held, NULL);
	for (size_t i = 0; i < 4000; i++) {
		text[i] = 'B';
		assert_null(certificate_cache_get(cache, text, 4000, 0, FROM,
		    &reason));
		text[i] = 'A';
	}
	for (size_t len = 0; len <= sizeof(text); len++)
		assert_int_equal(certificate_cache_get(cache, text, len, 0,
		    FROM, &reason) == held, len == 4000);
	held_unref(held);
	certificate_cache_free(cache);
}

/* However few there are, together they are no longer than the bound. */
static void
test_bytes(void **state)
{
	const size_t large = CERTIFICATE_CACHE_BYTES / 4;
	struct certificate_cache *cache = certificate_cache_new(100);
	struct held *held = value_of(1);
	char *text = calloc(1, CERTIFICATE_CACHE_BYTES + 1);
	const char *reason;

	assert_non_null(cache);
	assert_non_null(text);
	for (int i = 0; i < 10; i++) {
		text[0] = (char)i;
		certificate_cache_put(cache, text, large, 0, held, NULL);
		assert_int_equal(certificate_cache_count(cache),
		    i < 4 ? i + 1 : 4);
	}
	for (int i = 0; i < 10; i++) {
		text[0] = (char)i;
		assert_int_equal(certificate_cache_get(cache, text, large, 0,
		    FROM, &reason) != NULL, i >= 6);
	}
	certificate_cache_put(cache, text, CERTIFICATE_CACHE_BYTES, 0, held,
	    NULL);
	assert_int_equal(certificate_cache_count(cache), 1);
	certificate_cache_put(cache, text, CERTIFICATE_CACHE_BYTES + 1, 0,
	    held, NULL);
	assert_int_equal(certificate_cache_count(cache), 1);
	certificate_cache_flush(cache);
	certificate_cache_put(cache, text, large, 0, held, NULL);
	assert_int_equal(certificate_cache_count(cache), 1);
	free(text);
	held_unref(held);
	certificate_cache_free(cache);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_own_value),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_whole_value),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
