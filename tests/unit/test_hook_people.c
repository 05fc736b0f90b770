/*
 * The hook towards people and monitors: pages and health; and the limits on
 * refusals, which are for everybody.  The way to Zimbra: test_hook_zimbra.c.
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hook/page.h"
#include "tests/unit/hook_people.h"

/* More than two full sockets hold. */
#define FLOOD_MAX 20000

static void
test_page(void **state)
{
	static const struct {
		const char *name, *socket, *request, *status, *head, *body;
	} rows[] = {
		{ "signed in", "page", ASK("active"), "HTTP/1.1 200 OK\r\n",
		    "Cache-Control: no-store\r\nContent-Type: " PAGE_TYPE
		    "\r\nContent-Security-Policy: " PAGE_POLICY
		    "\r\nX-Content-Type-Options: nosniff\r\n"
		    "Referrer-Policy: no-referrer\r\n",
		    "<dd>user1@example.com</dd>" },
		{ "locked", "page", ASK("locked"),
		    "HTTP/1.1 403 Forbidden\r\n",
		    "X-Certauth-Reason: denied\r\n"
		    "X-Certauth-Fallback: login\r\n",
		    "<a href=\"/login\">" },
		{ "no certificate", "page", GET "X-SSL-Verify: NONE\r\n\r\n",
		    "HTTP/1.1 401 Unauthorized\r\n",
		    "X-Certauth-Reason: no-cert\r\n", "&lt;us&gt;" },
		{ "nginx says expired", "page", GET "X-SSL-Verify: "
		    "FAILED:certificate has expired\r\nX-SSL-Cert: active\r\n"
		    "\r\n", "HTTP/1.1 401 Unauthorized\r\n",
		    "X-Certauth-Reason: expired\r\n", "has expired" },
		{ "directory down", "page", ASK("directory"),
		    "HTTP/1.1 503 Service Unavailable\r\n",
		    "X-Certauth-Reason: unavailable\r\n",
		    "cannot be checked" },
		{ "off", "off", ASK("active"), "HTTP/1.1 403 Forbidden\r\n",
		    "X-Certauth-Reason: off\r\n", "switched off" },
		{ "refused by Zimbra's", "zimbra", ASK("locked"),
		    "HTTP/1.1 403 Forbidden\r\n",
		    "Content-Type: " PAGE_TYPE "\r\n",
		    "does not lead to an account" },
		{ "a bad certificate is no reason for a password", "want",
		    ASK("expired"), "HTTP/1.1 401 Unauthorized\r\n",
		    "X-Certauth-Reason: expired\r\n", "has expired" },
		{ "a line's end in the account", "zimbra", ASK("breaking"),
		    "HTTP/1.1 503 Service Unavailable\r\n",
		    "X-Certauth-Reason: unavailable\r\n",
		    "cannot be checked" },
		{ "a bar in the account", "zimbra", ASK("barred"),
		    "HTTP/1.1 503 Service Unavailable\r\n",
		    "X-Certauth-Reason: unavailable\r\n",
		    "cannot be checked" },
		{ "no account", "zimbra", ASK("nameless"),
		    "HTTP/1.1 503 Service Unavailable\r\n",
		    "X-Certauth-Reason: unavailable\r\n",
		    "cannot be checked" },
		{ "no key for the domain", "other", ASK("active"),
		    "HTTP/1.1 503 Service Unavailable\r\n",
		    "X-Certauth-Reason: unavailable\r\n",
		    "cannot be checked" },
	};
	struct rig rig;
	size_t i;

	start_people(&rig, "");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct got *got = fetch(&rig, rows[i].socket,
		    rows[i].request);

		row_check(strncmp(got->head, rows[i].status,
		    strlen(rows[i].status)) == 0 &&
		    strstr(got->head, rows[i].head) != NULL, rows[i].name,
		    "want %s%s, got %s", rows[i].status, rows[i].head,
		    got->head);
		row_check(strstr(got->body, rows[i].body) != NULL,
		    rows[i].name, "want %s in %s", rows[i].body, got->body);
		row_check(strstr(got->head, "Location") == NULL,
		    rows[i].name, "is sent elsewhere");
	}
	stop(&rig);
}

/* HEAD has the length and not the page: the connection stays in step. */
static void
test_head(void **state)
{
	static const char request[] = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n";
	char head[4096];
	struct rig rig;
	int fd;

	start_people(&rig, "");
	fd = rig_connect(&rig, "page");
	rig_send(fd, request, sizeof(request) - 1);
	rig_send(fd, ASK("active"), sizeof(ASK("active")) - 1);
	rig_head(fd, head, sizeof(head));
	row_check(strncmp(head, "HTTP/1.1 401", 12) == 0, "HEAD", "%s", head);
	rig_head(fd, head, sizeof(head));
	row_check(strncmp(head, "HTTP/1.1 200", 12) == 0, "after it", "%s",
	    head);
	close(fd);
	stop(&rig);
}

/* Ask for the page without reading, until the hook takes no more. */
static size_t
flood(int fd)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	size_t count = 0;

	while (count < FLOOD_MAX && poll(&room, 1, 300) == 1 &&
	    send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) ==
	    (ssize_t)sizeof(request) - 1)
		count++;
	return count;
}

