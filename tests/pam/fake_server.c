/* See fake_server.h. */
#include "config.h"

#include "tests/pam/fake_server.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/rows.h"

#define HELD_MAX 64
#define PATIENCE_MS 5000	/* for one request; tests end sooner */

struct fake_server {
	pthread_t thread;
	pthread_mutex_t lock;	/* of what follows up to the blank line */
	struct fake_script script;
	char request[4096];
	unsigned count;
	bool all_cloexec;
	bool odd;		/* of the requests since the script was set */

	unsigned inherited;	/* descriptors of whoever started the test */
	int listener;
	int wake[2];
	int held[HELD_MAX];
	size_t held_count;
};

/* Descriptors that an exec would hand on. */
static unsigned
count_inheritable(void)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;
	unsigned count = 0;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		long fd = strtol(entry->d_name, NULL, 10);
		int flags = entry->d_name[0] != '.' ?
		    fcntl((int)fd, F_GETFD) : -1;

		if (flags >= 0 && (flags & FD_CLOEXEC) == 0)
			count++;
	}
	if (folder != NULL)
		closedir(folder);
	return count;
}

/* Read up to the LF; false when there is none. */
static bool
read_line(int fd, char *line, size_t size)
{
	size_t len = 0;

	while (len + 1 < size) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };

		if (poll(&wait, 1, PATIENCE_MS) != 1 ||
		    recv(fd, line + len, 1, 0) != 1)
			return false;
		if (line[len] == '\n') {
			line[len] = '\0';
			return true;
		}
		len++;
	}
	return false;
}

static void
send_script(int fd, const struct fake_script *script)
{
	size_t times = script->repeat > 0 ? script->repeat : 1;

	for (size_t i = 0; script->answer != NULL && i < times; i++) {
		size_t len = strlen(script->answer);

		if (send(fd, script->answer, len, MSG_NOSIGNAL) !=
		    (ssize_t)len)
			return;
	}
}

static void
serve_one(struct fake_server *server, int fd)
{
	char line[sizeof(server->request)], *answer;
	struct fake_script script;

	if (!read_line(fd, line, sizeof(line))) {
		close(fd);
		return;
	}
	pthread_mutex_lock(&server->lock);
	memcpy(server->request, line, sizeof(line));
	server->count++;
	server->all_cloexec = server->all_cloexec &&
	    count_inheritable() <= server->inherited;
	script = server->script;
	/* A copy: once it is sent, the test may go on and give up its own. */
	if (script.second != NULL && server->odd)
		script.answer = script.second;
	server->odd = !server->odd;
	answer = script.answer == NULL ? NULL : strdup(script.answer);
	script.answer = answer;
	pthread_mutex_unlock(&server->lock);
	send_script(fd, &script);
	free(answer);
	if (script.hold && server->held_count < HELD_MAX)
		server->held[server->held_count++] = fd;
	else
		close(fd);
}

static void *
serve(void *context)
{
	struct fake_server *server = context;

	for (;;) {
		struct pollfd wait[2] = {
			{ .fd = server->listener, .events = POLLIN },
			{ .fd = server->wake[0], .events = POLLIN } };
		int fd;

		poll(wait, 2, -1);
		if (wait[1].revents != 0)
			return NULL;
		fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			serve_one(server, fd);
	}
}

struct fake_server *
fake_start(const char *path)
{
	struct fake_server *server = calloc(1, sizeof(*server));
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	assert_non_null(server);
	assert_true(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path) + 1);
	pthread_mutex_init(&server->lock, NULL);
	server->all_cloexec = true;
	server->inherited = count_inheritable();
	server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(server->listener >= 0);
	unlink(path);
	assert_int_equal(bind(server->listener,
	    (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server->listener, 64), 0);
	assert_int_equal(pipe2(server->wake, O_CLOEXEC), 0);
	assert_int_equal(pthread_create(&server->thread, NULL, serve,
	    server), 0);
	return server;
}

void
fake_stop(struct fake_server *server)
{
	if (server == NULL)
		return;
	assert_int_equal(write(server->wake[1], "x", 1), 1);
	pthread_join(server->thread, NULL);
	for (size_t i = 0; i < server->held_count; i++)
		close(server->held[i]);
	close(server->listener);
	close(server->wake[0]);
	close(server->wake[1]);
	pthread_mutex_destroy(&server->lock);
	free(server);
}

void
fake_set(struct fake_server *server, struct fake_script script)
{
	pthread_mutex_lock(&server->lock);
	server->script = script;
	server->odd = false;
	pthread_mutex_unlock(&server->lock);
}

unsigned
fake_count(struct fake_server *server)
{
	unsigned count;

	pthread_mutex_lock(&server->lock);
	count = server->count;
	pthread_mutex_unlock(&server->lock);
	return count;
}

void
fake_request(struct fake_server *server, char *into, size_t size)
{
	pthread_mutex_lock(&server->lock);
	snprintf(into, size, "%s", server->request);
	pthread_mutex_unlock(&server->lock);
}

bool
fake_saw_all_cloexec(struct fake_server *server)
{
	bool all;

	pthread_mutex_lock(&server->lock);
	all = server->all_cloexec;
	pthread_mutex_unlock(&server->lock);
	return all;
}
