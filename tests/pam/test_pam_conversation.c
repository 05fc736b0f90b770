/*
 * The one question of the auth phase, against the shapes of conversation
 * function that real applications have.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tests/pam/stack.h"
#include "tests/unit/rows.h"

/* What was asked in the last call. */
static struct {
	int calls, count, style;
	char text[64];
} asked;

static void
note(int count, const struct pam_message **messages)
{
	asked.calls++;
	asked.count = count;
	asked.style = messages[0]->msg_style;
	snprintf(asked.text, sizeof(asked.text), "%s", messages[0]->msg);
}

static int
answer_with(int count, const struct pam_message **messages,
    struct pam_response **responses, const char *text)
{
	note(count, messages);
	*responses = calloc((size_t)count, sizeof(**responses));
	if (*responses == NULL)
		return PAM_BUF_ERR;
	if (text != NULL)
		(*responses)[0].resp = strdup(text);
	return PAM_SUCCESS;
}

#define CONVERSATION(name)                                              \
	static int name(int count, const struct pam_message **messages, \
	    struct pam_response **responses, void *context)

/* Dovecot, SASL EXTERNAL */
CONVERSATION(answers_empty)
{
	return answer_with(count, messages, responses, "");
}

/* Dovecot, PLAIN; lighttpd */
CONVERSATION(answers_password)
{
	return answer_with(count, messages, responses, "secret");
}

/* Libreswan */
CONVERSATION(answers_the_word)
{
	return answer_with(count, messages, responses, "password");
}

CONVERSATION(answers_space)
{
	return answer_with(count, messages, responses, " ");
}

/* Libreswan and pppd: strdup of a missing value */
CONVERSATION(answers_null_string)
{
	return answer_with(count, messages, responses, NULL);
}

/* ocserv, MariaDB */
CONVERSATION(answers_null_array)
{
	note(count, messages);
	*responses = NULL;
	return PAM_SUCCESS;
}

CONVERSATION(answers_nothing_at_all)
{
	note(count, messages);
	return PAM_SUCCESS;
}

/* Cockpit, mod_authnz_pam */
CONVERSATION(always_fails)
{
	note(count, messages);
	return PAM_CONV_ERR;
}

/* Frees its reply on failure and forgets to say so. */
CONVERSATION(fails_with_a_stale_reply)
{
	static struct pam_response stale;

	note(count, messages);
	*responses = &stale;
	return PAM_CONV_ERR;
}

CONVERSATION(asks_again)
{
	note(count, messages);
	return PAM_CONV_AGAIN;
}

CONVERSATION(out_of_memory)
{
	note(count, messages);
	return PAM_BUF_ERR;
}

/* vsftpd, PostgreSQL, strongSwan: one echo-off message or nothing */
CONVERSATION(only_echo_off)
{
	if (count != 1 || messages[0]->msg_style != PAM_PROMPT_ECHO_OFF)
		return PAM_CONV_ERR;
	return answer_with(count, messages, responses, "");
}

#define TRUSTED "evidence=user trust=application"

static const struct {
	const char *name, *options;
	struct stack_call call;
	int want, calls;
} rows[] = {
	{ "empty", TRUSTED, { .conversation = answers_empty },
	    PAM_SUCCESS, 1 },
	{ "empty, silent", TRUSTED, { .conversation = answers_empty,
	    .flags = PAM_SILENT }, PAM_SUCCESS, 1 },
	{ "empty, where none may be", TRUSTED,
	    { .conversation = answers_empty,
	    .flags = PAM_DISALLOW_NULL_AUTHTOK }, PAM_AUTH_ERR, 0 },
	{ "the same, silent", TRUSTED, { .conversation = answers_empty,
	    .flags = PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK },
	    PAM_AUTH_ERR, 0 },
	{ "ignored, where none may be", TRUSTED " password=ignore",
	    { .conversation = answers_empty,
	    .flags = PAM_DISALLOW_NULL_AUTHTOK }, PAM_SUCCESS, 0 },
	{ "NULL string", TRUSTED, { .conversation = answers_null_string },
	    PAM_SUCCESS, 1 },
	{ "only echo off", TRUSTED, { .conversation = only_echo_off },
	    PAM_SUCCESS, 1 },
	{ "a password", TRUSTED, { .conversation = answers_password },
	    PAM_AUTH_ERR, 1 },
	{ "the word password", TRUSTED, { .conversation = answers_the_word },
	    PAM_AUTH_ERR, 1 },
	{ "a space", TRUSTED, { .conversation = answers_space },
	    PAM_AUTH_ERR, 1 },
	{ "NULL array", TRUSTED, { .conversation = answers_null_array },
	    PAM_AUTH_ERR, 1 },
	{ "array left alone", TRUSTED,
	    { .conversation = answers_nothing_at_all }, PAM_AUTH_ERR, 1 },
	{ "failure", TRUSTED, { .conversation = always_fails },
	    PAM_AUTH_ERR, 1 },
	{ "failure with a stale reply", TRUSTED,
	    { .conversation = fails_with_a_stale_reply }, PAM_AUTH_ERR, 1 },
	{ "again", TRUSTED, { .conversation = asks_again }, PAM_AUTH_ERR, 1 },
	{ "no memory", TRUSTED, { .conversation = out_of_memory },
	    PAM_AUTH_ERR, 1 },
	{ "no function", TRUSTED, { .no_conversation = true },
	    PAM_AUTH_ERR, 0 },
	{ "no user", TRUSTED, { .conversation = answers_empty,
	    .no_user = true }, PAM_AUTH_ERR, 0 },
	{ "ignored, the word", TRUSTED " password=ignore",
	    { .conversation = answers_the_word }, PAM_SUCCESS, 0 },
	{ "ignored, failure", TRUSTED " password=ignore",
	    { .conversation = always_fails }, PAM_SUCCESS, 0 },
	{ "ignored, no function", TRUSTED " password=ignore",
	    { .no_conversation = true }, PAM_SUCCESS, 0 },
	{ "ignored, no trust", "evidence=user password=ignore",
	    { .conversation = answers_empty }, PAM_AUTH_ERR, 0 },
};

