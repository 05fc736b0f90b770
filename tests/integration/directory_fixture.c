/*
 * The servers of directory_fixture.h.
 */
#include "tests/integration/directory_fixture.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/deadline.h"

/* Run a program; its exit status. input may be NULL. */
static int
run(const char *const *arguments, const char *input)
{
	int pipe_fds[2], status = -1;
	pid_t pid;

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(pipe_fds[0], 0);
		execvp(arguments[0], (char *const *)arguments);
		_exit(127);
	}
	close(pipe_fds[0]);
	if (input != NULL)
		assert_true(write(pipe_fds[1], input, strlen(input)) > 0);
	close(pipe_fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A socket bound to a free port of loopback, and the port. */
static int
bind_port(int *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len),
	    0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void
server_init(const struct fixture *fixture, struct server *server, char name)
{
	int first = bind_port(&server->port);
	int second = bind_port(&server->tls_port);

	close(first);
	close(second);
	snprintf(server->folder, sizeof(server->folder), "%s/%c",
	    fixture->folder, name);
	snprintf(server->ldapi, sizeof(server->ldapi),
	    "ldapi://%%2Ftmp%%2F%s%%2F%c%%2Fldapi",
	    strrchr(fixture->folder, '/') + 1, name);
	snprintf(server->ldap, sizeof(server->ldap), "ldap://127.0.0.1:%d",
	    server->port);
	snprintf(server->ldaps, sizeof(server->ldaps), "ldaps://127.0.0.1:%d",
	    server->tls_port);
}

static bool
listens(const struct server *server)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/ldapi",
	    server->folder);
	yes = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return yes;
}

/* Start it and wait until it listens; false when its ports are taken. */
static bool
try_start(struct server *server)
{
	char uris[512], file[128], log[128];
	int64_t limit = deadline_in(PATIENCE_MS);
	int fd;

	snprintf(uris, sizeof(uris), "%s %s %s", server->ldap, server->ldaps,
	    server->ldapi);
	snprintf(file, sizeof(file), "%s/slapd.conf", server->folder);
	snprintf(log, sizeof(log), "%s/log", server->folder);
	server->pid = fork();
	assert_true(server->pid >= 0);
	if (server->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
		dup2(fd, 1);
		dup2(fd, 2);
		execlp("slapd", "slapd", "-d", "stats", "-h", uris, "-f",
		    file, (char *)NULL);
		_exit(127);
	}
	while (!listens(server)) {
		if (waitpid(server->pid, NULL, WNOHANG) == server->pid) {
			server->pid = 0;
			return false;
		}
		if (deadline_left(limit) == 0)
			fail_msg("slapd does not start; see %s", log);
		poll(NULL, 0, 5);
	}
	return true;
}

void
server_start(struct server *server)
{
	if (!try_start(server))
		fail_msg("slapd ended at once; see %s/log", server->folder);
}

/* The first start: somebody else may take the ports before slapd does. */
static void
server_begin(const struct fixture *fixture, struct server *server, char name)
{
	int tries = 5;

	do
		server_init(fixture, server, name);
	while (!try_start(server) && --tries > 0);
	assert_true(tries > 0);
}

void
server_end(struct server *server, int signal)
{
	char path[128];

	if (server->pid == 0)
		return;
	kill(server->pid, signal);
	kill(server->pid, SIGCONT);
	waitpid(server->pid, NULL, 0);
	server->pid = 0;
	snprintf(path, sizeof(path), "%s/ldapi", server->folder);
	unlink(path);
}

void
server_set(const struct fixture *fixture, const struct server *server,
    const char *uid, const char *attribute, const char *value)
{
	char ldif[256];
	const char *arguments[] = { "ldapmodify", "-x", "-H",
		server->ldapi, "-D", "cn=root,dc=test", "-w", "root",
		NULL };

	(void)fixture;
	snprintf(ldif, sizeof(ldif), "dn: uid=%s,ou=people,dc=test\n"
	    "changetype: modify\nreplace: %s\n%s: %s\n", uid, attribute,
	    attribute, value);
	assert_int_equal(run(arguments, ldif), 0);
}

int
fixture_setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	const char *source = getenv("top_srcdir");
	char script[512];
	const char *arguments[] = { "sh", script, NULL, NULL };
	int port, status;

	if (fixture == NULL)
		return -1;
	snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/ca.XXXXXX");
	snprintf(script, sizeof(script), "%s/tests/integration/"
	    "directory-slapd.sh", source != NULL ? source : ".");
	if (mkdtemp(fixture->folder) == NULL)
		return -1;
	arguments[2] = fixture->folder;
	setenv("PATH", "/usr/sbin:/sbin:/usr/libexec:/usr/bin:/bin", 1);
	*state = fixture;
	status = run(arguments, NULL);
	if (status == 77)
		exit(77);
	if (status != 0)
		return -1;
	server_begin(fixture, &fixture->a, 'a');
	server_begin(fixture, &fixture->b, 'b');
	fixture->silent = bind_port(&port);
	assert_int_equal(listen(fixture->silent, 64), 0);
	snprintf(fixture->silent_uri, sizeof(fixture->silent_uri),
	    "ldap://127.0.0.1:%d", port);
	close(bind_port(&port));
	snprintf(fixture->nobody_uri, sizeof(fixture->nobody_uri),
	    "ldap://127.0.0.1:%d", port);
	snprintf(fixture->mixed_uri, sizeof(fixture->mixed_uri),
	    "ldaps://127.0.0.1:%d", fixture->a.port);
	return 0;
}

int
fixture_teardown(void **state)
{
	struct fixture *fixture = *state;
	const char *arguments[] = { "rm", "-rf", NULL, NULL };

	if (fixture == NULL)
		return 0;
	server_end(&fixture->a, SIGKILL);
	server_end(&fixture->b, SIGKILL);
	close(fixture->silent);
	arguments[2] = fixture->folder;
	if (getenv("KEEP") == NULL)
		run(arguments, NULL);
	else
		print_message("kept: %s\n", fixture->folder);
	free(fixture);
	return 0;
}
