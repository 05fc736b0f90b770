/* The hook in a process of its own, and HTTP to it: see the header. */
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
#include "daemon/log.h"
#include "hook/hook.h"
#include "hook/loopback.h"

#define PATIENCE_MS 5000

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
	fd = strchr(rig->activate, ':') != NULL ?
	    loopback_listen(rig->activate, 64, error) :
	    unix_socket_listen(rig_path(rig, rig->activate), 0600,
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
	if (config == NULL)
		return 7;
	log_open("hook", false, rig->quiet ? LEVEL_ERROR : LEVEL_DEBUG);
	hook = hook_new(config, error);
	if (hook == NULL) {
		log_error("%s", error);
		return 8;
	}
	if (hook_load(config, &problems) == -1) {
		problems_print(&problems, stderr);
		problems_free(&problems);
		hook_free(hook);
		return 5;
	}
	problems_free(&problems);
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
