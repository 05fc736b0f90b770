/*
 * Whose turn it is: events in, and the order of what is done between two of
 * them.  A client who is heard is read, answered and settled at once; whose
 * request is set aside (request.h) behind the next one, and all others that
 * something happened to at the end of the turn.
 */
#include "lookupd/client_parts.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/deadline.h"
#include "lookupd/callers.h"
#include "lookupd/front.h"
#include "lookupd/request.h"

static void
at_end_of_turn(struct front *front)
{
	if (!front->ending)
		event_active(front->settle, EV_TIMEOUT, 0);
	front->ending = true;
}

/* Answer now, settle at the end of the turn: from within somebody's call. */
static void
proceed(struct client *client, int64_t now_us)
{
	struct front *front = client->front;

	client_answer(client, now_us);
	at_end_of_turn(front);
	clients_queue(client, &front->settling);
}

/* Whose request was set aside is gone on with. */
static void
go_on_earlier(struct front *front, int64_t now_us)
{
	struct request *request = front->earlier;

	front->earlier = NULL;
	request_go_on(request, now_us);
}

static void
take_earlier(struct front *front)
{
	front->earlier = front->aside;
	front->aside = NULL;
	request_foresee(front->earlier);
}

void
clients_go_on_earlier(struct front *front, int64_t now_us)
{
	take_earlier(front);
	go_on_earlier(front, now_us);
}

void
clients_settle(struct front *front)
{
	struct client *client;
	int64_t now_us = deadline_now_us(), now = now_us / 1000;

	front->ending = false;
	clients_go_on_earlier(front, now_us);
	while ((client = front->settling) != NULL) {
		clients_unqueue(client);
		client_settle(client, now);
	}
}

/* In his own turn: read, answer, settle. */
static void
go_on(struct client *client, int64_t now_us)
{
	struct front *front = client->front;

	if (client->unread != UNREAD_NONE && client_may_read(client) &&
	    client_receive(client, now_us / 1000) != 0) {
		client_drop(client);
		return;
	}
	take_earlier(front);
	client_answer(client, now_us);
	if (client->request == NULL || client->request != front->aside)
		client_settle(client, now_us / 1000);
	else
		at_end_of_turn(front);
	go_on_earlier(front, now_us);
}

void
client_take_answer(struct client *client, int64_t now_us)
{
	size_t used = request_line_used(client->request);

	client->request = NULL;
	buffer_consume(&client->lines->in, used);
	clients_touch(client, now_us / 1000);
}

void
client_go_on(struct client *client, int64_t now_us)
{
	client_answer(client, now_us);
	client_settle(client, now_us / 1000);
}

void
client_on_event(evutil_socket_t fd, short what, void *context)
{
	struct client *client = context;

	if ((what & (EV_READ | EV_CLOSED)) != 0)
		client->unread = UNREAD_SOME;
	if ((what & EV_CLOSED) != 0)
		client->ended = true;
	go_on(client, deadline_now_us());
}

int
client_new(struct front *front, int fd, const struct unix_peer *peer,
    struct charge *charge)
{
	struct client *client = calloc(1, sizeof(*client));
	int64_t now_us = deadline_now_us();

	if (client == NULL) {
		close(fd);
		return -1;
	}
	client->front = front;
	client->fd = fd;
	client->peer = *peer;
	client->charge = charge;
	client->since = now_us / 1000;
	client->unread = UNREAD_SOME;
	event_assign(&client->event, front->base, fd, EV_READ | EV_PERSIST,
	    client_on_event, client);
	charge->connections++;
	front->client_count++;
	clients_put(client);
	go_on(client, now_us);
	return 0;
}

void
clients_continue(struct front *front)
{
	struct client *first = front->unfinished, *client;

	/* Whose turn is over again is gone on with in another. */
	front->unfinished = NULL;
	if (first != NULL)
		first->queue_at = &first;
	while ((client = first) != NULL)
		go_on(client, deadline_now_us());
}

void
client_answered(struct client *client)
{
	int64_t now_us = deadline_now_us();

	client_take_answer(client, now_us);
	proceed(client, now_us);
}

void
client_finish(struct client *client)
{
	int64_t now_us = deadline_now_us();

	/* What has arrived counts as asked. */
	if (client->request == NULL && !client->eof &&
	    client_receive(client, now_us / 1000) != 0) {
		client_drop(client);
		return;
	}
	client->eof = true;
	proceed(client, now_us);
}
