/*
 * A server that speaks as much of the line protocol as the module's tests
 * need: it takes a request line, remembers it, and sends what the script
 * says, right or wrong.  A thread of the test's process.
 */
#ifndef CERTAUTH_TESTS_FAKE_SERVER_H
#define CERTAUTH_TESTS_FAKE_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct fake_script {
	const char *answer;	/* sent as it is; NULL: nothing */
	const char *second;	/* to every second request instead, if set */
	size_t repeat;		/* times; 0 counts as 1 */
	bool hold;		/* do not close the connection afterwards */
};

struct fake_server;

/* Listen on the path. Fails the test when it cannot. */
struct fake_server *fake_start(const char *path);
void fake_stop(struct fake_server *server);

void fake_set(struct fake_server *server, struct fake_script script);

/* Requests since the start. */
unsigned fake_count(struct fake_server *server);

/* The last request line without its LF, copied; "" when there was none. */
void fake_request(struct fake_server *server, char *into, size_t size);

/* At every request so far, was each descriptor close-on-exec that was not
 * already inherited when the server was started? */
bool fake_saw_all_cloexec(struct fake_server *server);

#endif
