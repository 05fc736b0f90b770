/*
 * Users of the machine, as name services tell of them: by several names, with
 * small numbers, or not at all because the service is away.
 */
#include "config.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_modules.h>

#include "tests/pam/stack.h"
#include "tests/unit/rows.h"

#define PROMPT "evidence=prompt prompt=who trust=application "
#define USER "evidence=user trust=application "
#define STATUS "evidence=status "

/* What the machine knows. */
static const struct machine_user {
	const char *asked;
	char name[8];
	uid_t uid;
	int error;
} users[] = {
	{ "root", "root", 0, 0 },
	{ "toor", "toor", 0, 0 },
	{ "daemon", "daemon", 1, 0 },
	{ "bob", "bob", 1000, 0 },
	{ "BOB", "bob", 1000, 0 },
	{ "EXAMPLE\\bob", "bob", 1000, 0 },
	/* nslcd or sssd is away: what glibc says then */
	{ "away", "", 0, ENOENT },
	{ "refused", "", 0, ECONNREFUSED },
	{ "lost", "", 0, ESRCH },
};

int
getpwnam_r(const char *name, struct passwd *entry, char *memory, size_t size,
    struct passwd **found)
{
	*found = NULL;
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		if (strcmp(users[i].asked, name) != 0)
			continue;
		if (users[i].error != 0)
			return users[i].error;
		memset(entry, 0, sizeof(*entry));
		snprintf(memory, size, "%s", users[i].name);
		entry->pw_name = memory;
		entry->pw_uid = users[i].uid;
		*found = entry;
	}
	return 0;
}

static const char *typed;

static int
answer(int count, const struct pam_message **messages,
    struct pam_response **responses, void *context)
{
	*responses = calloc((size_t)count, sizeof(**responses));
	if (*responses == NULL)
		return PAM_BUF_ERR;
	(*responses)[0].resp = strdup(messages[0]->msg_style ==
	    PAM_PROMPT_ECHO_ON ? typed : "");
	return PAM_SUCCESS;
}

static const struct {
	const char *name, *options, *user, *answer;
	int code;
	const char *after;	/* PAM_USER; NULL: as it was */
	const char *log;	/* how it begins */
} rows[] = {
	/* minimum_uid: could not ask is neither below nor above */
	{ "user, below", USER "minimum_uid=1000", "daemon", "active\n",
	    PAM_PERM_DENIED, NULL, "5 user daemon: below minimum_uid\n" },
	{ "user, not here", USER "minimum_uid=1000", "x", "active\n",
	    PAM_SUCCESS, NULL, "" },
	{ "user, ENOENT", USER "minimum_uid=1000", "away", "active\n",
	    PAM_AUTHINFO_UNAVAIL, NULL,
	    "3 the system cannot be asked about user away\n" },
	{ "user, ESRCH", USER "minimum_uid=1000", "lost", "active\n",
	    PAM_AUTHINFO_UNAVAIL, NULL, "3 the system cannot" },
	{ "user, ECONNREFUSED", USER "minimum_uid=1000", "refused",
	    "active\n", PAM_AUTHINFO_UNAVAIL, NULL, "3 the system cannot" },
	{ "status, ENOENT", STATUS "minimum_uid=1000", "away", "active\n",
	    PAM_AUTHINFO_UNAVAIL, NULL, "3 the system cannot" },
	{ "prompt, below", PROMPT "minimum_uid=1000", "daemon", "active\n",
	    PAM_PERM_DENIED, NULL, "5 user daemon: below minimum_uid\n" },
	{ "prompt, not here", PROMPT "minimum_uid=1000", "x", "active\n",
	    PAM_SUCCESS, NULL, "" },

	/* ignore_unknown_user: not by another name of somebody locked */
	{ "unknown, the machine's", STATUS "ignore_unknown_user", "bob",
	    "unknown\n", PAM_IGNORE, NULL, "5 user bob: ignored, the " },
	{ "unknown, nobody's", STATUS "ignore_unknown_user", "x",
	    "unknown\n", PAM_IGNORE, NULL, "5 user x: ignored, the " },
	{ "unknown, with a domain", STATUS "ignore_unknown_user",
	    "EXAMPLE\\bob", "unknown\n", PAM_PERM_DENIED, NULL,
	    "5 user EXAMPLE\\\\bob: unknown, and the system has another " },
	{ "unknown, in capitals", STATUS "ignore_unknown_user", "BOB",
	    "unknown\n", PAM_PERM_DENIED, NULL, "5 user BOB: unknown, and " },
	{ "unknown, the machine cannot say", STATUS "ignore_unknown_user",
	    "away", "unknown\n", PAM_AUTHINFO_UNAVAIL, NULL,
	    "3 ignore_unknown_user: the system cannot be asked" },
	{ "known by another name", STATUS "ignore_unknown_user", "BOB",
	    "active\n", PAM_SUCCESS, NULL, "" },

	/* set_user: what a directory may not make of somebody */
	{ "root", USER "set_user=account", "a", "active account=root\n",
	    PAM_PERM_DENIED, NULL, "5 user root: below minimum_uid, or root" },
	{ "root's other name", USER "set_user=login", "a",
	    "active account=toor\n", PAM_PERM_DENIED, NULL, "5 user toor: " },
	{ "a user of the machine", USER "set_user=account", "a",
	    "active account=daemon\n", PAM_SUCCESS, "daemon", "" },
	{ "who cannot be asked about", USER "set_user=account", "a",
	    "active account=away\n", PAM_AUTHINFO_UNAVAIL, NULL,
	    "3 the system cannot be asked about user away\n" },
	{ "a path", USER "set_user=account", "a",
	    "active account=../bob@example.com\n", PAM_PERM_DENIED, NULL,
	    "5 account ../bob@example.com: no user name\n" },
	{ "a path inside", USER "set_user=account", "a",
	    "active account=a/../bob@example.com\n", PAM_PERM_DENIED, NULL,
	    "5 account a/../bob@example.com: no user name\n" },
	{ "an option", USER "set_user=account", "a",
	    "active account=-f\n", PAM_PERM_DENIED, NULL, "5 account -f: " },
	{ "two words", USER "set_user=account", "a",
	    "active account=a%20b\n", PAM_PERM_DENIED, NULL,
	    "5 account a b: " },
	{ "an address", USER "set_user=account", "a",
	    "active account=away@example.com\n", PAM_SUCCESS,
	    "away@example.com", "" },
};

