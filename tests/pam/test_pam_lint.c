/*
 * certauthctl pam-lint: stacks put together, and what is warned of, over
 * stacks in memory.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/pam_lint.h"
#include "client/pam_lint_walk.h"
#include "tests/unit/rows.h"

/* ---- stacks -------------------------------------------------------------- */

/* Debian 12, as pam-auth-update writes them. */
#define COMMON_AUTH "auth [success=1 default=ignore] pam_unix.so nullok\n" \
	"auth requisite pam_deny.so\nauth required pam_permit.so\n"         \
	"auth optional pam_cap.so\n"
#define COMMON_ACCOUNT "account [success=1 new_authtok_reqd=done "         \
	"default=ignore] pam_unix.so\naccount requisite pam_deny.so\n"      \
	"account required pam_permit.so\n"
#define COMMON_SESSION "session [default=1] pam_permit.so\n"               \
	"session requisite pam_deny.so\nsession required pam_permit.so\n"
#define SSS_AUTH "auth [success=2 default=ignore] pam_unix.so\n"           \
	"auth [success=1 default=ignore] pam_sss.so use_first_pass\n"       \
	"auth requisite pam_deny.so\nauth required pam_permit.so\n"
#define SSS_ACCOUNT "account [success=1 new_authtok_reqd=done "            \
	"default=ignore] pam_unix.so\naccount requisite pam_deny.so\n"      \
	"account required pam_permit.so\naccount sufficient "              \
	"pam_localuser.so\naccount [default=bad success=ok "               \
	"user_unknown=ignore] pam_sss.so\n"

static const struct {
	const char *name, *text;
} files[] = {
	{ "common-auth", COMMON_AUTH },
	{ "common-account", COMMON_ACCOUNT },
	{ "common-session", COMMON_SESSION },
	{ "sss-auth", SSS_AUTH },
	{ "sss-account", SSS_ACCOUNT },
	{ "other", "@include common-auth\n@include common-account\n"
	    "@include common-session\n" },
	{ "loop", "auth include loop\n" },
	{ "twice", "@include twice\n@include twice\n" },
	{ "ours", "account required pam_certauth.so evidence=status\n" },
	{ "ours-weak", "account sufficient pam_certauth.so "
	    "evidence=status\naccount required pam_permit.so\n" },
	{ "unix-enough", "account sufficient pam_unix.so\n" },
};

struct memory {
	const char *service, *text;
};

static int
read_memory(void *context, const char *name, struct buffer *out, char *path)
{
	const struct memory *memory = context;
	const char *text = NULL;

	if (name == NULL || strcmp(name, memory->service) == 0)
		text = memory->text;
	for (size_t i = 0; text == NULL && i < sizeof(files) /
	    sizeof(files[0]); i++)
		if (strcmp(name, files[i].name) == 0)
			text = files[i].text;
	if (text == NULL)
		return -1;
	snprintf(path, LINT_PATH_MAX, "%s", name != NULL ? name : "conf");
	return buffer_puts(out, text);
}

#define OURS "pam_certauth.so evidence=user trust=application\n"
#define STATUS "pam_certauth.so evidence=status\n"
#define ACCOUNT "account required " STATUS
#define BOTH "auth required " OURS "account required pam_certauth.so " \
	"evidence=user\n"

