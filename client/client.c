/*
 * One question to lookupd, over a connection of its own.
 *
 * Nothing the server sends is believed before the last line is there, whole
 * and decoded; until then the reply stays without a verdict.  A server that
 * goes away without a byte of an answer was probably being restarted and is
 * asked once more; after the first byte it is not.
 */
#include "config.h"

#include "client/client.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/deadline.h"

#define CHUNK 16384	/* asked of the kernel at a time; most replies are 100 */
#define ATTEMPTS 2

/* One attempt: a connection, what was sent and what came. */
struct talk {
	int fd;
	const struct buffer *request;
	size_t sent;
	struct buffer input;
	size_t taken;		/* bytes of input that are whole lines */
	int64_t deadline;
	struct client_reply *reply;
	char *error;
};

enum talk_result {
	TALK_FAILED = 0,	/* the reply and the error say why */
	TALK_DONE,		/* the reply is complete */
	TALK_MORE,		/* go on */
	TALK_CLOSED		/* the server went away without an answer */
};

void
client_reply_init(struct client_reply *reply)
{
	memset(reply, 0, sizeof(*reply));
	buffer_init(&reply->details, PROTOCOL_REPLY_MAX);
	buffer_init(&reply->line, PROTOCOL_REPLY_MAX);
}

void
client_reply_free(struct client_reply *reply)
{
	if (reply == NULL)
		return;
	buffer_free(&reply->details);
	buffer_free(&reply->line);
	client_reply_init(reply);
}

/* No answer: forget what was read, say why. */
static void __attribute__((format(printf, 4, 5)))
fail(struct client_reply *reply, const char *reason, char *error,
    const char *format, ...)
{
	va_list args;

	client_reply_free(reply);
	reply->verdict = VERDICT_UNAVAILABLE;
	snprintf(reply->reason, sizeof(reply->reason), "%s", reason);
	va_start(args, format);
	vsnprintf(error, CLIENT_ERROR_MAX, format, args);
	va_end(args);
}

static enum talk_result
malformed(struct talk *talk, const char *what)
{
	fail(talk->reply, REASON_INTERNAL, talk->error,
	    "malformed answer: %s", what);
	return TALK_FAILED;
}

/* A profile's word, or one of the programs' own; anything else is no word. */
static void
take_reason(struct client_reply *reply)
{
	const char *reason = protocol_text(&reply->message, "reason");

	if (reason == NULL || reply->verdict == VERDICT_ACTIVE)
		return;
	if (reason_verdict(reason) != VERDICT_NONE || reason_word_ok(reason))
		snprintf(reply->reason, sizeof(reply->reason), "%s", reason);
}

static enum talk_result
take_last_line(struct talk *talk, const char *line, size_t len)
{
	struct client_reply *reply = talk->reply;
	struct protocol_error error;
	const char *word;

	if (talk->taken != talk->input.len)
		return malformed(talk, "more than was asked for");
	if (buffer_put(&reply->line, line, len) == -1) {
		fail(reply, REASON_INTERNAL, talk->error, "out of memory");
		return TALK_FAILED;
	}
	switch (protocol_decode(reply->line.data, reply->line.len,
	    &reply->message, &error)) {
	case PROTOCOL_OK:
		break;
	case PROTOCOL_BAD:
		return malformed(talk, error.text);
	case PROTOCOL_EMPTY:
	case PROTOCOL_MORE:
		return malformed(talk, "an empty line");
	}
	if (reply->message.detail)
		return malformed(talk, "no last line");
	word = reply->message.word;
	reply->ok = strcmp(word, "ok") == 0;
	reply->verdict = verdict_parse(word, strlen(word));
	if (!reply->ok && reply->verdict == VERDICT_NONE)
		return malformed(talk, "neither a verdict nor ok");
	take_reason(reply);
	return TALK_DONE;
}

/* Take the whole lines that have come: details, and perhaps the last one. */
static enum talk_result
take_lines(struct talk *talk)
{
	for (;;) {
		const char *line = talk->input.data + talk->taken;
		size_t len, used;

		if (protocol_next(line, talk->input.len - talk->taken,
		    PROTOCOL_REPLY_MAX, &len, &used) != PROTOCOL_OK)
			return TALK_MORE;
		talk->taken += used;
		if (len == 0 || line[0] != ' ')
			return take_last_line(talk, line, len);
		if (buffer_put(&talk->reply->details, line, len) == -1 ||
		    buffer_put(&talk->reply->details, "\n", 1) == -1) {
			fail(talk->reply, REASON_INTERNAL, talk->error,
			    "out of memory");
			return TALK_FAILED;
		}
	}
}

