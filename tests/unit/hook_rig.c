/* Two processes around a test of the hook: see the header. */
#include "config.h"

#include "tests/unit/hook_rig.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <dirent.h>
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

#include "common/buffer.h"
#include "common/protocol.h"
#include "common/unix_socket.h"
#include "daemon/log.h"
#include "hook/hook.h"

#define CLIENTS 64
#define PATIENCE_MS 5000

/* The false lookupd. */

struct client {
	int fd;				/* 0: free */
	struct buffer in;
	char held[64];			/* id of a question on hold */
};

static struct client clients[CLIENTS];

static void
say(int fd, const char *text)
{
	size_t len = strlen(text);

	if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		return;
}

static void __attribute__((format(printf, 2, 3)))
answer(int fd, const char *format, ...)
{
	char line[RIG_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	say(fd, line);
}

static void
drop(struct client *client)
{
	close(client->fd);
	buffer_free(&client->in);
	memset(client, 0, sizeof(*client));
}

static void
release(void)
{
	size_t i;

	for (i = 0; i < CLIENTS; i++) {
		if (clients[i].held[0] == '\0')
			continue;
		answer(clients[i].fd, "active account=held id=%s\n",
		    clients[i].held);
		clients[i].held[0] = '\0';
	}
}

static bool
is(const char *script, const char *word)
{
	return strcmp(script, word) == 0;
}

/* What a script word makes us do that is more than a line. */
static void
misbehave(struct client *client, const char *script, const char *id)
{
	static unsigned closed;
	int fd = client->fd;

	if (is(script, "hold"))
		snprintf(client->held, sizeof(client->held), "%s", id);
	else if (is(script, "close") ||
	    (is(script, "close-once") && closed++ == 0))
		drop(client);
	else if (is(script, "close-once"))
		answer(fd, "active account=again id=%s\n", id);
	else if (is(script, "half")) {
		say(fd, "active acc");
		drop(client);
	} else if (is(script, "two"))
		answer(fd, "unknown id=%s\nactive account=x id=%s\n", id, id);
	else if (is(script, "detail"))
		answer(fd, " seen id=%s\nactive account=x id=%s\n", id, id);
	else if (is(script, "no-id"))
		say(fd, "active account=x\n");
	else if (is(script, "other-id"))
		answer(fd, "active account=x id=%.*s%c\n",
		    (int)strlen(id) - 1, id, id[strlen(id) - 1] ^ 1);
	else if (is(script, "noise"))
		say(fd, "\x16\x03\x01 active\n");
	else if (is(script, "caller")) {
		say(fd, "refused reason=caller\n");
		drop(client);
	} else if (is(script, "release")) {
		answer(fd, "active account=release id=%s\n", id);
		release();
	}
}

static void
obey(struct client *client, const char *script, const char *id)
{
	static const char *const lines[][2] = {
		{ "active", "active account=user1@example.com "
		    "identity=alias@example.com" },
		{ "odd", "active account=J%C3%B6rg%20x%0D%0Ay" },
		{ "nameless", "active" },
		{ "locked", "blocked reason=locked" },
		{ "unknown", "unknown" }, { "ambiguous", "ambiguous" },
		{ "expired", "refused reason=expired" },
		{ "not-admin", "refused reason=not-admin" },
		{ "directory", "unavailable reason=directory" },
		{ "syntax", "bad-request reason=syntax byte=9" },
		{ "ok", "ok" },
	};
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (is(script, lines[i][0])) {
			answer(client->fd, "%s id=%s\n", lines[i][1], id);
			return;
		}
	}
	misbehave(client, script, id);
}

static void
read_client(struct rig_seen *seen, struct client *client)
{
	struct protocol_message message;
	struct protocol_error error;
	size_t line, used;
	ssize_t n;

	if (buffer_reserve(&client->in, 4096) == -1)
		_exit(3);
	n = read(client->fd, client->in.data + client->in.len, 4096);
	if (n <= 0) {
		drop(client);
		return;
	}
	client->in.len += (size_t)n;
	if (protocol_next(client->in.data, client->in.len, PROTOCOL_LINE_MAX,
	    &line, &used) != PROTOCOL_OK)
		return;
	seen->questions++;
	snprintf(seen->line, sizeof(seen->line), "%.*s", (int)line,
	    client->in.data);
	if (protocol_decode(client->in.data, line, &message, &error) !=
	    PROTOCOL_OK)
		_exit(4);
	obey(client, protocol_text(&message, "cert"),
	    protocol_text(&message, "id"));
	if (client->fd != 0)
		buffer_consume(&client->in, used);
}