static void
check(const struct stack *stack, size_t row)
{
	const struct stack_call call = { .user = rows[row].user,
		.conversation = answer };
	const void *item = NULL;
	pam_handle_t *pamh;
	const char *want = rows[row].after != NULL ? rows[row].after :
	    rows[row].user;
	int code;

	typed = rows[row].user;
	stack_write(stack, rows[row].options);
	fake_set(stack->server, (struct fake_script){
	    .answer = rows[row].answer });
	stack_log_clear();
	pamh = stack_handle(stack, &call);
	code = stack_enter(pamh, STACK_ACCOUNT, 0);
	pam_get_item(pamh, PAM_USER, &item);
	row_check(code == rows[row].code && item != NULL && strcmp(item,
	    want) == 0, rows[row].name, "want %d, %s; got %d, %s",
	    rows[row].code, want, code, (const char *)item);
	row_check(*rows[row].log == '\0' ? *stack_log() == '\0' :
	    strncmp(stack_log(), rows[row].log, strlen(rows[row].log)) == 0,
	    rows[row].name, "log %s", stack_log());
	pam_end(pamh, 0);
}

static void
test_machine(void **state)
{
	struct stack stack;

	stack_open(&stack);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&stack, i);
	stack_close(&stack);
	rows_end();
}

/* No PAM_USER, as OpenVPN has it: the name that was given counts. */
static void
test_prompt_alone(void **state)
{
	const struct stack_call call = { .no_user = true,
		.conversation = answer };
	struct stack stack;

	stack_open(&stack);
	stack_write(&stack, PROMPT "minimum_uid=1000");
	typed = "daemon";
	assert_int_equal(stack_do(&stack, STACK_AUTHENTICATE, &call),
	    PAM_AUTH_ERR);
	assert_int_equal(fake_count(stack.server), 0);
	typed = "bob";
	assert_int_equal(stack_do(&stack, STACK_AUTHENTICATE, &call),
	    PAM_SUCCESS);
	stack_close(&stack);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machine),
		cmocka_unit_test(test_prompt_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
