/*
 * Unix stream sockets.
 *
 * The path is looked at before connecting and the peer's credentials after.
 * Whoever exchanges the file in between gains nothing: the process that
 * called listen(2) must still be root's or the owner's that was acceptable.
 */
#include "config.h"

#include "common/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/deadline.h"

/* A full backlog gives no event to wait for; ask again that often. */
#define RETRY_MS 5

/* Set errno and the sentence, give -1. */
static int __attribute__((format(printf, 3, 4)))
fail(char *error, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, UNIX_SOCKET_ERROR_MAX, format, args);
	va_end(args);
	errno = code;
	return -1;
}

static int
fail_errno(char *error, const char *path, const char *what)
{
	int code = errno;

	return fail(error, code, "%.120s: %s: %s", path, what, strerror(code));
}

static int
set_address(struct sockaddr_un *address, const char *path, char *error)
{
	size_t len = strlen(path);

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (len == 0)
		return fail(error, ENOENT, "the path of the socket is empty");
	if (len >= sizeof(address->sun_path))
		return fail(error, ENAMETOOLONG, "%.120s...: longer than the "
		    "%zu bytes a socket's path may have", path,
		    sizeof(address->sun_path) - 1);
	memcpy(address->sun_path, path, len);
	return 0;
}

static void
close_keep_errno(int fd)
{
	int code = errno;

	close(fd);
	errno = code;
}

/* Never 0 to 2: in a program that has closed those, whatever it prints would
 * otherwise be told to the other side. */
static int
new_socket(char *error)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);

	if (fd >= 0 && fd <= STDERR_FILENO) {
		int low = fd;

		fd = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		close_keep_errno(low);
	}
	if (fd == -1)
		fail(error, errno, "socket: %s", strerror(errno));
	return fd;
}

/* The owner of the socket file, if that owner may serve. */
static int
check_owner(const char *path, uid_t server_uid, uid_t *ret_owner, char *error)
{
	uid_t allowed = server_uid == UNIX_SOCKET_NO_UID ? geteuid() :
	    server_uid;
	struct stat st;

	if (stat(path, &st) == -1)
		return fail_errno(error, path, "no socket there");
	if (!S_ISSOCK(st.st_mode))
		return fail(error, ENOTSOCK, "%.120s: is not a socket", path);
	if (st.st_uid != 0 && st.st_uid != allowed)
		return fail(error, EPERM, "%.120s: belongs to uid %lu, not to "
		    "root or to uid %lu", path, (unsigned long)st.st_uid,
		    (unsigned long)allowed);
	*ret_owner = st.st_uid;
	return 0;
}

static int
check_server(int fd, const char *path, uid_t owner, char *error)
{
	struct unix_peer peer;

	if (unix_socket_peer(fd, &peer) == -1)
		return fail_errno(error, path, "who serves is not known");
	if (peer.uid != 0 && peer.uid != owner)
		return fail(error, EPERM, "%.120s: served by uid %lu, but the "
		    "socket belongs to uid %lu", path,
		    (unsigned long)peer.uid, (unsigned long)owner);
	return 0;
}

/* Wait until a connection under way is there; poll's errors are errno. */
static int
finish_connect(int fd, int64_t deadline)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	int code = 0, ready;
	socklen_t len = sizeof(code);

	do {
		ready = poll(&wait, 1, deadline_left(deadline));
	} while (ready == -1 && errno == EINTR);
	if (ready == -1)
		return -1;
	if (ready == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) == -1)
		return -1;
	errno = code;
	return code == 0 ? 0 : -1;
}

