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

/* Until now nothing was owed but the answer to what evhttp reads. */
static void
on_output(struct evbuffer *output, const struct evbuffer_cb_info *info,
    void *context)
{
	static const char answer[] = "HTTP/1.1 400 Bad Request\r\n"
	    "Content-Length: 0\r\nCache-Control: no-store\r\n"
	    "Connection: close\r\n\r\n";

	if (speaking || info->n_added == 0)
		return;
	/* whom it does not reach, sees the end */
	(void)send((int)bufferevent_getfd(context), answer,
	    sizeof(answer) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	cut(context, "malformed HTTP");
	evbuffer_remove_cb(output, on_output, context);
}

/* Of a connection that was cut; the kernel may have more of it. */
static void
on_rest(struct evbuffer *input, const struct evbuffer_cb_info *info,
    void *unused)
{
	if (info->n_added > 0)
		evbuffer_drain(input, evbuffer_get_length(input));
}

static bool
has(struct evbuffer *input, size_t from, const char *bytes, size_t len)
{
	struct evbuffer_ptr at;

	return evbuffer_ptr_set(input, &at, from, EVBUFFER_PTR_SET) == -1 ||
	    evbuffer_search(input, bytes, len, &at).pos != -1;
}

/* Does a line begin with a blank?  evhttp takes whole lines, so that where
 * there was nothing one begins. */
static bool
is_folded(struct evbuffer *input, size_t before)
{
	char first = '\0';

	if (before == 0 && evbuffer_copyout(input, &first, 1) == 1 &&
	    (first == ' ' || first == '\t'))
		return true;
	if (before > 0)
		before--;
	return has(input, before, "\n ", 2) || has(input, before, "\n\t", 2);
}

static void
on_input(struct evbuffer *input, const struct evbuffer_cb_info *info,
    void *context)
{
	size_t len = evbuffer_get_length(input);
	const char *fault = NULL;

	if (info->n_added == 0)
		return;
	if (has(input, len - info->n_added, "", 1))
		fault = "a NUL byte";
	else if (is_folded(input, len - info->n_added))
		fault = "a folded line";
	if (fault == NULL)
		return;
	cut(context, fault);
	evbuffer_remove_cb(input, on_input, context);
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

/* evhttp's own. */
static bufferevent_event_cb end_of_evhttp;

/*
 * The end, or what is wrong, came to be known.  evhttp reads a request that is
 * already here from a callback of its own, which may come later in this turn;
 * the end is then found again in the next one.
 */
static void
on_end(struct bufferevent *stream, short what, void *context)
{
	struct evbuffer *input = bufferevent_get_input(stream);

	if ((what & BEV_EVENT_EOF) != 0 && (has(input, 0, "\n\r\n", 3) ||
	    has(input, 0, "\n\n", 2)) &&
	    bufferevent_enable(stream, EV_READ) == 0)
		return;
	end_of_evhttp(stream, what, context);
}

void
stream_returned(struct bufferevent *stream)
{
	bufferevent_data_cb readable, writable;
	bufferevent_event_cb end;
	void *context;

	if (evbuffer_get_length(bufferevent_get_input(stream)) == 0)
		return;
	bufferevent_getcb(stream, &readable, &writable, &end, &context);
	if (end == NULL || end == on_end)
		return;
	end_of_evhttp = end;
	bufferevent_setcb(stream, readable, writable, on_end, context);
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
	/* who will ask nothing more, wants the answer nevertheless */
	bufferevent_disable(stream, EV_READ);
	bufferevent_setcb(stream, NULL, left, lost, context);
	if (failed || bufferevent_enable(stream, EV_WRITE) == -1)
		lost(stream, BEV_EVENT_ERROR, context);
}
