/*
 * The pool's own promises: every question is answered exactly once, in time,
 * whatever lookupd's socket is like.  What lookupd says is test_hook's.
 */
#include "config.h"

#include "hook/pool.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/deadline.h"
#include "common/unix_socket.h"
#include "common/verdict.h"
#include "tests/unit/rows.h"

#define QUESTIONS (POOL_WAITING_MAX + 10)

static struct event_base *base;
static char dir[] = "/tmp/ca.XXXXXX", path[64];

/* How a question ended. */
struct end {
	unsigned answers;
	const char *reason;		/* NULL: lookupd's line */
	int64_t at;
	unsigned *open;			/* counted down; 0 ends the loop */
};

static void
on_end(void *context, const struct protocol_message *message,
    const char *reason, const char *why)
{
	struct end *end = context;

	end->answers++;
	end->reason = message != NULL ? NULL : reason;
	end->at = deadline_now();
	if (--*end->open == 0)
		event_base_loopbreak(base);
}

static struct pool *
new_pool(size_t connections)
{
	struct pool_options options = { path, UNIX_SOCKET_NO_UID,
		connections };
	struct pool *pool = pool_new(base, &options);

	assert_non_null(pool);
	return pool;
}

static void
ask(struct pool *pool, struct end *end, int64_t ms)
{
	struct question *question = question_new(pool);

	assert_non_null(question);
	protocol_put_text(question_line(question), "email", "a");
	pool_ask(question, deadline_in(ms), on_end, end);
}

static void
check_end(const struct end *end, const char *name, const char *reason)
{
	row_check(end->answers == 1, name, "%u answers", end->answers);
	row_check(end->reason == reason, name, "want %s, got %s",
	    reason == NULL ? "an answer" : reason,
	    end->reason == NULL ? "an answer" : end->reason);
}

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

/* The next connection; the loop runs until there is one. */
static int
next_peer(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int64_t end = deadline_in(10000);

	while (poll(&wait, 1, 1) == 0 && deadline_left(end) > 0)
		event_base_loop(base, EVLOOP_NONBLOCK);
	return accept(fd, NULL, NULL);
}

/* The ids of the questions that come next; the loop runs until then. */
static const char *
next_ids(int peer)
{
	static char ids[256];
	char lines[4096], *at;
	struct pollfd wait = { .fd = peer, .events = POLLIN };
	int64_t end = deadline_in(10000);
	ssize_t n;

	while (poll(&wait, 1, 1) == 0 && deadline_left(end) > 0)
		event_base_loop(base, EVLOOP_NONBLOCK);
	n = recv(peer, lines, sizeof(lines) - 1, MSG_DONTWAIT);
	if (n <= 0)
		return n == 0 ? "end" : "nothing";
	lines[n] = '\0';
	ids[0] = '\0';
	for (at = lines; (at = strstr(at, "id=")) != NULL; at += 3)
		snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids),
		    "%.*s ", (int)strcspn(at + 3, " "), at + 3);
	return ids;
}

static void
say(int peer, const char *text)
{
	assert_int_equal(write(peer, text, strlen(text)), strlen(text));
}

static void
check_ids(int peer, const char *name, const char *want)
{
	const char *got = next_ids(peer);

	row_check(strcmp(got, want) == 0, name, "want %s, got %s", want, got);
}

/* Asked in one turn: sent together, answered in that order, by several
 * answers at once or by pieces of them. */
static void
test_together(void **state)
{
	char error[UNIX_SOCKET_ERROR_MAX];
	int fd = unix_socket_listen(path, 0600, (gid_t)-1, 8, error), peer;
	struct pool *pool = new_pool(2);
	struct end ends[3];
	unsigned open = 3, i;

	assert_true(fd != -1);
	for (i = 0; i < 3; i++) {
		ends[i] = (struct end){ .open = &open };
		ask(pool, &ends[i], 5000);
	}
	peer = next_peer(fd);
	check_ids(peer, "together", "1 2 3 ");
	say(peer, "unknown id=1\nunknown id=2\nunkno");
	event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(ends[0].answers + ends[1].answers, 2);
	assert_int_equal(ends[2].answers, 0);
	say(peer, "wn id=3\n");
	event_base_dispatch(base);
	for (i = 0; i < 3; i++)
		check_end(&ends[i], "together", NULL);
	open = 1;
	ends[0] = (struct end){ .open = &open };
	ask(pool, &ends[0], 5000);
	check_ids(peer, "the next, over the same", "4 ");
	pool_free(pool);
	close(peer);
	close(fd);
	unlink(path);
	rows_end();
}

