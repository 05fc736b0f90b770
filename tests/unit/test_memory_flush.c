/*
 * Memory that is given up: flushes, and canaries that sing.
 */
#include <config.h>

#include "tests/unit/memory_stage.h"

static void
test_flush(void **state)
{
	static const struct {
		const char *name, *flush;
		bool domain, forgets_u, forgets_v;
	} rows[] = {
		{ "the key", "u@example.com", false, true, false },
		{ "the key in capitals", "U@EXAMPLE.COM", false, true, false },
		{ "a value of the account", "alias@other.example", false, true,
		    false },
		{ "an unknown name", "v@example.com", false, false, true },
		{ "nobody's", "w@example.com", false, false, false },
		{ "the domain of both", "example.com", true, true, true },
		{ "a domain of one", "other.example", true, true, false },
		{ "part of a domain", "xample.com", true, false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memory_flush(stage.memory);
		remember("u@example.com", ONE);
		remember("v@example.com", NONE);
		if (rows[i].domain)
			memory_flush_domain(stage.memory, rows[i].flush,
			    strlen(rows[i].flush));
		else
			memory_flush_name(stage.memory, rows[i].flush,
			    strlen(rows[i].flush));
		row_check(known(0, 0, "u@example.com") != rows[i].forgets_u,
		    rows[i].name, "u: want it %s", rows[i].forgets_u ?
		    "forgotten" : "known");
		row_check(known(0, 0, "v@example.com") != rows[i].forgets_v,
		    rows[i].name, "v: want it %s", rows[i].forgets_v ?
		    "forgotten" : "known");
	}
	rows_end();
}

/* An answer that was under way at a flush is given, but not remembered; and
 * who asks after the flush does not join it. */
static void
test_flush_under_way(void **state)
{
	unsigned long long first[8], second[8];

	ask(0, 0, "u@example.com");
	assert_int_equal(questions(first, 8), 1);
	memory_flush(stage.memory);
	ask(0, 0, "u@example.com");
	assert_int_equal(questions(second, 8), 1);
	reply(ONE, first[0]);
	assert_int_equal(stage.answers, 1);
	assert_false(known(0, 0, "u@example.com"));
	reply(NONE, second[0]);
	assert_int_equal(stage.answers, 2);
	assert_true(known(0, 0, "u@example.com"));
}

/* While a canary sings, what was remembered of the realm is not believed. */
static void
test_canary(void **state)
{
	unsigned long long ids[8];

	remember("u@example.com", ONE);
	ask(0, 1, "u@example.com");
	questions(ids, 8);
	reply(ONE, ids[0]);
	ask(0, 0, "v@example.com");
	questions(ids, 8);
	reply(CANARY, ids[0]);
	assert_false(known(0, 0, "u@example.com"));
	assert_true(known(0, 1, "u@example.com"));
}

/* Nor is what was under way; another realm's answers are. */
static void
test_canary_under_way(void **state)
{
	unsigned long long ids[8];

	ask(0, 0, "u@example.com");
	ask(0, 0, "v@example.com");
	ask(0, 1, "u@example.com");
	assert_int_equal(questions(ids, 8), 3);
	reply(CANARY, ids[0]);
	reply(ONE, ids[1]);
	reply(ONE, ids[2]);
	assert_int_equal(stage.answers, 3);
	assert_false(known(0, 0, "v@example.com"));
	assert_true(known(0, 1, "u@example.com"));
	/* once it is over all is as before, until the next time */
	remember("u@example.com", ONE);
	assert_true(known(0, 0, "u@example.com"));
	ask(0, 0, "w@example.com");
	questions(ids, 8);
	reply(CANARY, ids[0]);
	assert_false(known(0, 0, "u@example.com"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_flush), ROW(test_flush_under_way),
		ROW(test_canary), ROW(test_canary_under_way),
	};

	log_open("test", false, LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
