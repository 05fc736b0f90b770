/*
 * Servers that die, hang, come back; many questions at once; canaries that
 * change.  No answer may be lost, late, or `unknown' when it is `unavailable'.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "common/deadline.h"
#include "tests/integration/directory_fixture.h"

#define REALM(name, settings) "{ name = \"" name "\"; tls = \"none\"; " \
	"profile = \"$T/people.conf\"; base = \"ou=people,dc=test\"; " \
	"bind = \"anonymous\"; " settings " }"
#define USER1 "user1@test.example"

/* An answer that need not wait for a deadline, on a busy machine, too. */
#define FAST_MS 1200
/* How much later than its deadline an answer may be, there. */
#define LATE_MS 1000
/* Questions at once: more than fit on the connections. */
#define MANY 1000

/* Instead of libc's: the first times a process asks for one name it takes
 * longer than anybody waits. */
#define STUCK_MS 4000
#define STUCK_TIMES 2
int
getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **list)
{
	int (*real)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **);

	if (strcmp(node, "stuck.test") == 0) {
		static atomic_int times;

		if (atomic_fetch_add(&times, 1) < STUCK_TIMES)
			poll(NULL, 0, STUCK_MS);
		return EAI_AGAIN;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(node, service, hints, list);
}

static void
expect(struct daemon *daemon, const char *realm, const char *value, int ms,
    const char *reason, int64_t least_ms, int64_t most_ms)
{
	int64_t began = deadline_now(), took;
	const char *got = daemon_find(daemon, realm, value, ms, NULL, NULL);

	took = deadline_now() - began;
	got = got == NULL ? "none" : got;
	if (strcmp(got, reason == NULL ? "none" : reason) != 0)
		fail_msg("expected %s, got %s after %lld ms; see %s",
		    reason == NULL ? "none" : reason, got, (long long)took,
		    daemon->log_path);
	if (took < least_ms || took > most_ms)
		fail_msg("answered after %lld ms, expected %lld to %lld; see "
		    "%s", (long long)took, (long long)least_ms,
		    (long long)most_ms, daemon->log_path);
}

/* Ask until it is answered; milliseconds it took. */
static int64_t
until_answered(struct daemon *daemon, const char *realm)
{
	int64_t began = deadline_now();

	while (daemon_find(daemon, realm, USER1, 300, NULL, NULL) != NULL) {
		if (deadline_now() - began > PATIENCE_MS)
			fail_msg("no recovery; see %s", daemon->log_path);
		poll(NULL, 0, 10);
	}
	return deadline_now() - began;
}

static void
test_failover(void **state)
{
	struct fixture *fixture = *state;
	struct daemon daemon;
	char *told;

	daemon_start(fixture, &daemon, REALM("r",
	    "servers = [ \"$N\", \"$B\" ];"));
	expect(&daemon, "r", USER1, 2500, NULL, 0, FAST_MS);
	told = daemon_tell(&daemon, "r", USER1);
	assert_non_null(strstr(told, fixture->b.ldapi));
	free(told);
	daemon_end(&daemon);
}

/* A first server that accepts and is silent costs the hedge time once. */
static void
test_failover_silent(void **state)
{
	struct daemon daemon;

	daemon_start(*state, &daemon, REALM("r",
	    "servers = [ \"$S\", \"$B\" ];"));
	expect(&daemon, "r", USER1, 2500, NULL, 0, 2000);
	expect(&daemon, "r", USER1, 2500, NULL, 0, FAST_MS);
	daemon_end(&daemon);
}