static void
test_auth(void **state)
{
	struct stack stack;

	stack_open(&stack);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned before = fake_count(stack.server), sent;
		int got;

		memset(&asked, 0, sizeof(asked));
		stack_write(&stack, rows[i].options);
		got = stack_do(&stack, STACK_AUTHENTICATE, &rows[i].call);
		sent = fake_count(stack.server) - before;
		row_check(got == rows[i].want, rows[i].name,
		    "want %d, got %d", rows[i].want, got);
		row_check(asked.calls == rows[i].calls, rows[i].name,
		    "asked %d times", asked.calls);
		row_check(sent == (rows[i].want == PAM_SUCCESS),
		    rows[i].name, "%u requests sent", sent);
		if (asked.calls > 0)
			row_check(asked.count == 1 && asked.style ==
			    PAM_PROMPT_ECHO_OFF && strcmp(asked.text,
			    "Password: ") == 0, rows[i].name,
			    "%d messages, style %d, %s", asked.count,
			    asked.style, asked.text);
	}
	stack_close(&stack);
	rows_end();
}

/* The account phase asks nothing, whatever the application's shape. */
static void
test_account(void **state)
{
	struct stack stack;

	stack_open(&stack);
	stack_write(&stack, "evidence=user");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int want = rows[i].call.no_user ? PAM_PERM_DENIED :
		    PAM_SUCCESS;
		int got;

		memset(&asked, 0, sizeof(asked));
		got = stack_do(&stack, STACK_ACCOUNT, &rows[i].call);
		row_check(got == want && asked.calls == 0, rows[i].name,
		    "want %d, got %d, asked %d times", want, got,
		    asked.calls);
	}
	stack_close(&stack);
	rows_end();
}

/* A module before ours has already asked for a password. */
static void
test_earlier_password(void **state)
{
	static const struct {
		const char *name, *token, *options;
		struct stack_call call;
		int want, calls;
	} token_rows[] = {
		{ "a password", "secret", TRUSTED,
		    { .conversation = answers_empty }, PAM_AUTH_ERR, 0 },
		{ "empty, then asked", "", TRUSTED,
		    { .conversation = answers_empty }, PAM_SUCCESS, 1 },
		{ "empty, then a password", "", TRUSTED,
		    { .conversation = answers_password }, PAM_AUTH_ERR, 1 },
		{ "ignored", "secret", TRUSTED " password=ignore",
		    { .conversation = answers_empty }, PAM_SUCCESS, 0 },
	};
	struct stack stack;

	stack_open(&stack);
	for (size_t i = 0; i < sizeof(token_rows) / sizeof(token_rows[0]);
	    i++) {
		char before[1024];
		int got;

		memset(&asked, 0, sizeof(asked));
		snprintf(before, sizeof(before), "auth required %.*s"
		    "/tests/pam/.libs/set_authtok.so %s\n",
		    (int)(strstr(stack_module(), "/pam_certauth/") -
		    stack_module()), stack_module(), token_rows[i].token);
		stack_write_after(&stack, before, token_rows[i].options);
		got = stack_do(&stack, STACK_AUTHENTICATE,
		    &token_rows[i].call);
		row_check(got == token_rows[i].want && asked.calls ==
		    token_rows[i].calls, token_rows[i].name,
		    "want %d, got %d, asked %d times", token_rows[i].want,
		    got, asked.calls);
	}
	stack_close(&stack);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_auth),
		cmocka_unit_test(test_account),
		cmocka_unit_test(test_earlier_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
