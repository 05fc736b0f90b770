/* Listening for a proxy, and accepting: see the header. */
#include "hook/listener.h"

#include <sys/queue.h>
#include <sys/socket.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "common/deadline.h"
#include "common/unix_socket.h"
#include "daemon/log.h"
#include "hook/loopback.h"
#include "hook/stream.h"

/* The kernel takes the smaller of this and net.core.somaxconn.  nginx does
 * not wait for a place in a full backlog, it answers 500. */
#define BACKLOG 4096
/* A listener that is no longer needed looks that often whether it is still
 * owed something (ms); also the time for the last answer to leave. */
#define RETIRE_MS 1000

/* Between two warnings about connections that cannot be accepted (ms). */
#define WARN_MS 60000

struct listener {
	LIST_ENTRY(listener) next;
	struct hook_config *config;
	const struct listener_config *options;
	struct evhttp *http;
	struct evhttp_bound_socket *bound;	/* NULL: stopped */
	int fd;				/* of the socket */
	bool ours;			/* we made the socket */
	bool paused;
	int64_t warn_again;		/* a deadline */
	struct event *resume, *retire;
	size_t pending;
	listener_asked *asked;
	void *context;
};

/* evconnlistener's error callback is called with evhttp's pointer, not with
 * ours: here it is looked up. */
static LIST_HEAD(, listener) listeners = LIST_HEAD_INITIALIZER(listeners);

/* Accepting. */

static void
on_accept_error(struct evconnlistener *accepting, void *http)
{
	struct listener *listener;

	LIST_FOREACH(listener, &listeners, next)
		if (listener->http == http)
			break;
	if (listener == NULL || listener->paused)
		return;
	/* without a timer, accept again at once: busy, but not deaf */
	if (loop_arm(listener->resume, LISTENER_PAUSE_MS) == -1 ||
	    evconnlistener_disable(accepting) == -1)
		return;
	listener->paused = true;
	if (deadline_left(listener->warn_again) > 0)
		return;
	listener->warn_again = deadline_in(WARN_MS);
	log_warning("%s: cannot accept connections (out of descriptors?), "
	    "trying again", listener->options->place);
}

static void
on_resume(int fd, short what, void *context)
{
	struct listener *listener = context;

	listener->paused = false;
	if (listener->bound != NULL && evconnlistener_enable(
	    evhttp_bound_socket_get_listener(listener->bound)) == -1)
		log_error("%s: cannot accept connections any more",
		    listener->options->place);
}

/* A request. */

static void
on_request(struct evhttp_request *request, void *context)
{
	struct listener *listener = context;
	struct evhttp_connection *connection =
	    evhttp_request_get_connection(request);
	struct bufferevent *stream =
	    evhttp_connection_get_bufferevent(connection);
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL) {
		evhttp_connection_free(connection);
		return;
	}
	stream_hold(stream);
	exchange->listener = listener;
	exchange->context = listener->context;
	exchange->request = request;
	exchange->config = hook_config_ref(listener->config);
	exchange->options = listener->options;
	exchange->closing = listener->bound == NULL;
	listener->pending++;
	exchange_read(exchange, (int)bufferevent_getfd(stream));
	listener->asked(listener->context, exchange);
}

/* The listener. */

static void
on_retire(int fd, short what, void *context)
{
	struct listener *listener = context;

	if (listener->pending == 0)
		listener_free(listener);
	else if (loop_arm(listener->retire, RETIRE_MS) == -1)
		log_error("%s: cannot be closed", listener->options->place);
}