static const struct lint_row {
	const char *name, *service, *text;
	unsigned warnings;
	const char *want[3];		/* parts of what is printed */
} lint_rows[] = {
	{ "our service", "s", BOTH "session required pam_permit.so\n"
	    "password required pam_deny.so\n", 0, { NULL } },
	{ "account alone", "s", ACCOUNT, 0, { NULL } },
	{ "before Debian's", "s", "@include common-auth\n" ACCOUNT
	    "@include common-account\n", 0, { NULL } },
	{ "before sssd's", "s", "@include sss-auth\n" ACCOUNT
	    "@include sss-account\n", 0, { NULL } },
	{ "behind Debian's", "s", "@include common-auth\n"
	    "@include common-account\n" ACCOUNT, 1,
	    { "common-account:1: account: pam_unix.so: after a password that "
	    "has expired (new_authtok_reqd) pam_certauth in s:3 is not "
	    "asked" } },
	{ "behind sssd's", "s", "@include sss-account\n" ACCOUNT, 3,
	    { "sss-account:1: ", "sss-account:5: account: control default=bad "
	    "success=ok user_unknown=ignore: new_authtok_reqd, a password "
	    "that has expired, comes out of the stack and hides", "sss-account:4: account: pam_localuser.so: "
	    "after its success pam_certauth in s:2 is not asked" } },
	{ "behind a sufficient password module", "s",
	    "account sufficient /lib/security/pam_unix.so\n" ACCOUNT, 1,
	    { "s:1: account: pam_unix.so, a password alone: after its "
	    "success pam_certauth in s:2 is not asked" } },
	{ "the same, included", "s", "account include unix-enough\n" ACCOUNT,
	    1, { "unix-enough:1: account: pam_unix.so, a password alone" } },
	{ "the same, in a substack: no harm", "s",
	    "account substack unix-enough\n" ACCOUNT, 0, { NULL } },
	{ "auth, behind a sufficient one", "s", "auth sufficient pam_ldap.so"
	    "\n" BOTH, 2, { "s:1: auth: pam_ldap.so, a password alone: after "
	    "its success", "s:2: auth: trust=application in a service that "
	    "takes passwords (pam_ldap.so in s:1)" } },
	{ "a jump over it", "s", "account [success=1 default=ignore] "
	    "pam_succeed_if.so uid < 1000\n" ACCOUNT "account required "
	    "pam_permit.so\n", 1,
	    { "s:1: account: pam_succeed_if.so: after its success" } },
	{ "a jump up to it", "s", "account [success=1 default=ignore] "
	    "pam_succeed_if.so uid < 1000\naccount required pam_deny.so\n"
	    ACCOUNT, 0, { NULL } },
	{ "a jump on failure", "s", "account [success=ok default=1] "
	    "pam_time.so\n" ACCOUNT "account required pam_permit.so\n", 1,
	    { "s:1: account: pam_time.so: after its failure" } },
	{ "a jump over a substack with it", "s", "account [success=1 "
	    "default=ignore] pam_x.so\naccount substack ours\naccount "
	    "required pam_permit.so\n", 1, { "s:1: account: pam_x.so: after "
	    "its success pam_certauth in ours:1 is not asked" } },
	{ "in a substack", "s", "account substack ours\n"
	    "@include common-account\n", 0, { NULL } },
	{ "weak in a substack", "s", "account substack ours-weak\n"
	    "account required pam_permit.so\n", 5, { "ours-weak:1: account: "
	    "control sufficient: a refusal does not count" } },
	{ "optional", "s", "account optional " STATUS "account required "
	    "pam_permit.so\n", 4, { "a refusal does not count",
	    "authinfo_unavail, a directory that is down, does not count",
	    "user_unknown does not count" } },
	{ "authinfo_unavail=ignore", "s", "account [success=ok "
	    "authinfo_unavail=ignore default=bad] " STATUS "account required "
	    "pam_permit.so\n", 1, { "s:1: account: control success=ok "
	    "authinfo_unavail=ignore default=bad: authinfo_unavail" } },
	{ "user_unknown=ignore", "s", "account [success=ok "
	    "user_unknown=ignore default=bad] " STATUS, 1,
	    { "user_unknown does not count" } },
	{ "system_err=ignore", "s", "account [success=ok system_err=ignore "
	    "default=bad] " STATUS "account required pam_permit.so\n", 1,
	    { "a fault (system_err, module_unknown) does not count" } },
	{ "default=ignore", "s", "account [success=ok default=ignore] " STATUS
	    "account required pam_permit.so\n", 4, { "a refusal" } },
	{ "ignored, and nobody else to admit", "s", "account [success=ok "
	    "authinfo_unavail=ignore default=bad] " STATUS, 0, { NULL } },
	{ "sufficient", "s", "account sufficient " STATUS
	    "account required pam_access.so\n", 5,
	    { "its success skips the checks behind it" } },
	{ "reset behind it", "s", ACCOUNT "account [success=reset "
	    "default=ignore] pam_x.so\naccount required pam_permit.so\n", 3,
	    { "s:2: account: control success=reset default=ignore: a refusal "
	    "of pam_certauth in s:1 is forgotten here" } },
	{ "no account line", "s", "auth required " OURS "account required "
	    "pam_permit.so\n", 1, { "s:1: auth: the account phase has no "
	    "line of pam_certauth" } },
	{ "no account line, other's", "s", "auth required " OURS, 1,
	    { "the account phase has no line" } },
	{ "trust with passwords", "s", "@include common-auth\n" BOTH, 1,
	    { "s:2: auth: trust=application in a service that takes "
	    "passwords (pam_unix.so in common-auth:1)" } },
	{ "in su", "su", BOTH, 2, { "su:1: auth: evidence=user is always "
	    "refused in the service su", "su:2: account: evidence=user" } },
	{ "status in su", "su", "@include common-auth\n" ACCOUNT
	    "@include common-account\n", 0, { NULL } },
	{ "session", "s", BOTH "session required pam_certauth.so\n", 1,
	    { "s:3: session: pam_certauth decides nothing in this phase: it "
	    "always succeeds" } },
	{ "password", "s", BOTH "password required pam_certauth.so\n", 1,
	    { "s:3: password: pam_certauth decides nothing in this phase: it "
	    "refuses every change" } },
	{ "no evidence", "s", "account required pam_certauth.so debug\n", 1,
	    { "without evidence=user, prompt or status the line always "
	    "refuses" } },
	{ "status in auth", "s", "auth required " STATUS ACCOUNT, 1,
	    { "evidence=status is for the account phase" } },
	{ "no trust", "s", "auth required pam_certauth.so evidence=prompt "
	    "[prompt=a b]\n" ACCOUNT, 1, { "evidence=prompt without "
	    "trust=application always refuses" } },
	{ "pam_env of the user", "s", "account required pam_env.so "
	    "user_readenv=1\n" ACCOUNT, 1, { "s:1: account: pam_env reads a "
	    "file of the user" } },
	{ "pam_env behind it", "s", ACCOUNT "account required pam_env.so "
	    "user_readenv=1\n", 0, { NULL } },
	{ "an include that is missing", "s", BOTH "@include no-such\n", 1,
	    { "s:3: auth: what is included cannot be read (no-such): libpam "
	    "always fails here" } },
	{ "a loop", "s", ACCOUNT "auth include loop\n", 1,
	    { "loop:1: auth: what is included cannot be read" } },
	{ "a bad control", "s", "account binding " STATUS, 1,
	    { "s:1: account: the control is not understood" } },
	{ "a bad type", "s", "acount required " STATUS BOTH, 1,
	    { "s:1: auth: the type is none of" } },
	{ "a jump into nothing", "s", "account [success=7 default=ignore] "
	    "pam_x.so\n" ACCOUNT, 0, { NULL } },
	{ "terminal sequences", "s", "account sufficient pam_\033[2J.so\n"
	    ACCOUNT, 1, { "pam_\\x1b[2J.so: after" } },
	{ "all from other", "other", ACCOUNT "@include common-auth\n", 0,
	    { NULL } },
	{ "a certificate claimed after a password", "s",
	    "@include common-auth\naccount required pam_certauth.so "
	    "evidence=user\n", 1, { "s:2: account: evidence=user claims a "
	    "certificate in a service that takes passwords (pam_unix.so in "
	    "common-auth:1); evidence=status is for that" } },
	{ "the same, other's", "s", "account required pam_certauth.so "
	    "evidence=prompt prompt=x\n", 1, { "s:1: account: "
	    "evidence=prompt claims a certificate" } },
	{ "the same without passwords", "s", "auth required pam_deny.so\n"
	    "account required pam_certauth.so evidence=user\n", 0, { NULL } },
	{ "password=ignore", "s", "auth required pam_certauth.so "
	    "evidence=user trust=application password=ignore\n" ACCOUNT, 1,
	    { "s:1: auth: password=ignore lets anybody in as anybody where "
	    "a password can be typed; only Libreswan (pluto) needs it" } },
	{ "password=ignore, Libreswan", "pluto", "auth required "
	    "pam_certauth.so evidence=user trust=application "
	    "password=ignore\n" ACCOUNT, 0, { NULL } },
	{ "a second line that does not count", "s", ACCOUNT "account "
	    "[success=ok user_unknown=bad default=ignore] pam_certauth.so "
	    "evidence=status need=admin\n", 3, { "s:2: account: control "
	    "success=ok user_unknown=bad default=ignore: a refusal does not "
	    "count" } },
	{ "one line or the other", "s", "account sufficient pam_certauth.so "
	    "evidence=status realm=a\n" "account required pam_certauth.so "
	    "evidence=status realm=b\n", 2, { "user_unknown does not count",
	    "its success skips" } },
	{ "a bad type, and no other line", "s", "acount required " STATUS
	    "account required pam_permit.so\n", 1,
	    { "s:1: auth: the type is none of" } },
	{ "joined with the line before", "s", "auth required pam_permit.so "
	    "\\\nauth required " OURS "account required pam_permit.so\n", 1,
	    { "s:1: auth: pam_certauth is but an argument of pam_permit.so: "
	    "does a line before it end in a backslash?" } },
	{ "quiet about a missing module", "s", "-account sufficient "
	    "pam_unix.so\n-" ACCOUNT, 1, { "s:1: account: pam_unix.so, a "
	    "password alone" } },
	{ "a password module few have", "s", "auth required pam_yubico.so\n"
	    BOTH, 1, { "takes passwords (pam_yubico.so" } },
	{ "not ours at all", "s", "auth sufficient pam_unix.so\nauth foo\n",
	    0, { NULL } },
	{ "another module of like name", "s",
	    "account optional pam_certauth2.so\n", 0, { NULL } },
};

