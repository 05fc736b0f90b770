/*
 * The hook and HTTP itself: requests that are forbidden, cut, long, one after
 * the other on a connection, and of both versions.
 */
#include "config.h"

#include <sys/socket.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hook/listener.h"
#include "tests/unit/hook_case.h"

#define HEAD_400 "HTTP/1.1 400 Bad Request\r\n" ALWAYS \
	"Connection: close\r\n\r\n"

/* Requests that HTTP forbids, or that leave bytes behind: what is said, if
 * anything, is ours and not 200, it is said once, and the connection ends. */
static void
test_hostile(void **state)
{
	static const char inner[] = ASK("active");
	static const struct {
		const char *name, *request;
	} rows[] = {
		{ "GET with a request as body", "GET / HTTP/1.1\r\n"
		    "Content-Length: 75\r\n" OK_CERT("locked") "\r\n" },
		{ "unknown method with body", "PROPFIND / HTTP/1.1\r\n"
		    "Content-Length: 75\r\n" OK_CERT("locked") "\r\n" },
		{ "CONNECT with body", "CONNECT h:1 HTTP/1.1\r\n"
		    "Content-Length: 75\r\n" OK_CERT("locked") "\r\n" },
		{ "HEAD with body", "HEAD / HTTP/1.1\r\n"
		    "Content-Length: 75\r\n" OK_CERT("active") "\r\n" },
		{ "two lengths", "GET / HTTP/1.1\r\nContent-Length: 0\r\n"
		    "Content-Length: 75\r\n" OK_CERT("active") "\r\n" },
		{ "odd length", "GET / HTTP/1.1\r\nContent-Length: +0\r\n"
		    OK_CERT("active") "\r\n" },
		{ "chunked GET", "GET / HTTP/1.1\r\n"
		    "Transfer-Encoding: chunked\r\n" OK_CERT("active")
		    "\r\n" },
		{ "chunked POST", "POST / HTTP/1.1\r\n"
		    "Transfer-Encoding: chunked\r\n" OK_CERT("active")
		    "\r\n0\r\n\r\n" },
		{ "POST with body", "POST / HTTP/1.1\r\n"
		    "Content-Length: 75\r\n" OK_CERT("active") "\r\n" },
		{ "blank before the colon", "POST / HTTP/1.1\r\n"
		    "Content-Length : 75\r\n" OK_CERT("active") "\r\n" },
		{ "tab before the colon", "POST / HTTP/1.1\r\n"
		    "Transfer-Encoding\t: chunked\r\n" OK_CERT("active")
		    "\r\n" },
		{ "return before the colon", "POST / HTTP/1.1\r\n"
		    "Content-Length\r: 75\r\n" OK_CERT("active") "\r\n" },
		{ "blank behind another name", "GET / HTTP/1.1\r\nHost : h\r\n"
		    OK_CERT("active") "\r\n" },
		{ "no name", GET OK_CERT("active") ": x\r\n\r\n" },
		{ "no colon", GET OK_CERT("active") "X-SSL-Cert\r\n\r\n" },
		{ "no version", "GET /\r\n" OK_CERT("active") "\r\n" },
		{ "future version", "GET / HTTP/2.0\r\n" OK_CERT("active")
		    "\r\n" },
		{ "not HTTP", "\x16\x03\x01\x02\r\n\r\n" },
	};
	char rest[16384];
	struct rig rig;
	size_t i;

	start(&rig, "");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = rig_connect(&rig, "required");
		const char *second;

		rig_send(fd, rows[i].request, strlen(rows[i].request));
		rig_send(fd, inner, sizeof(inner) - 1);
		rig_rest(fd, rest, sizeof(rest));
		close(fd);
		row_check(strstr(rest, " 200 ") == NULL &&
		    strchr(rest, '<') == NULL, rows[i].name, "got %s", rest);
		second = strstr(rest, "HTTP/1.");
		row_check(second == NULL || strstr(second + 1, "HTTP/1.") ==
		    NULL, rows[i].name, "two answers: %s", rest);
	}
	ask(&rig, "required", "still well", ASK("active"), HEAD_200);
	stop(&rig);
}

/* What a stranger may make a proxy send is answered, although no request: the
 * proxy must not take us for broken.  Once, behind what was asked before. */
