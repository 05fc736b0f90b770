/*
 * The stream of one connection, on which nobody speaks but us.
 *
 * evhttp answers malformed HTTP by itself, with a page, and after a CONNECT
 * goes on to read what may be a body as the next request.  So whatever it
 * says without having been told cuts the connection; its write then fails,
 * and it frees the connection.
 */
#ifndef HOOK_STREAM_H
#define HOOK_STREAM_H

#include <stdbool.h>

#include "daemon/loop.h"

struct bufferevent;

/* For evhttp_set_bevcb. NULL when memory is short. */
struct bufferevent *stream_new(struct event_base *base, void *unused);

/* Everything said until stream_end is ours. */
void stream_begin(void);
void stream_end(void);

#endif
