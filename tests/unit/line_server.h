/*
 * A tiny server for tests of clients: one step for each connection, played
 * in a child process, with the requests it saw.  It knows nothing of the
 * protocol; what it answers, and how badly, is the test's business.
 */
#ifndef CERTAUTH_TESTS_LINE_SERVER_H
#define CERTAUTH_TESTS_LINE_SERVER_H

#include <sys/types.h>

#include <stddef.h>

enum line_action {
	LINE_ANSWER = 0,	/* read a line, send the text, close */
	LINE_HOLD,		/* the same, but stay until the client goes */
	LINE_EARLY,		/* send the text, read nothing, close */
	LINE_SLAM,		/* close at once */
	LINE_TRICKLE		/* a byte of text each millisecond, for ever */
};

struct line_step {
	enum line_action action;
	const char *text;
	size_t repeat;		/* the text this often; 0 counts as 1 */
	int wait_fd;		/* if not 0: read wait_bytes there first */
	int wait_bytes;
};

#define LINE_SERVER_SEEN_MAX (256 * 1024)

struct line_server {
	char folder[32];
	char path[64];		/* of the socket */
	char seen_path[64];
	pid_t child;
	char *seen;		/* after line_server_stop; owned by it */
};

/* Start; every connection beyond the steps is closed at once.  Fails the
 * test when it cannot. */
void line_server_start(struct line_server *server,
    const struct line_step *steps, size_t count);

/* End it and take what it saw: each request, in order, into ->seen. */
void line_server_stop(struct line_server *server);

void line_server_free(struct line_server *server);

#endif
