/*
 * The front's side of directory_fixture.h: questions and answers.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "common/deadline.h"
#include "tests/integration/directory_fixture.h"

static void
send_all(struct daemon *daemon, const struct buffer *out)
{
	size_t sent = 0;
	ssize_t put;

	assert_false(out->failed);
	while (sent < out->len) {
		put = send(daemon->channel, out->data + sent, out->len - sent,
		    MSG_NOSIGNAL);
		assert_true(put > 0);
		sent += (size_t)put;
	}
}

uint64_t
daemon_ask(struct daemon *daemon, const char *realm, const char *value,
    int ms, bool explain)
{
	struct find_request request;
	struct identities set;
	const char *reason;
	struct buffer out;

	memset(&request, 0, sizeof(request));
	memset(&set, 0, sizeof(set));
	assert_null(identities_add(&set, strchr(value, '@') != NULL ?
	    IDENTITY_REQUEST_EMAIL : IDENTITY_REQUEST_ACCOUNT, value,
	    strlen(value), &reason));
	request.identity = set.items[0];
	request.id = ++daemon->last_id;
	request.config = daemon->config;
	request.ms = ms;
	request.explain = explain;
	snprintf(request.realm, sizeof(request.realm), "%s", realm);
	buffer_init(&out, 4096);
	find_put_request(&out, &request);
	send_all(daemon, &out);
	buffer_free(&out);
	return request.id;
}

/* Wait for more bytes of the channel. */
static void
receive(struct daemon *daemon)
{
	struct pollfd poll_fd = { .fd = daemon->channel, .events = POLLIN };
	ssize_t got;

	if (poll(&poll_fd, 1, PATIENCE_MS) != 1)
		fail_msg("no answer in %d ms; see %s", PATIENCE_MS,
		    daemon->log_path);
	assert_int_equal(buffer_reserve(&daemon->in, 65536), 0);
	got = recv(daemon->channel, daemon->in.data + daemon->in.len, 65536,
	    0);
	if (got <= 0)
		fail_msg("the channel was closed; see %s", daemon->log_path);
	daemon->in.len += (size_t)got;
}

/* Call back for the next lines until it says true. */
static void
each_line(struct daemon *daemon,
    bool (*take)(const struct protocol_message *message, void *context),
    void *context)
{
	struct protocol_message message;
	struct protocol_error error;
	size_t line, used;
	bool enough = false;

	while (!enough) {
		while (protocol_next(buffer_text(&daemon->in), daemon->in.len,
		    FIND_LINE_MAX, &line, &used) != PROTOCOL_OK)
			receive(daemon);
		assert_int_equal(protocol_decode(daemon->in.data, line,
		    &message, &error), PROTOCOL_OK);
		enough = take(&message, context);
		buffer_consume(&daemon->in, used);
	}
}

struct answer {
	struct find_reply *reply;
	uint64_t id;
};

static bool
feed(const struct protocol_message *message, void *context)
{
	struct answer *answer = context;
	int status = find_reply_feed(answer->reply, message, &answer->id);

	assert_true(status >= 0);
	return status == 1;
}

uint64_t
daemon_answer(struct daemon *daemon, struct find_reply *reply)
{
	struct answer answer = { .reply = reply };

	find_reply_init(reply);
	each_line(daemon, feed, &answer);
	return answer.id;
}

const char *
daemon_find(struct daemon *daemon, const char *realm, const char *value,
    int ms, size_t *ret_accounts, bool *ret_more)
{
	uint64_t id = daemon_ask(daemon, realm, value, ms, false);
	struct find_reply reply;
	const char *reason;

	assert_int_equal(daemon_answer(daemon, &reply), id);
	reason = reply.findings.failure == VERDICT_NONE ? NULL :
	    reply.findings.reason;
	if (ret_accounts != NULL)
		*ret_accounts = reply.findings.account_count;
	if (ret_more != NULL)
		*ret_more = reply.findings.more;
	find_reply_free(&reply);
	return reason;
}

static bool
collect(const struct protocol_message *message, void *context)
{
	struct buffer *text = context;

	if (!message->detail)
		return true;
	buffer_put(text, message->fields[0].value, message->fields[0].len);
	buffer_puts(text, "\n");
	return false;
}

char *
daemon_tell(struct daemon *daemon, const char *realm, const char *value)
{
	struct find_reply reply;
	struct buffer text;
	char *told;

	buffer_init(&text, 256 * 1024);
	if (value != NULL) {
		daemon_ask(daemon, realm, value, 2000, true);
		daemon_answer(daemon, &reply);
		told = strdup(buffer_text(&reply.steps));
		find_reply_free(&reply);
	} else {
		buffer_puts(&text, "status id=1\n");
		send_all(daemon, &text);
		buffer_clear(&text);
		each_line(daemon, collect, &text);
		told = strdup(buffer_text(&text));
	}
	buffer_free(&text);
	assert_non_null(told);
	return told;
}