static void
test_malformed(void **state)
{
	static const struct {
		const char *name, *request;
	} rows[] = {
		{ "a host that is none", "GET //x:y/ HTTP/1.1\r\n\r\n" },
		{ "no host at all", "GET http://[::1/ HTTP/1.1\r\n\r\n" },
		{ "a port that is none", "GET http://h:1x/ HTTP/1.1\r\n\r\n" },
		{ "another byte", "GET //\xe4/ HTTP/1.1\r\n\r\n" },
		{ "version", "GET / HTTP/2.0\r\n\r\n" },
		{ "no version", "GET /\r\n\r\n" },
		{ "no colon", GET "X\r\n\r\n" },
		{ "return", GET "X: a\rX-SSL-Verify: SUCCESS\r\n\r\n" },
		{ "body", "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx" },
		{ "may it come", "POST / HTTP/1.1\r\nExpect: 100-continue\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n" },
		{ "expectation", "POST / HTTP/1.1\r\nExpect: x\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n" },
	};
	char request[512], head[4096];
	struct rig rig;
	size_t i;

	start(&rig, "");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = rig_connect(&rig, "required");

		snprintf(request, sizeof(request), ASK("active") "%s",
		    rows[i].request);
		rig_send(fd, request, strlen(request));
		row_check(strcmp(rig_head(fd, head, sizeof(head)), HEAD_200) ==
		    0, rows[i].name, "first: %s", head);
		row_check(strcmp(rig_head(fd, head, sizeof(head)), HEAD_400) ==
		    0, rows[i].name, "then: %s", head);
		row_check(rig_rest(fd, head, sizeof(head)) == 0, rows[i].name,
		    "and then: %s", head);
		close(fd);
	}
	ask(&rig, "required", "still well", ASK("active"), HEAD_200);
	stop(&rig);
}

/* Heads up to the limit are read, longer ones are not. */
static void
test_long(void **state)
{
	static char request[LISTENER_HEAD_MAX + 4096];
	static const struct {
		const char *name;
		size_t pad;
		const char *want;
	} rows[] = {
		{ "16 KiB", 16 * 1024, HEAD_200 },
		{ "60 KiB", 60 * 1024, HEAD_200 },
		{ "over 64 KiB", LISTENER_HEAD_MAX + 1, HEAD_400 },
	};
	char rest[8192];
	struct rig rig;
	size_t i;

	start(&rig, "");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = rig_connect(&rig, "required");
		char *at = request;

		at += sprintf(at, GET OK_CERT("active") "X-Pad: ");
		memset(at, 'x', rows[i].pad);
		at += rows[i].pad;
		memcpy(at, "\r\n\r\n", 4);
		rig_send(fd, request, (size_t)(at - request) + 4);
		rig_head(fd, rest, sizeof(rest));
		row_check(strcmp(rest, rows[i].want) == 0, rows[i].name,
		    "want %s, got %s", rows[i].want, rest);
		close(fd);
	}
	/* a certificate of 48 KiB is too long, whatever lookupd would say */
	memcpy(request, GET OK_CERT(""), sizeof(GET OK_CERT("")) - 3);
	memset(request + sizeof(GET OK_CERT("")) - 3, 'A', 49 * 1024);
	memcpy(request + sizeof(GET OK_CERT("")) - 3 + 49 * 1024,
	    "\r\n\r\n", 5);
	ask(&rig, "required", "long certificate", request,
	    HEAD_401("bad-cert"));
	stop(&rig);
}

