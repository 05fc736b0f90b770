/*
 * One connection to lookupd.  In every function the question is answered
 * last: the callee may ask the next one, on this very connection.
 */
#include "hook/pool_parts.h"

#include <sys/socket.h>
#include <sys/uio.h>

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
	connection->last = false;
	buffer_free(&connection->in);
}

/* Close; those behind the first question are asked again.  They were asked
 * for the first time, or they would not have been together. */
static struct question *
connection_abandon(struct connection *connection)
{
	struct question *first = TAILQ_FIRST(&connection->asked), *last;

	connection_close(connection);
	while ((last = TAILQ_LAST(&connection->asked, question_queue)) !=
	    first) {
		last->lost++;
		question_requeue(last);
	}
	return first;
}

void
connection_fail(struct connection *connection, bool retry, const char *reason,
    const char *why)
{
	struct question *question = connection_abandon(connection);

	if (question == NULL)
		return;
	if (!retry || question->lost == POOL_RETRIES) {
		question_answer(question, NULL, reason, why);
		return;
	}
	question->lost++;
	question_requeue(question);
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
	return id->len == question->id_len &&
	    memcmp(id->value, question->line.data + question->id,
	    id->len) == 0;
}

/* The answer to the first question; left: bytes behind it. */
static void
connection_finish(struct connection *connection,
    const struct protocol_message *message, size_t left)
{
	struct question *question = TAILQ_FIRST(&connection->asked);

	if (!is_answer(question, message)) {
		connection_fail(connection, false, REASON_INTERNAL,
		    "lookupd answered another question");
		return;
	}
	/* with more than was asked for, or before all was asked, the answer
	 * may count, but the connection is out of step */
	if (connection->last || question->sent < question->line.len ||
	    (left > 0 && TAILQ_NEXT(question, next) == NULL))
		connection_abandon(connection);
	question_answer(question, message, NULL, NULL);
}

/* Each whole line of connection->in is an answer. */
static void
connection_parse(struct connection *connection)
{
	struct protocol_message message;
	struct protocol_error error;
	struct buffer in = connection->in;
	size_t done = 0;

	/* in keeps what message leads into when the connection is closed */
	buffer_init(&connection->in, in.max);
	while (connection->fd != -1 && done < in.len) {
		size_t line = 0, used = 0;
		enum protocol_status status = protocol_next(in.data + done,
		    in.len - done, ANSWER_MAX, &line, &used);

		if (status == PROTOCOL_MORE)
			break;
		if (status == PROTOCOL_OK)
			status = protocol_decode(in.data + done, line,
			    &message, &error);
		done += used;
		if (status == PROTOCOL_OK)
			connection_finish(connection, &message,
			    in.len - done);
		else
			connection_fail(connection, false, REASON_INTERNAL,
			    "lookupd's answer is malformed");
	}
	if (connection->fd == -1) {
		buffer_free(&in);
		return;
	}
	buffer_consume(&in, done);
	connection->in = in;
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
	} else if (TAILQ_EMPTY(&connection->asked)) {
		/* lookupd says something nobody asked for */
		connection_close(connection);
	} else {
		connection->in.len += (size_t)n;
		connection_parse(connection);
	}
	pool_dispatch(pool);
}

/* What is left to be sent; how many pieces. */
static size_t
unsent(const struct connection *connection, struct iovec *pieces)
{
	struct question *question;
	size_t count = 0;

	TAILQ_FOREACH(question, &connection->asked, next) {
		size_t left = question->line.len - question->sent;

		if (left == 0)
			continue;
		pieces[count].iov_base = question->line.data + question->sent;
		pieces[count++].iov_len = left;
	}
	return count;
}

static void
note_sent(struct connection *connection, size_t len)
{
	struct question *question;

	TAILQ_FOREACH(question, &connection->asked, next) {
		size_t left = question->line.len - question->sent;
		size_t now = left < len ? left : len;

		question->sent += now;
		len -= now;
	}
}

void
connection_send(struct connection *connection)
{
	struct iovec pieces[POOL_TOGETHER_MAX];
	struct msghdr message = { .msg_iov = pieces };

	while ((message.msg_iovlen = unsent(connection, pieces)) > 0) {
		ssize_t n = sendmsg(connection->fd, &message,
		    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0) {
			note_sent(connection, (size_t)n);
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
	TAILQ_INIT(&connection->asked);
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
