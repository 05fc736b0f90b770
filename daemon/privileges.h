/*
 * Losing privileges, in one visible order, and proving it: supplementary
 * groups, gid, uid, then a check that none can be regained, then
 * no_new_privs.  Model: OpenSSH's uidswap.c.
 */
#ifndef DAEMON_PRIVILEGES_H
#define DAEMON_PRIVILEGES_H

#include <sys/types.h>

#define PRIVILEGES_ERROR_MAX 256

/*
 * Become this user (name or number; its primary group and the groups it is
 * in).  Not root: nothing changes unless name is another user than ours,
 * which is an error.  0; or -1 with a sentence in error: the caller exits.
 */
int privileges_drop(const char *user, char *error);

/* Not dumpable (also not ptrace-able by its own uid), no core files, no new
 * privileges.  0 or -1 with error. */
int privileges_harden(char *error);

/* uid of a user name or number; 0 or -1. Groups likewise. */
int privileges_uid(const char *name, uid_t *ret);
int privileges_gid(const char *name, gid_t *ret);

#endif
