/*
 * A tiny server for tests of clients.
 */
#include "config.h"

#include "tests/unit/line_server.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/unix_socket.h"

/* Plain write(2): tests may put something else in the place of send(2). */
static void
put_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, text, len);

		if (put <= 0)
			return;
		text += put;
		len -= (size_t)put;
	}
}

static void
read_line(int fd, int seen)
{
	char byte;

	while (read(fd, &byte, 1) == 1) {
		put_all(seen, &byte, 1);
		if (byte == '\n')
			return;
	}
}

static void
play(int fd, const struct line_step *step, int seen)
{
	size_t i, len = step->text == NULL ? 0 : strlen(step->text);
	int waited;
	char byte;

	if (step->action == LINE_SLAM)
		return;
	if (step->action != LINE_EARLY)
		read_line(fd, seen);
	for (waited = 0; waited < step->wait_bytes; waited++)
		(void)!read(step->wait_fd, &byte, 1);
	if (step->action == LINE_TRICKLE) {
		for (i = 0; len > 0; i++) {
			if (write(fd, step->text + i % len, 1) != 1)
				return;
			poll(NULL, 0, 1);
		}
	}
	for (i = 0; i < (step->repeat == 0 ? 1 : step->repeat); i++)
		put_all(fd, step->text, len);
	if (step->action == LINE_HOLD)
		while (read(fd, &byte, 1) == 1)
			;
}

static void
serve(int listener, const char *seen_path, const struct line_step *steps,
    size_t count)
{
	int seen = open(seen_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	fcntl(listener, F_SETFL, 0);
	for (i = 0;; i++) {
		int fd = accept(listener, NULL, NULL);

		if (fd == -1)
			return;
		if (i < count)
			play(fd, &steps[i], seen);
		close(fd);
	}
}

void
line_server_start(struct line_server *server, const struct line_step *steps,
    size_t count)
{
	char error[UNIX_SOCKET_ERROR_MAX];
	pid_t parent = getpid();
	int listener;

	memset(server, 0, sizeof(*server));
	snprintf(server->folder, sizeof(server->folder), "/tmp/ca.XXXXXX");
	if (mkdtemp(server->folder) == NULL)
		fail_msg("mkdtemp: %s", strerror(errno));
	snprintf(server->path, sizeof(server->path), "%s/s", server->folder);
	snprintf(server->seen_path, sizeof(server->seen_path), "%s/seen",
	    server->folder);
	listener = unix_socket_listen(server->path, 0600, (gid_t)-1, 16,
	    error);
	if (listener == -1)
		fail_msg("listen: %s", error);
	fflush(NULL);
	server->child = fork();
	if (server->child == 0) {
		/* A test that fails half-way must not leave us behind. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 ||
		    getppid() != parent)
			_exit(1);
		serve(listener, server->seen_path, steps, count);
		_exit(0);
	}
	close(listener);
}

void
line_server_stop(struct line_server *server)
{
	ssize_t got = 0;
	int fd;

	kill(server->child, SIGKILL);
	waitpid(server->child, NULL, 0);
	server->seen = calloc(1, LINE_SERVER_SEEN_MAX);
	fd = open(server->seen_path, O_RDONLY);
	if (fd != -1 && server->seen != NULL) {
		got = read(fd, server->seen, LINE_SERVER_SEEN_MAX - 1);
		close(fd);
	}
	if (got < 0)
		fail_msg("%s: %s", server->seen_path, strerror(errno));
	unlink(server->seen_path);
	unlink(server->path);
	rmdir(server->folder);
}

void
line_server_free(struct line_server *server)
{
	free(server->seen);
	server->seen = NULL;
}
