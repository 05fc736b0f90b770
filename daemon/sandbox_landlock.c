/*
 * Landlock: which files may be reached, by its system calls, for which there
 * is no library.  Each version of its ABI can refuse more; what a kernel
 * cannot refuse it is not asked to.
 */
#include "config.h"

#include "daemon/sandbox_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As in linux/landlock.h, which may be missing or older than the kernel. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif
#define CREATE_VERSION 1U
#define RULE_PATH 1
#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_REMOVE_FILE (1ULL << 5)
#define FS_MAKE_REG (1ULL << 8)
#define FS_MAKE_SOCK (1ULL << 9)
#define FS_TRUNCATE (1ULL << 14)
#define FS_OF_FILES (FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE)
#define NET_BIND_TCP 1ULL
#define NET_CONNECT_TCP 2ULL
#define SCOPE_ABSTRACT_UNIX 1ULL
#define SCOPE_SIGNAL 2ULL

struct ruleset {
	uint64_t fs, net, scope;
};

/* The kernel wants these twelve bytes, and no padding. */
struct path_rule {
	uint64_t allowed;
	int32_t folder;
} __attribute__((packed));

/* Everything about files that each version of the ABI can refuse. */
static const uint64_t fs_of_abi[] = {
	0,
	0x1fff,			/* 1: execute ... make symbolic links */
	0x3fff,			/* 2: and move between folders */
	0x7fff,			/* 3: and truncate */
	0x7fff,			/* 4: network */
	0xffff,			/* 5: and ioctl on devices */
};
#define ABI_FS_LAST 5
#define ABI_NET 4
#define ABI_SCOPE 6
/* The ruleset's size: later kernels take the shorter one, too. */
static const size_t size_of_abi[] = { 0, 8, 8, 8, 16, 16, 24 };

/* What a role may do to files everywhere, by folder. */
static const struct {
	unsigned role;
	const char *path;
} readable[] = {
	{ SANDBOX_DIRECTORY, "/" },
	/* name services, their modules and sockets */
	{ SANDBOX_HOOK, "/etc" }, { SANDBOX_HOOK, "/usr" },
	{ SANDBOX_HOOK, "/lib" }, { SANDBOX_HOOK, "/lib64" },
	{ SANDBOX_HOOK, "/run" }, { SANDBOX_HOOK, "/var/lib/sss" },
	{ SANDBOX_HOOK, "/dev/null" }, { SANDBOX_HOOK, "/dev/urandom" },
};

static int
fail(char *error, const char *what)
{
	snprintf(error, SANDBOX_ERROR_MAX, "landlock: %.160s: %s", what,
	    strerror(errno));
	return -1;
}

static uint64_t
rights_of(enum sandbox_role role, enum sandbox_use use)
{
	switch (use) {
	case SANDBOX_READ:
		return FS_READ_FILE | FS_READ_DIR;
	case SANDBOX_STORE:
		return FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE |
		    FS_TRUNCATE | (role != SANDBOX_DIRECTORY ? 0 :
		    FS_REMOVE_FILE | FS_MAKE_REG);
	case SANDBOX_SOCKETS:
		return FS_MAKE_SOCK | FS_REMOVE_FILE | FS_READ_DIR;
	}
	return 0;
}

/* What does not exist is not allowed either. */
static int
allow(int rules, uint64_t handled, const char *path, uint64_t rights,
    char *error)
{
	struct path_rule rule = { .allowed = rights & handled };
	struct stat st;
	int rc = -1, fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT || errno == EACCES ? 0 :
		    fail(error, path);
	if (fstat(fd, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			rule.allowed &= FS_OF_FILES;
		rule.folder = fd;
		rc = (int)syscall(SYS_landlock_add_rule, rules, RULE_PATH,
		    &rule, 0U);
	}
	if (rc != 0)
		fail(error, path);
	close(fd);
	return rc;
}

/* A folder of the sandbox, or the one its file is in. */
static int
allow_folder(int rules, uint64_t handled, const struct sandbox *sandbox,
    size_t i, char *error)
{
	const char *path = sandbox->folders[i].path;
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL || !sandbox->folders[i].is_file ?
	    strlen(path) : slash == path ? 1 : (size_t)(slash - path);
	char folder[PATH_MAX];

	if (len >= sizeof(folder)) {
		errno = ENAMETOOLONG;
		return fail(error, path);
	}
	memcpy(folder, path, len);
	folder[len] = '\0';
	return allow(rules, handled, folder,
	    rights_of(sandbox->role, sandbox->folders[i].use), error);
}

static int
allow_all(int rules, uint64_t handled, const struct sandbox *sandbox,
    char *error)
{
	uint64_t reading = rights_of(sandbox->role, SANDBOX_READ);

	for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
		if (readable[i].role == sandbox->role && allow(rules, handled,
		    readable[i].path, reading, error) != 0)
			return -1;
	}
	for (size_t i = 0; i < sandbox->folder_count; i++) {
		if (allow_folder(rules, handled, sandbox, i, error) != 0)
			return -1;
	}
	return SANDBOX_WIDE ? allow(rules, handled, "/", reading, error) : 0;
}

static void
refuse_all(enum sandbox_role role, int abi, struct ruleset *rules)
{
	rules->fs = fs_of_abi[abi < ABI_FS_LAST ? abi : ABI_FS_LAST];
	if (abi >= ABI_NET)
		rules->net = NET_BIND_TCP | (role == SANDBOX_DIRECTORY ? 0 :
		    NET_CONNECT_TCP);
	/* the hook's readiness may go to an abstract socket of systemd's */
	if (abi >= ABI_SCOPE)
		rules->scope = SCOPE_SIGNAL | (role == SANDBOX_HOOK ? 0 :
		    SCOPE_ABSTRACT_UNIX);
}

int
sandbox_landlock(const struct sandbox *sandbox, int *ret_abi, char *error)
{
	struct ruleset refused = { .fs = 0 };
	int fd, rc, abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    CREATE_VERSION);

	*ret_abi = abi;
	if (abi <= 0)			/* not built in, or switched off */
		return 0;
	refuse_all(sandbox->role, abi, &refused);
	fd = (int)syscall(SYS_landlock_create_ruleset, &refused,
	    size_of_abi[abi < ABI_SCOPE ? abi : ABI_SCOPE], 0U);
	if (fd < 0)
		return fail(error, "no rules");
	rc = allow_all(fd, refused.fs, sandbox, error);
	if (rc == 0 && syscall(SYS_landlock_restrict_self, fd, 0U) != 0)
		rc = fail(error, "cannot be entered");
	close(fd);
	return rc == 0 ? 1 : -1;
}