/* A resolver that hangs keeps one thread busy and nobody else. */
static void
test_stuck_resolver(void **state)
{
	struct daemon daemon;
	int64_t began;

	daemon_start(*state, &daemon, REALM("s", "tls_ca = \"$T/ca.pem\"; "
	    "servers = [ \"ldaps://stuck.test\" ]; connections = 1;") ", "
	    REALM("r", "tls_ca = \"$T/ca.pem\"; "
	    "servers = [ \"ldaps://stuck.test\", \"$B\" ];"));
	began = deadline_now();
	expect(&daemon, "r", USER1, 2500, NULL, 0, 2000);
	expect(&daemon, "r", USER1, 2500, NULL, 0, FAST_MS);
	expect(&daemon, "s", USER1, 2600, "directory", 0, 2500);
	expect(&daemon, "s", USER1, 2600, "directory", 0, FAST_MS);
	assert_true(daemon_logged(&daemon, "not resolved in time"));
	/* when the resolver has given up the server is tried again */
	while (!daemon_logged(&daemon, "cannot resolve stuck.test")) {
		if (deadline_now() - began > PATIENCE_MS)
			fail_msg("the stuck server is never tried again");
		daemon_find(&daemon, "s", USER1, 200, NULL, NULL);
		poll(NULL, 0, 20);
	}
	daemon_end(&daemon);
}

/* Only a silent server: deadline kept, another realm served, CPU idle. */
static void
test_silent(void **state)
{
	struct daemon daemon;
	struct find_reply reply;
	uint64_t slow, quick;
	int64_t began, cpu;

	daemon_start(*state, &daemon, REALM("s", "servers = [ \"$S\" ];")
	    ", " REALM("r", "servers = [ \"$A\" ];"));
	expect(&daemon, "r", USER1, 2500, NULL, 0, FAST_MS);
	cpu = daemon_cpu_ms(&daemon);
	began = deadline_now();
	slow = daemon_ask(&daemon, "s", USER1, 1500, false);
	quick = daemon_ask(&daemon, "r", USER1, 1500, false);
	assert_int_equal(daemon_answer(&daemon, &reply), quick);
	assert_int_equal(reply.findings.account_count, 1);
	assert_true(deadline_now() - began < FAST_MS);
	find_reply_free(&reply);
	assert_int_equal(daemon_answer(&daemon, &reply), slow);
	assert_int_equal(reply.findings.failure, VERDICT_UNAVAILABLE);
	assert_true(deadline_now() - began < 1500 + LATE_MS);
	find_reply_free(&reply);
	/* this one sees the attempt to connect fail */
	expect(&daemon, "s", USER1, 1500, "directory", 100, 1500);
	cpu = daemon_cpu_ms(&daemon) - cpu;
	if (cpu > 60)
		fail_msg("%lld ms of CPU used for waiting", (long long)cpu);
	daemon_end(&daemon);
}

/* A server that stops answering on connections that served. */
static void
test_hung(void **state)
{
	struct fixture *fixture = *state;
	struct daemon daemon;
	const char *got;
	int64_t cpu;

	daemon_start(fixture, &daemon, REALM("r", "servers = [ \"$A\" ];")
	    ", " REALM("q", "servers = [ \"$A\", \"$B\" ];"));
	expect(&daemon, "r", USER1, 2500, NULL, 0, FAST_MS);
	expect(&daemon, "q", USER1, 2500, NULL, 0, FAST_MS);
	kill(fixture->a.pid, SIGSTOP);
	/* not before all its threads stand */
	assert_int_equal(waitpid(fixture->a.pid, NULL, WUNTRACED),
	    fixture->a.pid);
	cpu = daemon_cpu_ms(&daemon);
	/* on a slow day it has a connection to the other one already */
	got = daemon_find(&daemon, "q", USER1, 600, NULL, NULL);
	if (got != NULL)
		assert_string_equal(got, "deadline");
	expect(&daemon, "q", USER1, 2500, NULL, 0, 2000);
	expect(&daemon, "r", USER1, 600, "deadline", 500, 600 + LATE_MS);
	expect(&daemon, "r", USER1, 1500, "deadline", 1400, 1500 + LATE_MS);
	cpu = daemon_cpu_ms(&daemon) - cpu;
	if (cpu > 60)
		fail_msg("%lld ms of CPU used for waiting", (long long)cpu);
	kill(fixture->a.pid, SIGCONT);
	assert_true(until_answered(&daemon, "r") < 2000);
	daemon_end(&daemon);
}

