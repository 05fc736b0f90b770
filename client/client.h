/*
 * The client side of the line protocol, safe inside anybody's process: no
 * globals, no signals, no threads, no logging, poll(2) instead of select(2).
 * One question, one answer, one deadline for connecting, sending, waiting
 * and reading.  Used by pam_certauth.so and certauthctl.
 */
#ifndef CERTAUTH_CLIENT_H
#define CERTAUTH_CLIENT_H

#include <sys/types.h>

#include <stdint.h>

#include "common/buffer.h"
#include "common/protocol.h"
#include "common/unix_socket.h"
#include "common/verdict.h"

#define CLIENT_DEFAULT_SOCKET RUNSTATEDIR "/certauth/lookupd.sock"
#define CLIENT_ERROR_MAX 320

struct client_reply {
	enum verdict verdict;		/* NONE for "ok" and for no answer */
	int ok;				/* 1: the last line was "ok" */
	char reason[REASON_MAX + 1];	/* "" when there was none */
	struct buffer details;		/* the detail lines, as received, LFs
					 * included */
	struct buffer line;		/* the last line's memory */
	struct protocol_message message;	/* the last line, decoded */
};

/* An empty reply: verdict NONE. */
void client_reply_init(struct client_reply *reply);
void client_reply_free(struct client_reply *reply);

/*
 * Connect to the socket (unix_socket_connect's rules about server_uid), send
 * the request line (complete, with its LF), and read one reply before the
 * deadline.  0 with *reply filled in: an answer was received, whatever it
 * says.  -1: none was (refused, silent, cut, malformed, over-long, wrong
 * server): reply->verdict is UNAVAILABLE, with a reason, and error says why
 * (CLIENT_ERROR_MAX bytes).  *reply must have been initialised; the caller
 * frees it in both cases.
 */
int client_ask(const char *socket_path, uid_t server_uid,
    const struct buffer *request, int64_t deadline,
    struct client_reply *reply, char *error);

#endif