static void
test_keep_alive(void **state)
{
	static const char two[] = ASK("active") ASK("locked");
	char head[4096];
	struct rig rig;
	int fd, i;

	start(&rig, "");
	fd = rig_connect(&rig, "required");
	for (i = 0; i < 3; i++) {
		rig_send(fd, ASK("active"), sizeof(ASK("active")) - 1);
		row_check(strcmp(rig_head(fd, head, sizeof(head)),
		    HEAD_200) == 0, "one after the other", "got %s", head);
	}
	rig_send(fd, two, sizeof(two) - 1);
	row_check(strcmp(rig_head(fd, head, sizeof(head)), HEAD_200) == 0,
	    "pipelined, first", "got %s", head);
	row_check(strcmp(rig_head(fd, head, sizeof(head)),
	    HEAD_403("denied")) == 0, "pipelined, second", "got %s", head);

	/* the next request comes while one is being worked on */
	rig_send(fd, ASK("hold"), sizeof(ASK("hold")) - 1);
	rig_send(fd, ASK("locked"), sizeof(ASK("locked")) - 1);
	for (i = 0; i < 5; i++)
		ask(&rig, "required", "beside", ASK("active"), HEAD_200);
	ask(&rig, "required", "release", ASK("release"), "HTTP/1.1 200 OK\r\n"
	    ALWAYS "X-Certauth-Account: release\r\n\r\n");
	row_check(strcmp(rig_head(fd, head, sizeof(head)),
	    "HTTP/1.1 200 OK\r\n" ALWAYS
	    "X-Certauth-Account: held\r\n\r\n") == 0, "held", "got %s", head);
	row_check(strcmp(rig_head(fd, head, sizeof(head)),
	    HEAD_403("denied")) == 0, "after it", "got %s", head);

	/* it says that it will ask nothing more, and waits */
	rig_send(fd, ASK("hold"), sizeof(ASK("hold")) - 1);
	shutdown(fd, SHUT_WR);
	ask(&rig, "required", "beside", ASK("active"), HEAD_200);
	ask(&rig, "required", "release", ASK("release"), "HTTP/1.1 200 OK\r\n"
	    ALWAYS "X-Certauth-Account: release\r\n\r\n");
	row_check(strcmp(rig_head(fd, head, sizeof(head)),
	    "HTTP/1.1 200 OK\r\n" ALWAYS
	    "X-Certauth-Account: held\r\n\r\n") == 0, "half closed",
	    "got %s", head);
	row_check(strcmp(rig_head(fd, head, sizeof(head)), "") == 0,
	    "half closed, then", "got %s", head);
	close(fd);
	row_check(rig.seen->connections == 2, "connections to lookupd",
	    "%u, but never more than two questions at once",
	    rig.seen->connections);

	/* a proxy that goes away harms nobody */
	fd = rig_connect(&rig, "required");
	rig_send(fd, ASK("hold"), sizeof(ASK("hold")) - 1);
	ask(&rig, "required", "beside", ASK("active"), HEAD_200);
	close(fd);
	ask(&rig, "required", "release", ASK("release"), "HTTP/1.1 200 OK\r\n"
	    ALWAYS "X-Certauth-Account: release\r\n\r\n");
	ask(&rig, "required", "still well", ASK("active"), HEAD_200);
	stop(&rig);
}

#define FIELDS_403 " 403 Forbidden\r\n" ALWAYS "X-Certauth-Reason: denied\r\n"
#define OLD_403 "HTTP/1.0" FIELDS_403
#define NEW_403 "HTTP/1.1" FIELDS_403

