/* Streams that only we may speak on: see the header. */
#include "hook/stream.h"

#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "daemon/log.h"

static bool speaking;

static void
on_output(struct evbuffer *output, const struct evbuffer_cb_info *info,
    void *context)
{
	struct bufferevent *stream = context;

	if (speaking || info->n_added == 0)
		return;
	log_info("malformed HTTP from a proxy, its connection is closed");
	shutdown((int)bufferevent_getfd(stream), SHUT_RDWR);
}

struct bufferevent *
stream_new(struct event_base *base, void *unused)
{
	struct bufferevent *stream = bufferevent_socket_new(base, -1, 0);

	if (stream != NULL && evbuffer_add_cb(bufferevent_get_output(stream),
	    on_output, stream) == NULL) {
		bufferevent_free(stream);
		stream = NULL;
	}
	return stream;
}

void
stream_begin(void)
{
	speaking = true;
}

void
stream_end(void)
{
	speaking = false;
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
stream_flush(struct bufferevent *stream)
{
	struct evbuffer *output = bufferevent_get_output(stream);

	/* a bufferevent holds on to the front of its output */
	if (evbuffer_unfreeze(output, 1) == -1)
		return;
	/* what does not leave now, or fails, is tried again in the next turn */
	(void)evbuffer_write(output, bufferevent_getfd(stream));
	evbuffer_freeze(output, 1);
	if (evbuffer_get_length(output) == 0)
		bufferevent_trigger(stream, EV_WRITE, 0);
}
