/* See privileges.h. */
#include "config.h"

#include "daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/text.h"

#define NSS_BUFFER_MAX (1024 * 1024)	/* a group may have many members */

struct user {
	char name[256];
	uid_t uid;
	gid_t gid;
};

static int __attribute__((format(printf, 2, 3)))
fail(char *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vsnprintf(error, PRIVILEGES_ERROR_MAX, format, args) < 0)
		error[0] = '\0';
	va_end(args);
	return -1;
}

/* All digits, and not the number that means "leave alone". */
static bool
is_number(const char *name, long long *ret)
{
	return text_to_int(name, strlen(name), 0, UINT32_MAX - 1, ret) == 0;
}

/* The passwd entry of a name or number, copied; 0 or -1. */
static int
find_user(const char *name, struct user *ret)
{
	struct passwd entry, *found = NULL;
	long long number = -1;
	bool numeric = is_number(name, &number);
	char *memory = NULL;
	int status = ERANGE, n = -1;

	for (size_t size = 1024; status == ERANGE && size <= NSS_BUFFER_MAX;
	    size *= 4) {
		char *larger = realloc(memory, size);

		if (larger == NULL)
			break;
		memory = larger;
		status = numeric ?
		    getpwuid_r((uid_t)number, &entry, memory, size, &found) :
		    getpwnam_r(name, &entry, memory, size, &found);
	}
	if (status == 0 && found != NULL) {
		n = snprintf(ret->name, sizeof(ret->name), "%s",
		    entry.pw_name);
		ret->uid = entry.pw_uid;
		ret->gid = entry.pw_gid;
	}
	free(memory);
	return n >= 0 && (size_t)n < sizeof(ret->name) ? 0 : -1;
}

int
privileges_uid(const char *name, uid_t *ret)
{
	struct user user;
	long long number;

	if (is_number(name, &number)) {
		*ret = (uid_t)number;
		return 0;
	}
	if (find_user(name, &user) != 0)
		return -1;
	*ret = user.uid;
	return 0;
}

int
privileges_gid(const char *name, gid_t *ret)
{
	struct group entry, *found = NULL;
	char *memory = NULL;
	long long number;
	int status = ERANGE;

	if (is_number(name, &number)) {
		*ret = (gid_t)number;
		return 0;
	}
	for (size_t size = 1024; status == ERANGE && size <= NSS_BUFFER_MAX;
	    size *= 4) {
		char *larger = realloc(memory, size);

		if (larger == NULL)
			break;
		memory = larger;
		status = getgrnam_r(name, &entry, memory, size, &found);
	}
	if (status == 0 && found != NULL)
		*ret = entry.gr_gid;
	free(memory);
	return status == 0 && found != NULL ? 0 : -1;
}

/* Believe the kernel, not the return values so far. */
static int
verify(const struct user *want, bool gid_too, char *error)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	if (getresuid(&ruid, &euid, &suid) != 0 ||
	    getresgid(&rgid, &egid, &sgid) != 0)
		return fail(error, "getresuid: %s", strerror(errno));
	if (ruid != want->uid || euid != want->uid || suid != want->uid)
		return fail(error, "the user ids are not all %lu",
		    (unsigned long)want->uid);
	if (gid_too &&
	    (rgid != want->gid || egid != want->gid || sgid != want->gid))
		return fail(error, "the group ids are not all %lu",
		    (unsigned long)want->gid);
	if (want->uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
		return fail(error, "root's privileges could be regained");
	return 0;
}

int
privileges_drop(const char *user, char *error)
{
	struct user want;

	if (find_user(user, &want) != 0)
		return fail(error, "there is no user '%s'", user);
	if (geteuid() != 0) {
		if (geteuid() != want.uid)
			return fail(error,
			    "only root can become the user '%s'", user);
		return verify(&want, false, error);
	}
	if (initgroups(want.name, want.gid) != 0)
		return fail(error, "initgroups: %s", strerror(errno));
	if (setresgid(want.gid, want.gid, want.gid) != 0)
		return fail(error, "setresgid: %s", strerror(errno));
	if (setresuid(want.uid, want.uid, want.uid) != 0)
		return fail(error, "setresuid: %s", strerror(errno));
	return verify(&want, true, error);
}

int
privileges_harden(char *error)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return fail(error, "RLIMIT_CORE: %s", strerror(errno));
	if (prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) != 0)
		return fail(error, "PR_SET_DUMPABLE: %s", strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0)
		return fail(error, "PR_SET_NO_NEW_PRIVS: %s",
		    strerror(errno));
	return 0;
}
