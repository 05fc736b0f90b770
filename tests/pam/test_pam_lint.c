/*
 * certauthctl pam-lint: lines as libpam reads them, stacks put together, and
 * what is warned of, over stacks in memory, Debian's own and our samples.
 */
#include "config.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/ctl.h"
#include "client/pam_lint.h"
#include "client/pam_lint_walk.h"
#include "tests/unit/rows.h"

/* ---- lines --------------------------------------------------------------- */

static void
test_assemble(void **state)
{
	static const struct {
		const char *text, *want;	/* lines, each with its number */
	} rows[] = {
		{ "", "" }, { "\n\n  \n# only\n", "" }, { "a b\n", "1:a b " },
		{ "a b", "1:a b " }, { "\n  a # b\n#c\nd\n", "2:a 4:d " },
		{ "a \\\n b\n", "1:a  b " }, { "a \\  \n b\n", "1:a  b " },
		{ "a # \\\nb\n", "1:a 2:b " },
		{ "a \\\n# c\n\nb\n", "1:a  b " },
		{ "a\\\nb\\\nc\nd", "1:a b c 4:d " }, { "a \\", "1:a  " },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[LINT_LINE_MAX + 1], got[256] = "";
		unsigned number = 0, first = 0;
		size_t at = 0, used = 0;

		while (lint_assemble(rows[i].text, strlen(rows[i].text), &at,
		    &number, line, &first) == LINT_LINE)
			used += (size_t)snprintf(got + used, sizeof(got) -
			    used, "%u:%s", first, line);
		row_check(strcmp(got, rows[i].want) == 0, rows[i].text,
		    "want %s, got %s", rows[i].want, got);
	}
	rows_end();
}

static void
test_too_long(void **state)
{
	char text[3000], line[LINT_LINE_MAX + 1];
	unsigned number = 0, first = 0;
	size_t at = 0;

	memset(text, 'a', sizeof(text));
	assert_int_equal(lint_assemble(text, sizeof(text), &at, &number,
	    line, &first), LINT_TOO_LONG);
	for (size_t i = 99; i < sizeof(text); i += 100)
		text[i] = '\n';
	for (size_t i = 98; i < sizeof(text); i += 100)
		text[i] = '\\';
	at = 0;
	assert_int_equal(lint_assemble(text, sizeof(text), &at, &number,
	    line, &first), LINT_TOO_LONG);
	at = 0;
	assert_int_equal(lint_assemble("a\0b\nc\n", 6, &at, &number, line,
	    &first), LINT_TOO_LONG);
	assert_int_equal(lint_assemble("a\0b\nc\n", 6, &at, &number, line,
	    &first), LINT_LINE);
}

