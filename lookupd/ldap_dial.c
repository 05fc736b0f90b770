/*
 * Sockets towards LDAP servers.  SO_SNDTIMEO bounds connect(2), for Unix
 * sockets (a full backlog) as for TCP; it is taken off again afterwards.
 */
#include "lookupd/ldap_dial.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/deadline.h"

/* A peer that vanished without a word is noticed after 90 idle seconds. */
#define KEEPALIVE_IDLE_S 60
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_COUNT 3

static int
set_send_timeout(int fd, int ms)
{
	struct timeval limit = { .tv_sec = ms / 1000,
		.tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

/* A connected socket, or -1 with errno. */
static int
dial(const struct sockaddr *address, socklen_t address_len, int ms)
{
	int fd, saved;

	if (ms <= 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (set_send_timeout(fd, ms) == 0 &&
	    connect(fd, address, address_len) == 0 &&
	    set_send_timeout(fd, 0) == 0)
		return fd;
	saved = errno == EINPROGRESS || errno == EAGAIN ? ETIMEDOUT : errno;
	close(fd);
	errno = saved;
	return -1;
}

int
ldap_dial_path(const char *path, int64_t deadline, char *error, size_t len)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (path == NULL || *path == '\0')
		path = LDAP_DIAL_PATH;
	if (strlen(path) >= sizeof(address.sun_path)) {
		snprintf(error, len, "the socket's path is too long: %s", path);
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = dial((const struct sockaddr *)&address, sizeof(address),
	    deadline_left(deadline));
	if (fd == -1)
		snprintf(error, len, "cannot connect to %s: %s", path,
		    strerror(errno));
	return fd;
}

static void
tune(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S },
		{ IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT },
	};
	size_t i;

	/* each is a convenience: a kernel that refuses one is no failure */
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		(void)setsockopt(fd, options[i].level, options[i].name,
		    &options[i].value, sizeof(options[i].value));
}

int
ldap_dial_host(const char *host, int port, int64_t deadline, char *error,
    size_t len)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG };
	struct addrinfo *list = NULL, *item;
	char service[16], where[128] = "";
	int fd = -1, status;

	snprintf(service, sizeof(service), "%d", port);
	status = getaddrinfo(host, service, &hints, &list);
	if (status != 0) {
		/* ADDRCONFIG hides loopback on a machine without a network */
		hints.ai_flags = AI_NUMERICSERV;
		status = getaddrinfo(host, service, &hints, &list);
	}
	if (status != 0) {
		snprintf(error, len, "cannot resolve %s: %s", host,
		    status == EAI_SYSTEM ? strerror(errno) :
		    gai_strerror(status));
		return -1;
	}
	for (item = list; item != NULL && fd == -1; item = item->ai_next) {
		int left = deadline_left(deadline);

		/* an address that swallows packets must not use all of it */
		fd = dial(item->ai_addr, item->ai_addrlen,
		    item->ai_next != NULL ? left / 2 : left);
		if (fd != -1)
			break;
		status = errno;
		if (getnameinfo(item->ai_addr, item->ai_addrlen, where,
		    sizeof(where), NULL, 0, NI_NUMERICHOST) != 0)
			where[0] = '\0';
		snprintf(error, len, "cannot connect to %s (%s) port %d: %s",
		    host, where, port, strerror(status));
	}
	freeaddrinfo(list);
	if (fd != -1)
		tune(fd);
	return fd;
}

bool
ldap_dial_loopback(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	memset(&peer, 0, sizeof(peer));
	if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0)
		return false;
	if (peer.ss_family == AF_INET) {
		struct sockaddr_in v4;

		memcpy(&v4, &peer, sizeof(v4));
		return ntohl(v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	}
	if (peer.ss_family == AF_INET6) {
		struct sockaddr_in6 v6;

		memcpy(&v6, &peer, sizeof(v6));
		return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) ||
		    (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) &&
		    v6.sin6_addr.s6_addr[12] == IN_LOOPBACKNET);
	}
	return false;
}
