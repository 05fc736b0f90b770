/* Streams that only we may speak on: see the header. */
#include "hook/stream.h"

#include <sys/socket.h>

#include <event2/buffer.h>

#include "daemon/log.h"

static bool speaking;

static void
cut(struct bufferevent *stream, const char *what)
{
	log_info("%s from a proxy, its connection is closed", what);
	shutdown((int)bufferevent_getfd(stream), SHUT_RDWR);
}

static void
on_output(struct evbuffer *output, const struct evbuffer_cb_info *info,
    void *context)
{
	if (!speaking && info->n_added > 0)
		cut(context, "malformed HTTP");
}

/* Of a connection that was cut; the kernel may have more of it. */
static void
on_rest(struct evbuffer *input, const struct evbuffer_cb_info *info,
    void *unused)
{
	if (info->n_added > 0)
		evbuffer_drain(input, evbuffer_get_length(input));
}

static void
on_input(struct evbuffer *input, const struct evbuffer_cb_info *info,
    void *context)
{
	size_t len = evbuffer_get_length(input);
	struct evbuffer_ptr added;

	if (info->n_added == 0 || (evbuffer_ptr_set(input, &added,
	    len - info->n_added, EVBUFFER_PTR_SET) == 0 &&
	    evbuffer_search(input, "", 1, &added).pos == -1))
		return;
	cut(context, "a NUL byte");
	evbuffer_drain(input, len);
	evbuffer_add_cb(input, on_rest, NULL);
}

struct bufferevent *
stream_new(struct event_base *base, void *unused)
{
	struct bufferevent *stream = bufferevent_socket_new(base, -1, 0);

	if (stream != NULL && (evbuffer_add_cb(bufferevent_get_output(stream),
	    on_output, stream) == NULL || evbuffer_add_cb(
	    bufferevent_get_input(stream), on_input, stream) == NULL)) {
		bufferevent_free(stream);
		stream = NULL;
	}
	return stream;
}

static void
on_early(struct bufferevent *stream, void *context)
{
	bufferevent_disable(stream, EV_READ);
}

void
stream_hold(struct bufferevent *stream)
{
	/* at the end or a failure, libevent stops reading by itself */
	bufferevent_setcb(stream, on_early, NULL, NULL, NULL);
	bufferevent_enable(stream, EV_READ);
}

void
stream_send(struct bufferevent *stream, const struct buffer *text,
    bufferevent_data_cb left, bufferevent_event_cb lost, void *context)
{
	ssize_t n = send((int)bufferevent_getfd(stream), text->data, text->len,
	    MSG_NOSIGNAL | MSG_DONTWAIT);
	size_t sent = n > 0 ? (size_t)n : 0;
	bool failed;

	if (sent == text->len) {
		left(stream, context);
		return;
	}
	/* a connection that has ended is found so in the next turn */
	speaking = true;
	failed = evbuffer_add(bufferevent_get_output(stream),
	    text->data + sent, text->len - sent) == -1;
	speaking = false;
	bufferevent_setcb(stream, on_early, left, lost, context);
	if (failed || bufferevent_enable(stream, EV_WRITE) == -1)
		lost(stream, BEV_EVENT_ERROR, context);
}
