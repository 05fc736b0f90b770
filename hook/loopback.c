/* Loopback TCP: see the header. */
#include "config.h"

#include "hook/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"

/* Room for an address as text. */
#define HOST_MAX INET6_ADDRSTRLEN

static bool
parse_four(const char *host, in_port_t port, struct loopback *ret)
{
	struct sockaddr_in *address = (struct sockaddr_in *)&ret->address;

	if (inet_pton(AF_INET, host, &address->sin_addr) != 1 ||
	    ntohl(address->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
		return false;
	address->sin_family = AF_INET;
	address->sin_port = port;
	ret->len = sizeof(*address);
	return true;
}

static bool
parse_six(const char *host, in_port_t port, struct loopback *ret)
{
	struct sockaddr_in6 *address = (struct sockaddr_in6 *)&ret->address;

	if (inet_pton(AF_INET6, host, &address->sin6_addr) != 1 ||
	    !IN6_IS_ADDR_LOOPBACK(&address->sin6_addr))
		return false;
	address->sin6_family = AF_INET6;
	address->sin6_port = port;
	ret->len = sizeof(*address);
	return true;
}

bool
loopback_parse(const char *text, struct loopback *ret)
{
	const char *colon = strrchr(text, ':');
	bool six = text[0] == '[';
	char host[HOST_MAX];
	long long port;
	size_t len;

	memset(ret, 0, sizeof(*ret));
	if (colon == NULL || text_to_int(colon + 1, strlen(colon + 1), 1,
	    65535, &port) == -1)
		return false;
	if (six && (colon == text || colon[-1] != ']'))
		return false;
	len = (size_t)(colon - text) - (six ? 2 : 0);
	if (len >= sizeof(host))
		return false;
	memcpy(host, text + (six ? 1 : 0), len);
	host[len] = '\0';
	return six ? parse_six(host, htons((in_port_t)port), ret) :
	    parse_four(host, htons((in_port_t)port), ret);
}

int
loopback_listen(const char *text, int backlog, char *error)
{
	struct loopback at;
	int fd = -1, on = 1;

	if (!loopback_parse(text, &at)) {
		snprintf(error, LOOPBACK_ERROR_MAX,
		    "%.64s: is not a loopback address and port", text);
		return -1;
	}
	fd = socket(at.address.ss_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&at.address, at.len) == -1 ||
	    listen(fd, backlog) == -1) {
		snprintf(error, LOOPBACK_ERROR_MAX, "%.64s: %s", text,
		    strerror(errno));
		if (fd != -1)
			close(fd);
		return -1;
	}
	return fd;
}

bool
loopback_is_at(int fd, const char *text)
{
	struct sockaddr_storage bound;
	socklen_t len = sizeof(bound);
	struct loopback at;

	memset(&bound, 0, sizeof(bound));
	if (!loopback_parse(text, &at) ||
	    getsockname(fd, (struct sockaddr *)&bound, &len) == -1 ||
	    bound.ss_family != at.address.ss_family || len != at.len)
		return false;
	if (bound.ss_family == AF_INET) {
		struct sockaddr_in a, b;

		memcpy(&a, &bound, sizeof(a));
		memcpy(&b, &at.address, sizeof(b));
		return a.sin_port == b.sin_port &&
		    a.sin_addr.s_addr == b.sin_addr.s_addr;
	} else {
		struct sockaddr_in6 a, b;

		memcpy(&a, &bound, sizeof(a));
		memcpy(&b, &at.address, sizeof(b));
		return a.sin6_port == b.sin6_port &&
		    IN6_ARE_ADDR_EQUAL(&a.sin6_addr, &b.sin6_addr);
	}
}
