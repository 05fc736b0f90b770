/*
 * When a client is read.
 *
 * The kernel reports an edge: since it last did, something has arrived, or
 * the end.  There may never be another, so `unread' keeps what is to be read
 * through every state in which nobody wants to (client_may_read); when somebody
 * does, it is read at once or in the next turn of the loop (the list
 * `unfinished').
 *
 *   UNREAD_SOME   after an edge; after a read that got all it asked for; after
 *                 EV_CLOSED, until the end is read: it may have no edge more
 *   UNREAD_NONE   after EAGAIN, or the end
 *   UNREAD_DOUBT  after a shorter read.  A stream socket gives what it has,
 *                 and what comes later makes an edge: mostly nothing is left.
 *                 But of one whose other side was closed with answers unread
 *                 libevent reports the error as EV_READ, without EV_CLOSED.
 *                 Sending fails then: when something has been sent, nothing
 *                 is left; when nothing is to be sent, it is read again.
 *
 * (A read also ends behind a descriptor or an urgent byte that somebody passes
 * along.  No client of ours does; he is heard on when he sends more, or ends.
 * With so much unread that he cannot send more, he can only end.)
 *
 * So a line costs one recv and one send.  A base that knows no edges reports
 * what is there again and again: it is asked while `unread' is not UNREAD_SOME.
 */
#include "lookupd/client_parts.h"

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

void
client_drop(struct client *client)
{
	struct front *front = client->front;

	event_del(&client->event);
	request_abandon(client->request);
	clients_take(client);
	clients_unqueue(client);
	client->charge->connections--;
	front->client_count--;
	lines_give(&front->lines, client->lines);
	close(client->fd);
	free(client);
	front_client_gone(front);
}

/* Is reading wanted in this state? Here and nowhere else. */
bool
client_may_read(const struct client *client)
{
	return client->request == NULL && !client->more && !client->eof &&
	    !client->closing && unsent(client) < CLIENT_UNSENT_MAX;
}

/* What the base has to tell us. */
static int
set_interest(struct client *client)
{
	short want = client->front->reading;

	if ((want & EV_ET) == 0 && client->unread == UNREAD_SOME)
		want = 0;
	if (unsent(client) > 0)
		want |= EV_WRITE;
	if (want == client->interest)
		return 0;
	event_del(&client->event);
	client->interest = want;
	if (want == 0)
		return 0;
	event_assign(&client->event, client->front->base, client->fd,
	    (short)(want | EV_PERSIST), client_on_event, client);
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
		if (client->unread == UNREAD_DOUBT)
			client->unread = UNREAD_NONE;
	}
	return 0;
}

/* 0 (also at the end of file), or -1 when the client is gone. */
int
client_receive(struct client *client, int64_t now)
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
	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
		return -1;
	if (n <= 0) {
		client->eof = n == 0;
		client->unread = UNREAD_NONE;
		return 0;
	}
	client->unread = (size_t)n < room && !client->ended ? UNREAD_DOUBT :
	    UNREAD_SOME;
	in->len += (size_t)n;
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
	    *done + used == in->len, now_us);
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

void
client_answer(struct client *client, int64_t now_us)
{
	client->more = answer_lines(client, now_us);
	if (client->discarded > 0)
		discard(client);
	/* At once: the next client's line is then read into the same, warm
	 * memory. */
	if (client->lines != NULL && client->lines->in.len == 0 &&
	    client->request == NULL)
		lines_give_in(&client->front->lines, client->lines);
	clients_unqueue(client);
}

void
client_settle(struct client *client, int64_t now)
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
	if (unsent(client) >= CLIENT_UNSENT_MAX ||
	    (!client->more && (client->unread == UNREAD_NONE ||
	    !client_may_read(client))))
		return;
	/* By a timer, or it would be in this same turn. */
	if (client->front->unfinished == NULL)
		loop_arm(client->front->again, 0);
	clients_queue(client, &client->front->unfinished);
}

bool
client_is_owing(const struct client *client)
{
	return client->request == NULL && (unanswered(client) > 0 ||
	    unsent(client) > 0 || client->discarded > 0);
}
