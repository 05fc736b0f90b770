/* The pool: questions wait in one queue, connections take them from its head. */
#include "hook/pool_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/deadline.h"
#include "common/verdict.h"

/* Between two tries to connect, in milliseconds. */
#define RETRY_MS 20

/* Answered questions whose memory is kept for the next ones, and the longest
 * line of such a one. */
#define SPARE_MAX 64
#define SPARE_LINE 4096

static struct question *
question_take(struct pool *pool)
{
	struct question *question = TAILQ_FIRST(&pool->spare);
	struct buffer line;

	if (question == NULL) {
		question = calloc(1, sizeof(*question));
		if (question != NULL)
			buffer_init(&question->line, PROTOCOL_LINE_MAX);
		return question;
	}
	TAILQ_REMOVE(&pool->spare, question, next);
	pool->spare_count--;
	line = question->line;
	buffer_clear(&line);
	memset(question, 0, sizeof(*question));
	question->line = line;
	return question;
}

struct question *
question_new(struct pool *pool)
{
	struct question *question = question_take(pool);

	if (question == NULL)
		return NULL;
	question->pool = pool;
	snprintf(question->id, sizeof(question->id), "%" PRIu64,
	    ++pool->last_id);
	protocol_begin(&question->line, "lookup");
	protocol_put_text(&question->line, "id", question->id);
	return question;
}

struct buffer *
question_line(struct question *question)
{
	return &question->line;
}

static void
question_free(struct question *question)
{
	buffer_free(&question->line);
	free(question);
}

static void
question_end(struct question *question)
{
	struct pool *pool = question->pool;

	if (pool->spare_count >= SPARE_MAX ||
	    question->line.capacity > SPARE_LINE) {
		question_free(question);
		return;
	}
	TAILQ_INSERT_HEAD(&pool->spare, question, next);
	pool->spare_count++;
}

void
question_answer(struct question *question,
    const struct protocol_message *message, const char *reason,
    const char *why)
{
	struct pool *pool = question->pool;

	if (question->connection != NULL) {
		TAILQ_REMOVE(&pool->asked, question, next);
	} else {
		TAILQ_REMOVE(&pool->waiting, question, next);
		pool->waiting_count--;
	}
	question->answered(question->context, message, reason, why);
	question_end(question);
}

/* An idle connection, else one that can be opened.  fresh: no idle one, it
 * might have been there before lookupd's restart. */
static struct connection *
pool_find(struct pool *pool, bool fresh)
{
	struct connection *idle = NULL, *closed = NULL;
	size_t i;

	for (i = 0; i < pool->count; i++) {
		struct connection *connection = &pool->connections[i];

		if (connection->question != NULL)
			continue;
		if (connection->fd == -1)
			closed = connection;
		else
			idle = connection;
	}
	if (idle != NULL && fresh) {
		connection_close(idle);
		closed = idle;
		idle = NULL;
	}
	return idle != NULL ? idle : closed;
}

/* Why a connection failed: is it worth waiting for another try? */
static bool
is_patient(const struct question *question, int code)
{
	if (code == ETIMEDOUT || code == EAGAIN)
		return true;		/* busy: until the question's deadline */
	if (code == EPERM || code == ENOTSOCK)
		return false;
	return deadline_left(question->patience) > 0;
}

void
pool_dispatch(struct pool *pool)
{
	struct question *question;

	if (pool->dispatching)
		return;
	pool->dispatching = true;
	while ((question = TAILQ_FIRST(&pool->waiting)) != NULL) {
		struct connection *connection = pool_find(pool,
		    question->lost > 0);

		if (connection == NULL)
			break;
		if (connection->fd == -1 &&
		    connection_open(connection) == -1) {
			if (is_patient(question, errno) &&
			    loop_arm(pool->retry, RETRY_MS) == 0)
				break;
			question_answer(question, NULL, REASON_INTERNAL,
			    pool->trouble);
			continue;
		}
		TAILQ_REMOVE(&pool->waiting, question, next);
		pool->waiting_count--;
		TAILQ_INSERT_TAIL(&pool->asked, question, next);
		question->connection = connection;
		connection->question = question;
		connection->sent = 0;
		connection_send(connection);
	}
	pool->dispatching = false;
	if (pool->retired && TAILQ_EMPTY(&pool->waiting) &&
	    TAILQ_EMPTY(&pool->asked))
		pool_free(pool);
}

static void
on_retry(int fd, short what, void *context)
{
	pool_dispatch(context);
}

