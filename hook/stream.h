/*
 * The stream of one connection, on which nobody speaks but us.
 *
 * evhttp answers malformed HTTP by itself, with a page, and after a CONNECT
 * goes on to read what may be a body as the next request.  So whatever it
 * says without having been told becomes a short 400, and cuts the connection;
 * its write then fails, and it frees the connection.  Without an answer a
 * stranger's odd target would look like a failure of ours, for which nginx
 * leaves all hooks of an upstream group alone for a while.
 *
 * It takes what it reads for C strings: behind a NUL, a value is gone.  So a
 * NUL cuts the connection, too, before evhttp sees anything of what came with
 * it, and whatever is still owed an answer.  So does a line that begins with a
 * blank: it would make it part of the header field before (RFC 9112 has such a
 * request refused), and other servers read it in other ways.
 *
 * While a request waits for its answer, the connection is kept from evhttp:
 * what comes meanwhile, the end included, is of the time after it.
 */
#ifndef HOOK_STREAM_H
#define HOOK_STREAM_H

#include <event2/bufferevent.h>

#include "common/buffer.h"
#include "daemon/loop.h"

/* For evhttp_set_bevcb. NULL when memory is short. */
struct bufferevent *stream_new(struct event_base *base, void *unused);

/*
 * Of a request that was just read: evhttp hears nothing of the connection
 * until the answer.  (Before 2.1.9 it ends the process when bytes of the next
 * request arrive.)  evhttp has stopped reading; we go on, so that the kernel
 * need not be told twice for each request, but only until something is there.
 */
void stream_hold(struct bufferevent *stream);

/*
 * Of a stream that is held: send a text, not empty.  left is called when all of
 * it has left, before this returns when the kernel takes it at once; lost when
 * it cannot leave.  One of both, once, and it lets go of the stream: evhttp has
 * it back, or it is freed.
 */
void stream_send(struct bufferevent *stream, const struct buffer *text,
    bufferevent_data_cb left, bufferevent_event_cb lost, void *context);

/*
 * evhttp has been given the stream back, which may have been the end of it: the
 * caller has a reference.  Requests that are here already come before the end,
 * also when both are found in the same turn of the loop.
 */
void stream_returned(struct bufferevent *stream);

#endif
