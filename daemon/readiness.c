/* See readiness.h. */
#include "config.h"

#include "daemon/readiness.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/text.h"

#define LISTEN_FIRST 3		/* SD_LISTEN_FDS_START */
#define LISTEN_MAX 64		/* we use one */

/* The address of NOTIFY_SOCKET: a path, or '@' and an abstract name.  Its
 * length; 0 when there is none that could be used. */
static socklen_t
notify_address(struct sockaddr_un *address)
{
	const char *name = getenv("NOTIFY_SOCKET");
	size_t len;

	if (name == NULL || (name[0] != '/' && name[0] != '@'))
		return 0;
	len = strlen(name);
	if (len < 2 || len >= sizeof(address->sun_path))
		return 0;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, name, len);
	if (name[0] == '@')
		address->sun_path[0] = '\0';
	else
		len++;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

void
readiness_notify(const char *state)
{
	struct sockaddr_un address;
	socklen_t len = notify_address(&address);
	ssize_t ignored;
	int fd;

	if (len == 0)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	ignored = sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	    (const struct sockaddr *)&address, len);
	(void)ignored;
	close(fd);
}

static int
listen_fds(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *fds = getenv("LISTEN_FDS");
	long long value, count;

	if (pid == NULL || fds == NULL)
		return 0;
	if (text_to_int(pid, strlen(pid), 1, INT_MAX, &value) != 0)
		return -1;
	if (value != getpid())
		return 0;
	if (text_to_int(fds, strlen(fds), 0, LISTEN_MAX, &count) != 0)
		return -1;
	for (int i = 0; i < count; i++) {
		int flags = fcntl(LISTEN_FIRST + i, F_GETFD);

		if (flags < 0 || fcntl(LISTEN_FIRST + i, F_SETFD,
		    flags | FD_CLOEXEC) < 0)
			return -1;
	}
	return (int)count;
}

int
readiness_listen_fds(void)
{
	int count = listen_fds();

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return count;
}
