/*
 * What the tests of the hook share: its listeners, the heads they may answer
 * with, and one request asked of them.
 */
#ifndef CERTAUTH_TESTS_HOOK_CASE_H
#define CERTAUTH_TESTS_HOOK_CASE_H

#include "tests/unit/hook_rig.h"

#include <string.h>
#include <unistd.h>

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

static inline void
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

static inline void
stop(struct rig *rig)
{
	int status = rig_stop_hook(rig);

	rig_close(rig);
	rows_end();
	assert_int_equal(status, 0);
}

/* One request on a connection of its own. */
static inline bool
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

#endif
