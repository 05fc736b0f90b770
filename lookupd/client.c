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

static void on_event(evutil_socket_t fd, short what, void *context);

static size_t
unsent(const struct client *client)
{
	return client->lines == NULL ? 0 : client->lines->out.len;
}

static size_t
unanswered(const struct client *client)
{
	return client->lines == NULL ? 0 : client->lines->in.len;
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
	clients_take(client);
	unsettle(client);
	client->charge->connections--;
	front->client_count--;
	lines_give(&front->lines, client->lines);
	close(client->fd);
	free(client);
	front_client_gone(front);
}

/*
 * State decides interest, here and nowhere else.  While a request is under
 * way reading is left as it was until something does arrive: most clients say
 * nothing until they are answered, and two system calls are saved.
 */
static int
set_interest(struct client *client)
{
	bool reads = !client->eof && !client->closing &&
	    unsent(client) < CLIENT_UNSENT_MAX;
	short want = 0;

	if (client->request == NULL)
		client->knocked = false;
	if (reads && client->request == NULL)
		want |= EV_READ;
	else if (reads && !client->knocked)
		want |= client->interest & EV_READ;
	if (unsent(client) > 0)
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
send_out(struct client *client, int64_t now)
{
	while (unsent(client) > 0) {
		struct buffer *out = &client->lines->out;
		ssize_t n = send(client->fd, out->data, out->len,
		    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
		buffer_consume(out, (size_t)n);
		clients_touch(client, now);
	}
	return 0;
}

/* 0 (also at the end of file), or -1 when the client is gone. */
static int
receive(struct client *client, int64_t now)
{
	struct buffer *in;
	size_t room;
	ssize_t n;

	if (client->lines == NULL)
		client->lines = lines_take(&client->front->lines,
		    PROTOCOL_LINE_MAX, CLIENT_UNSENT_MAX + PROTOCOL_REPLY_MAX);
	if (client->lines == NULL)
		return -1;
	in = &client->lines->in;
	lines_take_in(&client->front->lines, client->lines);
	room = PROTOCOL_LINE_MAX - in->len;
	if (room > LINES_READ_SIZE)
		room = LINES_READ_SIZE;
	if (room == 0)
		return 0;
	if (buffer_reserve(in, room) != 0)
		return -1;
	do {
		n = recv(client->fd, in->data + in->len, room, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
	if (n == 0)
		client->eof = true;
	in->len += (size_t)n;
	if (n > 0)
		clients_touch(client, now);
	return 0;
}

/* Throw away what came after an over-long line; the answer has been sent,
 * and so is our end of the file. */
static void
discard(struct client *client)
{
	client->discarded += unanswered(client);
	if (client->lines != NULL)
		buffer_clear(&client->lines->in);
	if (client->discarded > CLIENT_DISCARD_MAX)
		client->closing = true;
}

/* Answer one line, of those behind the first done bytes; false when there is
 * none to be answered now. */
static bool
answer_line(struct client *client, size_t *done, int64_t now_us)
{
	struct buffer *in = &client->lines->in;
	size_t line, used;

	switch (protocol_next(in->data + *done, in->len - *done,
	    PROTOCOL_LINE_MAX, &line, &used)) {
	case PROTOCOL_OK:
		break;
	case PROTOCOL_BAD:
		request_too_long(client);
		client->discarded = 1;
		return false;
	case PROTOCOL_MORE:
	case PROTOCOL_EMPTY:
		return false;
	}
	client->request = request_begin(client, in->data + *done, line,
	    now_us);
	if (client->request != NULL) {
		/* Its fields point into the line. */
		request_owns_line(client->request, *done + used);
		*done = 0;
		return false;
	}
	*done += used;
	return true;
}

/* Answer the lines that have arrived, until one has to wait. True if more
 * lines may be left for the next turn of the loop. */
static bool
answer_lines(struct client *client, int64_t now_us)
{
	int64_t end = now_us + CLIENT_TURN_US;
	size_t done = 0;
	bool more = false;

	if (client->request != NULL || client->closing ||
	    client->discarded > 0)
		return false;
	while (unanswered(client) > done) {
		more = unsent(client) >= CLIENT_UNSENT_MAX || now_us >= end;
		if (more || !answer_line(client, &done, now_us))
			break;
		if (unanswered(client) > done)
			now_us = deadline_now_us();
	}
	if (done > 0)
		buffer_consume(&client->lines->in, done);
	return more;
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

static void
answer(struct client *client, int64_t now_us)
{
	client->more = answer_lines(client, now_us);
	if (client->discarded > 0)
		discard(client);
	/* At once: the next client's line is then read into the same, warm
	 * memory. */
	if (client->lines != NULL && client->lines->in.len == 0 &&
	    client->request == NULL)
		lines_give_in(&client->front->lines, client->lines);
	unsettle(client);
}

/* Answer now, settle at the end of the turn: from within somebody's call. */
static void
proceed(struct client *client, int64_t now_us)
{
	struct front *front = client->front;

	answer(client, now_us);
	if (front->settling == NULL)
		event_active(front->settle, EV_TIMEOUT, 0);
	put_in(client, &front->settling);
}

static void
settle(struct client *client, int64_t now)
{
	/* Where memory ran out there may be half an answer: `active' and the
	 * beginning of somebody's name. */
	if ((client->lines != NULL && client->lines->out.failed) ||
	    send_out(client, now) != 0) {
		client_drop(client);
		return;
	}
	if (client->eof && client->request == NULL && !client->more)
		client->closing = true;
	if (client->discarded > 0 && unsent(client) == 0)
		shutdown(client->fd, SHUT_WR);
	if (client->closing && client->request == NULL &&
	    unsent(client) == 0) {
		client_drop(client);
		return;
	}
	if (unsent(client) == 0 && unanswered(client) == 0 &&
	    client->request == NULL) {
		lines_give(&client->front->lines, client->lines);
		client->lines = NULL;
	}
	if (set_interest(client) != 0) {
		client_drop(client);
		return;
	}
	/* Who does not read is gone on with when he does. */
	if (!client->more || unsent(client) >= CLIENT_UNSENT_MAX)
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
	int64_t now = deadline_now();

	while ((client = front->settling) != NULL) {
		unsettle(client);
		settle(client, now);
	}
}

static void
on_event(evutil_socket_t fd, short what, void *context)
{
	struct client *client = context;
	int64_t now_us = deadline_now_us();

	if ((what & EV_READ) != 0 && client->request != NULL)
		client->knocked = true;
	else if ((what & EV_READ) != 0 &&
	    receive(client, now_us / 1000) != 0) {
		client_drop(client);
		return;
	}
	answer(client, now_us);
	settle(client, now_us / 1000);
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
	event_assign(&client->event, front->base, fd, EV_READ | EV_PERSIST,
	    on_event, client);
	charge->connections++;
	front->client_count++;
	clients_put(client);
	on_event(fd, EV_READ, client);
	return 0;
}

void
clients_continue(struct front *front)
{
	struct client *client;

	while ((client = front->unfinished) != NULL)
		proceed(client, deadline_now_us());
}

void
client_answered(struct client *client)
{
	size_t used = request_line_used(client->request);
	int64_t now_us = deadline_now_us();

	client->request = NULL;
	buffer_consume(&client->lines->in, used);
	clients_touch(client, now_us / 1000);
	proceed(client, now_us);
}

void
client_finish(struct client *client)
{
	int64_t now_us = deadline_now_us();

	/* What has arrived counts as asked. */
	if (client->request == NULL && !client->eof &&
	    receive(client, now_us / 1000) != 0) {
		client_drop(client);
		return;
	}
	client->eof = true;
	proceed(client, now_us);
}

bool
client_is_owing(const struct client *client)
{
	return client->request == NULL && (unanswered(client) > 0 ||
	    unsent(client) > 0 || client->discarded > 0);
}
