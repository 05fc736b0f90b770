/*
 * One question each: a realm's settings, a name, and what must come back.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "common/deadline.h"
#include "lookupd/control.h"
#include "lookupd/generations.h"
#include "tests/integration/directory_fixture.h"

#define REALM(settings) "{ name = \"r\"; connections = 2; " settings " }"
#define PEOPLE "profile = \"$T/people.conf\"; base = \"ou=people,dc=test\"; "
#define LOCAL PEOPLE "servers = [ \"$A\" ]; "
#define ANONYMOUS "bind = \"anonymous\"; "
#define READER "bind = \"simple\"; bind_dn = \"cn=reader,dc=test\"; "
#define CA "tls_ca = \"$T/ca.pem\"; "
#define USER1 "user1@test.example"

/* Nothing that cannot be answered may take longer than this. */
#define FAST_MS 1500

static const struct row {
	const char *name, *realm, *ask;
	const char *reason;		/* NULL: an answer */
	size_t accounts;
	bool more;
	const char *log;		/* must be in the log, or NULL */
	const char *status;		/* must be in the status, or NULL */
} rows[] = {
	{ "by address", REALM(LOCAL ANONYMOUS), USER1, NULL, 1, false, NULL,
	    "READY, SECURE (ldapi)" },
	{ "by another address", REALM(LOCAL ANONYMOUS),
	    "alias1@test.example", NULL, 1, false, NULL, NULL },
	{ "in upper case", REALM(LOCAL ANONYMOUS), "USER1@TEST.example", NULL,
	    1, false, NULL, NULL },
	{ "by name", REALM(LOCAL ANONYMOUS), "user1", NULL, 1, false, NULL,
	    NULL },
	{ "not there", REALM(LOCAL ANONYMOUS), "nobody@test.example", NULL, 0,
	    false, NULL, NULL },
	{ "filter characters find nothing", REALM(LOCAL ANONYMOUS),
	    "user*@test.example", NULL, 0, false, NULL, NULL },
	{ "two", REALM(LOCAL ANONYMOUS), "twin@test.example", NULL, 2, false,
	    NULL, NULL },
	{ "size limit", REALM(LOCAL ANONYMOUS), "many@test.example", NULL, 2,
	    true, NULL, NULL },
	{ "external", REALM(LOCAL "bind = \"external\";"), USER1, NULL, 1,
	    false, NULL, NULL },
	{ "simple", REALM(LOCAL READER "secret_file = \"$T/secret\";"), USER1,
	    NULL, 1, false, NULL, NULL },

	{ "wrong base", REALM("profile = \"$T/people.conf\"; base = "
	    "\"ou=nowhere,dc=test\"; servers = [ \"$A\" ]; " ANONYMOUS),
	    USER1, "directory", 0, false, "No such object (32)", NULL },
	{ "referral", REALM("profile = \"$T/people.conf\"; base = "
	    "\"uid=elsewhere,dc=test\"; servers = [ \"$A\" ]; " ANONYMOUS),
	    USER1, "directory", 0, false, "Referral (10)", NULL },
	{ "reference", REALM("profile = \"$T/people.conf\"; base = "
	    "\"dc=test\"; servers = [ \"$A\" ]; " ANONYMOUS), USER1,
	    "directory", 0, false, "refers to another", NULL },
	{ "reference ignored", REALM("profile = \"$T/lenient.conf\"; base = "
	    "\"dc=test\"; servers = [ \"$A\" ]; " ANONYMOUS), USER1, NULL, 1,
	    false, NULL, NULL },
	{ "wrong password", REALM(LOCAL READER
	    "secret_file = \"$T/wrong-secret\";"), USER1, "directory", 0,
	    false, "Invalid credentials (49)", "FAILED" },
	{ "empty password", REALM(LOCAL READER
	    "secret_file = \"$T/empty-secret\";"), USER1, "directory", 0,
	    false, "the password is empty", NULL },
	{ "no password file", REALM(LOCAL READER
	    "secret_file = \"$T/no-secret\";"), USER1, "directory", 0, false,
	    "/no-secret", NULL },
	{ "nobody there", REALM(PEOPLE ANONYMOUS "tls = \"none\"; "
	    "servers = [ \"$N\" ];"), USER1, "directory", 0, false,
	    "Connection refused", "FAILED" },

	{ "ldaps", REALM(PEOPLE ANONYMOUS CA "servers = [ \"$As\" ];"), USER1,
	    NULL, 1, false, NULL, "SECURE (TLS verified)" },
	{ "StartTLS", REALM(PEOPLE ANONYMOUS CA "servers = [ \"$Al\" ];"),
	    USER1, NULL, 1, false, NULL, "SECURE (TLS verified)" },
	{ "ldaps, simple", REALM(PEOPLE READER CA "servers = [ \"$As\" ]; "
	    "secret_file = \"$T/secret\";"), USER1, NULL, 1, false, NULL,
	    NULL },
	{ "ldaps, wrong CA", REALM(PEOPLE ANONYMOUS
	    "tls_ca = \"$T/other-ca.pem\"; servers = [ \"$As\" ];"), USER1,
	    "directory", 0, false, "certificate is not accepted", NULL },
	{ "StartTLS, wrong CA", REALM(PEOPLE READER
	    "tls_ca = \"$T/other-ca.pem\"; servers = [ \"$Al\" ]; "
	    "secret_file = \"$T/secret\";"), USER1, "directory", 0, false,
	    "certificate is not accepted", NULL },
	{ "ldaps, another name", REALM(PEOPLE ANONYMOUS CA
	    "servers = [ \"$Bs\" ];"), USER1, "directory", 0, false,
	    "that it names '127.0.0.1'", NULL },
	{ "ldaps to a port without", REALM(PEOPLE ANONYMOUS CA
	    "servers = [ \"$X\" ];"), USER1, "directory", 0, false,
	    "no TLS with 127.0.0.1", NULL },
	{ "no CA file", REALM(PEOPLE ANONYMOUS
	    "tls_ca = \"$T/no-ca.pem\"; servers = [ \"$As\" ];"), USER1,
	    "directory", 0, false, "/no-ca.pem", NULL },
	{ "loopback without TLS", REALM(PEOPLE ANONYMOUS "tls = \"none\"; "
	    "servers = [ \"$Al\" ];"), USER1, NULL, 1, false, NULL,
	    "INSECURE (loopback, no TLS)" },
	{ "no password without TLS", REALM(PEOPLE READER "tls = \"none\"; "
	    "servers = [ \"$Al\" ]; secret_file = \"$T/secret\";"), USER1,
	    "directory", 0, false, "no credentials over a connection", NULL },

	{ "canary blocked", REALM(LOCAL ANONYMOUS
	    "canary = [ \"locked@test.example\", \"locked\" ];"), USER1, NULL,
	    1, false, NULL, "canary blocked" },
	{ "canary admissible", REALM(LOCAL ANONYMOUS
	    "canary = [ \"locked@test.example\", \"twin1\" ];"), USER1,
	    "canary", 0, false, "it could log in", "canary NOT BLOCKED" },
	{ "canary unknown", REALM(LOCAL ANONYMOUS
	    "canary = [ \"gone@test.example\" ];"), USER1, "canary", 0, false,
	    "it is unknown", NULL },
	{ "no canary", REALM(LOCAL ANONYMOUS), "locked", NULL, 1, false,
	    "has no canary", NULL },
};