static void
take_client(struct rig_seen *seen, int listening)
{
	int fd = accept(listening, NULL, NULL);
	size_t i;

	for (i = 0; i < CLIENTS && fd != -1; i++) {
		if (clients[i].fd != 0)
			continue;
		seen->connections++;
		clients[i].fd = fd;
		buffer_init(&clients[i].in, 2 * PROTOCOL_LINE_MAX);
		return;
	}
}

static void __attribute__((noreturn))
serve(struct rig_seen *seen, int listening)
{
	for (;;) {
		struct pollfd wait[CLIENTS + 1];
		struct client *of[CLIENTS + 1];
		nfds_t count = 1, i;

		wait[0].fd = listening;
		for (i = 0; i < CLIENTS; i++) {
			if (clients[i].fd == 0)
				continue;
			of[count] = &clients[i];
			wait[count++].fd = clients[i].fd;
		}
		for (i = 0; i < count; i++)
			wait[i].events = POLLIN;
		if (poll(wait, count, -1) == -1)
			_exit(5);
		for (i = 1; i < count; i++)
			if (wait[i].revents != 0)
				read_client(seen, of[i]);
		if (wait[0].revents != 0)
			take_client(seen, listening);
	}
}

void
rig_start_lookupd(struct rig *rig)
{
	char error[UNIX_SOCKET_ERROR_MAX];
	int fd = unix_socket_listen(rig->lookupd_socket, 0600, (gid_t)-1, 64,
	    error);

	assert_true(fd != -1);
	rig->lookupd = fork();
	assert_true(rig->lookupd != -1);
	if (rig->lookupd == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(rig->seen, fd);
	}
	close(fd);
}

void
rig_stop_lookupd(struct rig *rig)
{
	if (rig->lookupd <= 0)
		return;
	kill(rig->lookupd, SIGKILL);
	waitpid(rig->lookupd, NULL, 0);
	rig->lookupd = 0;
	unlink(rig->lookupd_socket);
}

/* The hook. */

static void
limit_descriptors(unsigned count)
{
	struct rlimit limit = { count, count };

	if (count != 0)
		setrlimit(RLIMIT_NOFILE, &limit);
}

/* As systemd does: the socket is descriptor 3. */
static void
activate(const struct rig *rig)
{
	char error[UNIX_SOCKET_ERROR_MAX], pid[32];
	int fd;

	if (rig->activate == NULL)
		return;
	fd = unix_socket_listen(rig_path(rig, rig->activate), 0600,
	    (gid_t)-1, 64, error);
	if (fd == -1 || dup2(fd, 3) == -1)
		_exit(9);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
}

static int
run_hook(const struct rig *rig)
{
	struct hook_config *config = NULL;
	char error[HOOK_ERROR_MAX];
	struct problems problems;
	struct hook *hook;
	int rc;

	limit_descriptors(rig->descriptors);
	activate(rig);
	problems_init(&problems);
	config = hook_config_read(rig->config, &problems);
	problems_print(&problems, stderr);
	problems_free(&problems);
	if (config == NULL)
		return 7;
	log_open("hook", false, rig->quiet ? LEVEL_ERROR : LEVEL_DEBUG);
	hook = hook_new(config, error);
	if (hook == NULL) {
		log_error("%s", error);
		return 8;
	}
	rc = hook_run(hook);
	hook_free(hook);
	return rc == 0 ? 0 : 1;
}

bool
rig_wait(struct rig *rig, const char *word)
{
	struct pollfd wait = { .fd = rig->notify, .events = POLLIN };
	char state[256];
	ssize_t n;

	while (poll(&wait, 1, PATIENCE_MS) == 1) {
		n = recv(rig->notify, state, sizeof(state) - 1, 0);
		if (n < 0)
			return false;
		state[n] = '\0';
		if (strcmp(state, word) == 0)
			return true;
	}
	return false;
}

