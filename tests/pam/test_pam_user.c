/*
 * The user: the name an application gives at a prompt, what PAM_USER becomes
 * (only where the line says so), and users of the machine itself.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <security/pam_modules.h>

#include "tests/pam/stack.h"
#include "tests/pam/talk.h"
#include "tests/unit/rows.h"

#define PROMPT "evidence=prompt prompt=who trust=application "
#define USER "evidence=user trust=application "
#define STATUS "evidence=status "
#define ASKED "lookup evidence=asserted service=check "
#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16
#define X126 X64 X16 X16 X16 "xxxxxxxxxxxxxx"

static void
test_prompt(void **state)
{
	static const struct {
		const char *name, *options, *answer;
		struct stack_call call;
		const char *want;	/* NULL: refused unasked */
	} rows[] = {
		{ "a name, no user", PROMPT, "u@example.com",
		    { .no_user = true }, ASKED "email=u@example.com" },
		{ "a name and a user", PROMPT, "u@example.com",
		    { .user = "u" }, ASKED "email=u@example.com user=u" },
		{ "an account", PROMPT, "u1", { .no_user = true },
		    ASKED "account=u1" },
		{ "a text with spaces", "evidence=prompt trust=application "
		    "[prompt=who is it: ]", "u1", { .no_user = true },
		    ASKED "account=u1" },
		{ "the longest answer", PROMPT, X126, { .no_user = true },
		    ASKED "account=" X126 },
		{ "cut", PROMPT, X126 "x", { .no_user = true }, NULL },
		{ "longer", PROMPT, X126 X126, { .no_user = true }, NULL },
		{ "empty", PROMPT, "", { .no_user = true }, NULL },
		{ "empty, with a user", PROMPT, "", { .user = "u" }, NULL },
		{ "NULL", PROMPT, NULL, { .no_user = true }, NULL },
		{ "an empty user", PROMPT, "u1", { .user = "" }, NULL },
		{ "an odd user", PROMPT, "u1", { .user = "a\nb" }, NULL },
		{ "line end", PROMPT, "u1\nlookup account=root",
		    { .no_user = true }, NULL },
		{ "not ASCII", PROMPT, "\xc3\xbc", { .no_user = true },
		    NULL },
	};
	struct stack stack;

	stack_open(&stack);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stack_call call = rows[i].call;
		unsigned before = fake_count(stack.server), asked;
		char got[4096];
		int auth, account;

		talk_begin(rows[i].answer);
		call.conversation = talk_answer;
		stack_write(&stack, rows[i].options);
		stack_both(&stack, &call, &auth, &account);
		asked = fake_count(stack.server) - before;
		fake_request(stack.server, got, sizeof(got));
		row_check(rows[i].want != NULL ? auth == PAM_SUCCESS &&
		    account == PAM_SUCCESS && asked == 2 :
		    auth == PAM_AUTH_ERR && account == PAM_PERM_DENIED &&
		    asked == 0, rows[i].name, "got %d, %d; %u requests",
		    auth, account, asked);
		if (rows[i].want != NULL)
			row_check(strcmp(got, rows[i].want) == 0,
			    rows[i].name, "want %s, got %s", rows[i].want,
			    got);
		if (talk.calls > 0)
			row_check(talk.count == 1 && talk.style ==
			    PAM_PROMPT_ECHO_ON && strstr(talk.text, "who") ==
			    talk.text, rows[i].name, "%d messages, style %d, "
			    "%s", talk.count, talk.style, talk.text);
	}
	assert_string_equal(talk.text, "who");
	stack_close(&stack);
	rows_end();
}

/* One call, and PAM_USER after it. */
static int
user_after(const struct stack *stack, enum stack_entry entry,
    const struct stack_call *call, char *user, size_t size)
{
	pam_handle_t *pamh = stack_handle(stack, call);
	const void *item = NULL;
	int code = stack_enter(pamh, entry, 0);

	assert_int_equal(pam_get_item(pamh, PAM_USER, &item), PAM_SUCCESS);
	snprintf(user, size, "%s", item != NULL ? (const char *)item :
	    "NULL");
	pam_end(pamh, code);
	return code;
}

#define FULL "active account=u1@example.com identity=a@example.com\n"
#define SHORT "active account=u1 identity=a@example.com\n"

