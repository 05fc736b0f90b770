/* The pool: questions wait in one queue, connections take them from its head. */
#include "hook/pool_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/deadline.h"
#include "common/verdict.h"

/* Between two tries to connect, in milliseconds. */
#define RETRY_MS 20

/* An idle connection, else one that can be opened.  fresh: no idle one, it
 * might have been there before lookupd's restart. */
static struct connection *
pool_find(struct pool *pool, bool fresh)
{
	struct connection *idle = NULL, *closed = NULL;
	size_t i;

	for (i = 0; i < pool->count; i++) {
		struct connection *connection = &pool->connections[i];

		if (!TAILQ_EMPTY(&connection->asked))
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

/* Questions together: not without the clock that parts them. */
static bool
may_follow(struct pool *pool, const struct question *question)
{
	if (question == NULL || question->alone ||
	    (pool->apart != 0 && deadline_left(pool->apart) > 0))
		return false;
	if (!pool->ticking)
		pool->ticking = loop_arm(pool->tick, POOL_TOGETHER_MS) == 0;
	return pool->ticking;
}

/* The first waiting question, and those that may be asked behind it. */
static void
hand_over(struct pool *pool, struct connection *connection)
{
	struct question *question = TAILQ_FIRST(&pool->waiting), *next;
	size_t count = 0, bytes = 0;
	bool alone;

	connection->old = false;
	do {
		next = TAILQ_NEXT(question, next);
		alone = question->alone;
		TAILQ_REMOVE(&pool->waiting, question, next);
		pool->waiting_count--;
		TAILQ_INSERT_TAIL(&connection->asked, question, next);
		question->connection = connection;
		question->sent = 0;
		bytes += question->line.len;
		question = next;
	} while (!alone && ++count < POOL_TOGETHER_MAX &&
	    may_follow(pool, question) &&
	    bytes + question->line.len <= POOL_TOGETHER_BYTES);
}

static bool
is_idle(const struct pool *pool)
{
	size_t i;

	for (i = 0; i < pool->count; i++)
		if (!TAILQ_EMPTY(&pool->connections[i].asked))
			return false;
	return TAILQ_EMPTY(&pool->waiting);
}

void
pool_dispatch(struct pool *pool)
{
	struct question *question;

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
		hand_over(pool, connection);
		connection_send(connection);
	}
	if (pool->retired && is_idle(pool))
		pool_free(pool);
}

/* The end of a turn in which was asked, or time for another try. */
static void
on_turn(int fd, short what, void *context)
{
	pool_dispatch(context);
}

/* Who stands behind another goes elsewhere.  The answers that come for them
 * nevertheless are never read: the connection ends before. */
static void
part(struct connection *connection)
{
	struct question *first = TAILQ_FIRST(&connection->asked), *last;

	while ((last = TAILQ_LAST(&connection->asked, question_queue)) !=
	    first)
		question_requeue(last);
	connection->last = true;
}

/* Where one of several has not been answered since the last tick, they part. */
static void
on_tick(int fd, short what, void *context)
{
	struct pool *pool = context;
	size_t i;

	pool->ticking = false;
	for (i = 0; i < pool->count; i++) {
		struct connection *connection = &pool->connections[i];
		struct question *first = TAILQ_FIRST(&connection->asked);

		if (first == NULL || TAILQ_NEXT(first, next) == NULL)
			continue;
		if (!connection->old) {
			connection->old = true;
			pool->ticking = true;
			continue;
		}
		part(connection);
		pool->apart = deadline_in(POOL_APART_MS);
	}
	/* the timer is there already: it needs no memory */
	if (pool->ticking)
		(void)loop_arm(pool->tick, POOL_TOGETHER_MS);
	pool_dispatch(pool);
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
	struct question *question, *found = NULL;
	size_t i;

	for (i = 0; i < pool->count; i++)
		TAILQ_FOREACH(question, &pool->connections[i].asked, next)
			if (found == NULL ||
			    question->deadline < found->deadline)
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
		struct connection *connection = question->connection;

		if (connection == NULL)
			question_answer(question, NULL, REASON_DEADLINE,
			    pool->trouble[0] != '\0' ? pool->trouble :
			    "no connection to lookupd was free in time");
		else if (question == TAILQ_FIRST(&connection->asked))
			connection_fail(connection, false,
			    REASON_DEADLINE, "lookupd did not answer in time");
		else	/* whose turn it is may have time left */
			part(connection);
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
	event_active(pool->turn, EV_TIMEOUT, 0);
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
	TAILQ_INIT(&pool->spare);
	pool->base = base;
	pool->server_uid = options->server_uid;
	pool->count = options->connections;
	pool->socket = strdup(options->socket);
	pool->retry = evtimer_new(base, on_turn, pool);
	pool->turn = evtimer_new(base, on_turn, pool);
	pool->tick = evtimer_new(base, on_tick, pool);
	pool->sweep = evtimer_new(base, on_sweep, pool);
	if (pool->socket == NULL || pool->retry == NULL ||
	    pool->sweep == NULL || pool->turn == NULL || pool->tick == NULL)
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
	struct event *timers[4];
	size_t i;

	if (pool == NULL)
		return;
	timers[0] = pool->retry;
	timers[1] = pool->sweep;
	timers[2] = pool->turn;
	timers[3] = pool->tick;
	free_questions(&pool->waiting);
	free_questions(&pool->spare);
	for (i = 0; i < pool->count && pool->connections[i].pool != NULL;
	    i++) {
		free_questions(&pool->connections[i].asked);
		connection_free(&pool->connections[i]);
	}
	for (i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
		if (timers[i] != NULL)
			event_free(timers[i]);
	free(pool->socket);
	free(pool);
}
