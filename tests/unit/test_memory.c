/*
 * Memory and single flight, over a real finder; the test is the directory
 * process at the other end of its channel.
 */
#include <config.h>

#include "lookupd/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/deadline.h"
#include "daemon/log.h"
#include "tests/unit/rows.h"

struct stage {
	struct event_base *base;
	struct finder *finder;
	struct memory *memory;
	struct counters counters;
	struct realm realm[2];
	struct config config;
	struct trust trust[2];
	int directory;			/* the other end */
	size_t answers, accounts, failures;
};

static struct stage stage;

static struct identity
named(const char *address)
{
	struct identities set = { .count = 0 };
	const char *reason;

	assert_null(identities_add(&set, IDENTITY_REQUEST_EMAIL, address,
	    strlen(address), &reason));
	return set.items[0];
}

static void
on_answer(void *context, struct shared *shared)
{
	stage.answers++;
	stage.accounts += shared->findings.account_count;
	stage.failures += shared->findings.failure != VERDICT_NONE;
	shared_unref(shared);
}

static struct waiter *
ask_for(int generation, int realm, const char *address, int ms)
{
	struct identity identity = named(address);

	return memory_ask(stage.memory, &stage.trust[generation],
	    &stage.realm[realm], &identity, deadline_in(ms), on_answer, NULL);
}

static struct waiter *
ask(int generation, int realm, const char *address)
{
	return ask_for(generation, realm, address, 2000);
}

static bool
known(int generation, int realm, const char *address)
{
	struct identity identity = named(address);
	struct shared *shared = memory_known(stage.memory,
	    &stage.trust[generation], &stage.realm[realm], &identity,
	    deadline_now());

	shared_unref(shared);
	return shared != NULL;
}

/* Let the loop send; the id of each question that arrived, and how many. */
static size_t
questions(unsigned long long *ids, size_t max)
{
	char text[16384];
	size_t n = 0, len = 0;
	ssize_t got;
	char *at;

	for (int i = 0; i < 5; i++)
		event_base_loop(stage.base, EVLOOP_NONBLOCK);
	while ((got = recv(stage.directory, text + len,
	    sizeof(text) - 1 - len, MSG_DONTWAIT)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	for (at = text; (at = strstr(at, "find id=")) != NULL && n < max; n++) {
		at += strlen("find id=");
		ids[n] = strtoull(at, NULL, 10);
	}
	return n;
}

static void
reply(const char *format, unsigned long long id)
{
	struct buffer out;

	buffer_init(&out, 4096);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	buffer_printf(&out, format, id);
#pragma GCC diagnostic pop
	assert_int_equal(send(stage.directory, out.data, out.len, 0),
	    (ssize_t)out.len);
	buffer_free(&out);
	for (int i = 0; i < 5; i++)
		event_base_loop(stage.base, EVLOOP_NONBLOCK);
}

#define ONE " entry kind=account dn=uid=u\n" \
	" value name=mail data=u@example.com\n" \
	" value name=mail data=alias@other.example\nok id=%llu\n"
#define NONE "ok id=%llu\n"
#define DOWN "unavailable id=%llu reason=directory\n"
#define CANARY "unavailable id=%llu reason=canary\n"

static int
set_up(void **state)
{
	int pair[2];

	memset(&stage, 0, sizeof(stage));
	stage.base = loop_new();
	stage.finder = finder_new(stage.base);
	stage.memory = memory_new(stage.finder, &stage.counters);
	if (stage.memory == NULL ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return -1;
	finder_connect(stage.finder, pair[0]);
	stage.directory = pair[1];
	for (unsigned i = 0; i < 2; i++) {
		static char name[] = "main";

		stage.realm[i] = (struct realm){ .name = name, .index = i,
			.cache_positive_s = 100, .cache_negative_s = 100 };
		stage.trust[i] = (struct trust){ .generation = i + 1,
			.config = &stage.config };
	}
	return 0;
}

static int
tear_down(void **state)
{
	memory_free(stage.memory);
	finder_free(stage.finder);
	event_base_free(stage.base);
	close(stage.directory);
	return 0;
}

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

static void
remember(const char *address, const char *answer)
{
	unsigned long long ids[8];

	ask(0, 0, address);
	assert_int_equal(questions(ids, 8), 1);
	reply(answer, ids[0]);
}

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
#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		ROW(test_single_flight), ROW(test_key),
		ROW(test_key_of_name),
		ROW(test_not_remembered), ROW(test_lifetime),
		ROW(test_flush), ROW(test_flush_under_way),
		ROW(test_canary), ROW(test_canary_under_way), ROW(test_bounds), ROW(test_forget),
		ROW(test_lost),
	};

	log_open("test", false, LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