void
rig_fork_hook(struct rig *rig)
{
	int log;

	rig->hook = fork();
	assert_true(rig->hook != -1);
	if (rig->hook != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	log = open(rig_path(rig, "log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (log == -1 || dup2(log, STDERR_FILENO) == -1)
		_exit(6);
	setenv("NOTIFY_SOCKET", rig_path(rig, "notify"), 1);
	exit(run_hook(rig));
}

bool
rig_start_hook(struct rig *rig)
{
	rig_fork_hook(rig);
	return rig_wait(rig, "READY=1");
}

int
rig_wait_hook(struct rig *rig)
{
	int status = -1;

	if (rig->hook <= 0)
		return -1;
	waitpid(rig->hook, &status, 0);
	rig->hook = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + status;
}

int
rig_stop_hook(struct rig *rig)
{
	if (rig->hook <= 0)
		return -1;
	kill(rig->hook, SIGTERM);
	return rig_wait_hook(rig);
}

/* The rig. */

const char *
rig_path(const struct rig *rig, const char *name)
{
	static char path[4][320];
	static unsigned turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", rig->dir, name);
	return path[turn];
}

void
rig_open(struct rig *rig)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memset(rig, 0, sizeof(*rig));
	snprintf(rig->dir, sizeof(rig->dir), "/tmp/ca.XXXXXX");
	assert_non_null(mkdtemp(rig->dir));
	assert_int_equal(chmod(rig->dir, 0755), 0);
	snprintf(rig->config, sizeof(rig->config), "%s/conf", rig->dir);
	snprintf(rig->lookupd_socket, sizeof(rig->lookupd_socket),
	    "%s/lookupd", rig->dir);
	rig->seen = mmap(NULL, sizeof(*rig->seen), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(rig->seen != MAP_FAILED);
	rig->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    rig_path(rig, "notify"));
	assert_int_equal(bind(rig->notify, (struct sockaddr *)&address,
	    sizeof(address)), 0);
}

static void
remove_folder(const struct rig *rig)
{
	DIR *dir = opendir(rig->dir);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			unlink(rig_path(rig, entry->d_name));
	if (dir != NULL)
		closedir(dir);
	rmdir(rig->dir);
}

void
rig_close(struct rig *rig)
{
	if (rig->hook > 0) {
		kill(rig->hook, SIGKILL);
		rig_wait_hook(rig);
	}
	rig_stop_lookupd(rig);
	close(rig->notify);
	munmap(rig->seen, sizeof(*rig->seen));
	remove_folder(rig);
}

void
rig_configure(struct rig *rig, const char *top, const char *listeners)
{
	FILE *file = fopen(rig->config, "w");
	const char *at;

	assert_non_null(file);
	fchmod(fileno(file), 0600);
	fprintf(file, "lookupd_socket = \"%s\"; user = \"%lu\"; %s\n"
	    "listeners = (\n", rig->lookupd_socket, (unsigned long)geteuid(),
	    top);
	while ((at = strchr(listeners, '~')) != NULL) {
		const char *end = strchr(at + 1, '~');

		assert_non_null(end);
		fprintf(file, "%.*s%s/%.*s", (int)(at - listeners), listeners,
		    rig->dir, (int)(end - at - 1), at + 1);
		listeners = end + 1;
	}
	fprintf(file, "%s);\n", listeners);
	assert_int_equal(fclose(file), 0);
}

/* HTTP. */

int
rig_connect(const struct rig *rig, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    rig_path(rig, name));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

void
rig_send(int fd, const void *bytes, size_t len)
{
	const char *from = bytes;

	while (len > 0) {
		ssize_t n = send(fd, from, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;		/* it has said its answer already */
		from += n;
		len -= (size_t)n;
	}
}

static ssize_t
read_some(int fd, char *bytes, size_t size)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	if (poll(&wait, 1, PATIENCE_MS) != 1)
		return 0;
	return read(fd, bytes, size);
}

const char *
rig_head(int fd, char *head, size_t size)
{
	char *date, *end;
	size_t len = 0;

	do {
		if (len + 1 >= size || read_some(fd, head + len, 1) != 1) {
			head[0] = '\0';
			return head;
		}
		head[++len] = '\0';
	} while (len < 4 || strcmp(head + len - 4, "\r\n\r\n") != 0);
	date = strstr(head, "\r\nDate: ");
	if (date != NULL && (end = strstr(date + 2, "\r\n")) != NULL)
		memmove(date, end, strlen(end) + 1);
	return head;
}

size_t
rig_rest(int fd, char *bytes, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len + 1 < size &&
	    (n = read_some(fd, bytes + len, size - 1 - len)) > 0)
		len += (size_t)n;
	bytes[len] = '\0';
	return len;
}
