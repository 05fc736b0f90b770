/*
 * The hook as a proxy sees it: raw HTTP in, exact heads out, with a scripted
 * lookupd behind it (hook_rig.h).
 */
#include "config.h"

#include "hook/hook.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/deadline.h"
#include "hook/listener.h"
#include "tests/unit/hook_rig.h"
#include "tests/unit/rows.h"

#define ALWAYS "Content-Length: 0\r\nCache-Control: no-store\r\n"
#define HEAD_200 "HTTP/1.1 200 OK\r\n" ALWAYS \
	"X-Certauth-Account: user1@example.com\r\n\r\n"
#define HEAD_401(word) "HTTP/1.1 401 Unauthorized\r\n" ALWAYS \
	"X-Certauth-Reason: " word "\r\n\r\n"
#define HEAD_403(word) "HTTP/1.1 403 Forbidden\r\n" ALWAYS \
	"X-Certauth-Reason: " word "\r\n\r\n"
#define HEAD_503 "HTTP/1.1 503 Service Unavailable\r\n" ALWAYS \
	"X-Certauth-Reason: unavailable\r\n\r\n"
#define HEAD_503_CLOSE "HTTP/1.1 503 Service Unavailable\r\n" ALWAYS \
	"X-Certauth-Reason: unavailable\r\nConnection: close\r\n\r\n"
#define TO_LOGIN(head, word) head ALWAYS "X-Certauth-Reason: " word \
	"\r\nX-Certauth-Fallback: login\r\n\r\n"
#define LOGIN_401(word) TO_LOGIN("HTTP/1.1 401 Unauthorized\r\n", word)
#define LOGIN_403(word) TO_LOGIN("HTTP/1.1 403 Forbidden\r\n", word)

#define GET "GET / HTTP/1.1\r\nHost: h\r\n"
#define OK_CERT(script) "X-SSL-Verify: SUCCESS\r\nX-SSL-Cert: " script "\r\n"
#define ASK(script) GET OK_CERT(script) "\r\n"

static const char listeners[] =
    "{ socket = \"~required~\"; mode = \"required\"; service = \"nginx\";"
    "  evidence = \"nginx-escaped\"; },"
    "{ socket = \"~optional~\"; mode = \"optional\"; service = \"nginx\";"
    "  evidence = \"nginx-escaped\"; realm = \"example\";"
    "  admin_path = \"/admin\"; },"
    "{ socket = \"~off~\"; mode = \"off\"; service = \"nginx\";"
    "  evidence = \"nginx-escaped\"; },"
    "{ socket = \"~caddy~\"; mode = \"required\"; service = \"caddy\";"
    "  evidence = \"rfc9440\"; verify_header = \"\";"
    "  trust_proxy_verified = true; account_header = \"Remote-User\";"
    "  client_header = \"X-Forwarded-For\"; need = \"admin\"; }";

static void
start(struct rig *rig, const char *top)
{
	rig_open(rig);
	rig->quiet = true;
	rig_configure(rig, top, listeners);
	rig_start_lookupd(rig);
	if (!rig_start_hook(rig)) {
		rig_close(rig);
		fail_msg("the hook does not start");
	}
}

static void
stop(struct rig *rig)
{
	int status = rig_stop_hook(rig);

	rig_close(rig);
	rows_end();
	assert_int_equal(status, 0);
}

/* One request on a connection of its own. */
static bool
ask(const struct rig *rig, const char *socket, const char *name,
    const char *request, const char *want)
{
	char head[8192];
	int fd = rig_connect(rig, socket);
	bool ok;

	if (!row_check(fd != -1, name, "cannot connect to %s", socket))
		return false;
	rig_send(fd, request, strlen(request));
	rig_head(fd, head, sizeof(head));
	ok = row_check(strcmp(head, want) == 0, name,
	    "want:\n%s\ngot:\n%s", want, head);
	close(fd);
	return ok;
}

struct row {
	const char *name, *socket, *request, *want;
	const char *line;		/* lookupd's, after the id; "": none */
};

