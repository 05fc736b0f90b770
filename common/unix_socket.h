/*
 * Unix stream sockets: listening, connecting, and knowing the other side.
 *
 * SO_PEERCRED of a connecting socket shows who called listen(2), not who
 * serves.  So on every connect the peer's uid must be 0 or the owner of the
 * socket file, and that owner must be 0 or the server uid the caller expects.
 * All descriptors are close-on-exec from birth.
 */
#ifndef CERTAUTH_COMMON_UNIX_SOCKET_H
#define CERTAUTH_COMMON_UNIX_SOCKET_H

#include <sys/types.h>

#include <stdint.h>

#define UNIX_SOCKET_ERROR_MAX 256
#define UNIX_SOCKET_NO_UID ((uid_t)-1)

struct unix_peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
};

/*
 * Connect before the deadline (deadline.h) and check the server as above.
 * server_uid: the uid besides 0 that may own the socket, or
 * UNIX_SOCKET_NO_UID for 0 and our own effective uid.
 * A non-blocking descriptor owned by the caller; or -1 with errno set
 * (EPERM for a server that is not the one expected, ETIMEDOUT, …) and a
 * sentence in error.  Blocks no longer than the deadline.
 */
int unix_socket_connect(const char *path, uid_t server_uid, int64_t deadline,
    char *error);

/*
 * Bind and listen.  A left-over socket file is removed when nobody answers
 * on it (and it is a socket); a live one is an error.  mode is exact,
 * whatever the umask; group (gid_t)-1 leaves the group alone.
 * A non-blocking descriptor, or -1 with errno and a sentence in error.
 */
int unix_socket_listen(const char *path, mode_t mode, gid_t group,
    int backlog, char *error);

/* Who is at the other end; 0, or -1 with errno. */
int unix_socket_peer(int fd, struct unix_peer *ret_peer);

/*
 * The peer's supplementary groups as the kernel saw them at connect
 * (SO_PEERGROUPS; empty where the kernel lacks it).  At most max are
 * written; the number written, or -1 with errno.
 */
int unix_socket_peer_groups(int fd, gid_t *groups, int max);

#endif
