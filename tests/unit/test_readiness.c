/* Readiness messages, handed-over sockets, and the loop's small promises. */
#include "config.h"

#include "daemon/readiness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/loop.h"
#include "tests/unit/rows.h"

static int
bind_datagram(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);

	assert_true(fd >= 0 && len < sizeof(address.sun_path));
	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&address, (socklen_t)
	    (offsetof(struct sockaddr_un, sun_path) + len)), 0);
	return fd;
}

static void
check_notify(const char *name)
{
	char got[64] = "";
	int fd = bind_datagram(name);
	ssize_t n;

	setenv("NOTIFY_SOCKET", name, 1);
	readiness_notify("READY=1");
	n = recv(fd, got, sizeof(got) - 1, 0);
	if (n != 7 || strcmp(got, "READY=1") != 0)
		fail_msg("%s: got %zd bytes: %s", name, n, got);
	close(fd);
}

static void
test_notify(void **state)
{
	char folder[] = "/tmp/ca.XXXXXX", path[64], abstract[64];

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/notify", folder);
	snprintf(abstract, sizeof(abstract), "@certauth-test-%ld",
	    (long)getpid());
	check_notify(path);
	check_notify(abstract);
	unlink(path);
	rmdir(folder);
}

/* None of these may do anything; ASan watches. */
static void
test_notify_odd(void **state)
{
	char longest[300];

	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	unsetenv("NOTIFY_SOCKET");
	readiness_notify("READY=1");
	setenv("NOTIFY_SOCKET", "", 1);
	readiness_notify("READY=1");
	setenv("NOTIFY_SOCKET", "@", 1);
	readiness_notify("READY=1");
	setenv("NOTIFY_SOCKET", "relative", 1);
	readiness_notify("READY=1");
	setenv("NOTIFY_SOCKET", longest, 1);
	readiness_notify("READY=1");
	setenv("NOTIFY_SOCKET", "/tmp/ca-nobody-listens-here", 1);
	readiness_notify("READY=1");
	unsetenv("NOTIFY_SOCKET");
}

/* In a child with two descriptors at 3 and 4; what listen_fds returned, or
 * 100 and more when it left something undone. */
static int
listen_in_child(const char *pid, const char *fds)
{
	int status = -1;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		char own[32];
		int count;

		snprintf(own, sizeof(own), "%ld", (long)getpid());
		close(5);
		dup2(STDERR_FILENO, 3);
		dup2(STDERR_FILENO, 4);
		unsetenv("LISTEN_PID");
		unsetenv("LISTEN_FDS");
		if (pid != NULL)
			setenv("LISTEN_PID", strcmp(pid, "own") == 0 ? own :
			    pid, 1);
		if (fds != NULL)
			setenv("LISTEN_FDS", fds, 1);
		setenv("LISTEN_FDNAMES", "x", 1);
		count = readiness_listen_fds();
		if (getenv("LISTEN_PID") != NULL ||
		    getenv("LISTEN_FDS") != NULL ||
		    getenv("LISTEN_FDNAMES") != NULL)
			_exit(100);
		for (int i = 0; i < count; i++)
			if ((fcntl(3 + i, F_GETFD) & FD_CLOEXEC) == 0)
				_exit(101);
		_exit(count < 0 ? 99 : count);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_listen_fds(void **state)
{
	static const struct {
		const char *name, *pid, *fds;
		int want;
	} rows[] = {
		{ "not asked", NULL, NULL, 0 },
		{ "one", "own", "1", 1 },
		{ "two", "own", "2", 2 },
		{ "none", "own", "0", 0 },
		{ "another process", "1", "1", 0 },
		{ "another process, odd count", "1", "x", 0 },
		{ "no count", "own", NULL, 0 },
		{ "no pid", NULL, "1", 0 },
		{ "pid malformed", "1x", "1", 99 },
		{ "pid empty", "", "1", 99 },
		{ "pid too large", "99999999999999999999", "1", 99 },
		{ "count malformed", "own", "1x", 99 },
		{ "count negative", "own", "-1", 99 },
		{ "count huge", "own", "4294967297", 99 },
		{ "closed descriptor", "own", "3", 99 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int got = listen_in_child(rows[i].pid, rows[i].fds);

		row_check(got == rows[i].want, rows[i].name,
		    "want %d, got %d", rows[i].want, got);
	}
	rows_end();
}

static void
count_up(evutil_socket_t fd, short what, void *context)
{
	(*(int *)context)++;
}

static void
on_signal(int signal, short what, void *context)
{
	*(int *)context = signal;
}

static void
test_loop(void **state)
{
	struct event_base *base;
	struct event *timer, *hup;
	struct sigaction pipe_action;
	int fired = 0, caught = 0;

	setenv("EVENT_NOEPOLL", "1", 1);
	base = loop_new();
	assert_non_null(base);
	assert_string_not_equal(event_base_get_method(base), "poll");
	unsetenv("EVENT_NOEPOLL");
	assert_int_equal(sigaction(SIGPIPE, NULL, &pipe_action), 0);
	assert_true(pipe_action.sa_handler == SIG_IGN);
	timer = event_new(base, -1, 0, count_up, &fired);
	hup = loop_on_signal(base, SIGHUP, on_signal, &caught);
	assert_non_null(hup);
	assert_int_equal(loop_arm(timer, -5), 0);
	assert_int_equal(loop_arm(timer, 1), 0);
	assert_int_equal(raise(SIGHUP), 0);
	while (fired == 0 || caught == 0)
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
	assert_int_equal(fired, 1);
	assert_int_equal(caught, SIGHUP);
	event_free(timer);
	event_free(hup);
	event_base_free(base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_notify_odd),
		cmocka_unit_test(test_listen_fds),
		cmocka_unit_test(test_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
