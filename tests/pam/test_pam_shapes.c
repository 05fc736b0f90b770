/*
 * The programs that call PAM, as the module meets them: how each one's
 * conversation function behaves, with every kind of evidence and in both
 * phases.
 *
 * The shapes are those of the programs' sources.  Dovecot, OpenVPN and others
 * are also started as they are, in tests/integration.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <security/pam_modules.h>

#include "tests/pam/stack.h"
#include "tests/unit/rows.h"

#define USER "evidence=user trust=application"
#define PROMPT "evidence=prompt trust=application prompt=certauth-identity"
#define STATUS "evidence=status"

static struct {
	int calls;		/* of the conversation */
	int most;		/* messages at a time */
	int others;		/* messages that ask for nothing */
} seen;

static void
note(int count, const struct pam_message **messages)
{
	seen.calls++;
	if (count > seen.most)
		seen.most = count;
	for (int i = 0; i < count; i++)
		if (messages[i]->msg_style != PAM_PROMPT_ECHO_OFF &&
		    messages[i]->msg_style != PAM_PROMPT_ECHO_ON)
			seen.others++;
}

static int
give(int count, struct pam_response **responses, const char *text)
{
	*responses = count > 0 ? calloc((unsigned)count,
	    sizeof(**responses)) : NULL;
	if (*responses == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; text != NULL && i < count; i++)
		(*responses)[i].resp = strdup(text);
	return PAM_SUCCESS;
}

#define SHAPE(name)                                                      \
	static int name(int count, const struct pam_message **messages,  \
	    struct pam_response **responses, void *context)

SHAPE(cockpit)
{
	note(count, messages);
	return PAM_CONV_ERR;
}

/* mod_authnz_pam without data to send: the array is theirs, and freed */
SHAPE(mod_authnz_pam)
{
	static struct pam_response freed;

	note(count, messages);
	*responses = &freed;
	for (int i = 0; i < count; i++)
		if (messages[i]->msg_style == PAM_ERROR_MSG ||
		    messages[i]->msg_style == PAM_TEXT_INFO)
			abort();
	return PAM_CONV_ERR;
}

SHAPE(ocserv)
{
	note(count, messages);
	*responses = NULL;
	return PAM_SUCCESS;
}

/* strdup of a value that is missing */
SHAPE(pppd)
{
	note(count, messages);
	return give(count, responses, NULL);
}

SHAPE(libreswan)
{
	note(count, messages);
	return give(count, responses, "password");
}

SHAPE(vsftpd)
{
	note(count, messages);
	for (int i = 0; i < count; i++)
		if (messages[i]->msg_style != PAM_PROMPT_ECHO_OFF)
			return PAM_CONV_ERR;
	return give(count, responses, "typed");
}

SHAPE(lighttpd)
{
	note(count, messages);
	return give(count, responses, "typed");
}

/* its memory is not malloc's: whoever converses with it crashes */
SHAPE(freeradius)
{
	note(count, messages);
	abort();
}

SHAPE(strongswan)
{
	note(count, messages);
	return count == 1 ? give(count, responses, "typed") : PAM_CONV_ERR;
}

SHAPE(dovecot_external)
{
	note(count, messages);
	return give(count, responses, "");
}

/* pairs of prompt and answer; a prompt that is not listed is an error */
SHAPE(openvpn)
{
	note(count, messages);
	if (strncmp(messages[0]->msg, "certauth-identity", 17) != 0)
		return PAM_CONV_ERR;
	return give(count, responses, "u@example.com");
}

/* verify-client-cert optional, and no certificate */
SHAPE(openvpn_without)
{
	note(count, messages);
	return give(count, responses, "");
}

/* without the pairs: the name that somebody typed */
SHAPE(openvpn_typed)
{
	note(count, messages);
	return give(count, responses, messages[0]->msg_style ==
	    PAM_PROMPT_ECHO_ON ? "typed" : "secret");
}

/* the items of the list one after the other, then no more */
SHAPE(exim)
{
	note(count, messages);
	if (seen.calls > 2)
		return PAM_CONV_ERR;
	return give(count, responses, "u@example.com");
}

enum { NO = 0, YES = 1 };

