/*
 * The hook as a service: who may connect, a configuration read again, the
 * end, too few descriptors, sockets that are handed over.
 */
#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/hook_case.h"

/* As uid and gid 65534: connect, ask, give the head to the parent. */
static void
ask_as_nobody(const struct rig *rig, const char *socket, char *head,
    size_t size)
{
	int pair[2], fd;
	pid_t pid;

	assert_int_equal(pipe(pair), 0);
	pid = fork();
	assert_true(pid != -1);
	if (pid == 0) {
		if (setgroups(0, NULL) == -1 || setgid(65534) == -1 ||
		    setuid(65534) == -1)
			_exit(1);
		fd = rig_connect(rig, socket);
		if (fd == -1)
			_exit(2);
		rig_send(fd, ASK("active"), sizeof(ASK("active")) - 1);
		rig_head(fd, head, size);
		if (write(pair[1], head, strlen(head)) < 0)
			_exit(3);
		_exit(0);
	}
	close(pair[1]);
	rig_rest(pair[0], head, size);
	close(pair[0]);
	waitpid(pid, NULL, 0);
}

static void
test_peers(void **state)
{
	static const struct {
		const char *name, *socket, *want;
	} rows[] = {
		{ "no peers", "none", HEAD_503_CLOSE },
		{ "another user", "other", HEAD_503_CLOSE },
		{ "this user", "user", HEAD_200 },
		{ "this group", "group", HEAD_200 },
	};
	static const char peers[] =
	    "{ socket = \"~none~\"; mode = \"required\"; service = \"x\";"
	    "  evidence = \"nginx-escaped\"; socket_group = \"65534\"; },"
	    "{ socket = \"~other~\"; mode = \"required\"; service = \"x\";"
	    "  evidence = \"nginx-escaped\"; socket_group = \"65534\";"
	    "  peers = [ \"65533\", \"@65533\" ]; },"
	    "{ socket = \"~user~\"; mode = \"required\"; service = \"x\";"
	    "  evidence = \"nginx-escaped\"; socket_group = \"65534\";"
	    "  peers = [ \"65533\", \"65534\" ]; },"
	    "{ socket = \"~group~\"; mode = \"required\"; service = \"x\";"
	    "  evidence = \"nginx-escaped\"; socket_group = \"65534\";"
	    "  peers = [ \"@65534\" ]; }";
	char head[4096];
	struct stat st;
	struct rig rig;
	size_t i;

	if (geteuid() != 0)
		skip();
	rig_open(&rig);
	rig.quiet = true;
	rig_configure(&rig, "", peers);
	rig_start_lookupd(&rig);
	assert_true(rig_start_hook(&rig));
	assert_int_equal(stat(rig_path(&rig, "none"), &st), 0);
	row_check((st.st_mode & 07777) == 0660 && st.st_gid == 65534, "mode",
	    "%o of group %lu", st.st_mode, (unsigned long)st.st_gid);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rig.seen->questions = 0;
		ask_as_nobody(&rig, rows[i].socket, head, sizeof(head));
		row_check(strcmp(head, rows[i].want) == 0, rows[i].name,
		    "want %s, got %s", rows[i].want, head);
		row_check(rig.seen->questions ==
		    (strcmp(rows[i].want, HEAD_200) == 0), rows[i].name,
		    "%u questions", rig.seen->questions);
		ask(&rig, rows[i].socket, "root", ASK("active"), HEAD_200);
	}
	stop(&rig);
}

static bool
exists(const struct rig *rig, const char *name)
{
	struct stat st;

	return stat(rig_path(rig, name), &st) == 0;
}

static void
test_reload(void **state)
{
	static const char after[] =
	    "{ socket = \"~required~\"; mode = \"off\"; service = \"nginx\";"
	    "  evidence = \"nginx-escaped\"; },"
	    "{ socket = \"~new~\"; mode = \"optional\"; service = \"new\";"
	    "  evidence = \"rfc9440\"; }";
	char head[4096];
	struct rig rig;
	int fd;

	start(&rig, "");
	fd = rig_connect(&rig, "required");
	rig_send(fd, ASK("active"), sizeof(ASK("active")) - 1);
	rig_head(fd, head, sizeof(head));

	rig_configure(&rig, "", "{ socket = \"~required~\"; mode = \"of\"; }");
	kill(rig.hook, SIGHUP);
	row_check(rig_wait(&rig, "READY=1"), "bad file", "no READY=1");
	ask(&rig, "required", "bad file, old stays", ASK("active"), HEAD_200);
	ask(&rig, "off", "bad file, all stay", ASK("active"), HEAD_403("off"));

	rig_configure(&rig, "", "{ socket = \"/nowhere/at/all\"; "
	    "mode = \"off\"; service = \"x\"; evidence = \"rfc9440\"; }");
	kill(rig.hook, SIGHUP);
	row_check(rig_wait(&rig, "READY=1"), "bad socket", "no READY=1");
	ask(&rig, "required", "bad socket, old stays", ASK("active"),
	    HEAD_200);

	rig_send(fd, ASK("hold"), sizeof(ASK("hold")) - 1);
	ask(&rig, "required", "beside", ASK("active"), HEAD_200);
	rig_configure(&rig, "connections = 1;", after);
	kill(rig.hook, SIGHUP);
	row_check(rig_wait(&rig, "READY=1"), "good file", "no READY=1");
	ask(&rig, "required", "off now", ASK("active"), HEAD_403("off"));
	ask(&rig, "new", "new", GET "\r\n", LOGIN_401("no-cert"));
	row_check(!exists(&rig, "optional"), "old socket", "is still there");
	row_check(rig_connect(&rig, "caddy") == -1, "old socket",
	    "still listens");
	ask(&rig, "new", "a question of the new pool", GET
	    "X-SSL-Verify: SUCCESS\r\nClient-Cert: :release:\r\n\r\n",
	    "HTTP/1.1 200 OK\r\n" ALWAYS
	    "X-Certauth-Account: release\r\n\r\n");
	row_check(strcmp(rig_head(fd, head, sizeof(head)),
	    "HTTP/1.1 200 OK\r\n" ALWAYS
	    "X-Certauth-Account: held\r\n\r\n") == 0,
	    "asked before", "got %s", head);
	rig_send(fd, ASK("active"), sizeof(ASK("active")) - 1);
	row_check(strcmp(rig_head(fd, head, sizeof(head)),
	    HEAD_403("off")) == 0, "connection from before", "got %s", head);
	close(fd);
	stop(&rig);
}