/* Which connections are kept, and that it is said. */
static void
test_versions(void **state)
{
	static const struct {
		const char *name, *request, *want;
		bool kept;
	} rows[] = {
		{ "1.0", "GET / HTTP/1.0\r\n" OK_CERT("active") "\r\n",
		    "HTTP/1.0 200 OK\r\n" ALWAYS
		    "X-Certauth-Account: user1@example.com\r\n\r\n", false },
		{ "1.0 as nginx sends it", "GET / HTTP/1.0\r\n"
		    "Connection: close\r\n" OK_CERT("active") "\r\n",
		    "HTTP/1.0 200 OK\r\n" ALWAYS
		    "X-Certauth-Account: user1@example.com\r\n"
		    "Connection: close\r\n\r\n", false },
		{ "1.0 kept", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n"
		    OK_CERT("locked") "\r\n", "HTTP/1.0 403 Forbidden\r\n"
		    ALWAYS "X-Certauth-Reason: denied\r\n"
		    "Connection: keep-alive\r\n\r\n", true },
		{ "1.1 closed", GET "Connection: close\r\n" OK_CERT("locked")
		    "\r\n", "HTTP/1.1 403 Forbidden\r\n" ALWAYS
		    "X-Certauth-Reason: denied\r\n"
		    "Connection: close\r\n\r\n", false },
		{ "1.0 kept, a list", "GET / HTTP/1.0\r\n"
		    "Connection: Keep-Alive, x\r\n" OK_CERT("locked") "\r\n",
		    OLD_403 "Connection: keep-alive\r\n\r\n", true },
		{ "1.0, something like it", "GET / HTTP/1.0\r\n"
		    "Connection: keep-alive-not\r\n" OK_CERT("locked") "\r\n",
		    OLD_403 "\r\n", false },
		{ "1.0, both", "GET / HTTP/1.0\r\n"
		    "Connection: keep-alive, close\r\n" OK_CERT("locked")
		    "\r\n", OLD_403 "Connection: close\r\n\r\n", false },
		{ "1.0, behind nothing", "GET / HTTP/1.0\r\n"
		    "Connection: , keep-alive\r\n" OK_CERT("locked") "\r\n",
		    OLD_403 "\r\n", false },
		{ "1.0, a URL", "GET http://h/ HTTP/1.0\r\n"
		    "Connection: keep-alive\r\n" OK_CERT("locked") "\r\n",
		    OLD_403 "Connection: close\r\n\r\n", false },
		{ "0.9", "GET / HTTP/0.9\r\n" OK_CERT("locked") "\r\n",
		    OLD_403 "\r\n", false },
		{ "1.1 closed, a list", GET "Connection: TE,\tClose\r\n"
		    OK_CERT("locked") "\r\n", NEW_403
		    "Connection: close\r\n\r\n", false },
		{ "1.1 closed, twice", GET "Connection: TE\r\n"
		    "Connection: close\r\n" OK_CERT("locked") "\r\n", NEW_403
		    "Connection: close\r\n\r\n", false },
		{ "1.1, a URL", "GET http://h/ HTTP/1.1\r\n" OK_CERT("locked")
		    "\r\n", NEW_403 "Connection: close\r\n\r\n", false },
		{ "1.1, something like it", GET "Connection: closed, enclose\r\n"
		    OK_CERT("locked") "\r\n", HEAD_403("denied"), true },
		{ "1.1, nothing", GET "Connection: ,, \r\n" OK_CERT("locked")
		    "\r\n", HEAD_403("denied"), true },
		{ "an upgrade", GET "Connection: Upgrade, HTTP2-Settings\r\n"
		    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
		    OK_CERT("locked") "\r\n", HEAD_403("denied"), true },
		{ "expectation, no body", "POST / HTTP/1.1\r\n"
		    "Content-Length: 0\r\nExpect: 100-continue\r\n"
		    OK_CERT("locked") "\r\n", HEAD_403("denied"), true },
	};
	char head[4096];
	struct rig rig;
	size_t i;

	start(&rig, "");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = rig_connect(&rig, "required");

		rig_send(fd, rows[i].request, strlen(rows[i].request));
		rig_head(fd, head, sizeof(head));
		row_check(strcmp(head, rows[i].want) == 0, rows[i].name,
		    "want %s, got %s", rows[i].want, head);
		if (rows[i].kept) {
			rig_send(fd, ASK("active"), sizeof(ASK("active")) - 1);
			row_check(strcmp(rig_head(fd, head, sizeof(head)),
			    HEAD_200) == 0, rows[i].name, "then %s", head);
		} else {
			row_check(rig_rest(fd, head, sizeof(head)) == 0 &&
			    recv(fd, head, 1, MSG_DONTWAIT) == 0,
			    rows[i].name, "is not closed: %s", head);
		}
		close(fd);
	}
	stop(&rig);
}

/* The second of two requests that come together closes; a third is for
 * nobody. */
static void
test_second_closes(void **state)
{
	static const char *const scripts[] = { GET "X-SSL-Verify: NONE\r\n"
		"\r\n" GET "X-SSL-Verify: NONE\r\nConnection: close\r\n\r\n"
		ASK("active"), ASK("active") GET OK_CERT("active")
		"Connection: close\r\n\r\n" ASK("active") };
	char head[4096];
	struct rig rig;
	size_t i;

	start(&rig, "");
	for (i = 0; i < 2; i++) {
		int fd = rig_connect(&rig, "required");

		rig_send(fd, scripts[i], strlen(scripts[i]));
		rig_head(fd, head, sizeof(head));
		row_check(strstr(head, i == 0 ? " 401 " : " 200 ") != NULL &&
		    strstr(head, "Connection") == NULL, "first", "%s", head);
		rig_head(fd, head, sizeof(head));
		row_check(strstr(head, i == 0 ? " 401 " : " 200 ") != NULL &&
		    strstr(head, "Connection: close\r\n") != NULL, "second",
		    "%s", head);
		row_check(rig_rest(fd, head, sizeof(head)) == 0, "third",
		    "is answered: %s", head);
		close(fd);
	}
	ask(&rig, "required", "still well", ASK("active"), HEAD_200);
	stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_second_closes),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
