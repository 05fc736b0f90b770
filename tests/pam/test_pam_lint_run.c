/*
 * certauthctl pam-lint, the command: over folders of its own, our samples, and
 * whatever this machine has.
 */
#include "config.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/ctl.h"
#include "tests/unit/rows.h"

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

/* Every file of a folder; the number of those that have lines of ours.  Those
 * of the machine may be wrong there: then it is enough that they are read. */
static unsigned
lint_folder(const char *path, bool samples)
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
		row_check(status == 0 || (!samples && status <= 2 &&
		    strstr(got, "is not in this service") == NULL),
		    entry->d_name, "status %d:\n%s", status, got);
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
		assert_in_range(lint_folder(path, true), 2, 1000);
	lint_folder("/usr/lib/pam.d", false);
	lint_folder("/etc/pam.d", false);
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
	fputs("account sufficient pam_unix.so\n"
	    "account required pam_certauth.so evidence=status\n", file);
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
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
