/*
 * The hook on loopback TCP: who does not show the secret is told nothing, and
 * a new secret is taken at a reload.
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/hook_case.h"

#define SECRET "0123456789abcdef"
#define NEW "fedcba9876543210"
#define WITH(secret) "X-Certauth-Secret: " secret "\r\n"
#define XFCC(script) "X-Forwarded-Client-Cert: Hash=0;Cert=\"" script "\"\r\n"

static const struct {
	const char *name, *request, *want;
} rows[] = {
	{ "the secret", GET WITH(SECRET) XFCC("active") "\r\n", HEAD_200 },
	{ "and a refusal", GET WITH(SECRET) XFCC("locked") "\r\n",
	    HEAD_403("denied") },
	{ "secret last, other spelling", GET XFCC("active")
	    "x-certauth-secret: " SECRET "\r\n\r\n", HEAD_200 },
	{ "any method, any path", "PATCH /a/b?c HTTP/1.1\r\n" WITH(SECRET)
	    XFCC("active") "\r\n", HEAD_200 },
	{ "no certificate", GET WITH(SECRET) "\r\n", HEAD_401("no-cert") },
	{ "two elements", GET WITH(SECRET) "X-Forwarded-Client-Cert: "
	    "Cert=\"locked\",Cert=\"active\"\r\n\r\n", HEAD_200 },
	{ "two headers", GET WITH(SECRET) XFCC("active") XFCC("active")
	    "\r\n", HEAD_503 },

	{ "no secret", GET XFCC("active") "\r\n", HEAD_503_CLOSE },
	{ "no secret, no certificate", GET "\r\n", HEAD_503_CLOSE },
	{ "another secret", GET WITH("0123456789abcdeX") XFCC("active")
	    "\r\n", HEAD_503_CLOSE },
	{ "shorter", GET WITH("0123456789abcde") XFCC("active") "\r\n",
	    HEAD_503_CLOSE },
	{ "longer", GET WITH(SECRET "0") XFCC("active") "\r\n",
	    HEAD_503_CLOSE },
	{ "empty", GET WITH("") XFCC("active") "\r\n", HEAD_503_CLOSE },
	{ "twice", GET WITH(SECRET) WITH(SECRET) XFCC("active") "\r\n",
	    HEAD_503_CLOSE },
	{ "two, one right", GET WITH("x") WITH(SECRET) XFCC("active") "\r\n",
	    HEAD_503_CLOSE },
	{ "in another header", GET "X-Secret: " SECRET "\r\n" XFCC("active")
	    "\r\n", HEAD_503_CLOSE },
};

static in_port_t
free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	close(fd);
	return at.sin_port;
}

static int
connect_to(in_port_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = port,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static bool
ask_tcp(in_port_t port, const char *name, const char *request,
    const char *want)
{
	char head[4096];
	int fd = connect_to(port);
	bool same;

	rig_send(fd, request, strlen(request));
	rig_head(fd, head, sizeof(head));
	same = row_check(strcmp(head, want) == 0, name,
	    "want:\n%s\ngot:\n%s", want == NULL ? "nothing" : want, head);
	if (strcmp(want, HEAD_503_CLOSE) == 0)
		row_check(rig_rest(fd, head, sizeof(head)) == 0, name,
		    "is not closed: %s", head);
	close(fd);
	return same;
}

static void
write_secret(const struct rig *rig, const char *secret)
{
	FILE *file = fopen(rig_path(rig, "secret"), "w");

	assert_non_null(file);
	assert_int_equal(fchmod(fileno(file), 0600), 0);
	fprintf(file, "%s\n", secret);
	assert_int_equal(fclose(file), 0);
}

/* On a port that was free a moment ago; activated: the hook is handed it. */
static in_port_t
start_tcp(struct rig *rig, bool activated)
{
	char config[512], address[32];
	in_port_t port;
	int tries;

	rig_open(rig);
	rig->quiet = true;
	write_secret(rig, SECRET);
	rig_start_lookupd(rig);
	for (tries = 0; tries < 5; tries++) {
		port = free_port();
		snprintf(config, sizeof(config), "{ address = "
		    "\"127.0.0.1:%u\"; secret_file = \"~secret~\"; "
		    "mode = \"required\"; service = \"envoy\"; "
		    "evidence = \"xfcc\"; verify_header = \"\"; "
		    "trust_proxy_verified = true; }", ntohs(port));
		rig_configure(rig, "", config);
		snprintf(address, sizeof(address), "127.0.0.1:%u",
		    ntohs(port));
		rig->activate = activated ? address : NULL;
		if (rig_start_hook(rig))
			return port;
		rig_wait_hook(rig);
	}
	rig_close(rig);
	fail_msg("the hook does not start");
	return 0;
}

