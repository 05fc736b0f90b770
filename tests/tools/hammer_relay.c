/*
 * A directory that misbehaves: LDAP passed on between lookupd and a real
 * server, whose answers are spoilt as MODE-FILE says at that moment:
 *
 *	pass		not at all
 *	refuse		connections are closed, new ones at once
 *	silent		nothing comes back
 *	cut, half	half an answer, then the close, or nothing more
 *	noise, text, zeros	other bytes instead
 *	huge, endless	a message of 2 GB is announced; and begun
 *	notice		"I end the session", then the close
 *	stranger, wrongid	a message nobody asked for precedes each answer
 *	twice		each answer comes again
 *	slow		a byte every 20 ms
 */
#include "tests/tools/hammer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS_MAX 64
#define CHUNK 65536
#define SLOW_MS 20

struct pair {
	int client, server;	/* -1: free */
	bool mute;		/* nothing more goes to the client */
	bool endless;
	struct bytes late;	/* being sent slowly */
};

static const char notice[] = "\x30\x24\x02\x01\x00\x78\x1f\x0a\x01\x34\x04\x00"
    "\x04\x00\x8a\x16" "1.3.6.1.4.1.1466.20036";
static const char stranger[] = "\x30\x13\x02\x01\x00\x78\x0e\x0a\x01\x00\x04"
    "\x00\x04\x00\x8a\x05" "1.2.3";
static const char wrongid[] = "\x30\x0f\x02\x04\x7f\xff\xff\xfe\x65\x07\x0a\x01"
    "\x00\x04\x00\x04\x00";
static const char huge[] = "\x30\x84\x7f\xff\xff\xf0\x02\x01\x02\x64\x84\x7f\xff"
    "\xff\xe0\x04\x84\x7f\xff\xff\xd0";
static const char text[] = "HTTP/1.1 400 Bad Request\r\n"
    "Content-Length: 0\r\n\r\n";

static void
read_mode(const char *file, char mode[16])
{
	FILE *stream = fopen(file, "r");

	if (stream == NULL || fscanf(stream, "%15s", mode) != 1)
		memcpy(mode, "pass", 5);
	if (stream != NULL)
		fclose(stream);
}

static void
close_pair(struct pair *pair)
{
	close(pair->client);
	close(pair->server);
	free(pair->late.data);
	*pair = (struct pair){ .client = -1, .server = -1 };
}

static void
give(struct pair *pair, const void *data, size_t len)
{
	if (!pair->mute && send(pair->client, data, len, MSG_NOSIGNAL) < 0)
		pair->mute = true;
}

/* An answer on its way to the client. */
static void
spoil(struct pair *pair, const char *mode, char *data, size_t len)
{
	if (strcmp(mode, "cut") == 0 || strcmp(mode, "half") == 0) {
		give(pair, data, len / 2);
		pair->mute = true;
	} else if (strcmp(mode, "noise") == 0) {
		(void)!getrandom(data, len, 0);
		give(pair, data, len);
	} else if (strcmp(mode, "zeros") == 0) {
		memset(data, 0, len);
		give(pair, data, len);
	} else if (strcmp(mode, "text") == 0) {
		give(pair, text, sizeof(text) - 1);
	} else if (strcmp(mode, "huge") == 0 || strcmp(mode, "endless") == 0) {
		give(pair, huge, sizeof(huge) - 1);
		pair->endless = mode[0] == 'e' && !pair->mute;
		pair->mute = true;
	} else if (strcmp(mode, "notice") == 0) {
		give(pair, notice, sizeof(notice) - 1);
		pair->mute = true;
	} else if (strcmp(mode, "slow") == 0 || pair->late.len > 0) {
		bytes_put(&pair->late, data, len);
	} else if (strcmp(mode, "silent") != 0 &&
	    strcmp(mode, "refuse") != 0) {
		if (strcmp(mode, "stranger") == 0)
			give(pair, stranger, sizeof(stranger) - 1);
		if (strcmp(mode, "wrongid") == 0)
			give(pair, wrongid, sizeof(wrongid) - 1);
		give(pair, data, len);
		if (strcmp(mode, "twice") == 0)
			give(pair, data, len);
	} else {
		pair->mute = true;
	}
	if (strcmp(mode, "cut") == 0 || strcmp(mode, "notice") == 0 ||
	    strcmp(mode, "refuse") == 0)
		close_pair(pair);
}

static void
forward(struct pair *pair, const char *file, bool to_client)
{
	char data[CHUNK], mode[16];
	ssize_t n = recv(to_client ? pair->server : pair->client, data,
	    sizeof(data), 0);

	if (n <= 0) {
		close_pair(pair);
		return;
	}
	if (!to_client) {
		(void)!send(pair->server, data, (size_t)n, MSG_NOSIGNAL);
		return;
	}
	read_mode(file, mode);
	spoil(pair, mode, data, (size_t)n);
}

static void
take_client(struct pair *pairs, int listener, const char *target,
    const char *file)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	char mode[16];

	read_mode(file, mode);
	for (int i = 0; i < PAIRS_MAX && fd >= 0; i++) {
		if (pairs[i].client >= 0)
			continue;
		if (strcmp(mode, "refuse") == 0)
			break;
		pairs[i].server = hammer_try_connect(target);
		if (pairs[i].server < 0)
			break;
		pairs[i].client = fd;
		return;
	}
	if (fd >= 0)
		close(fd);
}

/* What goes on by itself. */
static void
tick(struct pair *pair)
{
	char data[CHUNK];

	if (pair->client >= 0 && pair->late.len > 0 && !pair->mute) {
		give(pair, pair->late.data, 1);
		bytes_consume(&pair->late, 1);
	}
	if (pair->client >= 0 && pair->endless) {
		memset(data, 'x', sizeof(data));
		if (send(pair->client, data, sizeof(data),
		    MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
			close_pair(pair);
	}
}

int
hammer_relay(const char *listen, const char *target, const char *file)
{
	struct pair pairs[PAIRS_MAX];
	struct pollfd ready[2 * PAIRS_MAX + 1];
	int listener = hammer_listen(listen);

	for (int i = 0; i < PAIRS_MAX; i++)
		pairs[i] = (struct pair){ .client = -1, .server = -1 };
	ready[2 * PAIRS_MAX] = (struct pollfd){ listener, POLLIN, 0 };
	while (!hammer_stop) {
		int wait = 1000;

		for (int i = 0; i < PAIRS_MAX; i++) {
			ready[2 * i] = (struct pollfd){ pairs[i].client, POLLIN,
				0 };
			ready[2 * i + 1] = (struct pollfd){ pairs[i].server,
				POLLIN, 0 };
			if (pairs[i].late.len > 0 || pairs[i].endless)
				wait = SLOW_MS;
		}
		if (poll(ready, 2 * PAIRS_MAX + 1, wait) < 0 && errno != EINTR)
			return 2;
		for (int i = 0; i < PAIRS_MAX; i++) {
			if (pairs[i].client >= 0 && ready[2 * i].revents != 0)
				forward(&pairs[i], file, false);
			if (pairs[i].client >= 0 &&
			    ready[2 * i + 1].revents != 0)
				forward(&pairs[i], file, true);
			tick(&pairs[i]);
		}
		if (ready[2 * PAIRS_MAX].revents != 0)
			take_client(pairs, listener, target, file);
	}
	for (int i = 0; i < PAIRS_MAX; i++) {
		if (pairs[i].client >= 0)
			close_pair(&pairs[i]);
	}
	close(listener);
	return 0;
}