/* Who reads late gets every answer whole, and who never does harms nobody. */
static void
test_late(void **state)
{
	static char page[8192];
	struct rig rig;
	size_t want, got = 0, len = 0, in_step = 0;
	ssize_t n;
	int fd;

	start_people(&rig, "");
	fd = rig_connect(&rig, "page");
	want = flood(fd);
	assert_in_range(want, 2, FLOOD_MAX - 1);
	while (got < want && (n = recv(fd, page + len, sizeof(page) - 1 - len,
	    0)) > 0) {
		char *end;

		len += (size_t)n;
		page[len] = '\0';
		while ((end = strstr(page, "</html>\n")) != NULL) {
			end += strlen("</html>\n");
			got++;
			in_step += strncmp(page, "HTTP/1.1 401 ", 13) == 0;
			len -= (size_t)(end - page);
			memmove(page, end, len + 1);
		}
	}
	row_check(got == want && in_step == want && len == 0, "late",
	    "want %zu pages, got %zu, %zu in step, %zu bytes more", want, got,
	    in_step, len);
	rig_send(fd, ASK("active"), sizeof(ASK("active")) - 1);
	rig_head(fd, page, sizeof(page));
	row_check(strncmp(page, "HTTP/1.1 200", 12) == 0, "after it", "%s",
	    page);
	close(fd);
	fd = rig_connect(&rig, "page");
	flood(fd);
	close(fd);
	ask(&rig, "http", "never", ASK("active"), HEAD_200);
	stop(&rig);
}

static void
test_health(void **state)
{
	struct rig rig;

	start_people(&rig, "");
	ask(&rig, "health", "well", GET "\r\n", "HTTP/1.1 200 OK\r\n" ALWAYS
	    "\r\n");
	row_check(strstr(rig.seen->line, " service=monitor") != NULL &&
	    strstr(rig.seen->line, " cert=") == NULL, "well",
	    "lookupd was asked: %s", rig.seen->line);
	ask(&rig, "health", "a certificate is not read", ASK("locked"),
	    "HTTP/1.1 200 OK\r\n" ALWAYS "\r\n");
	rig_stop_lookupd(&rig);
	ask(&rig, "health", "lookupd is away", GET "\r\n", HEAD_503);
	rig_start_lookupd(&rig);
	ask(&rig, "health", "and back", GET "\r\n", "HTTP/1.1 200 OK\r\n"
	    ALWAYS "\r\n");
	stop(&rig);
}

#define FROM(address, script) GET OK_CERT(script) "X-Real-IP: " address \
	"\r\n\r\n"

/* A flood from one address and of one certificate, and everybody else. */
static void
test_limits(void **state)
{
	unsigned questions;
	struct rig rig;
	int i;

	start_people(&rig, "refusals_per_address = 6; "
	    "refusals_per_certificate = 3;");
	ask(&rig, "http", "somebody", FROM("192.0.2.1", "active"), HEAD_200);
	for (i = 0; i < 3; i++)
		ask(&rig, "http", "refused", FROM("192.0.2.1", "locked"),
		    HEAD_403("denied"));
	questions = rig.seen->questions;
	for (i = 0; i < 100; i++)
		ask(&rig, "http", "the certificate is busy",
		    FROM("192.0.2.1", "locked"), HEAD_403("busy"));
	ask(&rig, "http", "from elsewhere, too", FROM("192.0.2.2", "locked"),
	    HEAD_403("busy"));
	row_check(strstr(fetch(&rig, "page", FROM("192.0.2.2", "locked"))->body,
	    "Too many attempts") != NULL, "at another listener", "no page");
	row_check(rig.seen->questions == questions, "busy",
	    "lookupd was asked");
	ask(&rig, "http", "another certificate from there",
	    FROM("192.0.2.1", "unknown"), HEAD_403("denied"));
	for (i = 0; i < 2; i++)
		ask(&rig, "http", "unverified ones count",
		    GET "X-SSL-Verify: FAILED:x\r\nX-Real-IP: 192.0.2.1\r\n"
		    "\r\n", HEAD_401("bad-cert"));
	ask(&rig, "http", "the address is busy",
	    FROM("192.0.2.1", "ambiguous"), HEAD_403("busy"));
	ask(&rig, "http", "who was let in lately", FROM("192.0.2.1",
	    "active"), HEAD_200);
	ask(&rig, "http", "another address", FROM("192.0.2.2", "ambiguous"),
	    HEAD_403("denied"));
	for (i = 0; i < 10; i++)
		ask(&rig, "http", "no certificate never counts",
		    GET "X-Real-IP: 192.0.2.9\r\n\r\n", HEAD_401("no-cert"));
	for (i = 0; i < 10; i++)
		ask(&rig, "http", "what is our fault never counts",
		    FROM("192.0.2.9", "directory"), HEAD_503);
	ask(&rig, "http", "so that it is well", FROM("192.0.2.9", "expired"),
	    HEAD_401("expired"));
	stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_health),
		cmocka_unit_test(test_limits),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