static int
connect_before(int fd, const struct sockaddr_un *address, int64_t deadline)
{
	int code, left;

	for (;;) {
		if (connect(fd, (const struct sockaddr *)address,
		    sizeof(*address)) == 0)
			return 0;
		code = errno;
		if (code == EINPROGRESS || code == EALREADY)
			return finish_connect(fd, deadline);
		if (code != EAGAIN && code != EINTR)
			return -1;
		left = deadline_left(deadline);
		if (left == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (code == EAGAIN)
			poll(NULL, 0, left < RETRY_MS ? left : RETRY_MS);
	}
}

int
unix_socket_connect(const char *path, uid_t server_uid, int64_t deadline,
    char *error)
{
	struct sockaddr_un address;
	uid_t owner = UNIX_SOCKET_NO_UID;
	int fd;

	if (set_address(&address, path, error) == -1 ||
	    check_owner(path, server_uid, &owner, error) == -1)
		return -1;
	fd = new_socket(error);
	if (fd == -1)
		return -1;
	if (connect_before(fd, &address, deadline) == -1) {
		fail_errno(error, path, "cannot connect");
		close_keep_errno(fd);
		return -1;
	}
	if (check_server(fd, path, owner, error) == -1) {
		close_keep_errno(fd);
		return -1;
	}
	return fd;
}

/* Make the path free: nothing there, or a socket that nobody answers on. */
static int
clear_path(const char *path, const struct sockaddr_un *address, char *error)
{
	struct stat st;
	int fd, code;

	if (lstat(path, &st) == -1) {
		if (errno == ENOENT)
			return 0;
		return fail_errno(error, path, "cannot look");
	}
	if (!S_ISSOCK(st.st_mode))
		return fail(error, EEXIST, "%.120s: exists and is not a "
		    "socket", path);
	fd = new_socket(error);
	if (fd == -1)
		return -1;
	code = connect(fd, (const struct sockaddr *)address,
	    sizeof(*address)) == 0 ? 0 : errno;
	close(fd);
	/* EAGAIN: a full backlog, hence somebody who listens. */
	if (code == 0 || code == EAGAIN)
		return fail(error, EADDRINUSE, "%.120s: somebody already "
		    "listens there", path);
	if (code != ECONNREFUSED && code != ENOENT)
		return fail(error, code, "%.120s: cannot tell whether "
		    "somebody listens there: %s", path, strerror(code));
	if (unlink(path) == -1 && errno != ENOENT)
		return fail_errno(error, path, "cannot remove");
	return 0;
}

int
unix_socket_listen(const char *path, mode_t mode, gid_t group, int backlog,
    char *error)
{
	struct sockaddr_un address;
	int fd;

	if (set_address(&address, path, error) == -1 ||
	    clear_path(path, &address, error) == -1)
		return -1;
	fd = new_socket(error);
	if (fd == -1)
		return -1;
	if (bind(fd, (const struct sockaddr *)&address,
	    sizeof(address)) == -1) {
		fail_errno(error, path, "cannot bind");
		close_keep_errno(fd);
		return -1;
	}
	/* Nobody can connect before listen: no moment with a wrong mode. */
	if ((group != (gid_t)-1 &&
	    lchown(path, (uid_t)-1, group) == -1) ||
	    chmod(path, mode) == -1 || listen(fd, backlog) == -1) {
		fail_errno(error, path, "cannot set group or mode, or listen");
		close_keep_errno(fd);
		unlink(path);
		return -1;
	}
	return fd;
}

int
unix_socket_peer(int fd, struct unix_peer *ret_peer)
{
	struct ucred who = { -1, UNIX_SOCKET_NO_UID, (gid_t)-1 };
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == -1)
		return -1;
	/* A socket without a peer is answered with pid 0 and uid -1. */
	if (len != sizeof(who) || who.uid == UNIX_SOCKET_NO_UID) {
		errno = ENOTCONN;
		return -1;
	}
	ret_peer->uid = who.uid;
	ret_peer->gid = who.gid;
	ret_peer->pid = who.pid;
	return 0;
}

#ifdef SO_PEERGROUPS
int
unix_socket_peer_groups(int fd, gid_t *groups, int max)
{
	socklen_t len = 0;
	gid_t *all;
	int count;

	/* The kernel gives all or nothing, so ask how many there are. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == 0)
		return 0;
	if (errno == ENOPROTOOPT || errno == ENODATA)
		return 0;
	if (errno != ERANGE || max < 0)
		return -1;
	all = malloc(len);
	if (all == NULL)
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, all, &len) == -1) {
		free(all);
		return -1;
	}
	count = (int)(len / sizeof(*all));
	if (count > max)
		count = max;
	memcpy(groups, all, (size_t)count * sizeof(*all));
	free(all);
	return count;
}
#else
int
unix_socket_peer_groups(int fd, gid_t *groups, int max)
{
	return 0;
}
#endif
