/*
 * The event loop: plain libevent events, no bufferevents, no globals.
 * Other files include event2/event.h only through here.
 */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include <stdint.h>

#include <event2/event.h>
#include <event2/event_struct.h>

/*
 * A base on the monotonic clock, with timers good to some milliseconds, that
 * ignores the environment (EVENT_NO*), and SIGPIPE ignored for the process.
 * NULL when it fails.
 */
struct event_base *loop_new(void);

/* The same, where what is waited for of a descriptor changes often: the kernel
 * is told once a turn.  A descriptor that somebody else has open, too (dup(2),
 * systemd), must be closed in a later turn than it was last waited for: the
 * kernel goes on watching what it is. */
struct event_base *loop_new_changing(void);

/* What to wait for, to hear of what arrives at a socket: its edges and its end,
 * EV_READ | EV_ET | EV_CLOSED; of a base that cannot tell them, EV_READ. */
short loop_reading(struct event_base *base);

/* Call back on a signal until the event is freed. NULL when it fails. */
struct event *loop_on_signal(struct event_base *base, int signal,
    void (*callback)(int signal, short what, void *context), void *context);

/* (Re-)arm a timer event in ms milliseconds. 0 or -1. */
int loop_arm(struct event *timer, int64_t ms);

#endif
