/*
 * Programs in which no certificate may be claimed: services in which a name
 * is typed, and set-id processes, one of them real.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <security/pam_modules.h>

#include "client/services.h"
#include "tests/pam/fault.h"
#include "tests/pam/stack.h"
#include "tests/pam/talk.h"
#include "tests/unit/rows.h"

#define PROMPT "evidence=prompt prompt=who trust=application "
#define USER "evidence=user trust=application "
#define STATUS "evidence=status "

/* What the process looks like to the module. */
static unsigned long secure;
static uid_t ids[6];
static bool ids_are_set, ids_fail;

unsigned long
getauxval(unsigned long type)
{
	return type == AT_SECURE ? secure : 0;
}

int
getresuid(uid_t *real, uid_t *effective, uid_t *saved)
{
	*real = ids_are_set ? ids[0] : getuid();
	*effective = ids_are_set ? ids[1] : geteuid();
	*saved = ids_are_set ? ids[2] : geteuid();
	return ids_fail ? -1 : 0;
}

int
getresgid(gid_t *real, gid_t *effective, gid_t *saved)
{
	*real = ids_are_set ? ids[3] : getgid();
	*effective = ids_are_set ? ids[4] : getegid();
	*saved = ids_are_set ? ids[5] : getegid();
	return 0;
}

/* libpam takes a path for a service, and reads that file: /etc/pam.d/su is su. */
static void
test_paths(void **state)
{
	static const struct {
		const char *service;
		bool typed;
	} rows[] = {
		{ "/etc/pam.d/su", true }, { "x/SUDO", true },
		{ "/etc/pam.d/certauth-imap", false }, { "su/imap", false },
		{ "/", true }, { "su/", true }, { "", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		row_check(services_are_typed(rows[i].service) ==
		    rows[i].typed, rows[i].service, "want %d", rows[i].typed);
	rows_end();
}

/* Where no certificate can have taken part, none is believed. */
static void
test_services(void **state)
{
	static const struct {
		const char *service;
		bool typed;
	} rows[] = {
		{ "su", true }, { "su-l", true }, { "sudo", true },
		{ "sudo-i", true }, { "login", true }, { "doas", true },
		{ "pkexec", true }, { "polkit-1", true }, { "cron", true },
		{ "crond", true }, { "atd", true }, { "runuser", true },
		{ "SUDO", true }, { "Polkit-1", true },
		{ "xscreensaver", true }, { "i3lock", true },
		{ "swaylock", true }, { "gnome-screensaver", true },
		{ "kde", true }, { "kscreenlocker", true },
		{ "xlock", true }, { "vlock", true },
		{ "light-locker", true }, { "mate-screensaver", true },
		{ "cinnamon-screensaver", true },
		{ "xfce4-screensaver", true }, { "physlock", true },
		{ "slock", true }, { "waylock", true }, { "hyprlock", true },
		{ "gtklock", true },
		{ "sshd", true }, { "dropbear", true }, { "gdm-password", true },
		{ "lightdm", true }, { "sddm", true }, { "xrdp-sesman", true },
		{ "systemd-user", true },
		{ "dovecot", false }, { "sud", false }, { "sudo2", false },
		{ "certauth-imap", false },
	};
	struct stack stack;

	assert_true(services_are_typed(NULL));
	stack_open(&stack);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct stack_call call = { .user = "u",
			.service = rows[i].service, .conversation = talk_answer };
		int auth, account;

		talk_begin("");
		stack_log_clear();
		stack_write(&stack, USER "service=imap password=ignore");
		stack_both(&stack, &call, &auth, &account);
		row_check(rows[i].typed ? auth == PAM_AUTH_ERR && account ==
		    PAM_PERM_DENIED : auth == PAM_SUCCESS && account ==
		    PAM_SUCCESS, rows[i].service, "user: got %d, %d", auth,
		    account);
		row_check(!rows[i].typed || strstr(stack_log(), "3 "
		    "certificate evidence is refused in the service ") !=
		    NULL, rows[i].service, "log %s", stack_log());
		talk.answer = "u";
		stack_write(&stack, PROMPT "service=imap");
		stack_both(&stack, &call, &auth, &account);
		row_check((auth == PAM_SUCCESS) != rows[i].typed &&
		    (account == PAM_SUCCESS) != rows[i].typed,
		    rows[i].service, "prompt: got %d, %d", auth, account);
		row_check((talk.calls == 0) == rows[i].typed,
		    rows[i].service, "asked %d times", talk.calls);
		stack_write(&stack, STATUS);
		account = stack_do(&stack, STACK_ACCOUNT, &call);
		row_check(account == PAM_SUCCESS, rows[i].service,
		    "status: got %d", account);
	}
	stack_close(&stack);
	rows_end();
}

static void
test_set_id(void **state)
{
	static const struct {
		const char *name;
		unsigned long secure;
		uid_t ids[6];
		bool fail, want;
	} rows[] = {
		{ "root", 0, { 0, 0, 0, 0, 0, 0 }, false, true },
		{ "somebody", 0, { 5, 5, 5, 6, 6, 6 }, false, true },
		{ "AT_SECURE", 1, { 0, 0, 0, 0, 0, 0 }, false, false },
		{ "set-uid", 0, { 5, 0, 0, 6, 6, 6 }, false, false },
		{ "set-uid, given up for now", 0, { 5, 5, 0, 6, 6, 6 },
		    false, false },
		{ "set-gid", 0, { 5, 5, 5, 6, 0, 0 }, false, false },
		{ "set-gid, given up for now", 0, { 5, 5, 5, 6, 6, 0 },
		    false, false },
		{ "unknown", 0, { 5, 5, 5, 6, 6, 6 }, true, false },
	};
	static const char *const lines[] = { USER, PROMPT };
	struct stack stack;

	stack_open(&stack);
	ids_are_set = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct stack_call call = { .user = "u",
			.conversation = talk_answer };
		int account;

		secure = rows[i].secure;
		memcpy(ids, rows[i].ids, sizeof(ids));
		ids_fail = rows[i].fail;
		for (size_t j = 0; j < 2; j++) {
			int auth;

			talk_begin(j == 0 ? "" : "u");
			stack_write(&stack, lines[j]);
			stack_both(&stack, &call, &auth, &account);
			row_check(rows[i].want ? auth == PAM_SUCCESS &&
			    account == PAM_SUCCESS : auth == PAM_AUTH_ERR &&
			    account == PAM_PERM_DENIED, rows[i].name,
			    "%s: got %d, %d", lines[j], auth, account);
		}
		stack_write(&stack, STATUS);
		account = stack_do(&stack, STACK_ACCOUNT, &call);
		row_check(account == PAM_SUCCESS, rows[i].name,
		    "status: got %d", account);
	}
	ids_are_set = false;
	ids_fail = false;
	secure = 0;
	stack_close(&stack);
	rows_end();
}

