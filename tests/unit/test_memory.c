/*
 * Memory and single flight: what is remembered, under which key, for how long,
 * and who waits for what.
 */
#include <config.h>

#include "tests/unit/memory_stage.h"

/* Identical questions are one search, and its answer is everybody's. */
static void
test_single_flight(void **state)
{
	unsigned long long ids[8];

	assert_non_null(ask(0, 0, "u@example.com"));
	assert_non_null(ask(0, 0, "u@Example.com"));
	assert_non_null(ask(0, 0, "v@example.com"));
	assert_int_equal(questions(ids, 8), 2);
	assert_int_equal(stage.counters.finds_shared, 1);
	reply(ONE, ids[0]);
	assert_int_equal(stage.answers, 2);
	assert_int_equal(stage.accounts, 2);
	reply(NONE, ids[1]);
	assert_int_equal(stage.answers, 3);
}

/* Nobody joins a question whose time is over: its answer may lie unread. */
static void
test_overdue_flight(void **state)
{
	unsigned long long ids[8];

	assert_non_null(ask_for(0, 0, "u@example.com", 0));
	assert_non_null(ask(0, 0, "u@example.com"));
	assert_non_null(ask(0, 0, "u@example.com"));
	assert_int_equal(questions(ids, 8), 2);
	assert_int_equal(stage.counters.finds_shared, 1);
	reply(ONE, ids[1]);
	assert_int_equal(stage.answers, 2);
	reply(ONE, ids[0]);
	assert_int_equal(stage.answers, 3);
}

/* What is known is known under all of its key, and under nothing else. */
static void
test_key(void **state)
{
	unsigned long long ids[8];

	ask(0, 0, "u@example.com");
	assert_int_equal(questions(ids, 8), 1);
	reply(ONE, ids[0]);
	assert_true(known(0, 0, "u@example.com"));
	assert_true(known(0, 0, "u@EXAMPLE.com"));
	/* the directory may not ignore the case that the realm ignores */
	assert_false(known(0, 0, "U@example.com"));
	assert_false(known(1, 0, "u@example.com"));	/* generation */
	assert_false(known(0, 1, "u@example.com"));	/* realm */
	assert_false(known(0, 0, "v@example.com"));
	stage.realm[0].exact = true;
	assert_false(known(0, 0, "U@example.com"));
	/* the same address as an account name is another question */
	{
		struct identities set = { .count = 0 };
		const char *reason;

		assert_null(identities_add(&set, IDENTITY_REQUEST_ACCOUNT,
		    "u@example.com", 13, &reason));
		assert_null(memory_known(stage.memory, &stage.trust[0],
		    &stage.realm[0], &set.items[0], deadline_now()));
	}
}

/* A directory may have an account Alice and another alice. */
static void
test_key_of_name(void **state)
{
	static const char *const names[] = { "alice", "Alice" };
	unsigned long long ids[8];

	for (size_t i = 0; i < 2; i++) {
		struct identities set = { .count = 0 };
		const char *reason;

		assert_null(identities_add(&set, IDENTITY_REQUEST_ACCOUNT,
		    names[i], strlen(names[i]), &reason));
		assert_null(memory_known(stage.memory, &stage.trust[0],
		    &stage.realm[0], &set.items[0], deadline_now()));
		memory_ask(stage.memory, &stage.trust[0], &stage.realm[0],
		    &set.items[0], deadline_in(2000), on_answer, NULL);
		assert_int_equal(questions(ids, 8), 1);
		reply(ONE, ids[0]);
	}
	assert_int_equal(memory_count(stage.memory), 2);
}

