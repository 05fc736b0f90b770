/*
 * Which configurations questions are answered by, after reloads, good ones
 * and refused ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/deadline.h"
#include "lookupd/generations.h"

#define LONG_AGO (deadline_now() - GENERATIONS_LATE_MS - 1)

static struct generation *
make(uint64_t hash)
{
	struct config *config = calloc(1, sizeof(*config));
	struct generation *generation;

	assert_non_null(config);
	config->references = 1;
	config->hash = hash;
	generation = generation_new(NULL, config);
	assert_non_null(generation);
	return generation;
}

/* The hashes of text are known, no other one. */
static void
expect(const struct generations *generations, const char *known)
{
	for (uint64_t hash = 'a'; hash <= 'f'; hash++) {
		const struct generation *found = generations_find(generations,
		    hash);
		const char *at = known;

		while (*at != '\0' && (uint64_t)*at != hash)
			at++;
		if ((*at != '\0') != (found != NULL) ||
		    (found != NULL && found->config->hash != hash))
			fail_msg("%c: expected %s, got %s", (int)hash,
			    *at != '\0' ? "known" : "unknown",
			    found != NULL ? "known" : "unknown");
	}
}

static void
test_reloads(void **state)
{
	struct generations all = { .current = make('a') };

	(void)state;
	expect(&all, "a");
	assert_false(generations_sweep(&all));
	generations_take(&all, make('b'));
	assert_int_equal(all.current->config->hash, 'b');
	expect(&all, "ab");
	generations_take(&all, make('c'));
	assert_true(generations_sweep(&all));
	/* a question may still be on its way */
	expect(&all, "abc");
	all.retired->asked = LONG_AGO;
	all.retired->questions = 1;
	assert_true(generations_sweep(&all));
	expect(&all, "abc");
	all.retired->questions = 0;
	assert_true(generations_sweep(&all));
	expect(&all, "bc");
	generations_free(&all);
}

/* However many are refused, the one in use is known. */
static void
test_refused(void **state)
{
	struct generations all = { .current = make('a') };
	struct generation *refused;

	(void)state;
	assert_null(generations_take_back(&all));
	for (uint64_t hash = 'b'; hash <= 'e'; hash++) {
		generations_take(&all, make(hash));
		refused = generations_take_back(&all);
		assert_non_null(refused);
		assert_int_equal(refused->config->hash, hash);
		assert_int_equal(all.current->config->hash, 'a');
		assert_null(generations_take_back(&all));
		refused->asked = LONG_AGO;
		(void)generations_sweep(&all);
		expect(&all, "a");
	}
	generations_take(&all, make('f'));
	expect(&all, "af");
	generations_free(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reloads),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
