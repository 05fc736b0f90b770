/*
 * The front: the process that parses strangers' bytes and gives the answers.
 * It owns the listening socket's connections, the certificate cache and the
 * audit; it holds no secret and speaks to nobody but its clients, its parent
 * and the directory process.
 */
#ifndef LOOKUPD_FRONT_H
#define LOOKUPD_FRONT_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/loop.h"
#include "daemon/sandbox.h"
#include "lookupd/audit.h"
#include "lookupd/callers.h"
#include "lookupd/certificate_cache.h"
#include "lookupd/client.h"
#include "lookupd/counters.h"
#include "lookupd/finder.h"
#include "lookupd/memory.h"
#include "lookupd/stock.h"
#include "lookupd/trust.h"

struct front {
	struct event_base *base;
	short reading;			/* loop_reading(base) */
	struct trust *trust;		/* in use for new requests */
	struct finder *finder;
	struct memory *memory;
	struct stock *stock;		/* realms in the store */
	struct certificate_cache *certificates;
	struct audit *audit;
	struct counters counters;
	struct callers callers;
	struct client *clients, *clients_last;	/* latest progress first */
	struct client *settling;	/* something happened to them */
	struct client *unfinished;	/* had more than one turn's worth */
	size_t client_count;
	size_t places;			/* descriptors for clients */
	struct request *reloading;	/* waits for its reload, or NULL */
	struct request *spare;		/* request.c's memory for the next */
	/* set aside, request.h says why; NULL mostly */
	struct request *aside, *earlier;
	struct lines_pool lines;	/* client.c's */
	struct event *listener, *resume, *sweep, *settle, *again, *control_event;
	struct event *terminate;
	int listen_fd, control;
	int64_t started;
	char sandbox[SANDBOX_STATE_MAX];
	bool ending;			/* `settle' comes in this turn */
	bool stopping;
	bool replaced;			/* the store: end, and start again */
};

/*
 * Run until told to stop: SIGTERM, or the parent's end of the control
 * descriptor is gone.  config: a reference, taken over.  listen_fd: shared
 * with the parent.  control: as in directory.h; besides, this process sends
 * 'Q' when a client asked for a reload, 'C' when it has no channel to the
 * directory process, and receives 'N' when the parent
 * found the new configuration bad.  The exit status.
 */
int front_run(struct config *config, int listen_fd, int control);

/*
 * The parts of front_run, for who drives the loop himself.  Set up: trust,
 * listen_fd, control and started are filled in, the rest is zero; 0 or -1.
 * Tear down, also after -1: all clients are dropped and everything is freed,
 * but for the descriptors listen_fd and control.
 */
int front_set_up(struct front *front);
void front_tear_down(struct front *front);

/* One byte to the parent. 0 or -1. */
int front_ask_parent(struct front *front, char what);

/* What the parent says (control.h); in front_control.c. */
void front_on_control(evutil_socket_t control, short events, void *context);

/* Answer what was asked, then end. */
void front_stop(struct front *front);

/* A client has been freed; while stopping, the last one ends the loop. */
void front_client_gone(struct front *front);

#endif
