/*
 * The sandbox: what a process of ours gives up once it is set up, and before
 * it reads a stranger's byte.  Each role has its table of system calls
 * (sandbox_calls.c), its rights to files (sandbox_landlock.c) and its limits
 * (sandbox.c):
 *
 *   front      opens no file but the store's and no socket; speaks over what
 *              it has
 *   directory  reads files, writes none but the store's, has threads, and the
 *              network
 *   hook       reads its configuration, has Unix sockets, no network
 *
 * Nobody executes anything, has children, looks into other processes or
 * signals them.  A system call that is not in the table fails with EPERM; one
 * that only an intruder makes (execve, ptrace, mount, ...) ends the process.
 * The kernel logs the latter, and of the roles without threads also the first.
 *
 * What the kernel lacks is left out, and said by the state, never fatal.
 * There is no switch: what cannot be switched off cannot be forgotten.  Builds
 * with sanitizers are wider, and say so.
 */
#ifndef DAEMON_SANDBOX_H
#define DAEMON_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#define SANDBOX_ERROR_MAX 256
#define SANDBOX_STATE_MAX 64
#define SANDBOX_FOLDERS_MAX 512

enum sandbox_role { SANDBOX_FRONT, SANDBOX_DIRECTORY, SANDBOX_HOOK };

enum sandbox_use {
	SANDBOX_READ,		/* its files may be read */
	SANDBOX_STORE,		/* and written; by the directory process also
				 * created, renamed within it, removed */
	SANDBOX_SOCKETS		/* Unix sockets may be made and removed */
};

struct sandbox {
	enum sandbox_role role;
	bool syslog;		/* the front may connect to syslog again */
	size_t folder_count;
	struct {
		const char *path;
		bool is_file;		/* meant is the folder it is in */
		enum sandbox_use use;
	} folders[SANDBOX_FOLDERS_MAX];
};

void sandbox_init(struct sandbox *sandbox, enum sandbox_role role);

/*
 * What is below this folder, too; borrowed until sandbox_enter, NULL: none.
 * The front gets what SANDBOX_STORE allows only where Landlock keeps it from
 * opening anything else.  More than SANDBOX_FOLDERS_MAX are not allowed.
 */
void sandbox_allow_folder(struct sandbox *sandbox, const char *folder,
    enum sandbox_use use);
/* The same for the folder that a file is in. */
void sandbox_allow_folder_of(struct sandbox *sandbox, const char *file,
    enum sandbox_use use);

/*
 * Close it, for good; before the first thread, after privileges_harden.  0
 * with a word for status in state (SANDBOX_STATE_MAX bytes, as
 * "seccomp,landlock-7" or "seccomp,no-landlock"); or -1 with a sentence in
 * error, and the caller ends.
 */
int sandbox_enter(const struct sandbox *sandbox, char *state, char *error);

#endif