#if FAULT_MALLOC	/* a sanitizer does not run in a set-uid program */
/* What a program prints, started by another user; "" when it does not run. */
static void
run_as(uid_t uid, char *const *command, char *into, size_t size)
{
	int out[2], status;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (dup2(out[1], STDOUT_FILENO) < 0 ||
		    setgroups(0, NULL) != 0 || setgid(uid) != 0 ||
		    setuid(uid) != 0)
			_exit(126);
		execv(command[0], command);
		_exit(127);
	}
	close(out[1]);
	got = read(out[0], into, size - 1);
	into[got > 0 ? got : 0] = '\0';
	close(out[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

static void
copy_program(const char *from, const char *to, uid_t owner, mode_t mode)
{
	FILE *in = fopen(from, "re"), *out = fopen(to, "we");
	int byte;

	assert_non_null(in);
	assert_non_null(out);
	while ((byte = fgetc(in)) != EOF)
		fputc(byte, out);
	fclose(in);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chown(to, owner, owner), 0);
	assert_int_equal(chmod(to, mode), 0);
}

/* A real set-uid program of uid 2, started by uid 1. */
static void
test_set_uid_program(void **state)
{
	const char *build = getenv("top_builddir");
	char from[1024], plain[128], set_uid[128], got[128];
	struct stack stack;
	char service[] = STACK_SERVICE, user[] = "u@example.com";
	char *command[] = { plain, stack.folder, service, user, NULL };

	snprintf(from, sizeof(from), "%s/tests/tools/pamlogin",
	    build != NULL ? build : ".");
	if (geteuid() != 0 || access(from, X_OK) != 0)
		skip();
	stack_open(&stack);
	stack_write(&stack, USER);
	snprintf(plain, sizeof(plain), "%s/plain", stack.folder);
	snprintf(set_uid, sizeof(set_uid), "%s/setuid", stack.folder);
	copy_program(from, plain, 2, 0755);
	copy_program(from, set_uid, 2, 04755);
	assert_int_equal(chmod(stack.folder, 0755), 0);
	assert_int_equal(chmod(stack.socket, 0666), 0);
	run_as(1, command, got, sizeof(got));
	if (strcmp(got, "SUCCESS/SUCCESS\n") == 0) {
		command[0] = set_uid;
		run_as(1, command, got, sizeof(got));
		assert_string_equal(got, "AUTH_ERR/PERM_DENIED\n");
		assert_int_equal(fake_count(stack.server), 2);
		stack_write(&stack, STATUS);
		run_as(1, command, got, sizeof(got));
		assert_string_equal(got, "AUTH_ERR/SUCCESS\n");
	} else {
		fprintf(stderr, "uid 1 cannot run it: %s\n", got);
	}
	unlink(plain);
	unlink(set_uid);
	stack_close(&stack);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_set_id),
#if FAULT_MALLOC
		cmocka_unit_test(test_set_uid_program),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
