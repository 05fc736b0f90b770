/*
 * A small pool of persistent connections to lookupd.
 *
 * The questions of one turn of the loop go out together, some of them one
 * behind the other over the same connection, and are answered in that order;
 * further ones wait in a queue of bounded length.  Behind one that takes long
 * nobody stays: after POOL_TOGETHER_MS those behind it are asked again over
 * other connections, and for POOL_APART_MS each question has one to itself.
 *
 * A question is answered exactly once: by lookupd's last line, or by the
 * reason why there is none.  It survives lookupd's restart: a
 * connection that ends before the first byte of the answer gives the question
 * another try on a new connection, at most POOL_RETRIES times.  A connection
 * whose question was given up is closed, so that a late answer never meets the
 * next question; besides, every question has an id that its answer must
 * repeat.
 */
#ifndef HOOK_POOL_H
#define HOOK_POOL_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "common/protocol.h"
#include "daemon/loop.h"

/* Questions that may wait for a connection.  More than a proxy can have open
 * without being overloaded, and with 2 to 30 KiB each not too much memory. */
#define POOL_WAITING_MAX 1024

/* A socket that is not there or refuses is tried again for so long (ms):
 * lookupd's restart takes less.  Beyond, waiting would only pile up requests
 * in the proxy. */
#define POOL_PATIENCE_MS 1000

/* Once for the connection that ends with lookupd, and once for the next one:
 * a lookupd about to end may still be connected to, but never accepts.  No
 * more: it could be the question that ends it. */
#define POOL_RETRIES 2

/* Questions sent together: lookupd reads and answers them in one go, which
 * saves both of us three system calls of four.  A known certificate takes it
 * some microseconds. */
#define POOL_TOGETHER_MAX 8
#define POOL_TOGETHER_BYTES (16 * 1024)

/* They have all been answered after so long (ms; up to twice that, by a slow
 * tick), or one of them waits for the directory. */
#define POOL_TOGETHER_MS 20
#define POOL_APART_MS 1000

struct pool;
struct question;

struct pool_options {
	const char *socket;		/* copied */
	uid_t server_uid;		/* or UNIX_SOCKET_NO_UID */
	size_t connections;
};

/* message: lookupd's last line, valid until this returns; or NULL, and then
 * reason is REASON_BUSY, REASON_DEADLINE or REASON_INTERNAL and why, a
 * sentence for the log. */
typedef void pool_answered(void *context,
    const struct protocol_message *message, const char *reason,
    const char *why);

/* NULL when memory is short.  Connects when there is something to ask. */
struct pool *pool_new(struct event_base *base,
    const struct pool_options *options);

/* No more questions: free it when those under way have been answered. */
void pool_retire(struct pool *pool);	/* NULL-safe */

/* Free it now; what is under way is never answered. NULL-safe. */
void pool_free(struct pool *pool);

/*
 * A question to be written: append fields with protocol_put to what
 * question_line returns.  "lookup" and the id are there already.
 */
struct question *question_new(struct pool *pool);	/* NULL: no memory */
struct buffer *question_line(struct question *question);

/*
 * Ask, at the end of this turn of the loop; takes the question over.
 * answered is called once, before the deadline or shortly after; before
 * pool_ask returns only without an answer.
 */
void pool_ask(struct question *question, int64_t deadline,
    pool_answered *answered, void *context);

#endif
