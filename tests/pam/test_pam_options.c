/*
 * The arguments of the line, and the request that goes out: compared to its
 * last byte.
 */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "client/client.h"
#include "pam_certauth/options.h"
#include "tests/pam/stack.h"
#include "tests/unit/rows.h"

#define USER "evidence=user "
#define ASSERTED "lookup evidence=asserted service=check "
#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16
#define X254 X64 X64 X64 X16 X16 X16 "xxxxxxxxxxxxxx"

static void
test_requests(void **state)
{
	static const struct {
		const char *name, *options;
		struct stack_call call;
		const char *want;
	} rows[] = {
		{ "address", USER, { 0 }, ASSERTED "email=u@example.com" },
		{ "name", USER, { .user = "u" }, ASSERTED "account=u" },
		{ "status", "evidence=status", { .user = "u" },
		    "lookup evidence=none service=check account=u" },
		{ "status, address", "evidence=status", { 0 },
		    "lookup evidence=none service=check "
		    "account=u@example.com" },
		{ "escaped", USER, { .user = "a b%20+=@c" },
		    ASSERTED "email=a%20b%2520+=@c" },
		{ "filter characters", USER, { .user = "*)(uid=*\\@x" },
		    ASSERTED "email=*)(uid=*\\@x" },
		{ "a DN", USER, { .user = "/C=DE/CN=u x" },
		    ASSERTED "account=/C=DE/CN=u%20x" },
		{ "longest user", USER, { .user = X254 },
		    ASSERTED "account=" X254 },
		{ "service", USER "service=Web-Mail", { 0 },
		    "lookup evidence=asserted service=web-mail "
		    "email=u@example.com" },
		{ "PAM_SERVICE in capitals", USER, { .service = "ChecK" },
		    ASSERTED "email=u@example.com" },
		{ "service before PAM_SERVICE", USER "service=a",
		    { .service = "b" },
		    "lookup evidence=asserted service=a "
		    "email=u@example.com" },
		{ "realm", USER "realm=One", { 0 },
		    ASSERTED "realm=One email=u@example.com" },
		{ "need", USER "need=admin", { 0 },
		    ASSERTED "need=admin email=u@example.com" },
		{ "client", USER, { .rhost = "2001:db8::1" },
		    ASSERTED "email=u@example.com client=2001:db8::1" },
		{ "client, 64 bytes", USER, { .rhost = X64 },
		    ASSERTED "email=u@example.com client=" X64 },
		{ "client, 65 bytes", USER, { .rhost = X64 "x" },
		    ASSERTED "email=u@example.com" },
		{ "client, not printable", USER, { .rhost = "a\nb" },
		    ASSERTED "email=u@example.com" },
		{ "client, empty", USER, { .rhost = "" },
		    ASSERTED "email=u@example.com" },
		{ "all of it", "debug need=admin realm=r timeout=60 "
		    "password=ignore trust=application service=s "
		    "evidence=user server_user=0",
		    { .user = "a@b", .rhost = "h" },
		    "lookup evidence=asserted service=s realm=r need=admin "
		    "email=a@b client=h" },
	};
	struct stack stack;

	stack_open(&stack);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char got[4096];
		int code;

		if (geteuid() != 0 &&
		    strstr(rows[i].options, "server_user=0") != NULL)
			continue;
		stack_write(&stack, rows[i].options);
		code = stack_do(&stack, STACK_ACCOUNT, &rows[i].call);
		fake_request(stack.server, got, sizeof(got));
		row_check(strcmp(got, rows[i].want) == 0, rows[i].name,
		    "want %s, got %s", rows[i].want, got);
		row_check(code == PAM_SUCCESS, rows[i].name, "code %d",
		    code);
	}
	stack_close(&stack);
	rows_end();
}

