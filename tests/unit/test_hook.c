/*
 * The hook as a proxy sees it: raw HTTP in, exact heads out, with a scripted
 * lookupd behind it (hook_rig.h), which is asked neither too often nor too
 * long.
 */
#include "config.h"

#include <sys/stat.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/deadline.h"
#include "tests/unit/hook_case.h"

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
	    "X-Certauth-Fallback: login\r\nConnection: close\r\n\r\n",
	    " evidence=verified "
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
	{ "folded", "required", GET OK_CERT("active") " more\r\n\r\n", "", "" },
	{ "verify folded", "required", GET "X-SSL-Cert: active\r\n"
	    "X-SSL-Verify: SUCCESS\r\n \r\n\r\n", "", "" },
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
		{ "closed: twice more, on new connections", ASK("close"),
		    HEAD_503, 3, 3 },
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_lookupd),
		cmocka_unit_test(test_server),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