static const struct row requests[] = {
	{ "active", "required", ASK("active"), HEAD_200,
	    " evidence=verified service=nginx cert=active" },
	{ "client address", "required", GET OK_CERT("active")
	    "X-Real-IP: 192.0.2.1\r\n\r\n", HEAD_200,
	    " evidence=verified service=nginx client=192.0.2.1 cert=active" },
	{ "client address twice", "required", GET OK_CERT("active")
	    "X-Real-IP: 192.0.2.1\r\nx-real-ip: 192.0.2.2\r\n\r\n", HEAD_200,
	    " evidence=verified service=nginx cert=active" },
	{ "odd client address", "required", GET OK_CERT("active")
	    "X-Real-IP: a b\r\n\r\n", HEAD_200,
	    " evidence=verified service=nginx cert=active" },
	{ "realm", "optional", ASK("active"), HEAD_200,
	    " evidence=verified service=nginx realm=example cert=active" },
	{ "admin path", "optional", "GET /admin/x?y HTTP/1.1\r\n"
	    OK_CERT("active") "\r\n", HEAD_200, " evidence=verified "
	    "service=nginx realm=example need=admin cert=active" },
	{ "admin path as host", "optional", "GET //admin HTTP/1.1\r\n"
	    OK_CERT("active") "\r\n", HEAD_200, " evidence=verified "
	    "service=nginx realm=example need=admin cert=active" },
	{ "admin path, absolute", "optional",
	    "GET http://h/%61dmin HTTP/1.0\r\n" OK_CERT("not-admin") "\r\n",
	    "HTTP/1.0 403 Forbidden\r\n" ALWAYS
	    "X-Certauth-Reason: not-admin\r\n"
	    "X-Certauth-Fallback: login\r\n\r\n", " evidence=verified "
	    "service=nginx realm=example need=admin cert=not-admin" },
	{ "rfc 9440, other names", "caddy", GET "client-cert: :active:\r\n"
	    "X-Forwarded-For: 2001:db8::1\r\n\r\n", "HTTP/1.1 200 OK\r\n"
	    ALWAYS "Remote-User: user1@example.com\r\n\r\n",
	    " evidence=verified service=caddy need=admin "
	    "client=2001:db8::1 cert=active" },
	{ "odd account", "required", ASK("odd"), "HTTP/1.1 200 OK\r\n" ALWAYS
	    "X-Certauth-Account: J%C3%B6rg%20x%0D%0Ay\r\n\r\n", NULL },
	{ "no account", "required", ASK("nameless"), HEAD_503, NULL },
	{ "ok is no verdict", "required", ASK("ok"), HEAD_503, NULL },
	{ "locked", "required", ASK("locked"), HEAD_403("denied"), NULL },
	{ "locked, optional", "optional", ASK("locked"), LOGIN_403("denied"),
	    NULL },
	{ "unknown, optional", "optional", ASK("unknown"),
	    LOGIN_403("denied"), NULL },
	{ "ambiguous", "required", ASK("ambiguous"), HEAD_403("denied"),
	    NULL },
	{ "expired", "required", ASK("expired"), HEAD_401("expired"), NULL },
	{ "expired, optional", "optional", ASK("expired"),
	    HEAD_401("expired"), NULL },
	{ "not admin", "required", ASK("not-admin"), HEAD_403("not-admin"),
	    NULL },
	{ "directory down", "optional", ASK("directory"), HEAD_503, NULL },
	{ "malformed", "required", ASK("syntax"), HEAD_503, NULL },
	{ "we may not ask", "required", ASK("caller"), HEAD_503, NULL },

	{ "no certificate", "required", GET "\r\n", HEAD_401("no-cert"), "" },
	{ "NONE, optional", "optional", GET "X-SSL-Verify: NONE\r\n\r\n",
	    LOGIN_401("no-cert"), "" },
	{ "FAILED", "optional", GET "X-SSL-Verify: FAILED:x y\r\n"
	    "X-SSL-Cert: active\r\n\r\n", HEAD_401("bad-cert"), "" },
	{ "not escaped", "required", GET OK_CERT("a b") "\r\n",
	    HEAD_401("bad-cert"), "" },
	{ "folded", "required", GET OK_CERT("active") " more\r\n\r\n",
	    HEAD_401("bad-cert"), "" },
	{ "verify folded", "required", GET "X-SSL-Cert: active\r\n"
	    "X-SSL-Verify: SUCCESS\r\n \r\n\r\n", HEAD_401("bad-cert"), "" },
	{ "tab before", "required", GET "X-SSL-Verify: SUCCESS\r\n"
	    "X-SSL-Cert:\tactive\r\n\r\n", HEAD_401("bad-cert"), "" },
	{ "SUCCESS alone", "optional", GET "X-SSL-Verify: SUCCESS\r\n\r\n",
	    HEAD_503, "" },
	{ "two evidence headers", "optional", GET OK_CERT("active")
	    "x-ssl-cert: active\r\n\r\n", HEAD_503, "" },
	{ "two kinds of evidence", "required", GET OK_CERT("active")
	    "Client-Cert: :active:\r\n\r\n", HEAD_503, "" },
	{ "verify twice", "required", GET OK_CERT("active")
	    "X-SSL-Verify: SUCCESS\r\n\r\n", HEAD_503, "" },
	{ "Caddy's variable", "caddy", GET "Client-Cert: "
	    ":{http.request.tls.client.certificate_der_base64}:\r\n\r\n",
	    HEAD_401("no-cert"), "" },
	{ "off", "off", ASK("active"), HEAD_403("off"), "" },
	{ "off, no certificate", "off", GET "\r\n", HEAD_403("off"), "" },

	{ "HEAD", "required", "HEAD / HTTP/1.1\r\n" OK_CERT("active") "\r\n",
	    HEAD_200, NULL },
	{ "POST", "required", "POST /x HTTP/1.1\r\nContent-Length: 0\r\n"
	    OK_CERT("active") "\r\n", HEAD_200, NULL },
	{ "PROPFIND", "required", "PROPFIND /x HTTP/1.1\r\n"
	    OK_CERT("active") "\r\n", HEAD_200, NULL },
	{ "BREW", "required", "BREW /x HTTP/1.1\r\n" OK_CERT("locked")
	    "\r\n", HEAD_403("denied"), NULL },
	{ "OPTIONS *", "required", "OPTIONS * HTTP/1.1\r\n"
	    OK_CERT("active") "\r\n", HEAD_200, NULL },
	{ "CONNECT", "required", "CONNECT h:1 HTTP/1.1\r\n"
	    OK_CERT("locked") "\r\n", HEAD_403("denied"), NULL },

	{ "two lines", "required", ASK("two"), HEAD_403("denied"), NULL },
	{ "detail line", "required", ASK("detail"), HEAD_503, NULL },
	{ "another's answer", "required", ASK("other-id"), HEAD_503, NULL },
	{ "nobody's answer", "required", ASK("no-id"), HEAD_503, NULL },
	{ "half an answer", "required", ASK("half"), HEAD_503, NULL },
	{ "noise", "required", ASK("noise"), HEAD_503, NULL },
	{ "closed without answer", "required", ASK("close"), HEAD_503, NULL },
	{ "asked once more", "required", ASK("close-once"),
	    "HTTP/1.1 200 OK\r\n" ALWAYS "X-Certauth-Account: again\r\n\r\n",
	    NULL },
	{ "still well", "required", ASK("active"), HEAD_200, NULL },
};

