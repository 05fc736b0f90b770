/*
 * What pool.c, pool_question.c and pool_connection.c share.  A connection is closed, idle, or
 * has questions, the first of which is the one that is answered next.
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
	TAILQ_ENTRY(question) next;	/* of waiting, asked or spare */
	struct pool *pool;
	struct connection *connection;	/* NULL: waiting */
	struct buffer line;
	size_t sent;			/* bytes of it */
	bool alone;			/* never together with others */
	size_t id, id_len;		/* where in line it stands */
	int64_t deadline;
	int64_t patience;		/* a deadline for finding lookupd */
	unsigned lost;			/* how often it was, unanswered */
	pool_answered *answered;
	void *context;
};

TAILQ_HEAD(question_queue, question);

struct connection {
	struct pool *pool;
	int fd;				/* -1: closed */
	struct question_queue asked;	/* in the order of their answers */
	bool old;			/* they were there at the last tick */
	bool last;			/* close after the next answer */
	struct buffer in;
	struct event *readable, *writable;
};

struct pool {
	struct event_base *base;
	char *socket;
	uid_t server_uid;
	long long last_id;
	struct question_queue waiting, spare;
	size_t waiting_count, spare_count;
	struct event *retry, *sweep, *turn, *tick;
	int64_t sweep_at;		/* for the first deadline; 0: unarmed */
	int64_t apart;			/* a deadline: none together until then */
	bool ticking, retired;
	char trouble[UNIX_SOCKET_ERROR_MAX];	/* why not connected */
	size_t count;
	struct connection connections[];
};

/* Hand waiting questions to connections until one of both runs out.  May
 * free a retired pool: the last thing a caller does. */
void pool_dispatch(struct pool *pool);

/* Free it, or keep its memory for the next question. */
void question_free(struct question *question);
void question_end(struct question *question);

/* Back to the head of the queue, to be asked again by itself. */
void question_requeue(struct question *question);

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

/* Send the connection's questions, as far as that goes now. */
void connection_send(struct connection *connection);

/* Close, and give the first question up; retry: if it was not lost too often,
 * put it back in front of the queue instead.  The others are asked again. */
void connection_fail(struct connection *connection, bool retry,
    const char *reason, const char *why);

#endif
