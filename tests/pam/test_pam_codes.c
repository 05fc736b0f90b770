/*
 * What programs, and stacks as they are met, make of the codes that come
 * back: nothing but `active` may let anybody in.
 */
#include "config.h"

#include <string.h>

#include <security/pam_modules.h>

#include "tests/pam/stack.h"
#include "tests/unit/rows.h"

#define USER "evidence=user trust=application"

enum effect { LETS_IN, SAYS_NO, SAYS_LATER, NEXT_DATABASE };

static enum effect
plain(int code)
{
	return code == PAM_SUCCESS ? LETS_IN : SAYS_NO;
}

/* An account that PAM does not know is one of its own secrets file. */
static enum effect
of_pppd(int code)
{
	return code == PAM_USER_UNKNOWN ? LETS_IN : plain(code);
}

static enum effect
of_dovecot(int code)
{
	return code == PAM_USER_UNKNOWN ? NEXT_DATABASE : plain(code);
}

static enum effect
of_exim(int code)
{
	switch (code) {
	case PAM_SUCCESS:
		return LETS_IN;
	case PAM_USER_UNKNOWN:
	case PAM_AUTH_ERR:
	case PAM_ACCT_EXPIRED:
		return SAYS_NO;
	default:
		return SAYS_LATER;
	}
}

static void
test_effects(void **state)
{
	static const struct {
		const char *name;
		enum effect (*effect)(int code);
		enum effect refusal, outage;	/* in the account phase */
	} programs[] = {
		{ "most", plain, SAYS_NO, SAYS_NO },
		{ "pppd", of_pppd, SAYS_NO, SAYS_NO },
		{ "Dovecot", of_dovecot, SAYS_NO, SAYS_NO },
		{ "Exim", of_exim, SAYS_LATER, SAYS_LATER },
	};
	static const struct {
		const char *answer;
		bool outage;
	} answers[] = {
		{ "unknown\n", false }, { "ambiguous\n", false },
		{ "blocked reason=closed\n", false },
		{ "refused reason=wrong-user\n", false },
		{ "unavailable reason=directory\n", true },
		{ "bad-request reason=syntax\n", true }, { "?\n", true },
	};
	const struct stack_call call = { .user = "u" };
	struct stack stack;

	stack_open(&stack);
	stack_write(&stack, USER);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		int auth, account;

		fake_set(stack.server, (struct fake_script){
		    .answer = answers[i].answer });
		auth = stack_do(&stack, STACK_AUTHENTICATE, &call);
		account = stack_do(&stack, STACK_ACCOUNT, &call);
		for (size_t j = 0; j < sizeof(programs) / sizeof(programs[0]);
		    j++) {
			enum effect got = programs[j].effect(account);

			row_check(got == (answers[i].outage ?
			    programs[j].outage : programs[j].refusal),
			    programs[j].name, "%s: code %d, effect %d",
			    answers[i].answer, account, got);
			got = programs[j].effect(auth);
			row_check(got == SAYS_NO || got == SAYS_LATER,
			    programs[j].name, "%s: auth %d, effect %d",
			    answers[i].answer, auth, got);
		}
	}
	stack_close(&stack);
	rows_end();
}

/* Stacks as they are met: which ones turn a refusal or an outage into a yes?
 * Those are what certauthctl pam-lint warns of. */
static void
test_controls(void **state)
{
	static const struct {
		const char *control;
		int unknown, down;	/* of the stack */
	} rows[] = {
		{ "required", PAM_PERM_DENIED, PAM_AUTHINFO_UNAVAIL },
		{ "requisite", PAM_PERM_DENIED, PAM_AUTHINFO_UNAVAIL },
		/* Debian's profiles for LDAP: harmless with our codes ... */
		{ "[success=ok user_unknown=ignore default=bad]",
		    PAM_PERM_DENIED, PAM_AUTHINFO_UNAVAIL },
		/* ... but not these */
		{ "[success=ok authinfo_unavail=ignore default=bad]",
		    PAM_PERM_DENIED, PAM_SUCCESS },
		{ "[success=ok perm_denied=ignore default=bad]",
		    PAM_SUCCESS, PAM_AUTHINFO_UNAVAIL },
		{ "optional", PAM_SUCCESS, PAM_SUCCESS },
		{ "sufficient", PAM_SUCCESS, PAM_SUCCESS },
	};
	const struct stack_call call = { .user = "u" };
	struct stack stack;

	stack_open(&stack);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int unknown, down;

		stack_write_control(&stack, rows[i].control, "evidence=user",
		    "account required pam_permit.so\n");
		fake_set(stack.server, (struct fake_script){
		    .answer = "unknown\n" });
		unknown = stack_do(&stack, STACK_ACCOUNT, &call);
		fake_set(stack.server, (struct fake_script){
		    .answer = "unavailable reason=directory\n" });
		down = stack_do(&stack, STACK_ACCOUNT, &call);
		row_check(unknown == rows[i].unknown && down == rows[i].down,
		    rows[i].control, "want %d, %d; got %d, %d",
		    rows[i].unknown, rows[i].down, unknown, down);
	}
	stack_close(&stack);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_effects),
		cmocka_unit_test(test_controls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
