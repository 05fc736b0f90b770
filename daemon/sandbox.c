/* See sandbox.h.  Limits first, because the filter forbids to set them. */
#include "config.h"

#include "daemon/sandbox_parts.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define MIB ((rlim_t)1024 * 1024)

/*
 * Descriptors: as many clients as can be configured, or LDAP connections.
 * Memory: what is private and writable, so that the store's map of the file is
 * not counted.  It is far above what work needs, and short of what hurts the
 * machine; past it we run out of memory alone, which all our code expects.
 * No limit of file sizes: standard error may be a file.
 */
static const struct {
	unsigned role;
	rlim_t descriptors, memory;
	bool children;			/* threads count as processes */
} limits[] = {
	[SANDBOX_FRONT] = { ROLE_FRONT, 1048576, 4096 * MIB, false },
	[SANDBOX_DIRECTORY] = { ROLE_DIRECTORY, 16384, 4096 * MIB, true },
	[SANDBOX_HOOK] = { ROLE_HOOK, 65536, 1024 * MIB, false },
};

void
sandbox_init(struct sandbox *sandbox, enum sandbox_role role)
{
	memset(sandbox, 0, sizeof(*sandbox));
	sandbox->role = role;
}

static void
add(struct sandbox *sandbox, const char *path, bool is_file,
    enum sandbox_use use)
{
	size_t n = sandbox->folder_count;

	if (path == NULL || n == SANDBOX_FOLDERS_MAX)
		return;
	sandbox->folders[n].path = path;
	sandbox->folders[n].is_file = is_file;
	sandbox->folders[n].use = use;
	sandbox->folder_count++;
}

void
sandbox_allow_folder(struct sandbox *sandbox, const char *folder,
    enum sandbox_use use)
{
	add(sandbox, folder, false, use);
}

/* Are both files in one folder? */
static bool
are_beside(const char *a, const char *b)
{
	const char *a_slash = strrchr(a, '/'), *b_slash = strrchr(b, '/');

	return a_slash != NULL && b_slash != NULL &&
	    a_slash - a == b_slash - b &&
	    memcmp(a, b, (size_t)(a_slash - a)) == 0;
}

void
sandbox_allow_folder_of(struct sandbox *sandbox, const char *file,
    enum sandbox_use use)
{
	for (size_t i = 0; file != NULL && i < sandbox->folder_count; i++) {
		if (sandbox->folders[i].is_file &&
		    sandbox->folders[i].use == use &&
		    are_beside(sandbox->folders[i].path, file))
			return;
	}
	add(sandbox, file, true, use);
}

static bool
lower(struct rlimit *limit, rlim_t most)
{
	if (limit->rlim_max > most)
		limit->rlim_max = most;
	if (limit->rlim_cur > limit->rlim_max)
		limit->rlim_cur = limit->rlim_max;
	return true;
}

/* The C library's own type for resources has a name in glibc alone. */
#define LIMITED(resource, most, now) (getrlimit((resource), (now)) == 0 && \
	lower((now), (most)) && setrlimit((resource), (now)) == 0)

static int
set_limits(enum sandbox_role role, char *error)
{
	struct rlimit now;
	const char *what = NULL;

	if (!LIMITED(RLIMIT_CORE, 0, &now))
		what = "core files";
	else if (!LIMITED(RLIMIT_NOFILE, limits[role].descriptors, &now))
		what = "descriptors";
	else if (SANDBOX_WIDE)
		return 0;
	else if (!limits[role].children && !LIMITED(RLIMIT_NPROC, 0, &now))
		what = "processes";
	else if (!LIMITED(RLIMIT_DATA, limits[role].memory, &now))
		what = "memory";
	if (what == NULL)
		return 0;
	snprintf(error, SANDBOX_ERROR_MAX, "limit of %s: %s", what,
	    strerror(errno));
	return -1;
}

static bool
has_store(const struct sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->folder_count; i++) {
		if (sandbox->folders[i].use == SANDBOX_STORE)
			return true;
	}
	return false;
}

/* The rows of the table that are ours. */
static unsigned
roles_of(const struct sandbox *sandbox, bool landlock)
{
	unsigned roles = limits[sandbox->role].role;

	if (sandbox->role == SANDBOX_FRONT && sandbox->syslog)
		roles |= ROLE_FRONT_SYSLOG;
	if (sandbox->role == SANDBOX_FRONT && has_store(sandbox) && landlock)
		roles |= ROLE_FRONT_STORE;
	if (sandbox->role == SANDBOX_DIRECTORY && has_store(sandbox))
		roles |= ROLE_DIRECTORY_STORE;
	return SANDBOX_WIDE ? roles | ROLE_SANITIZED : roles;
}

int
sandbox_enter(const struct sandbox *sandbox, char *state, char *error)
{
	char landlock_state[24] = "no-landlock";
	int landlock, seccomp, abi = 0;

	tzset();			/* syslog(3) would read the zone's file */
	if (set_limits(sandbox->role, error) != 0)
		return -1;
	landlock = sandbox_landlock(sandbox, &abi, error);
	if (landlock < 0)
		return -1;
	seccomp = sandbox_seccomp(roles_of(sandbox, landlock > 0), error);
	if (seccomp < 0)
		return -1;
	if (landlock > 0)
		snprintf(landlock_state, sizeof(landlock_state), "landlock-%d",
		    abi);
	snprintf(state, SANDBOX_STATE_MAX, "%s,%s%s", seccomp > 0 ?
	    "seccomp" : "no-seccomp", landlock_state,
	    SANDBOX_WIDE ? ",sanitized" : "");
	return 0;
}