static unsigned
lint_text(const struct lint_row *row, bool conf, const char *text, char *got,
    size_t size)
{
	struct memory memory = { row->service, text };
	const struct lint_source source = { .read = read_memory,
		.context = &memory, .conf = conf };
	FILE *out = fmemopen(got, size, "w");
	struct lint_stack stack;
	unsigned warnings;

	assert_non_null(out);
	assert_int_equal(lint_stack_read(&source, row->service, &stack), 0);
	assert_true(stack.has_service);
	warnings = lint_warn(&stack, row->service, out);
	lint_stack_free(&stack);
	fclose(out);
	return warnings;
}

static void
test_warnings(void **state)
{
	for (size_t i = 0; i < sizeof(lint_rows) / sizeof(lint_rows[0]);
	    i++) {
		const struct lint_row *row = &lint_rows[i];
		char got[4096] = "";
		unsigned warnings = lint_text(row, false, row->text, got,
		    sizeof(got));

		row_check(warnings == row->warnings, row->name,
		    "want %u, got %u:\n%s", row->warnings, warnings, got);
		for (size_t j = 0; j < 3 && row->want[j] != NULL; j++)
			row_check(strstr(got, row->want[j]) != NULL,
			    row->name, "lacks %s:\n%s", row->want[j], got);
	}
	rows_end();
}

