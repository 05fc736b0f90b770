/*
 * The module against servers that are absent, hung, broken or another's.
 */
#include "config.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "common/deadline.h"
#include "tests/pam/stack.h"
#include "tests/unit/rows.h"

#define TRUSTED "evidence=user trust=application timeout=20"
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X1024 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64

static const struct stack_call plain = { 0 };

static void
test_broken(void **state)
{
	static const struct {
		const char *name;
		struct fake_script script;
		const char *why;	/* in the log */
	} rows[] = {
		{ "hung", { .hold = true }, "no answer in time" },
		{ "half an answer, hung", { .answer = "active account=u",
		    .hold = true }, "no answer in time" },
		{ "details, hung", { .answer = " a\n", .hold = true },
		    "no answer in time" },
		{ "half an answer, closed", { .answer = "active account=u" },
		    "malformed answer: cut off" },
		{ "closed", { .answer = NULL },
		    "closed the connection without an answer" },
		{ "one endless line", { .answer = X1024, .repeat = 600 },
		    "malformed answer: too long" },
		{ "endless details", { .answer = " " X1024 "\n",
		    .repeat = 600 }, "malformed answer: too long" },
		{ "an endless last line", { .answer = "active account=" X1024,
		    .repeat = 600 }, "malformed answer: too long" },
	};
	struct stack stack;

	stack_open(&stack);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t begin = deadline_now();
		int got;

		/* one second for those that hang */
		stack_write(&stack, rows[i].script.hold ? "evidence=user "
		    "timeout=1" : TRUSTED);
		fake_set(stack.server, rows[i].script);
		stack_log_clear();
		got = stack_do(&stack, STACK_ACCOUNT, &plain);
		row_check(!rows[i].script.hold || deadline_now() - begin >=
		    900, rows[i].name, "did not wait");
		row_check(got == PAM_AUTHINFO_UNAVAIL, rows[i].name,
		    "got %d", got);
		row_check(strncmp(stack_log(), "3 lookupd cannot be asked: ",
		    27) == 0 && strstr(stack_log(), rows[i].why) != NULL,
		    rows[i].name, "log %s", stack_log());
	}
	stack_close(&stack);
	rows_end();
}

static void
test_absent(void **state)
{
	struct stack stack;
	char options[256];
	pam_handle_t *pamh;

	stack_open(&stack);
	stack_write(&stack, TRUSTED);
	pamh = stack_handle(&stack, &plain);
	assert_int_equal(stack_enter(pamh, STACK_ACCOUNT, 0), PAM_SUCCESS);
	/* it stops; the same handle asks again */
	fake_stop(stack.server);
	assert_int_equal(stack_enter(pamh, STACK_ACCOUNT, 0),
	    PAM_AUTHINFO_UNAVAIL);
	unlink(stack.socket);
	assert_int_equal(stack_enter(pamh, STACK_AUTHENTICATE, 0),
	    PAM_AUTHINFO_UNAVAIL);
	/* and comes back */
	stack.server = fake_start(stack.socket);
	fake_set(stack.server, (struct fake_script){
	    .answer = STACK_ACTIVE });
	assert_int_equal(stack_enter(pamh, STACK_AUTHENTICATE, 0),
	    PAM_SUCCESS);
	assert_int_equal(pam_end(pamh, 0), PAM_SUCCESS);
	snprintf(options, sizeof(options), TRUSTED " socket=%s",
	    stack.folder);
	stack_write(&stack, options);
	assert_int_equal(stack_do(&stack, STACK_ACCOUNT, &plain),
	    PAM_AUTHINFO_UNAVAIL);
	stack_close(&stack);
}

/* The socket belongs to somebody who may not answer. */
static void
test_foreign_owner(void **state)
{
	struct passwd *nobody = getpwnam("nobody");
	struct stack stack;
	char options[256];
	pam_handle_t *pamh;

	if (geteuid() != 0 || nobody == NULL)
		skip();
	stack_open(&stack);
	stack_write(&stack, TRUSTED);
	pamh = stack_handle(&stack, &plain);
	assert_int_equal(stack_enter(pamh, STACK_ACCOUNT, 0), PAM_SUCCESS);
	/* replaced between two calls on one handle */
	assert_int_equal(chown(stack.socket, nobody->pw_uid, (gid_t)-1), 0);
	assert_int_equal(stack_enter(pamh, STACK_ACCOUNT, 0),
	    PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(pam_end(pamh, 0), PAM_SUCCESS);
	assert_int_equal(fake_count(stack.server), 1);
	stack_write(&stack, TRUSTED " server_user=nobody");
	assert_int_equal(stack_do(&stack, STACK_ACCOUNT, &plain),
	    PAM_SUCCESS);
	snprintf(options, sizeof(options), TRUSTED " server_user=%lu",
	    (unsigned long)nobody->pw_uid);
	stack_write(&stack, options);
	assert_int_equal(stack_do(&stack, STACK_ACCOUNT, &plain),
	    PAM_SUCCESS);
	stack_write(&stack, TRUSTED " server_user=1");
	assert_int_equal(stack_do(&stack, STACK_ACCOUNT, &plain),
	    PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(fake_count(stack.server), 3);
	stack_close(&stack);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_foreign_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
