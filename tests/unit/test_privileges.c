/*
 * Losing privileges.  As root each case runs in a child that really loses
 * them; as another user only what that user can see is tested.
 */
#include "config.h"

#include "daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/rows.h"

#define OTHER_USER "nobody"

/* Run in a child; its exit status. */
static int
in_child(int (*work)(void))
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(work());
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
drop_for_good(void)
{
	char error[PRIVILEGES_ERROR_MAX];
	struct passwd *nobody = getpwnam(OTHER_USER);
	gid_t group;

	if (nobody == NULL || privileges_drop(OTHER_USER, error) != 0)
		return 1;
	if (getuid() != nobody->pw_uid || geteuid() != nobody->pw_uid ||
	    getgid() != nobody->pw_gid || getegid() != nobody->pw_gid)
		return 2;
	if (getgroups(1, &group) > 1 || setuid(0) == 0 || setgid(0) == 0)
		return 3;
	/* again, already that user */
	if (privileges_drop(OTHER_USER, error) != 0)
		return 4;
	/* and never another one */
	if (privileges_drop("root", error) == 0 ||
	    strstr(error, "only root") == NULL)
		return 5;
	return 0;
}

static int
drop_by_number(void)
{
	char error[PRIVILEGES_ERROR_MAX], number[32];
	struct passwd *nobody = getpwnam(OTHER_USER);

	snprintf(number, sizeof(number), "%lu",
	    (unsigned long)nobody->pw_uid);
	if (privileges_drop(number, error) != 0)
		return 1;
	return geteuid() == nobody->pw_uid ? 0 : 2;
}

/* The saved user id is still root's: half lost is not lost. */
static int
half_dropped(void)
{
	char error[PRIVILEGES_ERROR_MAX];
	struct passwd *nobody = getpwnam(OTHER_USER);

	if (setresuid(nobody->pw_uid, nobody->pw_uid, 0) != 0)
		return 1;
	return privileges_drop(OTHER_USER, error) == 0 ? 2 : 0;
}

static int
harden(void)
{
	char error[PRIVILEGES_ERROR_MAX];
	struct rlimit limit;

	if (privileges_harden(error) != 0)
		return 1;
	if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur != 0 ||
	    limit.rlim_max != 0)
		return 2;
	if (prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L) != 0)
		return 3;
	return prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) == 1 ? 0 : 4;
}

static void
test_drop(void **state)
{
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(drop_for_good), 0);
	assert_int_equal(in_child(drop_by_number), 0);
	assert_int_equal(in_child(half_dropped), 0);
}

static void
test_own_user(void **state)
{
	char error[PRIVILEGES_ERROR_MAX], number[32];

	snprintf(number, sizeof(number), "%lu", (unsigned long)geteuid());
	if (getpwuid(geteuid()) == NULL)
		skip();
	assert_int_equal(privileges_drop(number, error), 0);
}

static void
test_no_such_user(void **state)
{
	static const char *const names[] = { "", "no-such-user-here",
	    "4294967295", "-1", "99999999999", "4123456789", "root " };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char error[PRIVILEGES_ERROR_MAX] = "";

		row_check(privileges_drop(names[i], error) == -1, names[i],
		    "became that user");
		row_check(strstr(error, "no user") != NULL, names[i],
		    "got %s", error);
	}
	rows_end();
}

static void
test_numbers(void **state)
{
	static const struct {
		const char *name;
		int want, group_want;
		unsigned long value;
	} rows[] = {
		{ "root", 0, 0, 0 },
		{ "0", 0, 0, 0 },
		{ "4294967294", 0, 0, 4294967294UL },
		{ "4294967295", -1, -1, 77 },
		{ "-1", -1, -1, 77 },
		{ "1 ", -1, -1, 77 },
		{ "", -1, -1, 77 },
		{ "no-such-name", -1, -1, 77 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uid_t uid = 77;
		gid_t gid = 77;
		int got = privileges_uid(rows[i].name, &uid);
		int group_got = privileges_gid(rows[i].name, &gid);

		row_check(got == rows[i].want && uid == rows[i].value,
		    rows[i].name, "user: want %d %lu, got %d %lu",
		    rows[i].want, rows[i].value, got, (unsigned long)uid);
		row_check(group_got == rows[i].group_want &&
		    gid == rows[i].value, rows[i].name,
		    "group: want %d %lu, got %d %lu", rows[i].group_want,
		    rows[i].value, group_got, (unsigned long)gid);
	}
	rows_end();
}

static void
test_harden(void **state)
{
	assert_int_equal(in_child(harden), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_own_user),
		cmocka_unit_test(test_no_such_user),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_harden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