/* The same lines in one file for all services. */
static void
test_conf(void **state)
{
	static const struct lint_row row = { "pam.conf", "s", NULL, 0,
	    { NULL } };
	char got[4096] = "";

	assert_int_equal(lint_text(&row, true, "t account optional " STATUS
	    "S account required " STATUS "s auth include common-auth\n"
	    "OTHER account optional " STATUS, got, sizeof(got)), 0);
	assert_int_equal(lint_text(&row, true, "s auth required " OURS
	    "other account sufficient pam_unix.so\n"
	    "other account required " STATUS, got, sizeof(got)), 1);
	assert_non_null(strstr(got, "conf:2: account: pam_unix.so, a "
	    "password alone"));
}

static void
test_too_much(void **state)
{
	struct memory memory = { "s", "@include twice\n" };
	const struct lint_source source = { .read = read_memory,
		.context = &memory };
	struct lint_stack stack;
	char *long_text = malloc(64000);
	size_t used = 0;

	assert_non_null(long_text);
	assert_int_equal(lint_stack_read(&source, "s", &stack), -1);
	assert_non_null(stack.failed);
	lint_stack_free(&stack);
	while (used < 63000)
		used += (size_t)snprintf(long_text + used, 64000 - used,
		    "auth required a\n");
	memory.text = long_text;
	assert_int_equal(lint_stack_read(&source, "s", &stack), -1);
	assert_non_null(stack.failed);
	lint_stack_free(&stack);
	free(long_text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_conf),
		cmocka_unit_test(test_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