static const struct {
	const char *options, *want;
} wrong[] = {
	{ "", "option evidence: is missing" },
	{ "evidence", "option evidence: needs a value" },
	{ "evidence=", "option evidence=: must be user, prompt or status" },
	{ "evidence=none", "must be user, prompt or status" },
	{ "evidence=User", "must be user, prompt or status" },
	{ "evidence=verified", "must be user, prompt or status" },
	{ "Evidence=user", "option Evidence=user: unknown" },
	{ USER "evidence=user", "option evidence=user: given twice" },
	{ USER "evidence=status", "given twice" },
	{ USER "debug debug", "option debug: given twice" },
	{ USER "debug=1", "option debug=1: takes no value" },
	{ USER "debug=", "option debug=: takes no value" },
	{ USER "nouserok", "option nouserok: unknown" },
	{ USER "nullok=1", "option nullok=1: unknown" },
	{ USER "=", "option =: unknown" },
	{ "evidence=prompt", "option evidence=prompt: needs prompt=" },
	{ "evidence=prompt prompt", "option prompt: needs a value" },
	{ "evidence=prompt prompt=", "must be 1 to 64 printable" },
	{ "evidence=prompt prompt=" X64 "x",
	    "must be 1 to 64 printable" },
	{ "evidence=prompt prompt=\"name\"",
	    "must be 1 to 64 printable" },
	{ "evidence=prompt prompt=a\x7f",
	    "must be 1 to 64 printable" },
	{ "evidence=prompt prompt=a b", "option b: unknown" },
	{ "evidence=prompt prompt=a prompt=b", "given twice" },
	{ USER "prompt=a", "option prompt: needs evidence=prompt" },
	{ "evidence=status prompt=a", "needs evidence=prompt" },
	{ USER "set_user", "needs a value" },
	{ USER "set_user=", "must be account or login" },
	{ USER "set_user=yes", "must be account or login" },
	{ USER "minimum_uid=0", "must be a number above 0" },
	{ USER "minimum_uid=-1", "must be a number above 0" },
	{ USER "minimum_uid=1000x", "must be a number above 0" },
	{ USER "minimum_uid=4294967295", "must be a number above 0" },
	{ USER "ignore_unknown_user",
	    "option ignore_unknown_user: needs evidence=status" },
	{ "evidence=prompt prompt=a ignore_unknown_user",
	    "option ignore_unknown_user: needs evidence=status" },
	{ "evidence=status ignore_unknown_user=1",
	    "takes no value" },
	{ USER "quiet=1", "takes no value" },
	{ USER "quiet debug", "option quiet: contradicts debug" },
	{ USER "trust", "needs a value" },
	{ USER "trust=yes", "must be application" },
	{ USER "password=", "must be ignore" },
	{ USER "password=secret", "must be ignore" },
	{ USER "need=administrator", "must be admin" },
	{ USER "service=", "must be a name" },
	{ USER "service=" X64 "x", "must be a name" },
	{ USER "[service=a b]", "must be a name" },
	{ USER "realm=", "must be a name" },
	{ USER "realm=\xc3\xbc", "must be a name" },
	{ USER "socket=", "must be an absolute path" },
	{ USER "socket=run/x", "must be an absolute path" },
	{ USER "socket=/" X64 X64, "must be an absolute path" },
	{ USER "timeout=0", "must be 1 to 60 seconds" },
	{ USER "timeout=61", "must be 1 to 60 seconds" },
	{ USER "timeout=8s", "must be 1 to 60 seconds" },
	{ USER "timeout=", "must be 1 to 60 seconds" },
	{ USER "timeout=4294967297", "must be 1 to 60 seconds" },
	{ USER "timeout=-1", "must be 1 to 60 seconds" },
	{ USER "server_user=", "must be a user name or number" },
	{ USER "server_user=no-such-user-here",
	    "must be a user name or number" },
	{ USER "server_user=4294967295",
	    "must be a user name or number" },
	{ USER "\033[2J", "option \\x1b" },
};

/* Nothing is asked, and the code is a refusal, in both phases. */
static void
test_bad_options(void **state)
{
	struct stack stack;

	stack_open(&stack);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct stack_call call = { 0 };
		int auth, account;

		stack_write(&stack, wrong[i].options);
		stack_log_clear();
		stack_both(&stack, &call, &auth, &account);
		row_check(auth == PAM_SYSTEM_ERR && account ==
		    PAM_SYSTEM_ERR, wrong[i].options, "got %d and %d", auth,
		    account);
		row_check(strncmp(stack_log(), "3 option ", 9) == 0 &&
		    strstr(stack_log(), wrong[i].want) != NULL,
		    wrong[i].options, "want %s, got %s", wrong[i].want,
		    stack_log());
	}
	assert_int_equal(fake_count(stack.server), 0);
	stack_close(&stack);
	rows_end();
}

