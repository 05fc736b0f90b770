#include "lookupd/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/deadline.h"
#include "common/protocol.h"
#include "lookupd/callers.h"
#include "lookupd/front.h"
#include "lookupd/request.h"

#define READ_SIZE 16384

static void on_event(evutil_socket_t fd, short what, void *context);

static void
unlink_client(struct client *client)
{
	struct front *front = client->front;

	if (client->previous != NULL)
		client->previous->next = client->next;
	else
		front->clients = client->next;
	if (client->next != NULL)
		client->next->previous = client->previous;
	else
		front->clients_last = client->previous;
}

static void
link_client(struct client *client)
{
	struct front *front = client->front;

	client->previous = NULL;
	client->next = front->clients;
	if (front->clients != NULL)
		front->clients->previous = client;
	else
		front->clients_last = client;
	front->clients = client;
}

/* Note progress: the list stays ordered by it. */
static void
touch(struct client *client)
{
	client->since = deadline_now();
	if (client->previous != NULL) {
		unlink_client(client);
		link_client(client);
	}
}

static void
unsettle(struct client *client)
{
	if (client->settle_at == NULL)
		return;
	*client->settle_at = client->settle_next;
	if (client->settle_next != NULL)
		client->settle_next->settle_at = client->settle_at;
	client->settle_at = NULL;
}

void
client_drop(struct client *client)
{
	struct front *front = client->front;

	event_del(&client->event);
	request_abandon(client->request);
	unlink_client(client);
	unsettle(client);
	client->charge->connections--;
	front->client_count--;
	buffer_free(&client->in);
	buffer_free(&client->out);
	close(client->fd);
	free(client);
	front_client_gone(front);
}

/* State decides interest, here and nowhere else. */
static int
set_interest(struct client *client)
{
	short want = 0;

	if (client->request == NULL && !client->eof && !client->closing &&
	    client->out.len < CLIENT_UNSENT_MAX)
		want |= EV_READ;
	if (client->out.len > 0)
		want |= EV_WRITE;
	if (want == client->interest)
		return 0;
	event_del(&client->event);
	client->interest = want;
	if (want == 0)
		return 0;
	event_assign(&client->event, client->front->base, client->fd,
	    (short)(want | EV_PERSIST), on_event, client);
	return event_add(&client->event, NULL);
}

