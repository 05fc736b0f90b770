/*
 * Private to sandboxed*.c: what is tried, and what was there before the
 * sandbox closed.
 */
#ifndef TESTS_TOOLS_SANDBOXED_H
#define TESTS_TOOLS_SANDBOXED_H

#include <netinet/in.h>
#include <sys/types.h>
#include <sys/un.h>

struct before {
	pid_t other;			/* a process of the same user */
	struct sockaddr_un stream;	/* somebody listens there */
	struct sockaddr_in tcp;		/* and there */
	int stream_fd, tcp_fd;		/* fresh sockets */
	int store_fd;			/* store/file */
};

struct attempt {
	const char *name;
	int (*try)(void);
};

extern struct before before;
extern const struct attempt attempts[];		/* to a NULL name */

#endif