static void
test_restart(void **state)
{
	struct fixture *fixture = *state;
	struct daemon daemon;
	int64_t took;

	daemon_start(fixture, &daemon, REALM("r", "servers = [ \"$A\" ];"));
	expect(&daemon, "r", USER1, 2500, NULL, 0, FAST_MS);
	server_end(&fixture->a, SIGKILL);
	/* a server is tried again once a second while somebody waits */
	expect(&daemon, "r", USER1, 2500, "directory", 0, 2300);
	expect(&daemon, "r", USER1, 2500, "directory", 0, 2300);
	expect(&daemon, "r", USER1, 2500, "directory", 0, 2300);
	server_start(&fixture->a);
	took = until_answered(&daemon, "r");
	if (took > 2000)
		fail_msg("found again after %lld ms", (long long)took);
	daemon_end(&daemon);
}

static char last_failure[256] = "none";

/* Answers to that many questions; how many had the account. */
static size_t
count_found(struct daemon *daemon, size_t questions)
{
	struct find_reply reply;
	size_t found = 0;

	while (questions-- > 0) {
		daemon_answer(daemon, &reply);
		if (reply.findings.failure == VERDICT_NONE) {
			assert_int_equal(reply.findings.account_count, 1);
			found++;
		} else {
			assert_int_equal(reply.findings.failure,
			    VERDICT_UNAVAILABLE);
			snprintf(last_failure, sizeof(last_failure), "%s",
			    reply.findings.reason);
		}
		find_reply_free(&reply);
	}
	return found;
}

static void
test_many(void **state)
{
	struct daemon daemon;
	size_t i;

	daemon_start(*state, &daemon, REALM("r",
	    "servers = [ \"$A\", \"$B\" ];"));
	for (i = 0; i < MANY; i++)
		daemon_ask(&daemon, "r", USER1, 10000, false);
	assert_int_equal(count_found(&daemon, MANY), MANY);
	for (i = 0; i < MANY; i++)
		daemon_ask(&daemon, "r", i % 2 == 0 ? USER1 : "user1", 10000,
		    false);
	assert_int_equal(count_found(&daemon, MANY), MANY);
	daemon_end(&daemon);
}

/* More than may wait: busy, at once, and none is forgotten. */
static void
test_too_many(void **state)
{
	struct daemon daemon;
	struct find_reply reply;
	size_t i, busy = 0, late = 0;

	daemon_start(*state, &daemon, REALM("s", "servers = [ \"$S\" ];"));
	for (i = 0; i < 4096 + 100; i++)
		daemon_ask(&daemon, "s", USER1, 1500, false);
	for (i = 0; i < 4096 + 100; i++) {
		daemon_answer(&daemon, &reply);
		assert_int_equal(reply.findings.failure, VERDICT_UNAVAILABLE);
		if (strcmp(reply.findings.reason, "busy") == 0)
			busy++;
		else
			late++;
		find_reply_free(&reply);
	}
	assert_int_equal(busy, 100);
	assert_int_equal(late, 4096);
	daemon_end(&daemon);
}

/* Killed with searches under way: each is answered, by the other. */
static void
test_killed_under_way(void **state)
{
	struct fixture *fixture = *state;
	struct daemon daemon;
	size_t i, found;

	daemon_start(fixture, &daemon, REALM("r",
	    "servers = [ \"$A\", \"$B\" ];"));
	expect(&daemon, "r", USER1, 2500, NULL, 0, FAST_MS);
	for (i = 0; i < MANY; i++)
		daemon_ask(&daemon, "r", USER1, 10000, false);
	found = count_found(&daemon, 10);
	server_end(&fixture->a, SIGKILL);
	found += count_found(&daemon, MANY - 10);
	server_start(&fixture->a);
	if (found != MANY)
		fail_msg("%zu of %d found, the last failure: %s; see %s",
		    found, MANY, last_failure, daemon.log_path);
	daemon_end(&daemon);
}