static const struct {
	const char *name, *options, *answer, *second;
	const char *want;	/* PAM_USER afterwards */
	int code;		/* of the account phase */
	unsigned asked;
} users[] = {
	{ "never", USER, FULL, NULL, "a@example.com", PAM_SUCCESS,
	    1 },
	{ "account", USER "set_user=account", FULL, NULL,
	    "u1@example.com", PAM_SUCCESS, 1 },
	{ "account, refused", USER "set_user=account",
	    "blocked reason=closed\n", NULL, "a@example.com",
	    PAM_PERM_DENIED, 1 },
	{ "account, none named", USER "set_user=account", "active\n",
	    NULL, "a@example.com", PAM_SYSTEM_ERR, 1 },
	{ "account, empty", USER "set_user=account",
	    "active account=\n", NULL, "a@example.com",
	    PAM_SYSTEM_ERR, 1 },
	{ "account, odd", USER "set_user=account",
	    "active account=a%0ab\n", NULL, "a@example.com",
	    PAM_SYSTEM_ERR, 1 },
	{ "account, NUL", USER "set_user=account",
	    "active account=a%00b\n", NULL, "a@example.com",
	    PAM_SYSTEM_ERR, 1 },
	{ "login", USER "set_user=login", FULL, FULL, "u1",
	    PAM_SUCCESS, 2 },
	{ "login, name without domain", USER "set_user=login", SHORT,
	    NULL, "u1", PAM_SUCCESS, 1 },
	{ "login, several people's", USER "set_user=login", FULL,
	    "ambiguous\n", "a@example.com", PAM_PERM_DENIED, 2 },
	{ "login, another's", USER "set_user=login", FULL,
	    "refused reason=wrong-user\n", "a@example.com",
	    PAM_PERM_DENIED, 2 },
	{ "login, another's, an old server", USER "set_user=login",
	    FULL, "active account=u1@example.net\n", "a@example.com",
	    PAM_PERM_DENIED, 2 },
	{ "login, nobody's", USER "set_user=login", FULL,
	    "unknown\n", "a@example.com", PAM_PERM_DENIED, 2 },
	{ "login, nobody's, ignored", STATUS "set_user=login "
	    "ignore_unknown_user", FULL, "unknown\n",
	    "a@example.com", PAM_PERM_DENIED, 2 },
	{ "login, then down", USER "set_user=login", FULL,
	    "unavailable reason=directory\n", "a@example.com",
	    PAM_AUTHINFO_UNAVAIL, 2 },
	{ "login, a path", USER "set_user=login",
	    "active account=../etc\n", NULL, "a@example.com",
	    PAM_PERM_DENIED, 1 },
	{ "login, an option", USER "set_user=login",
	    "active account=-f\n", NULL, "a@example.com",
	    PAM_PERM_DENIED, 1 },
	{ "login, nothing before the @", USER "set_user=login",
	    "active account=@example.com\n", NULL, "a@example.com",
	    PAM_PERM_DENIED, 1 },
	{ "login, root", USER "set_user=login minimum_uid=1000",
	    "active account=root\n", NULL, "a@example.com",
	    PAM_PERM_DENIED, 1 },
	{ "status, account", STATUS "set_user=account", FULL, NULL,
	    "u1@example.com", PAM_SUCCESS, 1 },
};

static void
test_set_user(void **state)
{
	const struct stack_call call = { .user = "a@example.com" };
	struct stack stack;

	stack_open(&stack);
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		unsigned before = fake_count(stack.server), asked;
		char user[300], got[4096];
		int code;

		stack_write(&stack, users[i].options);
		fake_set(stack.server, (struct fake_script){
		    .answer = users[i].answer, .second = users[i].second });
		code = user_after(&stack, STACK_ACCOUNT, &call, user,
		    sizeof(user));
		asked = fake_count(stack.server) - before;
		fake_request(stack.server, got, sizeof(got));
		row_check(code == users[i].code && asked == users[i].asked &&
		    strcmp(user, users[i].want) == 0, users[i].name,
		    "want %d, %s, %u; got %d, %s, %u", users[i].code,
		    users[i].want, users[i].asked, code, user, asked);
		row_check(users[i].second == NULL ||
		    strstr(got, " account=u1 user=u1@example.com") != NULL,
		    users[i].name, "asked %s", got);
	}
	stack_close(&stack);
	rows_end();
}

/* The second question has what the first left of the time, and PAM_USER stays
 * until it is answered. */
static void
test_login_in_time(void **state)
{
	const struct stack_call call = { .user = "a@example.com" };
	struct stack stack;
	char user[300];

	stack_open(&stack);
	stack_write(&stack, USER "set_user=login timeout=1");
	fake_set(stack.server, (struct fake_script){ .answer = FULL,
	    .second = "active account=u1@exam", .hold = true });
	assert_int_equal(user_after(&stack, STACK_ACCOUNT, &call, user,
	    sizeof(user)), PAM_AUTHINFO_UNAVAIL);
	assert_string_equal(user, "a@example.com");
	assert_int_equal(fake_count(stack.server), 2);
	stack_close(&stack);
}