static void
test_not_remembered(void **state)
{
	unsigned long long ids[8];

	ask(0, 0, "u@example.com");
	questions(ids, 8);
	reply(DOWN, ids[0]);
	assert_int_equal(stage.failures, 1);
	assert_false(known(0, 0, "u@example.com"));
	/* lifetimes of 0: asked every time */
	stage.realm[0].cache_positive_s = stage.realm[0].cache_negative_s = 0;
	ask(0, 0, "u@example.com");
	questions(ids, 8);
	reply(ONE, ids[0]);
	assert_false(known(0, 0, "u@example.com"));
	ask(0, 0, "v@example.com");
	questions(ids, 8);
	reply(NONE, ids[0]);
	assert_false(known(0, 0, "v@example.com"));
}

static void
test_lifetime(void **state)
{
	struct identity identity = named("u@example.com");
	unsigned long long ids[8];
	struct shared *shared;
	int64_t now;

	ask(0, 0, "u@example.com");
	questions(ids, 8);
	reply(ONE, ids[0]);
	now = deadline_now();
	shared = memory_known(stage.memory, &stage.trust[0], &stage.realm[0],
	    &identity, now + 79000);
	assert_non_null(shared);
	shared_unref(shared);
	assert_null(memory_known(stage.memory, &stage.trust[0],
	    &stage.realm[0], &identity, now + 100001));
	assert_int_equal(memory_count(stage.memory), 0);
}

/* Strangers' unknown names do not displace people, and both are bounded. */
static void
test_bounds(void **state)
{
	char address[64];

	remember("u@example.com", ONE);
	for (int i = 0; i < KNOWN_NEGATIVE_MAX + 10; i++) {
		snprintf(address, sizeof(address), "n%d@example.com", i);
		remember(address, NONE);
	}
	assert_int_equal(memory_count(stage.memory), KNOWN_NEGATIVE_MAX + 1);
	assert_true(known(0, 0, "u@example.com"));
	assert_false(known(0, 0, "n0@example.com"));
	assert_true(known(0, 0, address));
}

/* A waiter that went away is not called, and the others are. */
static void
test_forget(void **state)
{
	unsigned long long ids[8];
	struct waiter *waiter = ask(0, 0, "u@example.com");

	ask(0, 0, "u@example.com");
	memory_forget(waiter);
	assert_int_equal(questions(ids, 8), 1);
	reply(ONE, ids[0]);
	assert_int_equal(stage.answers, 1);
	/* all went away: the answer is remembered all the same */
	memory_forget(ask(0, 0, "v@example.com"));
	assert_int_equal(questions(ids, 8), 1);
	reply(ONE, ids[0]);
	assert_int_equal(stage.answers, 1);
	assert_true(known(0, 0, "v@example.com"));
	/* and freeing with waiters is no leak */
	ask(0, 0, "w@example.com");
}

/* Nobody joins a question whose answer is overdue, and none is kept for a
 * directory process that is not there. */
static void
test_lost(void **state)
{
	unsigned long long ids[8];
	int pair[2];

	memory_forget(ask_for(0, 0, "u@example.com", 0));
	assert_int_equal(questions(ids, 8), 1);
	ask(0, 0, "u@example.com");
	assert_int_equal(questions(ids, 8), 1);
	reply(ONE, ids[0]);
	assert_int_equal(stage.answers, 1);
	/* the channel breaks; one waits on, one has left before the new one */
	close(stage.directory);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	stage.directory = pair[1];
	for (int i = 0; i < 5; i++)
		event_base_loop(stage.base, EVLOOP_NONBLOCK);
	assert_false(finder_connected(stage.finder));
	ask(0, 0, "v@example.com");
	memory_forget(ask(0, 0, "w@example.com"));
	finder_connect(stage.finder, pair[0]);
	assert_int_equal(questions(ids, 8), 1);
	reply(NONE, ids[0]);
	assert_true(known(0, 0, "v@example.com"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_single_flight), ROW(test_overdue_flight),
		ROW(test_key),
		ROW(test_key_of_name),
		ROW(test_not_remembered), ROW(test_lifetime),
		ROW(test_bounds), ROW(test_forget),
		ROW(test_lost),
	};

	log_open("test", false, LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