/*
 * One timer for all questions, for the first of their deadlines: nearly all
 * are answered long before, and a timer each costs more than the question.  It
 * is not taken back when that one is answered, but looks for the next.
 */
static int
sweep_by(struct pool *pool, int64_t deadline)
{
	if (pool->sweep_at != 0 && pool->sweep_at <= deadline)
		return 0;
	if (loop_arm(pool->sweep, deadline_left(deadline)) == -1)
		return -1;
	pool->sweep_at = deadline;
	return 0;
}

static struct question *
earliest(const struct pool *pool)
{
	struct question *question, *found = TAILQ_FIRST(&pool->asked);

	TAILQ_FOREACH(question, &pool->asked, next)
		if (question->deadline < found->deadline)
			found = question;
	TAILQ_FOREACH(question, &pool->waiting, next)
		if (found == NULL || question->deadline < found->deadline)
			found = question;
	return found;
}

static void
on_sweep(int fd, short what, void *context)
{
	struct pool *pool = context;
	struct question *question;

	pool->sweep_at = 0;
	while ((question = earliest(pool)) != NULL &&
	    deadline_left(question->deadline) == 0) {
		if (question->connection != NULL)
			connection_fail(question->connection, false,
			    REASON_DEADLINE, "lookupd did not answer in time");
		else
			question_answer(question, NULL, REASON_DEADLINE,
			    pool->trouble[0] != '\0' ? pool->trouble :
			    "no connection to lookupd was free in time");
	}
	/* the timer is there already: it needs no memory */
	if (question != NULL)
		(void)sweep_by(pool, question->deadline);
	pool_dispatch(pool);
}

void
pool_ask(struct question *question, int64_t deadline,
    pool_answered *answered, void *context)
{
	struct pool *pool = question->pool;
	const char *reason = NULL, *why = NULL;

	protocol_end(&question->line);
	question->answered = answered;
	question->context = context;
	question->deadline = deadline;
	question->patience = deadline_in(POOL_PATIENCE_MS);
	if (question->line.failed || sweep_by(pool, deadline) == -1) {
		reason = REASON_INTERNAL;
		why = "out of memory";
	} else if (pool->waiting_count >= POOL_WAITING_MAX || pool->retired) {
		reason = REASON_BUSY;
		why = "too many questions wait for lookupd";
	}
	if (reason != NULL) {
		answered(context, NULL, reason, why);
		question_end(question);
		return;
	}
	TAILQ_INSERT_TAIL(&pool->waiting, question, next);
	pool->waiting_count++;
	pool_dispatch(pool);
}

struct pool *
pool_new(struct event_base *base, const struct pool_options *options)
{
	struct pool *pool = calloc(1, sizeof(*pool) + options->connections *
	    sizeof(pool->connections[0]));
	size_t i;

	if (pool == NULL)
		return NULL;
	TAILQ_INIT(&pool->waiting);
	TAILQ_INIT(&pool->asked);
	TAILQ_INIT(&pool->spare);
	pool->base = base;
	pool->server_uid = options->server_uid;
	pool->count = options->connections;
	pool->socket = strdup(options->socket);
	pool->retry = evtimer_new(base, on_retry, pool);
	pool->sweep = evtimer_new(base, on_sweep, pool);
	if (pool->socket == NULL || pool->retry == NULL ||
	    pool->sweep == NULL)
		goto out;
	for (i = 0; i < pool->count; i++)
		if (connection_init(&pool->connections[i], pool) == -1)
			goto out;
	return pool;
out:
	pool_free(pool);
	return NULL;
}

void
pool_retire(struct pool *pool)
{
	if (pool == NULL)
		return;
	pool->retired = true;
	pool_dispatch(pool);
}

static void
free_questions(struct question_queue *queue)
{
	struct question *question;

	while ((question = TAILQ_FIRST(queue)) != NULL) {
		TAILQ_REMOVE(queue, question, next);
		question_free(question);
	}
}

void
pool_free(struct pool *pool)
{
	size_t i;

	if (pool == NULL)
		return;
	free_questions(&pool->waiting);
	free_questions(&pool->asked);
	free_questions(&pool->spare);
	for (i = 0; i < pool->count; i++)
		connection_free(&pool->connections[i]);
	if (pool->retry != NULL)
		event_free(pool->retry);
	if (pool->sweep != NULL)
		event_free(pool->sweep);
	free(pool->socket);
	free(pool);
}