/* Who gets in when lookupd says active: by evidence and phase. */
static const struct {
	const char *name;
	struct stack_call call;
	bool user_auth, user_account, prompt_auth, prompt_account, status;
} shapes[] = {
	{ "Cockpit", { .conversation = cockpit }, NO, YES, NO, NO, YES },
	{ "Apache, mod_authnz_pam", { .conversation = mod_authnz_pam },
	    NO, YES, NO, NO, YES },
	{ "ocserv, MariaDB", { .conversation = ocserv }, NO, YES, NO, NO,
	    YES },
	{ "pppd", { .conversation = pppd, .flags = PAM_SILENT }, YES, YES,
	    NO, NO, YES },
	/* Libreswan needs password=ignore */
	{ "Libreswan", { .conversation = libreswan, .flags = PAM_SILENT },
	    NO, YES, YES, YES, YES },
	{ "vsftpd, PostgreSQL", { .conversation = vsftpd }, NO, YES, NO, NO,
	    YES },
	/* the prompt is answered with what was typed: never here */
	{ "lighttpd", { .conversation = lighttpd, .flags = PAM_SILENT },
	    NO, YES, YES, YES, YES },
	{ "strongSwan xauth", { .conversation = strongswan }, NO, YES, YES,
	    YES, YES },
	{ "Dovecot EXTERNAL", { .conversation = dovecot_external }, YES,
	    YES, NO, NO, YES },
	{ "OpenVPN, COMMONNAME", { .conversation = openvpn,
	    .no_user = true }, NO, NO, YES, YES, NO },
	{ "OpenVPN, no certificate", { .conversation = openvpn_without,
	    .no_user = true }, NO, NO, NO, NO, NO },
	{ "OpenVPN, no pairs", { .conversation = openvpn_typed }, NO, YES,
	    YES, YES, YES },
	{ "Exim", { .conversation = exim, .flags = PAM_SILENT }, NO, YES,
	    YES, YES, YES },
	{ "no function at all", { .no_conversation = true }, NO, YES, NO,
	    NO, YES },
	{ "no user", { .conversation = dovecot_external, .no_user = true },
	    NO, NO, NO, NO, NO },
};

static void
check(const struct stack *stack, size_t row, const char *options,
    enum stack_entry entry, bool admitted, int most_calls)
{
	int want = admitted ? PAM_SUCCESS : entry == STACK_ACCOUNT ?
	    PAM_PERM_DENIED : PAM_AUTH_ERR;
	int got;

	memset(&seen, 0, sizeof(seen));
	stack_write(stack, options);
	got = stack_do(stack, entry, &shapes[row].call);
	row_check(got == want, shapes[row].name, "%s: want %d, got %d",
	    options, want, got);
	row_check(seen.calls <= most_calls && seen.most <= 1 && seen.others
	    == 0, shapes[row].name, "%s: %d questions, up to %d at a time, "
	    "%d that ask nothing", options, seen.calls, seen.most,
	    seen.others);
}

static void
test_shapes(void **state)
{
	struct stack stack;

	stack_open(&stack);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		check(&stack, i, USER, STACK_AUTHENTICATE,
		    shapes[i].user_auth, 1);
		check(&stack, i, USER, STACK_ACCOUNT,
		    shapes[i].user_account, 0);
		check(&stack, i, PROMPT, STACK_AUTHENTICATE,
		    shapes[i].prompt_auth, 1);
		check(&stack, i, PROMPT, STACK_ACCOUNT,
		    shapes[i].prompt_account, 1);
		check(&stack, i, STATUS, STACK_ACCOUNT, shapes[i].status, 0);
		check(&stack, i, STATUS, STACK_AUTHENTICATE, false, 0);
	}
	stack_close(&stack);
	rows_end();
}

/* With FreeRADIUS the module must not converse at all. */
static void
test_freeradius(void **state)
{
	const struct stack_call call = { .conversation = freeradius };
	struct stack stack;

	stack_open(&stack);
	memset(&seen, 0, sizeof(seen));
	stack_write(&stack, STATUS " minimum_uid=1000 ignore_unknown_user");
	assert_int_equal(stack_do(&stack, STACK_ACCOUNT, &call), PAM_SUCCESS);
	stack_write(&stack, "evidence=user");
	assert_int_equal(stack_do(&stack, STACK_ACCOUNT, &call), PAM_SUCCESS);
	assert_int_equal(seen.calls, 0);
	stack_close(&stack);
}

/* One handle asked again and again, in the order of each program; and a name
 * typed at a prompt that is not PAM_USER's account goes out as such. */
static void
test_one_handle(void **state)
{
	const struct stack_call call = { .conversation = openvpn_typed,
		.user = "other" };
	struct stack stack;
	pam_handle_t *pamh;
	char got[4096];

	stack_open(&stack);
	stack_write(&stack, PROMPT);
	pamh = stack_handle(&stack, &call);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(stack_enter(pamh, STACK_AUTHENTICATE, 0),
		    PAM_SUCCESS);
		assert_int_equal(stack_enter(pamh, STACK_ACCOUNT, 0),
		    PAM_SUCCESS);
		fake_request(stack.server, got, sizeof(got));
		assert_non_null(strstr(got, " account=typed user=other"));
		assert_int_equal(stack_enter(pamh, STACK_SETCRED,
		    PAM_ESTABLISH_CRED), PAM_SUCCESS);
	}
	fake_set(stack.server, (struct fake_script){
	    .answer = "refused reason=wrong-user\n" });
	assert_int_equal(stack_enter(pamh, STACK_AUTHENTICATE, 0),
	    PAM_AUTH_ERR);
	assert_int_equal(stack_enter(pamh, STACK_ACCOUNT, 0),
	    PAM_PERM_DENIED);
	pam_end(pamh, 0);
	stack_close(&stack);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_freeradius),
		cmocka_unit_test(test_one_handle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