/* A prompt and set_user: an application without a user has one then, in the
 * auth phase as well. */
static void
test_prompt_sets_user(void **state)
{
	const struct stack_call call = { .no_user = true,
		.conversation = talk_answer };
	struct stack stack;
	char user[300];

	stack_open(&stack);
	talk_begin("a@example.com");
	stack_write(&stack, PROMPT "set_user=account");
	fake_set(stack.server, (struct fake_script){ .answer = FULL });
	assert_int_equal(user_after(&stack, STACK_AUTHENTICATE, &call, user,
	    sizeof(user)), PAM_SUCCESS);
	assert_string_equal(user, "u1@example.com");
	stack_write(&stack, PROMPT);
	assert_int_equal(user_after(&stack, STACK_AUTHENTICATE, &call, user,
	    sizeof(user)), PAM_SUCCESS);
	assert_string_equal(user, "NULL");
	stack_close(&stack);
}

/* Users of the machine, and of nobody's directory. */
static void
test_local_users(void **state)
{
	static const struct {
		const char *name, *options, *user, *answer;
		int code;
		unsigned asked;
		const char *log;
	} rows[] = {
		{ "status, root", STATUS "minimum_uid=1", "root",
		    "unknown\n", PAM_IGNORE, 0,
		    "5 user root: ignored, below minimum_uid\n" },
		{ "status, root, quiet", STATUS "minimum_uid=1 quiet",
		    "root", "unknown\n", PAM_IGNORE, 0,
		    "5 user root: ignored, below minimum_uid\n" },
		{ "status, no such user", STATUS "minimum_uid=1000",
		    "ca-nobody-here", "unknown\n", PAM_PERM_DENIED, 1,
		    "5 user ca-nobody-here: unknown\n" },
		{ "user, root", USER "minimum_uid=1000", "root",
		    "active account=root\n", PAM_PERM_DENIED, 0,
		    "5 user root: below minimum_uid\n" },
		{ "status, unknown", STATUS "ignore_unknown_user", "x",
		    "unknown\n", PAM_IGNORE, 1,
		    "5 user x: ignored, the directory does not know it\n" },
		{ "status, unknown, quiet", STATUS "ignore_unknown_user "
		    "quiet", "x", "unknown\n", PAM_IGNORE, 1,
		    "5 user x: ignored, the directory does not know it\n" },
		{ "status, ambiguous", STATUS "ignore_unknown_user", "x",
		    "ambiguous\n", PAM_PERM_DENIED, 1,
		    "5 user x: ambiguous\n" },
		{ "status, blocked", STATUS "ignore_unknown_user", "x",
		    "blocked reason=closed\n", PAM_PERM_DENIED, 1,
		    "5 user x: blocked reason=closed\n" },
		{ "status, down", STATUS "ignore_unknown_user", "x",
		    "unavailable reason=directory\n", PAM_AUTHINFO_UNAVAIL,
		    1, "5 user x: unavailable reason=directory\n" },
		{ "quiet, blocked", USER "quiet", "x",
		    "blocked reason=closed\n", PAM_PERM_DENIED, 1, "" },
		{ "quiet, malformed", USER "quiet", "x", "?\n",
		    PAM_AUTHINFO_UNAVAIL, 1,
		    "3 lookupd cannot be asked: malformed answer: " },
	};
	struct stack stack;

	stack_open(&stack);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct stack_call call = { .user = rows[i].user };
		unsigned before = fake_count(stack.server), asked;
		int code, auth;

		stack_write(&stack, rows[i].options);
		fake_set(stack.server, (struct fake_script){
		    .answer = rows[i].answer });
		stack_log_clear();
		code = stack_do(&stack, STACK_ACCOUNT, &call);
		asked = fake_count(stack.server) - before;
		row_check(code == rows[i].code && asked == rows[i].asked,
		    rows[i].name, "want %d, %u; got %d, %u", rows[i].code,
		    rows[i].asked, code, asked);
		row_check(*rows[i].log == '\0' ? *stack_log() == '\0' :
		    strncmp(stack_log(), rows[i].log, strlen(rows[i].log)) ==
		    0, rows[i].name, "log %s", stack_log());
		auth = stack_do(&stack, STACK_AUTHENTICATE, &call);
		row_check(auth != PAM_SUCCESS && auth != PAM_IGNORE,
		    rows[i].name, "auth %d", auth);
	}
	stack_close(&stack);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prompt),
		cmocka_unit_test(test_set_user),
		cmocka_unit_test(test_login_in_time),
		cmocka_unit_test(test_prompt_sets_user),
		cmocka_unit_test(test_local_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
