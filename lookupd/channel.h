/*
 * A stream of protocol lines between two of our own processes: non-blocking,
 * buffered on both sides, several messages per write(2).  Used between front
 * and directory; the clients of the front are strangers and have client.c.
 */
#ifndef LOOKUPD_CHANNEL_H
#define LOOKUPD_CHANNEL_H

#include <stddef.h>

#include "common/buffer.h"
#include "common/protocol.h"
#include "daemon/loop.h"

/* Unsent bytes after which channel_full is true. */
#define CHANNEL_FULL (16 * 1024 * 1024)

struct channel;

struct channel_events {
	/* One decoded line; the message lives until this returns. */
	void (*line)(void *context, const struct protocol_message *message);
	/* End of file, an error or a malformed line.  Called once, last; the
	 * callee frees the channel. */
	void (*closed)(void *context, const char *why);
};

/* Takes over fd (made non-blocking).  NULL when it fails; fd is then still
 * the caller's. */
struct channel *channel_new(struct event_base *base, int fd,
    size_t line_max, const struct channel_events *events, void *context);
void channel_free(struct channel *channel);	/* NULL-safe; closes fd */

/* Where to append lines; call channel_flush afterwards.  What was appended
 * in one turn of the loop goes out in one write. */
struct buffer *channel_out(struct channel *channel);
void channel_flush(struct channel *channel);
int channel_full(const struct channel *channel);

#endif
