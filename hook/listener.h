/*
 * A listening socket, Unix or loopback TCP, that speaks HTTP to a proxy:
 * libevent's evhttp, fenced.  This file and exchange.c alone include
 * event2/http.h.
 *
 * evhttp returns the first of two equal header fields, so the list is walked;
 * answers malformed HTTP with a page of its own, instead of which there is a 400
 * without one and the end of the connection; joins a folded line, which ends it,
 * too; and does not read the body of a GET, which would leave the bytes a
 * stranger put there to be read as the next request.  A request with a body is
 * refused and its connection closed.
 *
 * Who connected to a Unix socket is asked of the kernel for every request:
 * root, our own user and the peers of the configuration may.  With TCP, every
 * request must have the listener's secret.
 */
#ifndef HOOK_LISTENER_H
#define HOOK_LISTENER_H

#include "daemon/loop.h"
#include "hook/exchange.h"
#include "hook/hook_config.h"

/* The head of a request: the evidence and room for the rest. */
#define LISTENER_HEAD_MAX (64 * 1024)

/* A connection on which nothing comes is closed after so many seconds: later
 * than nginx gives it up (60) or Go's proxies do (120), so that no request
 * meets a connection that is being closed. */
#define LISTENER_IDLE_S 180

/* Out of descriptors, connections wait in the backlog for so long (ms). */
#define LISTENER_PAUSE_MS 100

#define LISTENER_ERROR_MAX 320

struct listener;

/* A request is there; exchange_reply must follow, then or later. */
typedef void listener_asked(void *context, struct exchange *exchange);

/*
 * Listen at options->place, with that descriptor if it is not -1 (socket
 * activation), else by binding.  options is part of config, of which a
 * reference is taken.  NULL with a sentence in error (LISTENER_ERROR_MAX
 * bytes); fd is then still the caller's.
 */
struct listener *listener_new(struct event_base *base, int fd,
    struct hook_config *config, const struct listener_config *options,
    listener_asked *asked, void *context, char *error);

/* From the next request on, go by this configuration of the same place. */
void listener_configure(struct listener *listener,
    struct hook_config *config, const struct listener_config *options);

const struct listener_config *listener_options(
    const struct listener *listener);

/* Accept nobody any more and remove the socket if we bound it.  Connections
 * go on until their next answer. */
void listener_stop(struct listener *listener);

/* listener_stop, and listener_free as soon as nothing is owed. */
void listener_retire(struct listener *listener);

/* Close everything; no exchange may be under way. NULL-safe. */
void listener_free(struct listener *listener);
/* The same for all there are, retired ones too: before the process ends. */
void listener_free_all(void);

/* Of exchange.c: is it still accepting? */
bool listener_accepts(const struct listener *listener);
/* An exchange of its is over. */
void listener_answered(struct listener *listener);

#endif