static const char *
or_none(const char *text)
{
	return text == NULL ? "none" : text;
}

static int
check_row(struct fixture *fixture, const struct row *row)
{
	struct daemon daemon;
	size_t accounts = 0;
	bool more = false;
	int64_t began;
	const char *reason;
	char *status;
	int bad = 0;

	daemon_start(fixture, &daemon, row->realm);
	began = deadline_now();
	reason = daemon_find(&daemon, "r", row->ask, 2500, &accounts, &more);
	if (strcmp(or_none(reason), or_none(row->reason)) != 0 ||
	    accounts != row->accounts || more != row->more) {
		print_error("%s: expected %s, %zu accounts%s; got %s, %zu%s\n",
		    row->name, or_none(row->reason), row->accounts,
		    row->more ? " and more" : "", or_none(reason), accounts,
		    more ? " and more" : "");
		bad++;
	}
	if (deadline_now() - began > FAST_MS) {
		print_error("%s: took %lld ms\n", row->name,
		    (long long)(deadline_now() - began));
		bad++;
	}
	status = daemon_tell(&daemon, NULL, NULL);
	if (row->status != NULL && strstr(status, row->status) == NULL) {
		print_error("%s: \"%s\" is not in the status:\n%s", row->name,
		    row->status, status);
		bad++;
	}
	free(status);
	daemon_end(&daemon);
	if (row->log != NULL && !daemon_logged(&daemon, row->log)) {
		print_error("%s: \"%s\" was not logged\n", row->name,
		    row->log);
		bad++;
	}
	if (daemon_logged(&daemon, "reader secret")) {
		print_error("%s: the password is in the log\n", row->name);
		bad++;
	}
	return bad;
}

