/*
 * The hook and NUL, which ends a value for evhttp, and what follows is gone:
 * a connection with one anywhere ends, without an answer, and lookupd is not
 * asked.
 */
#include "config.h"

#include <sys/socket.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/hook_case.h"

#define ROW(name, request) { name, request, sizeof(request) - 1 }
#define BESIDE GET "\r\n"

static const struct {
	const char *name, *request;
	size_t len;
} rows[] = {
	ROW("in the certificate", GET OK_CERT("active\0x") "\r\n"),
	ROW("in the result", GET "X-SSL-Verify: SUCCESS\0FAILED:x\r\n"
	    "X-SSL-Cert: active\r\n\r\n"),
	ROW("in a name", GET OK_CERT("active") "Client-Cert\0: x\r\n\r\n"),
	ROW("at the head of a line", GET "\0X-SSL-Verify: FAILED\r\n"
	    OK_CERT("active") "\r\n"),
	ROW("in the target", "GET /\0/admin HTTP/1.1\r\n" OK_CERT("active")
	    "\r\n"),
	ROW("at the head", "\0" ASK("active")),
	ROW("at the end", GET OK_CERT("active") "X: \0\r\n\r\n"),
	ROW("in the second of two", ASK("active") GET OK_CERT("active\0x")
	    "\r\n"),
};

/* Nothing more comes, because the connection has ended. */
static void
check_ended(int fd, const char *name)
{
	char rest[4096];
	ssize_t n;

	rig_rest(fd, rest, sizeof(rest));
	row_check(rest[0] == '\0', name, "got %s", rest);
	n = recv(fd, rest, sizeof(rest), MSG_DONTWAIT);
	row_check(n == 0 || (n == -1 && errno != EAGAIN), name, "is kept");
	close(fd);
}

static void
test_one_piece(void **state)
{
	struct rig rig;
	size_t i;

	start(&rig, "");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = rig_connect(&rig, "required");

		rig_send(fd, rows[i].request, rows[i].len);
		check_ended(fd, rows[i].name);
	}
	ask(&rig, "required", "still well", ASK("active"), HEAD_200);
	row_check(rig.seen->questions == 1, "lookupd", "was asked %u times",
	    rig.seen->questions);
	stop(&rig);
}

/* The NUL comes when what is before it has been read. */
static void
test_two_pieces(void **state)
{
	char head[4096];
	struct rig rig;
	size_t i;

	start(&rig, "");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t piece = strlen(rows[i].request);
		int fd = rig_connect(&rig, "required");

		rig_send(fd, rows[i].request, piece);
		ask(&rig, "required", "beside", BESIDE, HEAD_401("no-cert"));
		if (strstr(rows[i].request, "\r\n\r\n") != NULL)
			row_check(strcmp(rig_head(fd, head, sizeof(head)),
			    HEAD_200) == 0, rows[i].name, "first: %s", head);
		rig_send(fd, rows[i].request + piece, rows[i].len - piece);
		check_ended(fd, rows[i].name);
	}
	ask(&rig, "required", "still well", ASK("active"), HEAD_200);
	row_check(rig.seen->questions == 2, "lookupd", "was asked %u times",
	    rig.seen->questions);
	stop(&rig);
}

/* While a request waits: its answer is lost. */
static void
test_meanwhile(void **state)
{
	struct rig rig;
	int fd;

	start(&rig, "");
	fd = rig_connect(&rig, "required");
	rig_send(fd, ASK("hold"), sizeof(ASK("hold")) - 1);
	ask(&rig, "required", "beside", ASK("active"), HEAD_200);
	rig_send(fd, "GET /\0", 6);
	check_ended(fd, "held");
	ask(&rig, "required", "release", ASK("release"), "HTTP/1.1 200 OK\r\n"
	    ALWAYS "X-Certauth-Account: release\r\n\r\n");
	ask(&rig, "required", "still well", ASK("active"), HEAD_200);
	stop(&rig);
}

/* Behind a head of many reads. */
static void
test_long(void **state)
{
	static char request[40 * 1024];
	struct rig rig;
	size_t len;
	int fd;

	start(&rig, "");
	memset(request, 'x', sizeof(request));
	len = strlen(GET OK_CERT("active") "X-Pad: ");
	memcpy(request, GET OK_CERT("active") "X-Pad: ", len);
	memcpy(request + sizeof(request) - 4, "\r\n\r\n", 4);
	for (; len < sizeof(request) - 4; len += 997) {
		char kept = request[len];

		request[len] = '\0';
		fd = rig_connect(&rig, "required");
		rig_send(fd, request, sizeof(request));
		check_ended(fd, "long");
		request[len] = kept;
	}
	/* a request in what is left in the kernel: libevent reads 4096 bytes */
	request[2000] = '\0';
	memcpy(request + 4096, ASK("active"), sizeof(ASK("active")) - 1);
	fd = rig_connect(&rig, "required");
	rig_send(fd, request, sizeof(request));
	check_ended(fd, "rest");
	request[2000] = 'x';
	memset(request + 4096, 'x', sizeof(ASK("active")) - 1);
	fd = rig_connect(&rig, "required");
	rig_send(fd, request, sizeof(request));
	row_check(strcmp(rig_head(fd, request, sizeof(request)), HEAD_200) ==
	    0, "long, without", "%s", request);
	row_check(rig.seen->questions == 1, "lookupd", "was asked %u times",
	    rig.seen->questions);
	close(fd);
	stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_piece),
		cmocka_unit_test(test_two_pieces),
		cmocka_unit_test(test_meanwhile),
		cmocka_unit_test(test_long),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
