/* Socket activation: see the header. */
#include "hook/sockets.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "daemon/readiness.h"
#include "hook/loopback.h"

#define FIRST 3			/* the descriptor systemd begins with */

int
sockets_init(struct sockets *sockets, char *error)
{
	memset(sockets, 0, sizeof(*sockets));
	sockets->count = readiness_listen_fds();
	if (sockets->count >= 0 && sockets->count <= HOOK_LISTENERS_MAX)
		return 0;
	snprintf(error, SOCKETS_ERROR_MAX, sockets->count < 0 ?
	    "LISTEN_FDS or LISTEN_PID is malformed" :
	    "more sockets were handed over than there can be listeners");
	return -1;
}

static bool
is_listening(int fd)
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening,
	    &len) == 0 && listening != 0;
}

static bool
is_at(int fd, const char *path)
{
	struct sockaddr_un address;
	socklen_t len = sizeof(address);

	memset(&address, 0, sizeof(address));
	return getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
	    address.sun_family == AF_UNIX &&
	    strncmp(address.sun_path, path, sizeof(address.sun_path)) == 0;
}

int
sockets_take(struct sockets *sockets, const struct listener_config *options)
{
	int i, flags;

	for (i = 0; i < sockets->count; i++) {
		int fd = FIRST + i;

		if (sockets->taken[i] || !is_listening(fd))
			continue;
		if (options->socket != NULL ? !is_at(fd, options->socket) :
		    !loopback_is_at(fd, options->address))
			continue;
		flags = fcntl(fd, F_GETFL);
		if (flags == -1 ||
		    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
			continue;
		sockets->taken[i] = true;
		return fd;
	}
	return -1;
}

int
sockets_rest(const struct sockets *sockets, char *error)
{
	int i;

	for (i = 0; i < sockets->count; i++) {
		if (sockets->taken[i])
			continue;
		snprintf(error, SOCKETS_ERROR_MAX, "the socket handed over as "
		    "descriptor %d belongs to no listener", FIRST + i);
		return -1;
	}
	return 0;
}