static void
test_requests(void **state)
{
	struct rig rig;
	size_t i;

	start(&rig, "");
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		const struct row *row = &requests[i];
		const char *line;

		rig.seen->line[0] = '\0';
		ask(&rig, row->socket, row->name, row->request, row->want);
		if (row->line == NULL)
			continue;
		line = strstr(rig.seen->line, " evidence=");
		row_check(strcmp(line == NULL ? "" : line, row->line) == 0,
		    row->name, "lookupd was asked: %s", rig.seen->line);
	}
	stop(&rig);
}

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

/* A NUL ends a value, and a line, for evhttp: nothing that was not there must
 * come of it.  What is left of the certificate goes to lookupd. */
static void
test_nul(void **state)
{
	static const struct {
		const char *name, *request;
		size_t len;
	} rows[] = {
		{ "in the certificate", GET OK_CERT("half\0 x") "\r\n",
		    sizeof(GET OK_CERT("half\0 x") "\r\n") - 1 },
		{ "in a name", GET "X-SSL\0-Verify: SUCCESS\r\n"
		    "X-SSL-Cert: active\r\n\r\n",
		    sizeof(GET "X-SSL\0-Verify: SUCCESS\r\n"
		    "X-SSL-Cert: active\r\n\r\n") - 1 },
		{ "at the head of a line", GET "\0X-SSL-Verify: SUCCESS\r\n"
		    "X-SSL-Cert: active\r\n\r\n",
		    sizeof(GET "\0X-SSL-Verify: SUCCESS\r\n"
		    "X-SSL-Cert: active\r\n\r\n") - 1 },
	};
	char head[4096];
	struct rig rig;
	size_t i;

	start(&rig, "");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = rig_connect(&rig, "required");

		rig_send(fd, rows[i].request, rows[i].len);
		rig_head(fd, head, sizeof(head));
		close(fd);
		row_check(strstr(head, " 200 ") == NULL, rows[i].name,
		    "got %s", head);
	}
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
		{ "over 64 KiB", LISTENER_HEAD_MAX + 1, "" },
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
			row_check(rig_rest(fd, head, sizeof(head)) == 0,
			    rows[i].name, "is not closed: %s", head);
		}
		close(fd);
	}
	stop(&rig);
}

