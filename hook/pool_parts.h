/*
 * What pool.c and pool_connection.c share.  A connection is closed, idle, or
 * has a question; connection_fail and connection_finish are the only ways out
 * of having one.
 */
#ifndef HOOK_POOL_PARTS_H
#define HOOK_POOL_PARTS_H

#include <sys/queue.h>

#include <stdbool.h>

#include "common/buffer.h"
#include "common/unix_socket.h"
#include "hook/pool.h"

struct connection;

struct question {
	TAILQ_ENTRY(question) next;	/* of pool->waiting, asked or spare */
	struct pool *pool;
	struct connection *connection;	/* NULL: waiting */
	struct buffer line;
	char id[24];
	int64_t deadline;
	int64_t patience;		/* a deadline for finding lookupd */
	unsigned lost;			/* how often it was, unanswered */
	pool_answered *answered;
	void *context;
};

struct connection {
	struct pool *pool;
	int fd;				/* -1: closed */
	struct question *question;	/* NULL: idle */
	size_t sent;			/* bytes of its line */
	struct buffer in;
	struct event *readable, *writable;
};

TAILQ_HEAD(question_queue, question);

struct pool {
	struct event_base *base;
	char *socket;
	uid_t server_uid;
	uint64_t last_id;
	struct question_queue waiting, asked, spare;
	size_t waiting_count, spare_count;
	struct event *retry, *sweep;
	int64_t sweep_at;		/* for the first deadline; 0: unarmed */
	bool dispatching, retired;
	char trouble[UNIX_SOCKET_ERROR_MAX];	/* why not connected */
	size_t count;
	struct connection connections[];
};

/* Hand waiting questions to connections until one of both runs out.  May
 * free a retired pool: the last thing a caller does. */
void pool_dispatch(struct pool *pool);

/* Out of its queue, answered, and gone.  The callee may ask the next one. */
void question_answer(struct question *question,
    const struct protocol_message *message, const char *reason,
    const char *why);

/* 0, or -1 with nothing to be undone but by connection_free. */
int connection_init(struct connection *connection, struct pool *pool);
void connection_free(struct connection *connection);

/* 0 and idle; or -1 with errno and pool->trouble. */
int connection_open(struct connection *connection);
void connection_close(struct connection *connection);

/* Send the connection's question, as far as that goes now. */
void connection_send(struct connection *connection);

/* Close, and give the question up; retry: if it was asked once only, put it
 * back in front of the queue instead. */
void connection_fail(struct connection *connection, bool retry,
    const char *reason, const char *why);

#endif
