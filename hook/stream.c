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
