/*
 * Questions of one turn go to lookupd together, and each gets its own answer:
 * in order, late, out of order, or not in its time.
 */
#include "config.h"

#include <sys/socket.h>

#include <poll.h>

#include "tests/unit/pool_rows.h"

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

/* Three questions of one turn. */
struct scene {
	int fd;
	struct pool *pool;
	struct end ends[3];
	unsigned open;
};

/* So many connections; the loop ends after so many answers; the second
 * question has so many milliseconds. */
static void
begin(struct scene *scene, size_t connections, unsigned open, int64_t second_ms)
{
	char error[UNIX_SOCKET_ERROR_MAX];

	scene->fd = unix_socket_listen(path, 0600, (gid_t)-1, 8, error);
	assert_true(scene->fd != -1);
	scene->pool = new_pool(connections);
	scene->open = open;
	for (unsigned i = 0; i < 3; i++) {
		scene->ends[i] = (struct end){ .open = &scene->open };
		ask(scene->pool, &scene->ends[i], i == 1 ? second_ms : 30000);
	}
}

static void
finish(struct scene *scene)
{
	pool_free(scene->pool);
	close(scene->fd);
	unlink(path);
}

/* Asked in one turn: sent together, answered in that order, by several
 * answers at once or by pieces of them. */
static void
test_together(void **state)
{
	struct scene scene;
	int peer;

	begin(&scene, 2, 3, 5000);
	peer = next_peer(scene.fd);
	check_ids(peer, "together", "1 2 3 ");
	say(peer, "unknown id=1\nunknown id=2\nunkno");
	event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(scene.ends[0].answers + scene.ends[1].answers, 2);
	assert_int_equal(scene.ends[2].answers, 0);
	say(peer, "wn id=3\n");
	event_base_dispatch(base);
	for (unsigned i = 0; i < 3; i++)
		check_end(&scene.ends[i], "together", NULL);
	scene.open = 1;
	scene.ends[0] = (struct end){ .open = &scene.open };
	ask(scene.pool, &scene.ends[0], 5000);
	check_ids(peer, "the next, over the same", "4 ");
	finish(&scene);
	close(peer);
	rows_end();
}

/* The first waits for the directory: those behind it go elsewhere, each by
 * itself, and the connection ends with its answer. */
static void
test_held_up(void **state)
{
	struct scene scene;
	int first, second;

	begin(&scene, 2, 2, 5000);
	first = next_peer(scene.fd);
	check_ids(first, "first", "1 2 3 ");
	second = next_peer(scene.fd);
	check_ids(second, "elsewhere", "2 ");
	say(second, "unknown id=2\n");
	check_ids(second, "elsewhere, after it", "3 ");
	say(second, "unknown id=3\n");
	event_base_dispatch(base);
	check_end(&scene.ends[1], "second", NULL);
	check_end(&scene.ends[2], "third", NULL);
	assert_int_equal(scene.ends[0].answers, 0);
	scene.open = 1;
	say(first, "unknown id=1\nactive account=a id=2\n");
	event_base_dispatch(base);
	check_end(&scene.ends[0], "first", NULL);
	row_check(scene.ends[1].answers == 1, "second", "answered again");
	check_ids(first, "its connection", "end");
	finish(&scene);
	close(first);
	close(second);
	rows_end();
}

/* Answers out of order: the first has none, the others are asked again. */
static void
test_out_of_order(void **state)
{
	struct scene scene;
	int peer;

	begin(&scene, 1, 1, 5000);
	peer = next_peer(scene.fd);
	check_ids(peer, "together", "1 2 3 ");
	say(peer, "active account=b id=2\nactive account=a id=1\n");
	event_base_dispatch(base);
	check_end(&scene.ends[0], "first", REASON_INTERNAL);
	assert_int_equal(scene.ends[1].answers + scene.ends[2].answers, 0);
	close(peer);
	scene.open = 2;
	peer = next_peer(scene.fd);
	check_ids(peer, "again", "2 ");
	say(peer, "unknown id=2\n");
	event_base_loop(base, EVLOOP_ONCE);
	close(peer);
	peer = next_peer(scene.fd);
	check_ids(peer, "again, after it", "3 ");
	say(peer, "unknown id=3\n");
	event_base_dispatch(base);
	check_end(&scene.ends[1], "second", NULL);
	check_end(&scene.ends[2], "third", NULL);
	finish(&scene);
	close(peer);
	rows_end();
}

/* The time of one behind another is over: his alone. */
static void
test_short_behind(void **state)
{
	struct scene scene;
	int peer;

	begin(&scene, 1, 1, 5);
	event_base_dispatch(base);
	check_end(&scene.ends[1], "short", REASON_DEADLINE);
	assert_int_equal(scene.ends[0].answers + scene.ends[2].answers, 0);
	peer = next_peer(scene.fd);
	check_ids(peer, "together", "1 2 3 ");
	scene.open = 1;
	say(peer, "unknown id=1\nactive account=b id=2\nunknown id=3\n");
	event_base_dispatch(base);
	check_end(&scene.ends[0], "before", NULL);
	check_ids(peer, "its connection", "end");
	close(peer);
	peer = next_peer(scene.fd);
	check_ids(peer, "behind", "3 ");
	scene.open = 1;
	say(peer, "unknown id=3\n");
	event_base_dispatch(base);
	check_end(&scene.ends[2], "behind", NULL);
	row_check(scene.ends[1].answers == 1, "short", "answered again");
	finish(&scene);
	close(peer);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_held_up),
		cmocka_unit_test(test_out_of_order),
		cmocka_unit_test(test_short_behind),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
