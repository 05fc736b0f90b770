/*
 * The directory process of directory_fixture.h: configured, started, ended.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/log.h"
#include "lookupd/config.h"
#include "lookupd/control.h"
#include "lookupd/directory.h"
#include "lookupd/handover.h"
#include "tests/integration/directory_fixture.h"

/* text with $A and the like replaced. */
static void
expand(const struct fixture *fixture, const char *text, struct buffer *out)
{
	const struct {
		const char *name, *value;
	} names[] = {	/* the longer ones first */
		{ "$Al", fixture->a.ldap }, { "$As", fixture->a.ldaps },
		{ "$Bl", fixture->b.ldap }, { "$Bs", fixture->b.ldaps },
		{ "$A", fixture->a.ldapi }, { "$B", fixture->b.ldapi },
		{ "$S", fixture->silent_uri }, { "$N", fixture->nobody_uri },
		{ "$X", fixture->mixed_uri }, { "$T", fixture->folder },
	};
	size_t i;

	while (*text != '\0') {
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (strncmp(text, names[i].name,
			    strlen(names[i].name)) == 0)
				break;
		}
		if (i < sizeof(names) / sizeof(names[0])) {
			buffer_puts(out, names[i].value);
			text += strlen(names[i].name);
		} else {
			buffer_put(out, text++, 1);
		}
	}
}

uint64_t
daemon_configure(struct fixture *fixture, struct daemon *daemon,
    const char *realms)
{
	struct problems problems;
	struct config *config;
	struct buffer text;
	uint64_t hash = 0;
	int fd;

	buffer_init(&text, 64 * 1024);
	buffer_puts(&text, "log_level = \"debug\";\nrealms = (\n");
	expand(fixture, realms, &text);
	buffer_puts(&text, "\n);\n");
	assert_false(text.failed);
	fd = open(daemon->config_path, O_WRONLY | O_CREAT | O_TRUNC |
	    O_CLOEXEC, 0600);
	assert_int_equal(write(fd, text.data, text.len), (ssize_t)text.len);
	close(fd);
	buffer_free(&text);
	problems_init(&problems);
	config = config_read(daemon->config_path, &problems);
	if (config != NULL)
		hash = config->hash;
	config_unref(config);
	problems_free(&problems);
	return hash;
}

/* LeakSanitizer's, when the tests are built with it. */
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

/*
 * In the new process; never returns.  Ends as lookupd's children do, without
 * exit(3): a connecting thread may still be at work in libldap, whose
 * destructors would pull the ground from under it.
 */
static void
be_daemon(const struct daemon *daemon, int control)
{
	struct problems problems;
	struct config *config;
	int fd = open(daemon->log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	int status;

	dup2(fd, 2);
	log_open("lookupd", false, LEVEL_DEBUG);
	problems_init(&problems);
	config = config_read(daemon->config_path, &problems);
	if (config == NULL)
		_exit(1);
	problems_free(&problems);
	status = directory_run(config, control);
	if (__lsan_do_recoverable_leak_check != NULL &&
	    __lsan_do_recoverable_leak_check() != 0)
		status = 1;
	_exit(status);
}

/* As lookupd's parent does, but also what is bad: an 'R' with nothing. */
void
daemon_reload(const struct daemon *daemon)
{
	struct problems problems;
	struct config *config = NULL;
	int fd;

	problems_init(&problems);
	fd = handover_make(daemon->config_path, &config, &problems);
	assert_int_equal(control_send(daemon->control, 'R', fd), 0);
	if (fd != -1)
		close(fd);
	config_unref(config);
	problems_free(&problems);
}

void
daemon_connect(struct daemon *daemon)
{
	int pair[2];

	if (daemon->channel != -1)
		close(daemon->channel);
	buffer_clear(&daemon->in);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair), 0);
	assert_int_equal(control_send(daemon->control, 'F', pair[1]), 0);
	close(pair[1]);
	daemon->channel = pair[0];
}

char
daemon_hear(struct daemon *daemon)
{
	struct pollfd poll_fd = { .fd = daemon->control, .events = POLLIN };
	char what = 0;
	int fd = -1;

	assert_int_equal(poll(&poll_fd, 1, PATIENCE_MS), 1);
	assert_int_equal(control_receive(daemon->control, &what, &fd), 1);
	assert_int_equal(fd, -1);
	return what;
}

void
daemon_start(struct fixture *fixture, struct daemon *daemon,
    const char *realms)
{
	static unsigned number;
	int pair[2];

	memset(daemon, 0, sizeof(*daemon));
	buffer_init(&daemon->in, 2 * FIND_REPLY_MAX);
	daemon->channel = -1;
	number++;
	snprintf(daemon->config_path, sizeof(daemon->config_path),
	    "%s/%u.conf", fixture->folder, number);
	snprintf(daemon->log_path, sizeof(daemon->log_path), "%s/%u.log",
	    fixture->folder, number);
	daemon->config = daemon_configure(fixture, daemon, realms);
	if (daemon->config == 0)
		fail_msg("the test's configuration is bad: %s", realms);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    pair), 0);
	daemon->pid = fork();
	assert_true(daemon->pid >= 0);
	if (daemon->pid == 0) {
		close(pair[0]);
		be_daemon(daemon, pair[1]);
	}
	close(pair[1]);
	daemon->control = pair[0];
	assert_int_equal(daemon_hear(daemon), 'K');
	daemon_connect(daemon);
}

void
daemon_forget(struct daemon *daemon)
{
	close(daemon->control);
	close(daemon->channel);
	buffer_free(&daemon->in);
}

void
daemon_end(struct daemon *daemon)
{
	int status = -1;

	kill(daemon->pid, SIGTERM);
	assert_int_equal(waitpid(daemon->pid, &status, 0), daemon->pid);
	daemon_forget(daemon);
	if (status != 0)
		fail_msg("the directory process ended with %#x; see %s",
		    (unsigned)status, daemon->log_path);
}

/* The beginning of a file, allocated. */
static char *
read_text(const char *path)
{
	char *text = calloc(1, 1024 * 1024);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_non_null(text);
	if (fd != -1) {
		assert_true(read(fd, text, 1024 * 1024 - 1) >= 0);
		close(fd);
	}
	return text;
}

bool
daemon_logged(const struct daemon *daemon, const char *text)
{
	char *log = read_text(daemon->log_path);
	bool yes = strstr(log, text) != NULL;

	free(log);
	return yes;
}

int64_t
daemon_cpu_ms(const struct daemon *daemon)
{
	char path[64], *text, *at;
	unsigned long user = 0, system = 0;
	int i;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)daemon->pid);
	text = read_text(path);
	at = strrchr(text, ')');
	assert_non_null(at);
	for (i = 0; i < 12 && at != NULL; i++)
		at = strchr(at + 1, ' ');
	assert_non_null(at);
	user = strtoul(at, &at, 10);
	system = strtoul(at, NULL, 10);
	free(text);
	return (int64_t)(user + system) * 1000 / sysconf(_SC_CLK_TCK);
}