static enum talk_result
receive(struct talk *talk)
{
	size_t room = PROTOCOL_REPLY_MAX - talk->input.len;
	ssize_t got;

	if (room == 0)
		return malformed(talk, "too long");
	if (room > CHUNK)
		room = CHUNK;
	if (buffer_reserve(&talk->input, room) == -1) {
		fail(talk->reply, REASON_INTERNAL, talk->error,
		    "out of memory");
		return TALK_FAILED;
	}
	got = recv(talk->fd, talk->input.data + talk->input.len, room, 0);
	if (got > 0) {
		talk->input.len += (size_t)got;
		return take_lines(talk);
	}
	if (got == -1 && (errno == EINTR || errno == EAGAIN))
		return TALK_MORE;
	if (talk->input.len == 0 && (got == 0 || errno == ECONNRESET))
		return TALK_CLOSED;
	if (got == 0 || errno == ECONNRESET)
		return malformed(talk, "cut off");
	fail(talk->reply, REASON_INTERNAL, talk->error, "reading: %s",
	    strerror(errno));
	return TALK_FAILED;
}

static enum talk_result
transmit(struct talk *talk)
{
	const struct buffer *request = talk->request;
	ssize_t sent = send(talk->fd, request->data + talk->sent,
	    request->len - talk->sent, MSG_NOSIGNAL);

	if (sent >= 0) {
		talk->sent += (size_t)sent;
		return TALK_MORE;
	}
	if (errno == EINTR || errno == EAGAIN)
		return TALK_MORE;
	if (errno == EPIPE || errno == ECONNRESET) {
		/* It reads no more, but may have said why before. */
		talk->sent = request->len;
		return TALK_MORE;
	}
	fail(talk->reply, REASON_INTERNAL, talk->error, "sending: %s",
	    strerror(errno));
	return TALK_FAILED;
}

static enum talk_result
converse(struct talk *talk)
{
	enum talk_result result = TALK_MORE;
	struct pollfd wait = { .fd = talk->fd };

	/* A fresh connection has room for nearly every request: no need to
	 * ask first. */
	if (deadline_left(talk->deadline) > 0)
		result = transmit(talk);
	while (result == TALK_MORE) {
		int left = deadline_left(talk->deadline), ready = 0;
		bool sending = talk->sent < talk->request->len;

		wait.events = (short)(sending ? POLLIN | POLLOUT : POLLIN);
		wait.revents = 0;
		if (left > 0)
			ready = poll(&wait, 1, left);
		if (ready == 0) {
			fail(talk->reply, REASON_DEADLINE, talk->error,
			    "no answer in time");
			return TALK_FAILED;
		}
		if (ready == -1 && errno == EINTR)
			continue;
		if (ready == -1) {
			fail(talk->reply, REASON_INTERNAL, talk->error,
			    "poll: %s", strerror(errno));
			return TALK_FAILED;
		}
		if (sending && (wait.revents & POLLOUT) != 0)
			result = transmit(talk);
		if (result == TALK_MORE &&
		    (wait.revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			result = receive(talk);
		if ((wait.revents & POLLNVAL) != 0)
			result = malformed(talk, "the connection was lost");
	}
	return result;
}

/* A request is one line: a second one in it would be another's question. */
static bool
request_ok(const struct buffer *request)
{
	return !request->failed && request->len > 1 &&
	    request->len <= PROTOCOL_LINE_MAX &&
	    memchr(request->data, '\n', request->len) ==
	    request->data + request->len - 1;
}

int
client_ask(const char *socket_path, uid_t server_uid,
    const struct buffer *request, int64_t deadline,
    struct client_reply *reply, char *error)
{
	enum talk_result result = TALK_CLOSED;
	char why[UNIX_SOCKET_ERROR_MAX];
	int attempt;

	client_reply_free(reply);
	if (!request_ok(request)) {
		fail(reply, REASON_INTERNAL, error,
		    "the request is not one line of at most %d bytes",
		    PROTOCOL_LINE_MAX);
		return -1;
	}
	for (attempt = 0; attempt < ATTEMPTS && result == TALK_CLOSED;
	    attempt++) {
		struct talk talk = { .request = request, .reply = reply,
			.deadline = deadline, .error = error };

		talk.fd = unix_socket_connect(socket_path, server_uid,
		    deadline, why);
		if (talk.fd == -1) {
			fail(reply, errno == ETIMEDOUT ? REASON_DEADLINE :
			    REASON_INTERNAL, error, "%s", why);
			return -1;
		}
		buffer_init(&talk.input, PROTOCOL_REPLY_MAX);
		result = converse(&talk);
		buffer_free(&talk.input);
		close(talk.fd);
	}
	if (result == TALK_CLOSED)
		fail(reply, REASON_INTERNAL, error, "%.200s: closed the "
		    "connection without an answer", socket_path);
	return result == TALK_DONE ? 0 : -1;
}
