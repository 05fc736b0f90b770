/*
 * The pool's own promises: every question is answered exactly once, in time,
 * whatever lookupd's socket is like.  What lookupd says is test_hook's.
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <poll.h>
#include <time.h>

#include "tests/unit/pool_rows.h"

#define QUESTIONS (POOL_WAITING_MAX + 10)

/* Nobody there: patience, then given up; and a queue that is full. */
static void
test_absent(void **state)
{
	static struct end ends[QUESTIONS];
	struct pool *pool = new_pool(2);
	int64_t began = deadline_now();
	unsigned open = QUESTIONS, i;

	for (i = 0; i < QUESTIONS; i++) {
		ends[i].open = &open;
		ask(pool, &ends[i], 5000);
	}
	assert_int_equal(open, POOL_WAITING_MAX);
	event_base_dispatch(base);
	for (i = 0; i < POOL_WAITING_MAX; i++)
		check_end(&ends[i], "waited", REASON_INTERNAL);
	for (; i < QUESTIONS; i++)
		check_end(&ends[i], "too many", REASON_BUSY);
	row_check(ends[0].at - began >= POOL_PATIENCE_MS - 50 &&
	    ends[0].at - began < POOL_PATIENCE_MS + 900, "patience",
	    "%lld ms", (long long)(ends[0].at - began));
	pool_free(pool);
	rows_end();
}

/* A deadline shorter than the patience. */
static void
test_short(void **state)
{
	struct pool *pool = new_pool(1);
	unsigned open = 1;
	struct end end = { .open = &open };
	int64_t began = deadline_now();

	ask(pool, &end, 100);
	event_base_dispatch(base);
	check_end(&end, "short", REASON_DEADLINE);
	row_check(end.at - began < 1000, "short", "%lld ms",
	    (long long)(end.at - began));
	pool_free(pool);
	rows_end();
}

/* Somebody listens, accepts nobody, and the backlog is full: until the
 * deadline, but without spinning. */
static void
test_full(void **state)
{
	char error[UNIX_SOCKET_ERROR_MAX];
	int fd = unix_socket_listen(path, 0600, (gid_t)-1, 0, error);
	struct pool *pool = new_pool(8);
	struct end ends[8];
	unsigned open = 8, i;
	clock_t cpu = clock();

	assert_true(fd != -1);
	for (i = 0; i < 8; i++) {
		ends[i] = (struct end){ .open = &open };
		ask(pool, &ends[i], 1500);
	}
	event_base_dispatch(base);
	for (i = 0; i < 8; i++)
		check_end(&ends[i], "full", REASON_DEADLINE);
	cpu = (clock() - cpu) * 1000 / CLOCKS_PER_SEC;
	row_check(cpu < 500, "full", "%ld ms of CPU", (long)cpu);
	pool_free(pool);
	close(fd);
	unlink(path);
	rows_end();
}

/* A retired pool answers what was asked, takes nothing more, and is gone:
 * valgrind would see it if not. */
static void
test_retired(void **state)
{
	char error[UNIX_SOCKET_ERROR_MAX];
	int fd = unix_socket_listen(path, 0600, (gid_t)-1, 8, error);
	struct pool *pool = new_pool(1);
	unsigned open = 3, i;
	struct end ends[3];

	assert_true(fd != -1);
	for (i = 0; i < 3; i++)
		ends[i] = (struct end){ .open = &open };
	ask(pool, &ends[0], 200);
	ask(pool, &ends[1], 300);
	pool_retire(pool);
	ask(pool, &ends[2], 400);
	check_end(&ends[2], "after", REASON_BUSY);
	event_base_dispatch(base);
	check_end(&ends[0], "asked", REASON_DEADLINE);
	check_end(&ends[1], "waiting", REASON_DEADLINE);
	pool_retire(new_pool(1));
	close(fd);
	unlink(path);
	rows_end();
}

/* What is under way when the pool is freed is dropped, and nothing leaks. */
static void
test_freed(void **state)
{
	char error[UNIX_SOCKET_ERROR_MAX];
	int fd = unix_socket_listen(path, 0600, (gid_t)-1, 8, error);
	struct pool *pool = new_pool(1);
	unsigned open = 2;
	struct end end = { .open = &open };

	assert_true(fd != -1);
	ask(pool, &end, 1000);
	ask(pool, &end, 1000);
	pool_free(pool);
	assert_int_equal(end.answers, 0);
	close(fd);
	unlink(path);
}

/* A question of the longest line, over a connection whose other side reads
 * late: sent in pieces, answered. */
static void
test_long(void **state)
{
	char error[UNIX_SOCKET_ERROR_MAX];
	int fd = unix_socket_listen(path, 0600, (gid_t)-1, 8, error);
	static char bytes[PROTOCOL_LINE_MAX], line[2 * PROTOCOL_LINE_MAX];
	struct pool *pool = new_pool(1);
	struct question *question = question_new(pool);
	unsigned open = 1;
	struct end end = { .open = &open };
	struct pollfd wait = { .events = POLLIN };
	size_t len = 0;
	int peer, small = 4096;

	assert_true(fd != -1);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small,
	    sizeof(small)), 0);
	memset(bytes, 'a', sizeof(bytes));
	protocol_put(question_line(question), "email", bytes,
	    PROTOCOL_LINE_MAX - 100);
	pool_ask(question, deadline_in(5000), on_end, &end);
	event_base_loop(base, EVLOOP_NONBLOCK);
	peer = accept(fd, NULL, NULL);
	assert_true(peer != -1);
	wait.fd = peer;
	while (len == 0 || line[len - 1] != '\n') {
		ssize_t n;

		event_base_loop(base, EVLOOP_NONBLOCK);
		assert_int_equal(poll(&wait, 1, 5000), 1);
		n = read(peer, line + len, 5000);
		assert_true(n > 0);
		len += (size_t)n;
	}
	assert_int_equal(write(peer, "unknown\n", 8), 8);
	event_base_dispatch(base);
	check_end(&end, "long", NULL);

	/* one that does not fit into a line is not sent at all */
	open = 1;
	end.answers = 0;
	question = question_new(pool);
	protocol_put(question_line(question), "email", bytes,
	    PROTOCOL_LINE_MAX);
	pool_ask(question, deadline_in(5000), on_end, &end);
	check_end(&end, "too long", REASON_INTERNAL);
	close(peer);
	close(fd);
	unlink(path);
	pool_free(pool);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_retired),
		cmocka_unit_test(test_freed),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
