/*
 * What the tests of memory share: a memory over a real finder; the test is the
 * directory process at the other end of its channel.
 */
#ifndef CERTAUTH_TESTS_MEMORY_STAGE_H
#define CERTAUTH_TESTS_MEMORY_STAGE_H

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

static inline struct identity
named(const char *address)
{
	struct identities set = { .count = 0 };
	const char *reason;

	assert_null(identities_add(&set, IDENTITY_REQUEST_EMAIL, address,
	    strlen(address), &reason));
	return set.items[0];
}

static inline void
on_answer(void *context, struct shared *shared)
{
	stage.answers++;
	stage.accounts += shared->findings.account_count;
	stage.failures += shared->findings.failure != VERDICT_NONE;
	shared_unref(shared);
}

static inline struct waiter *
ask_for(int generation, int realm, const char *address, int ms)
{
	struct identity identity = named(address);

	return memory_ask(stage.memory, &stage.trust[generation],
	    &stage.realm[realm], &identity, deadline_in(ms), on_answer, NULL);
}

static inline struct waiter *
ask(int generation, int realm, const char *address)
{
	return ask_for(generation, realm, address, 2000);
}

static inline bool
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
static inline size_t
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

static inline void
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

static inline int
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

static inline int
tear_down(void **state)
{
	memory_free(stage.memory);
	finder_free(stage.finder);
	event_base_free(stage.base);
	close(stage.directory);
	return 0;
}

/* Ask, answer, and have it remembered. */
static inline void
remember(const char *address, const char *answer)
{
	unsigned long long ids[8];

	ask(0, 0, address);
	assert_int_equal(questions(ids, 8), 1);
	reply(answer, ids[0]);
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