/* Which evidence may speak in which phase. */
static void
test_phases(void **state)
{
	static const struct {
		const char *options;
		int auth, account;
		const char *log;
	} rows[] = {
		{ "evidence=user", PAM_AUTH_ERR, PAM_SUCCESS,
		    "3 evidence=user in the auth phase needs "
		    "trust=application\n" },
		{ "evidence=user password=ignore", PAM_AUTH_ERR, PAM_SUCCESS,
		    "3 evidence=user in the auth phase needs "
		    "trust=application\n" },
		{ "evidence=user trust=application", PAM_SUCCESS,
		    PAM_SUCCESS, "" },
		{ "evidence=prompt prompt=x", PAM_AUTH_ERR, PAM_PERM_DENIED,
		    "3 evidence=prompt in the auth phase needs "
		    "trust=application\n5 the application did not answer "
		    "the prompt with a name\n" },
		{ "evidence=status", PAM_AUTH_ERR, PAM_SUCCESS,
		    "3 evidence=status proves nothing: it is for the account "
		    "phase only\n" },
		{ "evidence=status trust=application", PAM_AUTH_ERR,
		    PAM_SUCCESS, "3 evidence=status proves nothing: it is "
		    "for the account phase only\n" },
	};
	struct stack stack;

	stack_open(&stack);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct stack_call call = { 0 };
		unsigned before = fake_count(stack.server), asked;
		int auth, account;

		stack_write(&stack, rows[i].options);
		stack_log_clear();
		auth = stack_do(&stack, STACK_AUTHENTICATE, &call);
		asked = fake_count(stack.server) - before;
		row_check(asked == (rows[i].auth == PAM_SUCCESS),
		    rows[i].options, "asked %u times in auth", asked);
		account = stack_do(&stack, STACK_ACCOUNT, &call);
		row_check(auth == rows[i].auth && account == rows[i].account,
		    rows[i].options, "got %d and %d", auth, account);
		row_check(strcmp(stack_log(), rows[i].log) == 0,
		    rows[i].options, "log %s", stack_log());
	}
	stack_close(&stack);
	rows_end();
}

static void
test_bad_users(void **state)
{
	static const struct {
		const char *name;
		struct stack_call call;
		int auth, account;
	} rows[] = {
		{ "NULL", { .no_user = true }, PAM_AUTH_ERR,
		    PAM_PERM_DENIED },
		{ "empty", { .user = "" }, PAM_AUTH_ERR, PAM_PERM_DENIED },
		{ "line end", { .user = "u@example.com\nlookup" },
		    PAM_AUTH_ERR, PAM_PERM_DENIED },
		{ "escape", { .user = "\033u" }, PAM_AUTH_ERR,
		    PAM_PERM_DENIED },
		{ "DEL", { .user = "u\177" }, PAM_AUTH_ERR,
		    PAM_PERM_DENIED },
		{ "not ASCII", { .user = "\xc3\xbc@example.com" },
		    PAM_AUTH_ERR, PAM_PERM_DENIED },
		{ "255 bytes", { .user = X254 "x" }, PAM_AUTH_ERR,
		    PAM_PERM_DENIED },
		{ "service empty", { .service = "" }, PAM_SYSTEM_ERR,
		    PAM_SYSTEM_ERR },
		{ "service too long", { .service = X64 "x" }, PAM_SYSTEM_ERR,
		    PAM_SYSTEM_ERR },
		{ "service not printable", { .service = "a\nb" },
		    PAM_SYSTEM_ERR, PAM_SYSTEM_ERR },
	};
	struct stack stack;

	stack_open(&stack);
	stack_write(&stack, "evidence=user trust=application");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int auth, account;

		stack_log_clear();
		auth = stack_do(&stack, STACK_AUTHENTICATE, &rows[i].call);
		account = stack_do(&stack, STACK_ACCOUNT, &rows[i].call);
		row_check(auth == rows[i].auth && account == rows[i].account,
		    rows[i].name, "got %d and %d", auth, account);
		row_check(strlen(stack_log()) > 0 &&
		    strstr(stack_log(), "\033") == NULL &&
		    strstr(stack_log(), "lookup\n") == NULL, rows[i].name,
		    "log %s", stack_log());
	}
	assert_int_equal(fake_count(stack.server), 0);
	stack_close(&stack);
	rows_end();
}

/* What a short line means; and a bad one leaves nothing that could admit. */
static void
test_defaults(void **state)
{
	const char *shortest[] = { "evidence=user" };
	const char *bad[] = { "evidence=user", "need=x" };
	char error[OPTIONS_ERROR_MAX];
	struct options options;

	assert_int_equal(options_parse(1, shortest, &options, error), 0);
	assert_int_equal(options.timeout_ms, 8000);
	assert_int_equal(options.server_uid, UNIX_SOCKET_NO_UID);
	assert_string_equal(options.socket, CLIENT_DEFAULT_SOCKET);
	assert_string_equal(options.service, "");
	assert_false(options.trust_application);
	assert_int_equal(options_parse(2, bad, &options, error), -1);
	assert_int_equal(options.evidence, OPTIONS_EVIDENCE_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_bad_options),
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_bad_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