static void
test_lines(void **state)
{
	static const struct {
		const char *text;
		enum lint_type type;
		enum lint_kind kind;
		const char *module, *args;	/* joined with "|" */
		int success, down, unknown, reqd;
		bool wrong;
	} rows[] = {
		{ "auth required pam_x.so", LINT_AUTH, LINT_MODULE,
		    "pam_x.so", "", -1, -3, -3, -1, false },
		{ "-ACCOUNT Requisite pam_x.so a [b c] [d\\]e]",
		    LINT_ACCOUNT, LINT_MODULE, "pam_x.so", "a|b c|d]e|",
		    -1, -4, -4, -1, false },
		{ "session\toptional\tx", LINT_SESSION, LINT_MODULE, "x", "",
		    -1, 0, 0, -1, false },
		{ "password sufficient x", LINT_PASSWORD, LINT_MODULE, "x",
		    "", -2, 0, 0, -2, false },
		{ "auth [success=2 user_unknown=ignore default=die] x",
		    LINT_AUTH, LINT_MODULE, "x", "", 2, -4, 0, -4, false },
		{ "auth [default=ignore success=ok] x", LINT_AUTH,
		    LINT_MODULE, "x", "", -1, 0, 0, 0, false },
		{ "auth [ success = done authinfo_unavail = reset ] x",
		    LINT_AUTH, LINT_MODULE, "x", "", -2, -5, -3, -3, false },
		{ "auth [success=ok] x", LINT_AUTH, LINT_MODULE, "x", "",
		    -1, -3, -3, -3, false },
		{ "auth [] x", LINT_AUTH, LINT_MODULE, "x", "", -3, -3, -3,
		    -3, false },
		{ "auth [success=0] x", LINT_AUTH, LINT_MODULE, "x", "", -3,
		    -3, -3, -3, true },
		{ "auth [success=yes] x", LINT_AUTH, LINT_MODULE, "x", "",
		    -3, -3, -3, -3, true },
		{ "auth [Success=ok] x", LINT_AUTH, LINT_MODULE, "x", "",
		    -3, -3, -3, -3, true },
		{ "auth binding x", LINT_AUTH, LINT_MODULE, "x", "", -3, -3,
		    -3, -3, true },
		{ "auth include common", LINT_AUTH, LINT_INCLUDE, "common",
		    "", -3, -3, -3, -3, false },
		{ "auth SUBSTACK common", LINT_AUTH, LINT_SUBSTACK, "common",
		    "", -3, -3, -3, -3, false },
		{ "@include common", LINT_TYPES, LINT_INCLUDE_ALL, "common",
		    "", -3, -3, -3, -3, false },
		{ "autz required x", LINT_TYPES, LINT_BROKEN, "x", "", -1,
		    -3, -3, -1, true },
		{ "auth required", LINT_AUTH, LINT_BROKEN, "", "", -1, -3,
		    -3, -1, true },
		{ "auth", LINT_AUTH, LINT_BROKEN, "", "", -3, -3, -3, -3,
		    true },
		{ "", LINT_TYPES, LINT_BROKEN, "", "", -3, -3, -3, -3,
		    true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lint_line line;
		char args[128] = "";
		const int *a = line.actions;

		assert_int_equal(lint_parse(rows[i].text, false, &line), 0);
		for (const char *arg = lint_next_arg(&line, NULL);
		    arg != NULL; arg = lint_next_arg(&line, arg)) {
			strncat(args, arg, 40);
			strcat(args, "|");
		}
		row_check(line.type == rows[i].type && line.kind ==
		    rows[i].kind && strcmp(line.module, rows[i].module) == 0
		    && strcmp(args, rows[i].args) == 0, rows[i].text,
		    "type %d, kind %d, module %s, args %s", line.type,
		    line.kind, line.module, args);
		row_check(a[LINT_SUCCESS] == rows[i].success &&
		    a[LINT_AUTHINFO_UNAVAIL] == rows[i].down &&
		    a[LINT_USER_UNKNOWN] == rows[i].unknown &&
		    a[LINT_NEW_AUTHTOK_REQD] == rows[i].reqd, rows[i].text,
		    "actions %d %d %d %d", a[LINT_SUCCESS],
		    a[LINT_AUTHINFO_UNAVAIL], a[LINT_USER_UNKNOWN],
		    a[LINT_NEW_AUTHTOK_REQD]);
		row_check((line.wrong != NULL) == rows[i].wrong,
		    rows[i].text, "wrong: %s", line.wrong);
		lint_line_free(&line);
	}
	rows_end();
}

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

/* ---- the command --------------------------------------------------------- */

static int
run_ctl(const char *folder, const char *service, char *got, size_t size)
{
	char name[] = "certauthctl", option[] = "-d", verb[] = "pam-lint";
	char folder_copy[1024], service_copy[256];
	char *argv[] = { name, option, folder_copy, verb, service_copy,
		NULL };
	FILE *out = fmemopen(got, size, "w");
	int status;

	assert_non_null(out);
	snprintf(folder_copy, sizeof(folder_copy), "%s", folder);
	snprintf(service_copy, sizeof(service_copy), "%s", service);
	status = ctl_run(5, argv, out, out);
	fclose(out);
	return status;
}

/* Every file of a folder; the number of those that have lines of ours. */
static unsigned
lint_folder(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	unsigned ours = 0;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		char got[4096] = "";
		int status;

		if (entry->d_name[0] == '.')
			continue;
		status = run_ctl(path, entry->d_name, got, sizeof(got));
		row_check(status == 0, entry->d_name, "status %d:\n%s",
		    status, got);
		ours += *got == '\0';
	}
	if (folder != NULL)
		closedir(folder);
	return ours;
}

static void
test_folders(void **state)
{
	const char *source = getenv("top_srcdir");
	char path[1024];

	snprintf(path, sizeof(path), "%s/etc/pam.d",
	    source != NULL ? source : ".");
	if (access(path, R_OK) == 0)
		assert_in_range(lint_folder(path), 2, 1000);
	lint_folder("/usr/lib/pam.d");
	/* a machine that has our module may have it configured badly */
	if (access("/etc/pam.d/common-auth", R_OK) == 0)
		lint_folder("/etc/pam.d");
	rows_end();
}

static void
test_command(void **state)
{
	char folder[] = "/tmp/ca.XXXXXX", path[64], got[4096] = "";
	FILE *file;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/weak", folder);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs("account sufficient pam_unix.so\n" ACCOUNT, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(run_ctl(folder, "weak", got, sizeof(got)), 1);
	assert_non_null(strstr(got, "/weak:1: account: pam_unix.so"));
	assert_int_equal(run_ctl(folder, "WEAK", got, sizeof(got)), 1);
	assert_int_equal(run_ctl(folder, "no-such", got, sizeof(got)), 2);
	assert_non_null(strstr(got, "there is no such service"));
	assert_int_equal(run_ctl(folder, "../weak", got, sizeof(got)), 2);
	assert_int_equal(run_ctl(folder, "", got, sizeof(got)), 2);
	assert_int_equal(run_ctl("/nowhere", "weak", got, sizeof(got)), 2);
	unlink(path);
	assert_int_equal(symlink(path, path), 0);
	assert_int_equal(run_ctl(folder, "weak", got, sizeof(got)), 2);
	unlink(path);
	rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_assemble),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_conf),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
