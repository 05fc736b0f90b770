/*
 * Between client.c, what is done with a client, and client_turn.c, when.
 */
#ifndef LOOKUPD_CLIENT_PARTS_H
#define LOOKUPD_CLIENT_PARTS_H

#include "lookupd/client.h"

/* An event of his socket. */
void client_on_event(evutil_socket_t fd, short what, void *context);

/* Is reading wanted in this state? */
bool client_may_read(const struct client *client);

/* Read once; now in milliseconds.  0 (also at the end of file), or -1 when he
 * is gone. */
int client_receive(struct client *client, int64_t now);

/* Answer the lines that have arrived. */
void client_answer(struct client *client, int64_t now_us);

/* Send what is to be sent, close or wait; he may be gone. */
void client_settle(struct client *client, int64_t now);

#endif
