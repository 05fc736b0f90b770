/*
 * The bare server: answers every line with itself, one epoll thread.  The
 * limit of what a server on a Unix socket can do.
 *
 *	echo SOCKET
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define BUFFER 65536
#define EVENTS 256

struct peer {
	int fd;
	size_t len;
	char data[BUFFER];
};

static void
answer(struct peer *peer)
{
	ssize_t n = read(peer->fd, peer->data + peer->len,
	    sizeof(peer->data) - peer->len);
	char *last;
	size_t whole;

	if (n <= 0) {
		close(peer->fd);
		free(peer);
		return;
	}
	peer->len += (size_t)n;
	last = memrchr(peer->data, '\n', peer->len);
	if (last == NULL)
		return;
	whole = (size_t)(last - peer->data) + 1;
	if (send(peer->fd, peer->data, whole, MSG_NOSIGNAL) < 0)
		return;
	memmove(peer->data, last + 1, peer->len - whole);
	peer->len -= whole;
}

static void
accept_all(int listener, int loop)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct peer *peer;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		peer = malloc(sizeof(*peer));
		if (peer == NULL)
			bench_die("malloc");
		peer->fd = fd;
		peer->len = 0;
		event.data.ptr = peer;
		epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
	}
}

static int
listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		bench_die(path);
	}
	memcpy(address.sun_path, path, strlen(path));
	unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, 4096) != 0)
		bench_die(path);
	return fd;
}

int
main(int argc, char **argv)
{
	struct epoll_event event = { .events = EPOLLIN }, events[EVENTS];
	int listener, loop = epoll_create1(0);

	if (argc != 2)
		return 2;
	bench_files();
	listener = listen_at(argv[1]);
	epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event);
	for (;;) {
		int n = epoll_wait(loop, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == NULL)
				accept_all(listener, loop);
			else
				answer(events[i].data.ptr);
		}
	}
}