static int
start_http(struct listener *listener, struct event_base *base, int fd)
{
	struct evconnlistener *accepting;

	listener->http = evhttp_new(base);
	if (listener->http == NULL)
		return -1;
	evhttp_set_max_headers_size(listener->http, LISTENER_HEAD_MAX);
	evhttp_set_max_body_size(listener->http, 0);
	evhttp_set_timeout(listener->http, LISTENER_IDLE_S);
	evhttp_set_default_content_type(listener->http, NULL);
	/* all methods, those that evhttp has no name for included */
	evhttp_set_allowed_methods(listener->http, 0xffff);
	evhttp_set_bevcb(listener->http, stream_new, NULL);
	evhttp_set_gencb(listener->http, on_request, listener);
	accepting = evconnlistener_new(base, NULL, NULL,
	    LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (accepting == NULL)
		return -1;
	listener->bound = evhttp_bind_listener(listener->http, accepting);
	if (listener->bound == NULL) {
		evconnlistener_free(accepting);
		return -1;
	}
	evconnlistener_set_error_cb(accepting, on_accept_error);
	listener->fd = fd;
	return 0;
}

struct listener *
listener_new(struct event_base *base, int fd, struct hook_config *config,
    const struct listener_config *options, listener_asked *asked,
    void *context, char *error)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	int bound = -1;

	snprintf(error, LISTENER_ERROR_MAX, "%.200s: out of memory",
	    options->place);
	if (listener == NULL)
		return NULL;
	LIST_INSERT_HEAD(&listeners, listener, next);
	listener->config = hook_config_ref(config);
	listener->options = options;
	listener->asked = asked;
	listener->context = context;
	listener->ours = fd == -1;
	listener->resume = evtimer_new(base, on_resume, listener);
	listener->retire = evtimer_new(base, on_retire, listener);
	if (listener->resume == NULL || listener->retire == NULL)
		goto out;
	if (fd == -1) {
		bound = options->socket == NULL ?
		    loopback_listen(options->address, BACKLOG, error) :
		    unix_socket_listen(options->socket, 0660,
		    options->group, BACKLOG, error);
		if (bound == -1)
			goto out;
		fd = bound;
	}
	if (start_http(listener, base, fd) == 0)
		return listener;
	if (bound != -1) {
		close(bound);
		if (options->socket != NULL)
			unlink(options->socket);
	}
out:
	listener_free(listener);
	return NULL;
}

void
listener_configure(struct listener *listener, struct hook_config *config,
    const struct listener_config *options)
{
	hook_config_ref(config);
	hook_config_unref(listener->config);
	listener->config = config;
	listener->options = options;
}

const struct listener_config *
listener_options(const struct listener *listener)
{
	return listener->options;
}

bool
listener_accepts(const struct listener *listener)
{
	return listener->bound != NULL;
}

void
listener_answered(struct listener *listener)
{
	listener->pending--;
}

static void
on_unwatched(int unused, short what, void *fd)
{
	close((int)(intptr_t)fd);
}

/*
 * The kernel is told at the end of the turn to watch the socket no more.  Of
 * one that systemd has open, too, it would not find it after close(2), and
 * wake us for whoever connects to it then.
 */
static void
close_socket(struct listener *listener)
{
	static const struct timeval next_turn = { 0, 1 };

	if (listener->ours || event_base_once(event_get_base(listener->retire),
	    -1, EV_TIMEOUT, on_unwatched, (void *)(intptr_t)listener->fd,
	    &next_turn) == -1)
		close(listener->fd);
}

void
listener_stop(struct listener *listener)
{
	if (listener->bound == NULL)
		return;
	evhttp_del_accept_socket(listener->http, listener->bound);
	listener->bound = NULL;
	close_socket(listener);
	if (listener->ours && listener->options->socket != NULL)
		unlink(listener->options->socket);
}

void
listener_retire(struct listener *listener)
{
	listener_stop(listener);
	if (loop_arm(listener->retire, RETIRE_MS) == -1)
		log_error("%s: cannot be closed", listener->options->place);
}

void
listener_free(struct listener *listener)
{
	if (listener == NULL)
		return;
	LIST_REMOVE(listener, next);
	listener_stop(listener);
	if (listener->http != NULL)
		evhttp_free(listener->http);
	if (listener->resume != NULL)
		event_free(listener->resume);
	if (listener->retire != NULL)
		event_free(listener->retire);
	hook_config_unref(listener->config);
	free(listener);
}

void
listener_free_all(void)
{
	struct listener *listener;

	while ((listener = LIST_FIRST(&listeners)) != NULL)
		listener_free(listener);
}
