/*
 * A pool of the hook's, a socket where lookupd's would be, and how questions
 * end.
 */
#ifndef TESTS_UNIT_POOL_ROWS_H
#define TESTS_UNIT_POOL_ROWS_H

#include "hook/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/deadline.h"
#include "common/unix_socket.h"
#include "common/verdict.h"
#include "tests/unit/rows.h"

static struct event_base *base;
static char dir[] = "/tmp/ca.XXXXXX", path[64];

/* How a question ended. */
struct end {
	unsigned answers;
	const char *reason;		/* NULL: lookupd's line */
	int64_t at;
	unsigned *open;			/* counted down; 0 ends the loop */
};

static inline void
on_end(void *context, const struct protocol_message *message,
    const char *reason, const char *why)
{
	struct end *end = context;

	end->answers++;
	end->reason = message != NULL ? NULL : reason;
	end->at = deadline_now();
	if (--*end->open == 0)
		event_base_loopbreak(base);
}

static inline struct pool *
new_pool(size_t connections)
{
	struct pool_options options = { path, UNIX_SOCKET_NO_UID,
		connections };
	struct pool *pool = pool_new(base, &options);

	assert_non_null(pool);
	return pool;
}

static inline void
ask(struct pool *pool, struct end *end, int64_t ms)
{
	struct question *question = question_new(pool);

	assert_non_null(question);
	protocol_put_text(question_line(question), "email", "a");
	pool_ask(question, deadline_in(ms), on_end, end);
}

static inline void
check_end(const struct end *end, const char *name, const char *reason)
{
	row_check(end->answers == 1, name, "%u answers", end->answers);
	row_check(end->reason == reason, name, "want %s, got %s",
	    reason == NULL ? "an answer" : reason,
	    end->reason == NULL ? "an answer" : end->reason);
}

static inline int
set_up(void **state)
{
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/lookupd", dir);
	base = loop_new();
	return base == NULL ? -1 : 0;
}

static inline int
tear_down(void **state)
{
	event_base_free(base);
	return rmdir(dir);
}

#endif
