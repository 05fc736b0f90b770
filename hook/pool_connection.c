/*
 * One connection to lookupd.  In every function the question is answered
 * last: the callee may ask the next one, on this very connection.
 */
#include "hook/pool_parts.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/deadline.h"
#include "common/verdict.h"

/* An answer to `lookup` is one line with two names. */
#define ANSWER_MAX (64 * 1024)
#define READ_SIZE 4096

void
connection_close(struct connection *connection)
{
	if (connection->fd == -1)
		return;
	event_del(connection->readable);
	event_del(connection->writable);
	close(connection->fd);
	connection->fd = -1;
	buffer_free(&connection->in);
}

void
connection_fail(struct connection *connection, bool retry, const char *reason,
    const char *why)
{
	struct question *question = connection->question;
	struct pool *pool = connection->pool;

	connection_close(connection);
	connection->question = NULL;
	if (question == NULL)
		return;
	if (!retry || question->lost == POOL_RETRIES) {
		question_answer(question, NULL, reason, why);
		return;
	}
	question->lost++;
	question->connection = NULL;
	TAILQ_REMOVE(&pool->asked, question, next);
	TAILQ_INSERT_HEAD(&pool->waiting, question, next);
	pool->waiting_count++;
}

/* Is it the answer to this question?  A line that was refused as a whole is
 * answered without an id, but never with `active`. */
static bool
is_answer(const struct question *question,
    const struct protocol_message *message)
{
	const struct protocol_field *id = protocol_get(message, "id");

	if (message->detail)
		return false;
	if (id == NULL)
		return verdict_parse(message->word,
		    strlen(message->word)) != VERDICT_ACTIVE;
	return strcmp(id->value, question->id) == 0 &&
	    id->len == strlen(question->id);
}

/* reuse: nothing else is to come. */
static void
connection_finish(struct connection *connection,
    const struct protocol_message *message, bool reuse)
{
	struct question *question = connection->question;

	if (!reuse)
		connection_close(connection);
	if (!is_answer(question, message)) {
		connection_fail(connection, false, REASON_INTERNAL,
		    "lookupd answered another question");
	} else {
		connection->question = NULL;
		question_answer(question, message, NULL, NULL);
	}
}

/* What was read has been used: the next answer may have the memory. */
static void
connection_give_back(struct connection *connection, struct buffer *in)
{
	if (connection->fd == -1 || connection->in.data != NULL) {
		buffer_free(in);
		return;
	}
	buffer_clear(in);
	connection->in = *in;
}

/* A whole line of connection->in is the answer. */
static void
connection_parse(struct connection *connection)
{
	struct protocol_message message;
	struct protocol_error error;
	size_t line = 0, used = 0;
	struct buffer in = connection->in;
	enum protocol_status status = protocol_next(in.data, in.len,
	    ANSWER_MAX, &line, &used);

	if (status == PROTOCOL_MORE)
		return;
	if (status == PROTOCOL_OK)
		status = protocol_decode(in.data, line, &message, &error);
	if (status != PROTOCOL_OK) {
		connection_fail(connection, false, REASON_INTERNAL,
		    "lookupd's answer is malformed");
		return;
	}
	buffer_init(&connection->in, in.max);
	/* with more than was asked for, or before all was asked, the answer
	 * may count, but the connection is out of step */
	connection_finish(connection, &message, in.len == used &&
	    connection->sent == connection->question->line.len);
	connection_give_back(connection, &in);
}

static void
on_readable(int fd, short what, void *context)
{
	struct connection *connection = context;
	struct pool *pool = connection->pool;
	bool first = connection->in.len == 0;
	ssize_t n;

	if (buffer_reserve(&connection->in, READ_SIZE) == -1) {
		connection_fail(connection, false, REASON_INTERNAL,
		    "lookupd's answer is too long");
		pool_dispatch(pool);
		return;
	}
	n = recv(fd, connection->in.data + connection->in.len, READ_SIZE,
	    MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		connection_fail(connection, first, REASON_INTERNAL,
		    "lookupd closed the connection");
	} else if (connection->question == NULL) {
		/* lookupd says something nobody asked for */
		connection_close(connection);
	} else {
		connection->in.len += (size_t)n;
		connection_parse(connection);
	}
	pool_dispatch(pool);
}

void
connection_send(struct connection *connection)
{
	struct buffer *line = &connection->question->line;
	ssize_t n;

	while (connection->sent < line->len) {
		n = send(connection->fd, line->data + connection->sent,
		    line->len - connection->sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0) {
			connection->sent += (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		/* closed: lookupd may have said why, which is to be read */
		if (errno == EPIPE || errno == ECONNRESET)
			return;
		if (errno != EAGAIN ||
		    event_add(connection->writable, NULL) == -1)
			connection_fail(connection, false, REASON_INTERNAL,
			    "cannot send to lookupd");
		return;
	}
}

static void
on_writable(int fd, short what, void *context)
{
	struct connection *connection = context;
	struct pool *pool = connection->pool;

	if (connection->question != NULL)
		connection_send(connection);
	pool_dispatch(pool);
}

int
connection_open(struct connection *connection)
{
	struct pool *pool = connection->pool;
	/* a Unix socket connects at once or not at all: no time to wait */
	int fd = unix_socket_connect(pool->socket, pool->server_uid,
	    deadline_now(), pool->trouble);

	if (fd == -1)
		return -1;
	pool->trouble[0] = '\0';
	connection->fd = fd;
	buffer_init(&connection->in, ANSWER_MAX + READ_SIZE);
	if (event_assign(connection->readable, pool->base, fd,
	    EV_READ | EV_PERSIST, on_readable, connection) == 0 &&
	    event_assign(connection->writable, pool->base, fd, EV_WRITE,
	    on_writable, connection) == 0 &&
	    event_add(connection->readable, NULL) == 0)
		return 0;
	snprintf(pool->trouble, sizeof(pool->trouble), "out of memory");
	connection_close(connection);
	errno = ENOMEM;
	return -1;
}

int
connection_init(struct connection *connection, struct pool *pool)
{
	connection->pool = pool;
	connection->fd = -1;
	connection->readable = event_new(pool->base, -1, 0, on_readable,
	    connection);
	connection->writable = event_new(pool->base, -1, 0, on_writable,
	    connection);
	return connection->readable == NULL || connection->writable == NULL ?
	    -1 : 0;
}

void
connection_free(struct connection *connection)
{
	if (connection->pool == NULL)
		return;			/* never initialised */
	connection_close(connection);
	if (connection->readable != NULL)
		event_free(connection->readable);
	if (connection->writable != NULL)
		event_free(connection->writable);
}
