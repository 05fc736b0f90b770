/*
 * One question at a time is read; many are under way.
 */
#include "lookupd/questions.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/deadline.h"
#include "common/verdict.h"
#include "daemon/log.h"
#include "lookupd/confine.h"
#include "lookupd/find.h"
#include "lookupd/walk.h"

/* We answer a little before the front's own deadline: we know the reason. */
#define AHEAD_MS 20

/* One `find` under way. */
struct question {
	struct questions *questions;
	struct generation *generation;
	struct ldap_pool *pool;
	uint64_t id, channel_serial;
	struct trace *trace;		/* NULL unless explained */
};

static void
put_reply(struct questions *questions, uint64_t id,
    const struct findings *findings, const struct trace *trace)
{
	find_put_reply(channel_out(questions->channel), id, findings, trace);
	channel_flush(questions->channel);
}

static void
put_failure(struct questions *questions, uint64_t id, const char *reason)
{
	struct findings findings;

	findings_init(&findings);
	findings.failure = VERDICT_UNAVAILABLE;
	findings.reason = reason;
	put_reply(questions, id, &findings, NULL);
	findings_free(&findings);
}

static void
on_findings(void *context, struct findings *findings)
{
	struct question *question = context;
	struct questions *questions = question->questions;

	/* whatever was found before the canary was: do not believe it */
	if (ldap_pool_failing(question->pool)) {
		findings_free(findings);
		findings_init(findings);
		findings->failure = VERDICT_UNAVAILABLE;
		findings->reason = REASON_CANARY;
		trace_say(question->trace, "canary", "an account of the "
		    "realm that must be blocked is not");
	}
	if (questions->channel != NULL &&
	    questions->channel_serial == question->channel_serial)
		put_reply(questions, question->id, findings,
		    question->trace);
	findings_free(findings);
	question->generation->questions--;
	if (question->trace != NULL)
		trace_free(question->trace);
	free(question->trace);
	free(question);
}

static int
begin(struct questions *questions, struct generation *generation,
    const struct realm *realm, const struct find_request *request)
{
	struct question *question = calloc(1, sizeof(*question));
	struct trace *trace = request->explain ?
	    calloc(1, sizeof(*trace)) : NULL;
	struct ldap_pool *pool = generation_pool(generation, realm);
	int ms = request->ms > 5 * AHEAD_MS ? request->ms - AHEAD_MS :
	    request->ms;

	if (question == NULL || pool == NULL ||
	    (request->explain && trace == NULL)) {
		free(question);
		free(trace);
		return -1;
	}
	if (trace != NULL)
		trace_init(trace);
	question->questions = questions;
	question->generation = generation;
	question->pool = pool;
	question->id = request->id;
	question->channel_serial = questions->channel_serial;
	question->trace = trace;
	generation->questions++;
	generation->asked = deadline_now();
	walk_start(pool, NULL, realm, &request->identity, deadline_in(ms),
	    trace, on_findings, question);
	return 0;
}

static void
take_find(struct questions *questions, const struct find_request *request)
{
	struct generation *generation = generations_find(
	    questions->generations, request->config);
	const struct realm *realm = generation == NULL ? NULL :
	    config_realm(generation->config, request->realm);

	if (realm == NULL || realm->mode == MODE_FILE)
		put_failure(questions, request->id, REASON_STALE);
	else if (channel_full(questions->channel))
		put_failure(questions, request->id, REASON_BUSY);
	else if (begin(questions, generation, realm, request) != 0)
		put_failure(questions, request->id, REASON_INTERNAL);
}

static void
put_server(void *context, const char *text)
{
	struct questions *questions = context;
	struct buffer *out = channel_out(questions->channel);

	protocol_begin_detail(out, "server");
	protocol_put_text(out, "text", text);
	protocol_end(out);
}

static void
take_status(struct questions *questions,
    const struct protocol_message *message)
{
	const struct protocol_field *id = protocol_get(message, "id");
	struct buffer *out = channel_out(questions->channel);
	char sandbox[SANDBOX_STATE_MAX + 32];

	snprintf(sandbox, sizeof(sandbox), "directory process sandbox=%s",
	    questions->sandbox);
	put_server(questions, sandbox);
	generation_describe(questions->generations->current, put_server,
	    questions);
	protocol_begin(out, "ok");
	if (id != NULL)
		protocol_put(out, "id", id->value, id->len);
	protocol_end(out);
	channel_flush(questions->channel);
}

static void
on_line(void *context, const struct protocol_message *message)
{
	struct questions *questions = context;
	struct find_request request;

	if (!message->detail && strcmp(message->word, "status") == 0)
		take_status(questions, message);
	else if (find_get_request(message, &request) == 0)
		take_find(questions, &request);
	else
		log_error("the front asked something that is not a question");
}

static void
on_closed(void *context, const char *why)
{
	struct questions *questions = context;

	log_info("channel to the front: %s", why);
	channel_free(questions->channel);
	questions->channel = NULL;
	loop_arm(questions->orphan, QUESTIONS_ORPHAN_MS);
}

static void
on_orphan(evutil_socket_t fd, short what, void *context)
{
	struct questions *questions = context;

	(void)fd, (void)what;
	questions->orphaned(questions->context);
}

void
questions_take_channel(struct questions *questions, int fd)
{
	static const struct channel_events events = { .line = on_line,
		.closed = on_closed };

	event_del(questions->orphan);
	channel_free(questions->channel);
	questions->channel_serial++;
	questions->channel = channel_new(questions->base, fd, FIND_LINE_MAX,
	    &events, questions);
	if (questions->channel == NULL) {
		log_error("no channel to the front: out of memory");
		close(fd);
	}
}

int
questions_begin(struct questions *questions, struct event_base *base,
    struct generations *generations, const char *sandbox,
    void (*orphaned)(void *context), void *context)
{
	questions->base = base;
	questions->generations = generations;
	questions->sandbox = sandbox;
	questions->orphaned = orphaned;
	questions->context = context;
	questions->orphan = event_new(base, -1, 0, on_orphan, questions);
	return questions->orphan == NULL ? -1 : 0;
}

void
questions_end(struct questions *questions)
{
	channel_free(questions->channel);
	if (questions->orphan != NULL)
		event_free(questions->orphan);
}