static void
test_rows(void **state)
{
	size_t i;
	int bad = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		bad += check_row(*state, &rows[i]) > 0;
	if (bad > 0)
		fail_msg("%d of %zu rows failed", bad,
		    sizeof(rows) / sizeof(rows[0]));
}

/* What explain shows of the directory's part. */
static void
test_explain(void **state)
{
	static const char *const parts[] = { "ldapi://", "(mail=user1@",
		"\"ou=people,dc=test\"", "1 entries",
		"uid=user1,ou=people,dc=test" };
	struct daemon daemon;
	char *told;
	size_t i;

	daemon_start(*state, &daemon, REALM(LOCAL ANONYMOUS));
	told = daemon_tell(&daemon, "r", USER1);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strstr(told, parts[i]) == NULL)
			fail_msg("\"%s\" is not in:\n%s", parts[i], told);
	}
	free(told);
	daemon_end(&daemon);
}

/* Which configurations may be asked with. */
/* Each question keeps a configuration a little longer: pause in between. */
static const char *
forgotten(struct daemon *daemon)
{
	const char *reason = NULL;

	for (int i = 0; i < 5 && reason == NULL; i++) {
		(void)poll(NULL, 0, 2 * GENERATIONS_LATE_MS + 500);
		reason = daemon_find(daemon, "r", USER1, 1000, NULL, NULL);
	}
	return reason;
}

static void
test_reload(void **state)
{
	struct daemon daemon;
	uint64_t first, second;

	daemon_start(*state, &daemon, REALM(LOCAL ANONYMOUS));
	first = daemon.config;
	assert_string_equal(or_none(daemon_find(&daemon, "q", USER1, 1000,
	    NULL, NULL)), "stale");
	assert_int_equal(daemon_configure(*state, &daemon, "{ }"), 0);
	daemon_reload(&daemon);
	assert_int_equal(daemon_hear(&daemon), 'e');
	assert_null(daemon_find(&daemon, "r", USER1, 1000, NULL, NULL));

	second = daemon_configure(*state, &daemon, REALM(LOCAL ANONYMOUS
	    "canary = [ \"locked\" ];"));
	daemon_reload(&daemon);
	assert_int_equal(daemon_hear(&daemon), 'r');
	assert_null(daemon_find(&daemon, "r", USER1, 1000, NULL, NULL));
	daemon.config = second;
	assert_null(daemon_find(&daemon, "r", USER1, 1000, NULL, NULL));

	daemon.config = daemon_configure(*state, &daemon, REALM(LOCAL
	    ANONYMOUS "canary = [ \"user1\" ];"));
	daemon_reload(&daemon);
	assert_int_equal(daemon_hear(&daemon), 'r');
	assert_string_equal(or_none(daemon_find(&daemon, "r", USER1, 1000,
	    NULL, NULL)), "canary");
	daemon.config = second;		/* the previous one still serves */
	assert_null(daemon_find(&daemon, "r", USER1, 1000, NULL, NULL));
	daemon.config = first;		/* the one before does not for long */
	assert_string_equal(or_none(forgotten(&daemon)), "stale");
	daemon_end(&daemon);
}

/* Left without a front it ends, so that the parent connects it again. */
static void
test_orphan(void **state)
{
	struct daemon daemon;
	struct pollfd poll_fd;
	char what;
	int fd, status = 0;

	daemon_start(*state, &daemon, REALM(LOCAL ANONYMOUS));
	daemon_connect(&daemon);
	assert_null(daemon_find(&daemon, "r", USER1, 1000, NULL, NULL));
	shutdown(daemon.channel, SHUT_RDWR);
	poll_fd = (struct pollfd){ .fd = daemon.control, .events = POLLIN };
	assert_int_equal(poll(&poll_fd, 1, 5000), 1);
	assert_int_equal(control_receive(daemon.control, &what, &fd), 0);
	assert_int_equal(waitpid(daemon.pid, &status, 0), daemon.pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	assert_true(daemon_logged(&daemon, "no front has come"));
	daemon_forget(&daemon);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_orphan),
	};

	return cmocka_run_group_tests(tests, fixture_setup,
	    fixture_teardown);
}