static void
test_secret(void **state)
{
	struct rig rig;
	in_port_t port = start_tcp(&rig, false);
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned questions = rig.seen->questions;

		ask_tcp(port, rows[i].name, rows[i].request, rows[i].want);
		if (strcmp(rows[i].want, HEAD_503_CLOSE) == 0)
			row_check(rig.seen->questions == questions,
			    rows[i].name, "lookupd was asked");
	}
	stop(&rig);
}

static void
test_reload(void **state)
{
	static const char old[] = GET WITH(SECRET) XFCC("active") "\r\n";
	static const char new[] = GET WITH(NEW) XFCC("active") "\r\n";
	struct rig rig;
	in_port_t port = start_tcp(&rig, false);

	ask_tcp(port, "before", new, HEAD_503_CLOSE);
	write_secret(&rig, "short");
	assert_int_equal(kill(rig.hook, SIGHUP), 0);
	assert_true(rig_wait(&rig, "READY=1"));
	ask_tcp(port, "a bad file changes nothing", old, HEAD_200);
	write_secret(&rig, NEW);
	assert_int_equal(kill(rig.hook, SIGHUP), 0);
	assert_true(rig_wait(&rig, "READY=1"));
	ask_tcp(port, "the new one", new, HEAD_200);
	ask_tcp(port, "not the old one", old, HEAD_503_CLOSE);
	stop(&rig);
}

/* A socket that systemd made is taken by the listener of its address. */
static void
test_activated(void **state)
{
	struct rig rig;
	in_port_t port = start_tcp(&rig, true);

	ask_tcp(port, "the secret", GET WITH(SECRET) XFCC("active") "\r\n",
	    HEAD_200);
	ask_tcp(port, "no secret", GET XFCC("active") "\r\n",
	    HEAD_503_CLOSE);
	stop(&rig);
}

/* Does an epoll of that process watch this file? */
static bool
is_watched(pid_t pid, unsigned long inode)
{
	char path[64], line[256], want[32];
	bool found = false;
	FILE *info;
	int fd;

	snprintf(want, sizeof(want), " ino:%lx ", inode);
	for (fd = 0; fd < 64 && !found; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)pid,
		    fd);
		info = fopen(path, "re");
		if (info == NULL)
			continue;
		while (!found && fgets(line, sizeof(line), info) != NULL)
			found = strncmp(line, "tfd:", 4) == 0 &&
			    strstr(line, want) != NULL;
		fclose(info);
	}
	return found;
}

/* systemd keeps a socket that we give up (so does the rig); who connects to
 * it then does not wake us, again and again. */
static void
test_given_up(void **state)
{
	struct rig rig;
	in_port_t port = start_tcp(&rig, true);
	struct stat socket;
	char path[64];
	int tries = 0;

	ask_tcp(port, "before", GET "\r\n", HEAD_503_CLOSE);
	snprintf(path, sizeof(path), "/proc/%d/fd/3", (int)rig.hook);
	assert_int_equal(stat(path, &socket), 0);
	assert_true(is_watched(rig.hook, socket.st_ino));
	rig_configure(&rig, "", "{ socket = \"~other~\"; mode = \"off\"; "
	    "service = \"x\"; evidence = \"nginx-escaped\"; }");
	assert_int_equal(kill(rig.hook, SIGHUP), 0);
	assert_true(rig_wait(&rig, "READY=1"));
	while (is_watched(rig.hook, socket.st_ino) && tries++ < 500)
		poll(NULL, 0, 10);
	row_check(!is_watched(rig.hook, socket.st_ino), "given up",
	    "it is watched still");
	stop(&rig);
}

/* Without its secret it does not start. */
static void
test_no_secret(void **state)
{
	struct rig rig;

	rig_open(&rig);
	rig.quiet = true;
	rig_configure(&rig, "", "{ socket = \"~a~\"; mode = \"required\"; "
	    "secret_file = \"~secret~\"; service = \"x\"; "
	    "evidence = \"nginx-escaped\"; }");
	rig_fork_hook(&rig);
	assert_int_equal(rig_wait_hook(&rig), 5);
	rig_close(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_activated),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_no_secret),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
