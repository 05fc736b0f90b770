/*
 * TCP on the loopback interface, for proxies that know nothing else.  Every
 * process of the machine can connect to it, so that who asks there must show
 * the listener's secret.
 */
#ifndef HOOK_LOOPBACK_H
#define HOOK_LOOPBACK_H

#include <sys/socket.h>

#include <stdbool.h>

#define LOOPBACK_ERROR_MAX 256

struct loopback {
	struct sockaddr_storage address;
	socklen_t len;
};

/* "127.0.0.1:PORT" (any of 127.0.0.0/8) or "[::1]:PORT". */
bool loopback_parse(const char *text, struct loopback *ret);

/* Bind and listen.  A non-blocking descriptor; or -1 with a sentence in error
 * that begins with text. */
int loopback_listen(const char *text, int backlog, char *error);

/* Is this socket bound there? */
bool loopback_is_at(int fd, const char *text);

#endif