/* The first waits for the directory: those behind it go elsewhere, each by
 * itself, and the connection ends with its answer. */
static void
test_held_up(void **state)
{
	char error[UNIX_SOCKET_ERROR_MAX];
	int fd = unix_socket_listen(path, 0600, (gid_t)-1, 8, error);
	int first, second;
	struct pool *pool = new_pool(2);
	struct end ends[3];
	unsigned open = 2, i;

	assert_true(fd != -1);
	for (i = 0; i < 3; i++) {
		ends[i] = (struct end){ .open = &open };
		ask(pool, &ends[i], 5000);
	}
	first = next_peer(fd);
	check_ids(first, "first", "1 2 3 ");
	second = next_peer(fd);
	check_ids(second, "elsewhere", "2 ");
	say(second, "unknown id=2\n");
	check_ids(second, "elsewhere, after it", "3 ");
	say(second, "unknown id=3\n");
	event_base_dispatch(base);
	check_end(&ends[1], "second", NULL);
	check_end(&ends[2], "third", NULL);
	assert_int_equal(ends[0].answers, 0);
	open = 1;
	say(first, "unknown id=1\nactive account=a id=2\n");
	event_base_dispatch(base);
	check_end(&ends[0], "first", NULL);
	row_check(ends[1].answers == 1, "second", "answered again");
	check_ids(first, "its connection", "end");
	pool_free(pool);
	close(first);
	close(second);
	close(fd);
	unlink(path);
	rows_end();
}

/* Answers out of order: the first has none, the others are asked again. */
static void
test_out_of_order(void **state)
{
	char error[UNIX_SOCKET_ERROR_MAX];
	int fd = unix_socket_listen(path, 0600, (gid_t)-1, 8, error), peer;
	struct pool *pool = new_pool(1);
	struct end ends[3];
	unsigned open = 1, i;

	assert_true(fd != -1);
	for (i = 0; i < 3; i++) {
		ends[i] = (struct end){ .open = &open };
		ask(pool, &ends[i], 5000);
	}
	peer = next_peer(fd);
	check_ids(peer, "together", "1 2 3 ");
	say(peer, "active account=b id=2\nactive account=a id=1\n");
	event_base_dispatch(base);
	check_end(&ends[0], "first", REASON_INTERNAL);
	assert_int_equal(ends[1].answers + ends[2].answers, 0);
	close(peer);
	open = 2;
	peer = next_peer(fd);
	check_ids(peer, "again", "2 ");
	say(peer, "unknown id=2\n");
	event_base_loop(base, EVLOOP_ONCE);
	close(peer);
	peer = next_peer(fd);
	check_ids(peer, "again, after it", "3 ");
	say(peer, "unknown id=3\n");
	event_base_dispatch(base);
	check_end(&ends[1], "second", NULL);
	check_end(&ends[2], "third", NULL);
	pool_free(pool);
	close(peer);
	close(fd);
	unlink(path);
	rows_end();
}

/* The time of one behind another is over: his alone. */
static void
test_short_behind(void **state)
{
	char error[UNIX_SOCKET_ERROR_MAX];
	int fd = unix_socket_listen(path, 0600, (gid_t)-1, 8, error), peer;
	struct pool *pool = new_pool(1);
	struct end ends[3];
	unsigned open = 1, i;

	assert_true(fd != -1);
	for (i = 0; i < 3; i++) {
		ends[i] = (struct end){ .open = &open };
		ask(pool, &ends[i], i == 1 ? 5 : 30000);
	}
	event_base_dispatch(base);
	check_end(&ends[1], "short", REASON_DEADLINE);
	assert_int_equal(ends[0].answers + ends[2].answers, 0);
	peer = next_peer(fd);
	check_ids(peer, "together", "1 2 3 ");
	open = 1;
	say(peer, "unknown id=1\nactive account=b id=2\nunknown id=3\n");
	event_base_dispatch(base);
	check_end(&ends[0], "before", NULL);
	check_ids(peer, "its connection", "end");
	close(peer);
	peer = next_peer(fd);
	check_ids(peer, "behind", "3 ");
	open = 1;
	say(peer, "unknown id=3\n");
	event_base_dispatch(base);
	check_end(&ends[2], "behind", NULL);
	row_check(ends[1].answers == 1, "short", "answered again");
	pool_free(pool);
	close(peer);
	close(fd);
	unlink(path);
	rows_end();
}

static int
set_up(void **state)
{
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/lookupd", dir);
	base = loop_new();
	return base == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	event_base_free(base);
	return rmdir(dir);
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
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_held_up),
		cmocka_unit_test(test_out_of_order),
		cmocka_unit_test(test_short_behind),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
