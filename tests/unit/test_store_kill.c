/*
 * A writer is killed at many points: whoever opens the store afterwards sees
 * the old or the new, whole, and nothing is built anew.
 */
#include "tests/unit/store_stage.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define USERS 3000		/* more than one batch */
#define KILLS 60

/* What a writer has done last, told to the test before and after. */
struct said {
	unsigned round;		/* a refresh: all users have this status */
	unsigned changes;	/* after it: users 0 … have the status "c" */
};

static unsigned left;		/* calls until the writer kills itself */

static void
count_down(void)
{
	if (left > 0 && --left == 0)
		raise(SIGKILL);
}

/* Killed by the kernel after so many microseconds. */
static void
die_after(unsigned us)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGKILL };
	struct itimerspec when = { .it_value = { us / 1000000,
		(long)(us % 1000000) * 1000 } };
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
	    timer_settime(timer, 0, &when, NULL) != 0)
		_exit(9);
}

static int
refresh(struct stage *stage, unsigned round)
{
	char status[16], cookie[32];
	bool done = false;

	snprintf(status, sizeof(status), "r%u", round);
	snprintf(cookie, sizeof(cookie), "%u.0", round);
	if (store_refresh_begin(stage->area, stage->error) != 0)
		return -1;
	count_down();
	for (unsigned i = 0; i < USERS; i++) {
		if (!stage_put(stage, i, status))
			return -1;
		count_down();
	}
	while (!done) {
		if (store_refresh_step(stage->area, &done, stage->error) != 0)
			return -1;
		count_down();
	}
	if (store_refresh_finish(stage->area, cookie, strlen(cookie), "s", 1,
	    stage->error) != 0)
		return -1;
	count_down();
	return 0;
}

/* Refresh and change without end; the cookie says how far it came. */
static int
work(struct stage *stage, unsigned round)
{
	char cookie[32];

	for (;; round++) {
		if (refresh(stage, round) != 0)
			return 3;
		for (unsigned i = 0; i < 200; i++) {
			snprintf(cookie, sizeof(cookie), "%u.%u", round, i + 1);
			if (!stage_change(stage, i, "c", cookie))
				return 4;
			count_down();
		}
	}
}

static void
check_user(struct stage *stage, unsigned user, const struct said *said)
{
	char value[32], right[32];

	snprintf(value, sizeof(value), "alias%u@example.com", user);
	if (user < said->changes)
		snprintf(right, sizeof(right), "user%u:c", user);
	else
		snprintf(right, sizeof(right), "user%u:r%u", user, said->round);
	stage_finds(stage, value, right);
}

/* Whatever the cookie says is there, and nothing else. */
static void
check(struct stage *stage, const char *name, unsigned *round)
{
	struct store_state known;
	struct said said = { 0, 0 };
	char *end;

	if (!row_check(stage_open(stage, STORE_WRITER) && !stage->anew, name,
	    "anew %d: %s", stage->anew, stage->error))
		return;
	if (store_state(stage->area, &known, stage->error) != 0)
		fail_msg("%s", stage->error);
	if (known.usable) {
		known.cookie[known.cookie_len] = '\0';
		said.round = (unsigned)strtoul((char *)known.cookie, &end, 10);
		said.changes = (unsigned)strtoul(end + 1, NULL, 10);
		row_check(known.entries == USERS, name, "%llu entries",
		    (unsigned long long)known.entries);
		for (unsigned user = 0; user < USERS;
		    user += user < 210 ? 1 : 97)
			check_user(stage, user, &said);
		*round = said.round;
	}
	stage_close(stage);
}

static void
kill_one(struct stage *stage, unsigned calls, unsigned us, unsigned *round)
{
	char name[64];
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		left = calls;
		if (us > 0)
			die_after(us);
		if (!stage_open(stage, STORE_WRITER))
			_exit(2);
		_exit(work(stage, *round + 1));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	snprintf(name, sizeof(name), "killed after %u calls, %u us", calls, us);
	row_check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, name,
	    "ended with %x", (unsigned)status);
	check(stage, name, round);
}

static void
test_kill_between(void **state)
{
	/* around begin, batches, the steps of the end, swap and changes */
	static const unsigned calls[] = { 1, 2, 1999, 2001, 2002, USERS + 1,
		USERS + 2, USERS + 3, USERS + 100, USERS + 258, USERS + 259,
		USERS + 260, USERS + 261, USERS + 400, USERS + 515,
		USERS + 516, USERS + 517, USERS + 600, USERS + 714,
		USERS + 717, USERS + 718, USERS + 719, USERS + 2800,
		2 * USERS + 1000 };
	struct stage stage;
	unsigned round = 0;

	stage_set(&stage);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		kill_one(&stage, calls[i], 0, &round);
	assert_true(round > 5);
	rows_end();
	stage_strike(&stage);
}

static void
test_kill_anywhere(void **state)
{
	struct stage stage;
	struct timespec start, end;
	unsigned round = 0, us;

	/* one whole round, to know how long they take here and now */
	stage_set(&stage);
	clock_gettime(CLOCK_MONOTONIC, &start);
	kill_one(&stage, USERS + 750, 0, &round);
	clock_gettime(CLOCK_MONOTONIC, &end);
	us = (unsigned)((end.tv_sec - start.tv_sec) * 1000000 +
	    (end.tv_nsec - start.tv_nsec) / 1000);
	for (unsigned i = 0; i < KILLS; i++)
		kill_one(&stage, 0, 1 + us / KILLS * i +
		    (unsigned)random() % (us / KILLS + 1), &round);
	rows_end();
	stage_strike(&stage);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill_between),
		cmocka_unit_test(test_kill_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