/* An unlocked canary stops the realm, a locked one lets it go on. */
static void
test_canary(void **state)
{
	struct fixture *fixture = *state;
	struct daemon daemon;
	int64_t began;

	daemon_start(fixture, &daemon, REALM("r", "servers = [ \"$A\" ]; "
	    "canary = [ \"locked\" ]; canary_interval = 1;"));
	expect(&daemon, "r", USER1, 2500, NULL, 0, FAST_MS);
	server_set(fixture, &fixture->a, "locked", "employeeType", "active");
	began = deadline_now();
	while (daemon_find(&daemon, "r", USER1, 1000, NULL, NULL) == NULL) {
		if (deadline_now() - began > PATIENCE_MS)
			fail_msg("the canary is not looked at again");
		poll(NULL, 0, 20);
	}
	assert_true(deadline_now() - began < 1500);
	expect(&daemon, "r", USER1, 2500, "canary", 0, FAST_MS);
	server_set(fixture, &fixture->a, "locked", "employeeType", "locked");
	assert_true(until_answered(&daemon, "r") < 1500);
	daemon_end(&daemon);
}

/* A new front gets answers to its own questions only. */
static void
test_new_front(void **state)
{
	struct fixture *fixture = *state;
	struct daemon daemon;
	struct find_reply reply;
	uint64_t id;

	daemon_start(fixture, &daemon, REALM("s", "servers = [ \"$S\" ];")
	    ", " REALM("r", "servers = [ \"$A\" ];"));
	expect(&daemon, "r", USER1, 2500, NULL, 0, FAST_MS);
	daemon_ask(&daemon, "s", USER1, 400, false);
	expect(&daemon, "r", USER1, 2500, NULL, 0, FAST_MS);
	daemon_connect(&daemon);
	id = daemon_ask(&daemon, "s", USER1, 600, false);
	assert_int_equal(daemon_answer(&daemon, &reply), id);
	find_reply_free(&reply);
	expect(&daemon, "r", USER1, 2500, NULL, 0, FAST_MS);
	daemon_end(&daemon);
}

/* Reloads with questions under way: all are answered. */
static void
test_reload_under_way(void **state)
{
	struct fixture *fixture = *state;
	struct daemon daemon;
	size_t i;

	daemon_start(fixture, &daemon, REALM("r", "servers = [ \"$A\" ];"));
	for (i = 0; i < MANY; i++) {
		daemon_ask(&daemon, "r", USER1, 10000, false);
		if (i % 250 != 0)
			continue;
		/* the same configuration with another hash */
		daemon.config = daemon_configure(fixture, &daemon,
		    i % 500 == 0 ? REALM("r", "servers = [ \"$A\" ];") "\n" :
		    REALM("r", "servers = [ \"$B\" ];"));
		daemon_reload(&daemon);
		assert_int_equal(daemon_hear(&daemon), 'r');
	}
	i = count_found(&daemon, MANY);
	if (i != MANY)
		fail_msg("%zu were not found, the last one because of %s; "
		    "see %s", MANY - i, last_failure, daemon.log_path);
	daemon_end(&daemon);
}

/* A case that failed may have left its server dead. */
static int
revive(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->a.pid == 0)
		server_start(&fixture->a);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_failover, revive),
		cmocka_unit_test_setup(test_failover_silent, revive),
		cmocka_unit_test_setup(test_stuck_resolver, revive),
		cmocka_unit_test_setup(test_silent, revive),
		cmocka_unit_test_setup(test_hung, revive),
		cmocka_unit_test_setup(test_restart, revive),
		cmocka_unit_test_setup(test_many, revive),
		cmocka_unit_test_setup(test_too_many, revive),
		cmocka_unit_test_setup(test_killed_under_way, revive),
		cmocka_unit_test_setup(test_canary, revive),
		cmocka_unit_test_setup(test_new_front, revive),
		cmocka_unit_test_setup(test_reload_under_way, revive),
	};

	return cmocka_run_group_tests(tests, fixture_setup,
	    fixture_teardown);
}
