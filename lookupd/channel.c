/*
 * Lines in, lines out.  Reading takes what is there, 64 KiB at a time, and
 * hands over whole lines; writing is put off to the end of the loop's turn.
 * `closed` is only ever called from the loop, never from inside
 * channel_flush, so that callers need not expect to lose the channel there.
 */
#include "lookupd/channel.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE (64 * 1024)
/* Bytes already sent are moved out of the way from this size on. */
#define SENT_MAX (1024 * 1024)
/* An input buffer larger than this is given back once it is empty. */
#define KEEP_MAX (256 * 1024)

struct channel {
	int fd;
	size_t line_max;
	struct event *readable, *writable, *flush;
	struct buffer in, out;
	size_t sent;			/* bytes of out that are gone */
	bool *gone;			/* set by channel_free during reading */
	struct channel_events events;
	void *context;
};

static void
closed(struct channel *channel, const char *why)
{
	event_del(channel->readable);
	event_del(channel->writable);
	event_del(channel->flush);
	channel->events.closed(channel->context, why);
}

/*
 * Hand over the whole lines of channel->in.  NULL, or why the channel cannot
 * go on.  Stops at once when the callee frees the channel.
 */
static const char *
take_lines(struct channel *channel, const bool *gone)
{
	struct protocol_message message;
	struct protocol_error error;
	const char *why = NULL;
	size_t done = 0, line = 0, used = 0;

	for (;;) {
		char *start = channel->in.data + done;
		enum protocol_status status = protocol_next(start,
		    channel->in.len - done, channel->line_max, &line, &used);

		if (status == PROTOCOL_MORE)
			break;
		if (status != PROTOCOL_OK) {
			why = "over-long line";
			break;
		}
		status = protocol_decode(start, line, &message, &error);
		if (status == PROTOCOL_OK)
			channel->events.line(channel->context, &message);
		else if (status != PROTOCOL_EMPTY)
			why = error.text;
		if (*gone)
			return NULL;
		done += used;
		if (why != NULL || done == channel->in.len)
			break;
	}
	buffer_consume(&channel->in, done);
	if (channel->in.len == 0 && channel->in.capacity > KEEP_MAX)
		buffer_free(&channel->in);
	return why;
}

static void
on_readable(evutil_socket_t fd, short what, void *context)
{
	struct channel *channel = context;
	const char *why = NULL;
	bool gone = false;
	ssize_t got;

	(void)what;
	if (buffer_reserve(&channel->in, READ_SIZE) != 0) {
		closed(channel, "out of memory");
		return;
	}
	got = recv(fd, channel->in.data + channel->in.len, READ_SIZE, 0);
	if (got < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
			closed(channel, strerror(errno));
		return;
	}
	if (got == 0) {
		closed(channel, channel->in.len == 0 ? "end of file" :
		    "end of file within a line");
		return;
	}
	channel->in.len += (size_t)got;
	channel->gone = &gone;
	why = take_lines(channel, &gone);
	if (gone)
		return;
	channel->gone = NULL;
	if (why != NULL)
		closed(channel, why);
}

static void
on_flush(evutil_socket_t fd, short what, void *context)
{
	struct channel *channel = context;
	struct buffer *out = &channel->out;
	ssize_t put;

	(void)fd, (void)what;
	if (out->failed) {
		closed(channel, "more unsent than can be held");
		return;
	}
	while (channel->sent < out->len) {
		put = send(channel->fd, out->data + channel->sent,
		    out->len - channel->sent, MSG_NOSIGNAL);
		if (put >= 0) {
			channel->sent += (size_t)put;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK) {
			closed(channel, strerror(errno));
			return;
		}
		if (channel->sent >= SENT_MAX) {
			buffer_consume(out, channel->sent);
			channel->sent = 0;
		}
		if (event_add(channel->writable, NULL) != 0)
			closed(channel, "out of memory");
		return;
	}
	channel->sent = 0;
	if (out->capacity > KEEP_MAX)
		buffer_free(out);
	else
		buffer_clear(out);
}

struct channel *
channel_new(struct event_base *base, int fd, size_t line_max,
    const struct channel_events *events, void *context)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	int flags = fcntl(fd, F_GETFL);

	if (channel == NULL)
		return NULL;
	channel->fd = -1;		/* not ours until all went well */
	channel->line_max = line_max;
	channel->events = *events;
	channel->context = context;
	buffer_init(&channel->in, line_max + READ_SIZE);
	buffer_init(&channel->out, 2 * (size_t)CHANNEL_FULL);
	channel->readable = event_new(base, fd, EV_READ | EV_PERSIST,
	    on_readable, channel);
	channel->writable = event_new(base, fd, EV_WRITE, on_flush, channel);
	channel->flush = event_new(base, -1, 0, on_flush, channel);
	if (channel->readable == NULL || channel->writable == NULL ||
	    channel->flush == NULL || flags == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    event_add(channel->readable, NULL) != 0) {
		channel_free(channel);
		return NULL;
	}
	channel->fd = fd;
	return channel;
}

void
channel_free(struct channel *channel)
{
	if (channel == NULL)
		return;
	if (channel->gone != NULL)
		*channel->gone = true;
	if (channel->readable != NULL)
		event_free(channel->readable);
	if (channel->writable != NULL)
		event_free(channel->writable);
	if (channel->flush != NULL)
		event_free(channel->flush);
	buffer_free(&channel->in);
	buffer_free(&channel->out);
	if (channel->fd != -1)
		close(channel->fd);
	free(channel);
}

struct buffer *
channel_out(struct channel *channel)
{
	return &channel->out;
}

void
channel_flush(struct channel *channel)
{
	/* While the socket is full, `writable` sends all of it. */
	if (!event_pending(channel->writable, EV_WRITE, NULL))
		event_active(channel->flush, EV_WRITE, 0);
}

int
channel_full(const struct channel *channel)
{
	return channel->out.len - channel->sent >= CHANNEL_FULL;
}