/* 0, or -1 when the client is gone. */
static int
send_out(struct client *client)
{
	while (client->out.len > 0) {
		ssize_t n = send(client->fd, client->out.data, client->out.len,
		    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
		buffer_consume(&client->out, (size_t)n);
		touch(client);
	}
	return 0;
}

/* 0 (also at the end of file), or -1 when the client is gone. */
static int
receive(struct client *client)
{
	size_t room = PROTOCOL_LINE_MAX - client->in.len;
	ssize_t n;

	if (room > READ_SIZE)
		room = READ_SIZE;
	if (room == 0)
		return 0;
	if (buffer_reserve(&client->in, room) != 0)
		return -1;
	do {
		n = recv(client->fd, client->in.data + client->in.len, room,
		    MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
	if (n == 0)
		client->eof = true;
	client->in.len += (size_t)n;
	if (n > 0)
		touch(client);
	return 0;
}

/* Throw away what came after an over-long line; the answer has been sent,
 * and so is our end of the file. */
static void
discard(struct client *client)
{
	client->discarded += client->in.len;
	buffer_clear(&client->in);
	if (client->discarded > CLIENT_DISCARD_MAX)
		client->closing = true;
}

/* Answer the lines that have arrived, until one has to wait. True if more
 * lines may be left for the next turn of the loop. */
static bool
answer_lines(struct client *client)
{
	int64_t end = deadline_now_us() + CLIENT_TURN_US;

	do {
		size_t line, used;
		enum protocol_status status;

		if (client->request != NULL || client->closing ||
		    client->discarded > 0)
			return false;
		if (client->out.len >= CLIENT_UNSENT_MAX)
			return true;
		status = protocol_next(client->in.data, client->in.len,
		    PROTOCOL_LINE_MAX, &line, &used);
		if (status == PROTOCOL_MORE)
			return false;
		if (status == PROTOCOL_BAD) {
			request_too_long(client);
			client->discarded = 1;
			return false;
		}
		client->request = request_begin(client, client->in.data, line);
		if (client->request != NULL) {
			/* Its fields point into the line. */
			request_owns_line(client->request, used);
			return false;
		}
		buffer_consume(&client->in, used);
	} while (deadline_now_us() < end);
	return true;
}

static void
put_in(struct client *client, struct client **list)
{
	client->settle_next = *list;
	client->settle_at = list;
	if (client->settle_next != NULL)
		client->settle_next->settle_at = &client->settle_next;
	*list = client;
}

/* After anything happened: answer now, settle at the end of the turn. */
static void
proceed(struct client *client)
{
	struct front *front = client->front;

	client->more = answer_lines(client);
	if (client->discarded > 0)
		discard(client);
	/* At once: the next client's line is then read into the same, warm
	 * memory. */
	if (client->in.len == 0 && client->request == NULL)
		buffer_free(&client->in);
	unsettle(client);
	if (front->settling == NULL)
		event_active(front->settle, EV_TIMEOUT, 0);
	put_in(client, &front->settling);
}

static void
settle(struct client *client)
{
	if (send_out(client) != 0 || client->out.failed) {
		client_drop(client);
		return;
	}
	if (client->eof && client->request == NULL && !client->more)
		client->closing = true;
	if (client->discarded > 0 && client->out.len == 0)
		shutdown(client->fd, SHUT_WR);
	if (client->closing && client->request == NULL &&
	    client->out.len == 0) {
		client_drop(client);
		return;
	}
	if (client->out.len == 0)
		buffer_free(&client->out);
	if (set_interest(client) != 0) {
		client_drop(client);
		return;
	}
	/* Who does not read is gone on with when he does. */
	if (!client->more || client->out.len >= CLIENT_UNSENT_MAX)
		return;
	/* By a timer, or it would be in this same turn. */
	if (client->front->unfinished == NULL)
		loop_arm(client->front->again, 0);
	put_in(client, &client->front->unfinished);
}

void
clients_settle(struct front *front)
{
	struct client *client;

	while ((client = front->settling) != NULL) {
		unsettle(client);
		settle(client);
	}
}

static void
on_event(evutil_socket_t fd, short what, void *context)
{
	struct client *client = context;

	if ((what & EV_READ) != 0 && client->request == NULL &&
	    receive(client) != 0) {
		client_drop(client);
		return;
	}
	proceed(client);
}

int
client_new(struct front *front, int fd, const struct unix_peer *peer,
    struct charge *charge)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL) {
		close(fd);
		return -1;
	}
	client->front = front;
	client->fd = fd;
	client->peer = *peer;
	client->charge = charge;
	client->since = deadline_now();
	buffer_init(&client->in, PROTOCOL_LINE_MAX);
	buffer_init(&client->out, CLIENT_UNSENT_MAX + PROTOCOL_REPLY_MAX);
	event_assign(&client->event, front->base, fd, EV_READ | EV_PERSIST,
	    on_event, client);
	client->interest = EV_READ;
	if (event_add(&client->event, NULL) != 0) {
		close(fd);
		free(client);
		return -1;
	}
	charge->connections++;
	front->client_count++;
	link_client(client);
	return 0;
}

void
clients_continue(struct front *front)
{
	struct client *client;

	while ((client = front->unfinished) != NULL)
		proceed(client);
}

void
client_answered(struct client *client)
{
	size_t used = request_line_used(client->request);

	client->request = NULL;
	buffer_consume(&client->in, used);
	touch(client);
	proceed(client);
}

void
client_finish(struct client *client)
{
	/* What has arrived counts as asked. */
	if (client->request == NULL && !client->eof && receive(client) != 0) {
		client_drop(client);
		return;
	}
	client->eof = true;
	proceed(client);
}

void
clients_sweep(struct front *front, int64_t now)
{
	struct client *client, *previous;

	for (client = front->clients_last; client != NULL; client = previous) {
		previous = client->previous;
		if (now - client->since < CLIENT_PATIENCE_MS)
			break;
		if (client->request == NULL &&
		    (client->in.len > 0 || client->out.len > 0 ||
		    client->discarded > 0))
			client_drop(client);
	}
}

bool
clients_evict(struct front *front, int64_t now)
{
	struct client *client = front->clients_last;

	while (client != NULL && client->request != NULL)
		client = client->previous;
	if (client == NULL || now - client->since < CLIENT_PATIENCE_MS)
		return false;
	client_drop(client);
	return true;
}
