/* The hook's way to Zimbra: who is sent on, with which link, and who is not. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "hook/preauth.h"
#include "tests/unit/hook_people.h"

/* Is the link's signature that of its own account and time? */
static bool
is_signed(const char *head, bool admin)
{
	const char *at = strstr(head, "timestamp=");
	const char *mac = strstr(head, "&preauth=");
	char text[256], want[PREAUTH_HEX];
	struct buffer key;
	bool same;

	if (at == NULL || mac == NULL)
		return false;
	at += 10;
	snprintf(text, sizeof(text), "user1@example.com%s|name|0|%.*s",
	    admin ? "|1" : "", (int)strcspn(at, "&"), at);
	buffer_init(&key, 128);
	buffer_puts(&key, KEY);
	same = preauth_sign(&key, text, strlen(text), want) == 0 &&
	    strncmp(mac + 9, want, 40) == 0;
	buffer_free(&key);
	return same;
}

/* What a person or a careless proxy sends besides is in no link. */
static void
check_foreign(const struct rig *rig, const char *user)
{
	static const char *const lines[] = { "Host: evil.example",
		"X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http",
		"X-Forwarded-Server: evil.example", "Forwarded: host=evil.example",
		"X-Original-URL: /admin", "X-Rewrite-URL: /admin",
		"X-Forwarded-Uri: /admin", "Referer: https://evil.example/",
		"X-Certauth-Account: evil@example.net", "Location: //evil" };
	static const char *const targets[] = { "/",
		"/?account=evil@example.net&admin=1&expires=99999999999999",
		"/?redirectURL=https://evil.example/", "//evil.example/",
		"/%0d%0aLocation:%20https://evil.example/",
		"https://evil.example/", "/\\evil.example" };
	char request[1024];
	size_t i, total = sizeof(lines) / sizeof(lines[0]) +
	    sizeof(targets) / sizeof(targets[0]);

	for (i = 0; i < total; i++) {
		bool line = i < sizeof(lines) / sizeof(lines[0]);
		const char *what = line ? lines[i] :
		    targets[i - sizeof(lines) / sizeof(lines[0])];
		struct got *got;

		snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n%s\r\n"
		    OK_CERT("active") "\r\n", line ? "/" : what,
		    line ? what : "Host: h");
		got = fetch(rig, "zimbra", request);
		row_check(strncmp(got->head, "HTTP/1.1 302", 12) == 0 &&
		    strstr(got->head, user) != NULL &&
		    is_signed(got->head, false) &&
		    strstr(got->head, "evil") == NULL, what, "got %s",
		    got->head);
		row_check(strstr(rig->seen->line, "need=") == NULL, what,
		    "lookupd was asked: %s", rig->seen->line);
	}
}

/* No answer is no reason for a password either, nor for a link. */
static void
check_unavailable(const struct rig *rig, const char *name,
    const char *request)
{
	static const char *const sockets[] = { "zimbra", "want" };
	size_t i;

	for (i = 0; i < 2; i++) {
		struct got *got = fetch(rig, sockets[i], request);

		row_check(strncmp(got->head, "HTTP/1.1 503", 12) == 0 &&
		    strstr(got->head, "Location") == NULL &&
		    strstr(got->head, "Fallback") == NULL &&
		    strstr(got->head, "Cache-Control: no-store\r\n") != NULL,
		    name, "%s: got %s", sockets[i], got->head);
	}
}

static void
test_zimbra(void **state)
{
	static const char user[] = "Location: https://mail.example.com/"
	    "service/preauth?account=user1@example.com&by=name&timestamp=";
	static const char admin[] = "Location: https://mail.example.com:7071/"
	    "service/preauth?account=user1@example.com&by=name&admin=1"
	    "&timestamp=";
	static const char login[] = "Location: "
	    "https://mail.example.com/?ignoreLoginURL=1\r\n";
	struct got *got;
	struct rig rig;

	start_people(&rig, "");
	got = fetch(&rig, "zimbra", ASK("active"));
	row_check(strncmp(got->head, "HTTP/1.1 302 Found\r\n", 20) == 0 &&
	    strstr(got->head, user) != NULL && is_signed(got->head, false),
	    "active", "got %s", got->head);
	row_check(strstr(got->head, "Cache-Control: no-store\r\n") != NULL &&
	    strstr(got->head, "Referrer-Policy: no-referrer\r\n") != NULL &&
	    strstr(got->head, "Content-Length: 0\r\n") != NULL &&
	    strstr(got->head, "X-Certauth") == NULL, "its head", "got %s",
	    got->head);
	got = fetch(&rig, "zimbra", ASK("elsewhere"));
	row_check(strstr(got->head, user) != NULL &&
	    is_signed(got->head, false), "an alias in another domain",
	    "got %s", got->head);
	got = fetch(&rig, "zimbra", "GET /admin HTTP/1.1\r\n"
	    OK_CERT("active") "\r\n");
	row_check(strncmp(got->head, "HTTP/1.1 302 Found\r\n", 20) == 0 &&
	    strstr(got->head, admin) != NULL && is_signed(got->head, true),
	    "administrator", "got %s", got->head);
	row_check(strstr(rig.seen->line, " need=admin ") != NULL,
	    "administrator", "lookupd was asked: %s", rig.seen->line);
	got = fetch(&rig, "zimbra", "GET /admin HTTP/1.1\r\n"
	    OK_CERT("not-admin") "\r\n");
	row_check(strncmp(got->head, "HTTP/1.1 403", 12) == 0 &&
	    strstr(got->head, "Location") == NULL, "no administrator",
	    "got %s", got->head);
	got = fetch(&rig, "want", GET "\r\n");
	row_check(strncmp(got->head, "HTTP/1.1 302 Found\r\n", 20) == 0 &&
	    strstr(got->head, login) != NULL, "no certificate", "got %s",
	    got->head);
	got = fetch(&rig, "want", ASK("unknown"));
	row_check(strncmp(got->head, "HTTP/1.1 302 Found\r\n", 20) == 0 &&
	    strstr(got->head, login) != NULL, "no account", "got %s",
	    got->head);
	row_check(strstr(got->head, "Cache-Control: no-store\r\n") != NULL &&
	    strstr(got->head, "Referrer-Policy: no-referrer\r\n") != NULL,
	    "to the login page", "got %s", got->head);
	got = fetch(&rig, "want", "GET /admin HTTP/1.1\r\n"
	    OK_CERT("not-admin") "\r\n");
	row_check(strncmp(got->head, "HTTP/1.1 302 Found\r\n", 20) == 0 &&
	    strstr(got->head, login) != NULL, "want, no administrator",
	    "got %s", got->head);
	check_foreign(&rig, user);
	check_unavailable(&rig, "directory down", ASK("directory"));
	rig_stop_lookupd(&rig);
	check_unavailable(&rig, "lookupd away", ASK("active"));
	stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zimbra),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	if (preauth_init() == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
