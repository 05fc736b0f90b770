/*
 * sandboxed ROLE FOLDER: enter the sandbox of a role (front, front-syslog,
 * front-store, directory, directory-store, hook; none: only what main does
 * before) and try what an intruder would, each in a process of its own.  One
 * line each: the attempt, a tab, `ok', an error's name, or `killed'.
 *
 * sandboxed without landlock|seccomp COMMAND...: be a kernel that lacks it.
 *
 * FOLDER/secret and FOLDER/store/file exist; FOLDER/run is for sockets.
 */
#include <config.h>

#include "tests/tools/sandboxed.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <seccomp.h>

#include "daemon/privileges.h"
#include "daemon/sandbox.h"

struct before before;

static const struct role {
	const char *name;
	enum sandbox_role role;
	bool syslog, store;
} roles[] = {
	{ "front", SANDBOX_FRONT, false, false },
	{ "front-syslog", SANDBOX_FRONT, true, false },
	{ "front-store", SANDBOX_FRONT, false, true },
	{ "directory", SANDBOX_DIRECTORY, false, false },
	{ "directory-store", SANDBOX_DIRECTORY, false, true },
	{ "hook", SANDBOX_HOOK, false, false },
};

static void
die(const char *what)
{
	perror(what);
	exit(2);
}

/* Files, sockets and a process, as there are before a sandbox closes. */
static void
prepare(void)
{
	socklen_t len = sizeof(before.tcp);
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	before.stream.sun_family = AF_UNIX;
	strcpy(before.stream.sun_path, "run/stream.sock");
	before.tcp.sin_family = AF_INET;
	before.tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	unlink(before.stream.sun_path);
	unlink("store/new");
	unlink("new");
	if (bind(listening, (struct sockaddr *)&before.stream,
	    sizeof(before.stream)) != 0 || listen(listening, 99) != 0)
		die("run/stream.sock");
	if (bind(tcp, (struct sockaddr *)&before.tcp, len) != 0 ||
	    listen(tcp, 99) != 0 ||
	    getsockname(tcp, (struct sockaddr *)&before.tcp, &len) != 0)
		die("loopback");
	before.other = fork();
	if (before.other < 0)
		die("fork");
	if (before.other == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
}

/* In a process of its own; never returns. */
static void
one(const struct attempt *attempt, const struct role *role)
{
	char error[PRIVILEGES_ERROR_MAX], state[SANDBOX_STATE_MAX];
	struct sandbox sandbox;

	before.stream_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	before.tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	before.store_fd = open("store/file", O_RDWR | O_CLOEXEC);
	if (privileges_harden(error) != 0)
		die(error);
	if (role != NULL) {
		sandbox_init(&sandbox, role->role);
		sandbox.syslog = role->syslog;
		if (role->store)
			sandbox_allow_folder(&sandbox, "store", SANDBOX_STORE);
		if (role->role == SANDBOX_HOOK)
			sandbox_allow_folder_of(&sandbox, "run/new.sock",
			    SANDBOX_SOCKETS);
		if (sandbox_enter(&sandbox, state, error) != 0)
			die(error);
		if (attempt == NULL) {
			printf("state\t%s\n", state);
			fflush(stdout);
			_exit(0);
		}
	}
	_exit(attempt == NULL || attempt->try() == 0 ? 0 :
	    errno > 0 && errno < 200 ? errno : 200);
}

static const char *
error_name(int code)
{
	static char number[16];

	switch (code) {
	case EPERM:
		return "EPERM";
	case EACCES:
		return "EACCES";
	case ENOMEM:
		return "ENOMEM";
	case ENOSYS:
		return "ENOSYS";
	default:
		snprintf(number, sizeof(number), "%d", code);
		return number;
	}
}

static void
tell(const struct attempt *attempt, const struct role *role)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0)
		one(attempt, role);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	if (attempt == NULL)
		return;
	printf("%s\t", attempt->name);
	if (WIFSIGNALED(status))
		puts(WTERMSIG(status) == SIGSYS ? "killed" : "another signal");
	else if (WEXITSTATUS(status) == 0)
		puts("ok");
	else
		puts(error_name(WEXITSTATUS(status)));
	fflush(stdout);
}

/* Returns only when something is wrong. */
static void
without(const char *what, char **command)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int rc;

	if (filter == NULL)
		return;
	if (strcmp(what, "landlock") == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
		    444 /* landlock_create_ruleset */, 0);
	else
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
		    SCMP_SYS(seccomp), 0) |
		    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL),
		    SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ,
		    PR_SET_SECCOMP, 0)) |
		    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL),
		    SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ,
		    PR_GET_SECCOMP, 0));
	if (rc == 0 && seccomp_load(filter) == 0)
		execv(command[0], command);
	seccomp_release(filter);
}

int
main(int argc, char **argv)
{
	const struct role *role = NULL;

	if (argc > 3 && strcmp(argv[1], "without") == 0) {
		without(argv[2], &argv[3]);
		die(argv[3]);
	}
	if (argc != 3 || chdir(argv[2]) != 0) {
		fputs("usage: sandboxed ROLE FOLDER\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(roles[i].name, argv[1]) == 0)
			role = &roles[i];
	}
	if (role == NULL && strcmp(argv[1], "none") != 0)
		return 2;
	prepare();
	tell(NULL, role);
	for (size_t i = 0; attempts[i].name != NULL; i++)
		tell(&attempts[i], role);
	kill(before.other, SIGKILL);
	unlink(before.stream.sun_path);
	return 0;
}