/* SIGTERM: nobody new, what is owed is answered. */
static void
test_stop(void **state)
{
	static const char two[] = "CONNECT h:1 HTTP/1.1\r\n" OK_CERT("hold")
	    "\r\n" ASK("active");
	char head[4096];
	struct rig rig;
	int fd, idle, tunnel;

	start(&rig, "deadline = 500;");
	idle = rig_connect(&rig, "required");
	tunnel = rig_connect(&rig, "required");
	rig_send(tunnel, two, sizeof(two) - 1);
	fd = rig_connect(&rig, "required");
	rig_send(fd, ASK("hold"), sizeof(ASK("hold")) - 1);
	ask(&rig, "required", "beside", ASK("active"), HEAD_200);
	kill(rig.hook, SIGTERM);
	row_check(rig_wait(&rig, "STOPPING=1"), "stop", "no STOPPING=1");
	row_check(rig_connect(&rig, "required") == -1, "stop",
	    "still accepts");
	row_check(strcmp(rig_head(fd, head, sizeof(head)),
	    HEAD_503_CLOSE) == 0, "owed", "got %s", head);
	rig_rest(tunnel, head, sizeof(head));
	row_check(strstr(head, "Account") == NULL, "behind CONNECT",
	    "got %s", head);
	assert_int_equal(rig_wait_hook(&rig), 0);
	row_check(!exists(&rig, "required"), "stop", "the socket is there");
	close(tunnel);
	close(fd);
	close(idle);
	rig_close(&rig);
	rows_end();
}

/* Milliseconds of CPU the hook has used. */
static int64_t
cpu_of(pid_t pid)
{
	struct timespec used = { 0, 0 };
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 ||
	    clock_gettime(clock, &used) != 0)
		return -1;
	return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* Out of descriptors: those that are connected are served, new connections
 * wait without costing anything, and are served afterwards. */
static void
test_descriptors(void **state)
{
	char head[4096];
	struct rig rig;
	int64_t used;
	int fds[60];
	size_t i;

	rig_open(&rig);
	rig.quiet = true;
	rig.descriptors = 40;
	rig_configure(&rig, "deadline = 500;", listeners);
	rig_start_lookupd(&rig);
	assert_true(rig_start_hook(&rig));
	ask(&rig, "required", "before", ASK("active"), HEAD_200);
	for (i = 0; i < 60; i++)
		fds[i] = rig_connect(&rig, "required");
	rig_send(fds[0], ASK("active"), sizeof(ASK("active")) - 1);
	row_check(strcmp(rig_head(fds[0], head, sizeof(head)), HEAD_200) == 0,
	    "the first in the queue", "got %s", head);
	used = cpu_of(rig.hook);
	rig_send(fds[0], ASK("hang"), sizeof(ASK("hang")) - 1);
	row_check(strcmp(rig_head(fds[0], head, sizeof(head)), HEAD_503) == 0,
	    "no answer", "got %s", head);
	used = cpu_of(rig.hook) - used;
	row_check(used < 50, "half a second without descriptors",
	    "%lld ms of CPU", (long long)used);
	for (i = 0; i < 59; i++)
		close(fds[i]);
	rig_send(fds[59], ASK("active"), sizeof(ASK("active")) - 1);
	row_check(strcmp(rig_head(fds[59], head, sizeof(head)),
	    HEAD_200) == 0, "the last in the queue", "got %s", head);
	close(fds[59]);
	ask(&rig, "required", "after", ASK("active"), HEAD_200);
	stop(&rig);
}

static void
test_activation(void **state)
{
	static const char one[] =
	    "{ socket = \"~handed~\"; mode = \"off\"; service = \"nginx\";"
	    "  evidence = \"nginx-escaped\"; }";
	struct rig rig;

	rig_open(&rig);
	rig.quiet = true;
	rig.activate = "handed";
	rig_configure(&rig, "", one);
	assert_true(rig_start_hook(&rig));
	ask(&rig, "handed", "handed over", ASK("active"), HEAD_403("off"));
	assert_int_equal(rig_stop_hook(&rig), 0);
	row_check(exists(&rig, "handed"), "handed over", "was removed");

	/* a socket that no listener wants */
	rig.activate = "other";
	assert_int_equal(unlink(rig_path(&rig, "handed")), 0);
	rig_fork_hook(&rig);
	row_check(rig_wait_hook(&rig) == 8, "unwanted", "was accepted");
	rig_close(&rig);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_activation),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
