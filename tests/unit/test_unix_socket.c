/*
 * Listening and connecting with real sockets, owners and full backlogs.  As
 * root it also plays servers of other uids; those rows need root to be made.
 */
#include "config.h"

#include "common/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/deadline.h"
#include "tests/unit/rows.h"

#define OTHER 65534	/* an uid and gid that is neither root nor ours */

static char folder[] = "/tmp/ca.XXXXXX";
static char path[64];
static char error[UNIX_SOCKET_ERROR_MAX];

static int
listen_here(mode_t mode)
{
	int fd = unix_socket_listen(path, mode, (gid_t)-1, 4, error);

	if (fd == -1)
		fail_msg("listen: %s", error);
	return fd;
}

static void
test_listen_mode(void **state)
{
	static const mode_t modes[] = { 0600, 0660, 0666, 0777, 0 };
	mode_t before = umask(077);
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		int fd = listen_here(modes[i]);

		assert_int_equal(lstat(path, &st), 0);
		row_check((st.st_mode & 07777) == modes[i], "mode",
		    "want %04o, got %04o", (unsigned)modes[i],
		    (unsigned)(st.st_mode & 07777));
		row_check((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "mode",
		    "not close-on-exec");
		row_check((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0, "mode",
		    "blocks");
		close(fd);
		unlink(path);
	}
	umask(before);
	rows_end();
}

static void
test_listen_again(void **state)
{
	int fd = listen_here(0600);

	/* Somebody listens. */
	assert_int_equal(unix_socket_listen(path, 0600, (gid_t)-1, 4, error),
	    -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_non_null(strstr(error, path));
	close(fd);
	/* Nobody does any more: the file is a left-over. */
	fd = listen_here(0600);
	close(fd);
	unlink(path);
	/* Something else there is never removed. */
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(unix_socket_listen(path, 0600, (gid_t)-1, 4, error),
	    -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	assert_int_equal(symlink("/nonexistent", path), 0);
	assert_int_equal(unix_socket_listen(path, 0600, (gid_t)-1, 4, error),
	    -1);
	assert_int_equal(errno, EEXIST);
	unlink(path);
}

/* A live server whose backlog is full must not be taken for a left-over. */
static void
test_listen_full(void **state)
{
	int fd = unix_socket_listen(path, 0600, (gid_t)-1, 0, error);
	int client = unix_socket_connect(path, UNIX_SOCKET_NO_UID,
	    deadline_in(1000), error);

	assert_int_not_equal(fd, -1);
	assert_int_not_equal(client, -1);
	assert_int_equal(unix_socket_listen(path, 0600, (gid_t)-1, 4, error),
	    -1);
	assert_int_equal(errno, EADDRINUSE);
	close(client);
	close(fd);
	unlink(path);
}

static void
test_bad_paths(void **state)
{
	char longest[109], too_long[110];
	static const struct {
		const char *name, *path;
		int want;
	} rows[] = {
		{ "empty", "", ENOENT },
		{ "no folder", "/nonexistent/x", ENOENT },
		{ "not a socket", "/etc/passwd", ENOTSOCK },
		{ "folder", "/tmp", ENOTSOCK },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = unix_socket_connect(rows[i].path, UNIX_SOCKET_NO_UID,
		    deadline_in(1000), error);
		int code = errno;

		row_check(fd == -1 && code == rows[i].want, rows[i].name,
		    "want %s, got %d and %s", strerror(rows[i].want), fd,
		    strerror(code));
	}
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[107] = '\0';
	memset(too_long, 'x', sizeof(too_long));
	too_long[0] = '/';
	too_long[108] = '\0';
	assert_int_equal(unix_socket_connect(longest, 0, deadline_in(1000),
	    error), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(unix_socket_connect(too_long, 0, deadline_in(1000),
	    error), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(unix_socket_listen(too_long, 0600, (gid_t)-1, 4,
	    error), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	rows_end();
}

static void
test_connect_and_peer(void **state)
{
	int fd = listen_here(0600), client, server;
	struct unix_peer peer = { 1, 1, 1 };
	gid_t groups[64], mine[64];
	int count, own, lone;

	client = unix_socket_connect(path, UNIX_SOCKET_NO_UID,
	    deadline_in(1000), error);
	if (client == -1)
		fail_msg("connect: %s", error);
	assert_true((fcntl(client, F_GETFD) & FD_CLOEXEC) != 0);
	assert_true((fcntl(client, F_GETFL) & O_NONBLOCK) != 0);
	server = accept(fd, NULL, NULL);
	assert_int_equal(unix_socket_peer(server, &peer), 0);
	assert_int_equal(peer.uid, geteuid());
	assert_int_equal(peer.gid, getegid());
	assert_int_equal(peer.pid, getpid());
	own = getgroups(64, mine);
	count = unix_socket_peer_groups(server, groups, 64);
	assert_int_equal(count, own);
	if (own > 0) {
		assert_memory_equal(groups, mine, (size_t)own *
		    sizeof(*mine));
		assert_int_equal(unix_socket_peer_groups(server, groups, 1),
		    1);
	}
	assert_int_equal(unix_socket_peer_groups(server, groups, 0), 0);
	lone = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(unix_socket_peer(lone, &peer), -1);
	assert_int_equal(unix_socket_peer(-1, &peer), -1);
	assert_int_equal(unix_socket_peer_groups(-1, groups, 64), -1);
	close(lone);
	close(server);
	close(client);
	close(fd);
	unlink(path);
}

static void
test_nobody_listens(void **state)
{
	int fd = listen_here(0600);

	close(fd);
	assert_int_equal(unix_socket_connect(path, UNIX_SOCKET_NO_UID,
	    deadline_in(1000), error), -1);
	assert_int_equal(errno, ECONNREFUSED);
	unlink(path);
}

/* Two owners decide: of the file, and of the process that listens. */
static void
test_owners(void **state)
{
	static const struct {
		const char *name;
		uid_t file, process, server_uid;
		int want;	/* errno, 0: connected */
	} rows[] = {
		{ "root serves root's", 0, 0, UNIX_SOCKET_NO_UID, 0 },
		{ "root serves the daemon's", OTHER, 0, OTHER, 0 },
		{ "daemon serves its own", OTHER, OTHER, OTHER, 0 },
		{ "daemon's, not expected", OTHER, OTHER, UNIX_SOCKET_NO_UID,
		    EPERM },
		{ "daemon's, another expected", OTHER, OTHER, 65533, EPERM },
		{ "somebody serves root's", 0, OTHER, UNIX_SOCKET_NO_UID,
		    EPERM },
		{ "daemon serves root's", 0, OTHER, OTHER, EPERM },
		{ "somebody serves the daemon's", OTHER, 65533, OTHER,
		    EPERM },
		{ "root's, daemon expected", 0, 0, OTHER, 0 },
	};
	size_t i;

	if (geteuid() != 0)
		skip();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd, client, code;

		/* SO_PEERCRED is the effective uid at listen(2). */
		assert_int_equal(chmod(folder, 0777), 0);
		assert_int_equal(seteuid(rows[i].process), 0);
		fd = listen_here(0666);
		assert_int_equal(seteuid(0), 0);
		assert_int_equal(lchown(path, rows[i].file, (gid_t)-1), 0);
		client = unix_socket_connect(path, rows[i].server_uid,
		    deadline_in(1000), error);
		code = client == -1 ? errno : 0;
		row_check(code == rows[i].want, rows[i].name,
		    "want %s, got %s (%s)", strerror(rows[i].want),
		    strerror(code), client == -1 ? error : "");
		if (client != -1)
			close(client);
		close(fd);
		unlink(path);
	}
	assert_int_equal(chmod(folder, 0700), 0);
	rows_end();
}

static void
test_listen_group(void **state)
{
	struct stat st;
	int fd;

	if (geteuid() != 0)
		skip();
	fd = unix_socket_listen(path, 0660, OTHER, 4, error);
	assert_int_not_equal(fd, -1);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_gid, OTHER);
	assert_int_equal(st.st_uid, 0);
	close(fd);
	unlink(path);
}

/* A full backlog: waited for until the deadline, and not longer. */
static void
test_backlog_full(void **state)
{
	int fd = unix_socket_listen(path, 0600, (gid_t)-1, 0, error);
	int first = unix_socket_connect(path, UNIX_SOCKET_NO_UID,
	    deadline_in(1000), error);
	int64_t start = deadline_now(), took;

	assert_int_not_equal(fd, -1);
	assert_int_not_equal(first, -1);
	assert_int_equal(unix_socket_connect(path, UNIX_SOCKET_NO_UID,
	    deadline_in(150), error), -1);
	assert_int_equal(errno, ETIMEDOUT);
	took = deadline_now() - start;
	row_check(took >= 149 && took < 2000, "deadline", "took %lld ms",
	    (long long)took);
	close(first);
	close(fd);
	unlink(path);
	rows_end();
}

/* The place that becomes free before the deadline is taken. */
static void
test_backlog_drained(void **state)
{
	int fd = unix_socket_listen(path, 0600, (gid_t)-1, 0, error);
	int first = unix_socket_connect(path, UNIX_SOCKET_NO_UID,
	    deadline_in(1000), error), second, status = -1;
	pid_t child;

	assert_int_not_equal(fd, -1);
	assert_int_not_equal(first, -1);
	child = fork();
	if (child == 0) {
		second = unix_socket_connect(path, UNIX_SOCKET_NO_UID,
		    deadline_in(10000), error);
		_exit(second == -1 ? 1 : 0);
	}
	assert_int_not_equal(accept(fd, NULL, NULL), -1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(first);
	close(fd);
	unlink(path);
}

/* A program without descriptors 0 to 2: what it prints must not get into the
 * conversation with the server. */
static void
test_standard_descriptors_closed(void **state)
{
	int listener = listen_here(0600), status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		int fd;

		for (fd = 0; fd <= 2; fd++)
			close(fd);
		fd = unix_socket_connect(path, UNIX_SOCKET_NO_UID,
		    deadline_in(5000), error);
		_exit(fd > 2 && fcntl(fd, F_GETFD) == FD_CLOEXEC &&
		    (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 &&
		    fcntl(0, F_GETFD) == -1 ? 0 : 1);
	}
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	assert_int_equal(status, 0);
	close(listener);
	unlink(path);
}

static int
setup(void **state)
{
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/s", folder);
	return 0;
}

static int
teardown(void **state)
{
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listen_mode),
		cmocka_unit_test(test_listen_again),
		cmocka_unit_test(test_listen_full),
		cmocka_unit_test(test_bad_paths),
		cmocka_unit_test(test_connect_and_peer),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_listen_group),
		cmocka_unit_test(test_backlog_full),
		cmocka_unit_test(test_backlog_drained),
		cmocka_unit_test(test_standard_descriptors_closed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
