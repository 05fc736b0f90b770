/* A question's memory, and its ways out of the pool: see pool_parts.h. */
#include "hook/pool_parts.h"

#include <stdlib.h>
#include <string.h>

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
	protocol_begin(&question->line, "lookup");
	question->id = question->line.len + strlen(" id=");
	protocol_put_number(&question->line, "id", ++pool->last_id);
	question->id_len = question->line.len - question->id;
	return question;
}

struct buffer *
question_line(struct question *question)
{
	return &question->line;
}

void
question_free(struct question *question)
{
	buffer_free(&question->line);
	free(question);
}

void
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
		TAILQ_REMOVE(&question->connection->asked, question, next);
	} else {
		TAILQ_REMOVE(&pool->waiting, question, next);
		pool->waiting_count--;
	}
	question->answered(question->context, message, reason, why);
	question_end(question);
}

void
question_requeue(struct question *question)
{
	struct pool *pool = question->pool;

	TAILQ_REMOVE(&question->connection->asked, question, next);
	question->connection = NULL;
	question->alone = true;
	TAILQ_INSERT_HEAD(&pool->waiting, question, next);
	pool->waiting_count++;
}