/* How often a question is asked, and how long a connection is used. */
static void
test_connections(void **state)
{
	static const struct {
		const char *name, *request, *want;
		unsigned questions;
		unsigned connections;	/* made by it and one more question */
	} rows[] = {
		{ "well", ASK("active"), HEAD_200, 1, 0 },
		{ "refused", ASK("locked"), HEAD_403("denied"), 1, 0 },
		{ "closed: once more, on a new connection", ASK("close"),
		    HEAD_503, 2, 2 },
		{ "half an answer: not again", ASK("half"), HEAD_503, 1, 1 },
		{ "more than asked for: not used again", ASK("two"),
		    HEAD_403("denied"), 1, 1 },
		{ "another's answer", ASK("other-id"), HEAD_503, 1, 1 },
		{ "nobody's answer", ASK("no-id"), HEAD_503, 1, 1 },
		{ "noise", ASK("noise"), HEAD_503, 1, 1 },
	};
	struct rig rig;
	size_t i;

	start(&rig, "connections = 1;");
	ask(&rig, "required", "first", ASK("active"), HEAD_200);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned questions = rig.seen->questions;
		unsigned connections = rig.seen->connections;

		ask(&rig, "required", rows[i].name, rows[i].request,
		    rows[i].want);
		row_check(rig.seen->questions - questions ==
		    rows[i].questions, rows[i].name, "want %u questions, got "
		    "%u", rows[i].questions, rig.seen->questions - questions);
		ask(&rig, "required", "next", ASK("active"), HEAD_200);
		row_check(rig.seen->connections - connections ==
		    rows[i].connections, rows[i].name, "want %u connections, "
		    "got %u", rows[i].connections,
		    rig.seen->connections - connections);
	}
	stop(&rig);
}

/* lookupd restarts, hangs, is gone. */
static void
test_lookupd(void **state)
{
	int64_t began, took;
	struct rig rig;

	start(&rig, "connections = 2;");
	ask(&rig, "required", "before", ASK("active"), HEAD_200);
	rig_stop_lookupd(&rig);
	rig_start_lookupd(&rig);
	ask(&rig, "required", "after a restart", ASK("active"), HEAD_200);

	began = deadline_now();
	ask(&rig, "required", "no answer", ASK("hang"), HEAD_503);
	took = deadline_now() - began;
	row_check(took >= 2700 && took < 3000, "no answer", "%lld ms",
	    (long long)took);
	ask(&rig, "required", "after no answer", ASK("active"), HEAD_200);

	assert_int_equal(kill(rig.lookupd, SIGSTOP), 0);
	began = deadline_now();
	ask(&rig, "optional", "hung", ASK("active"), HEAD_503);
	took = deadline_now() - began;
	row_check(took < 3000, "hung", "%lld ms", (long long)took);
	assert_int_equal(kill(rig.lookupd, SIGCONT), 0);
	ask(&rig, "required", "goes on", ASK("active"), HEAD_200);

	rig_stop_lookupd(&rig);
	began = deadline_now();
	ask(&rig, "optional", "gone", ASK("active"), HEAD_503);
	took = deadline_now() - began;
	row_check(took < 2000, "gone", "%lld ms", (long long)took);
	rig_start_lookupd(&rig);
	ask(&rig, "required", "is back", ASK("active"), HEAD_200);
	stop(&rig);
}

/* Whose socket it is decides who serves: a file of somebody else is not
 * asked. */
static void
test_server(void **state)
{
	int64_t began;
	struct rig rig;

	if (geteuid() != 0)
		skip();
	start(&rig, "");
	assert_int_equal(chown(rig.lookupd_socket, 65534, (gid_t)-1), 0);
	began = deadline_now();
	ask(&rig, "required", "a stranger's socket", ASK("active"), HEAD_503);
	row_check(deadline_now() - began < 500, "a stranger's socket",
	    "waited for nothing");
	assert_int_equal(rig.seen->questions, 0);
	stop(&rig);
}

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
	char head[4096];
	struct rig rig;
	int fd, idle;

	start(&rig, "deadline = 500;");
	idle = rig_connect(&rig, "required");
	fd = rig_connect(&rig, "required");
	rig_send(fd, ASK("hold"), sizeof(ASK("hold")) - 1);
	ask(&rig, "required", "beside", ASK("active"), HEAD_200);
	kill(rig.hook, SIGTERM);
	row_check(rig_wait(&rig, "STOPPING=1"), "stop", "no STOPPING=1");
	row_check(rig_connect(&rig, "required") == -1, "stop",
	    "still accepts");
	row_check(strcmp(rig_head(fd, head, sizeof(head)),
	    HEAD_503_CLOSE) == 0, "owed", "got %s", head);
	assert_int_equal(rig_wait_hook(&rig), 0);
	row_check(!exists(&rig, "required"), "stop", "the socket is there");
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
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_lookupd),
		cmocka_unit_test(test_server),
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
