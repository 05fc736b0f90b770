#include "lookupd/finder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/deadline.h"
#include "daemon/log.h"
#include "lookupd/channel.h"

#define BUCKETS 1024		/* questions under way are few thousands */

struct ask {
	struct finder *finder;
	struct ask *next, **at;
	bool status;
	struct find_request request;
	int64_t deadline;
	finder_answer *answer;
	void *context;
};

struct finder {
	struct event_base *base;
	struct channel *channel;	/* NULL while there is none */
	uint64_t last_id;
	struct ask *asks[BUCKETS];
	struct find_reply reply;	/* being collected */
	struct buffer state;		/* server lines being collected */
};

static void
send_ask(struct ask *ask)
{
	struct channel *channel = ask->finder->channel;
	struct buffer *out;

	if (channel == NULL)
		return;
	out = channel_out(channel);
	if (ask->status) {
		protocol_begin(out, "status");
		protocol_put_number(out, "id", (long long)ask->request.id);
		protocol_end(out);
	} else {
		ask->request.ms = deadline_left(ask->deadline);
		find_put_request(out, &ask->request);
	}
	channel_flush(channel);
}

static struct ask *
take(struct finder *finder, uint64_t id)
{
	struct ask *ask = finder->asks[id % BUCKETS];

	while (ask != NULL && ask->request.id != id)
		ask = ask->next;
	return ask;
}

static void
unlink_ask(struct ask *ask)
{
	*ask->at = ask->next;
	if (ask->next != NULL)
		ask->next->at = ask->at;
}

/* The whole reply to id has arrived. */
static void
deliver(struct finder *finder, uint64_t id)
{
	struct ask *ask = take(finder, id);
	struct findings findings = finder->reply.findings;
	struct buffer steps = finder->reply.steps;

	findings_init(&finder->reply.findings);
	buffer_init(&finder->reply.steps, steps.max);
	if (ask == NULL) {
		findings_free(&findings);	/* forgotten meanwhile */
	} else {
		struct buffer state = finder->state;

		buffer_init(&finder->state, state.max);
		unlink_ask(ask);
		ask->answer(ask->context, &findings,
		    buffer_text(ask->status ? &state : &steps));
		free(ask);
		buffer_free(&state);
	}
	buffer_free(&steps);
	buffer_clear(&finder->state);
	find_reply_free(&finder->reply);
	find_reply_init(&finder->reply);
}

/* Without a channel, and without what came over it so far. */
static void
disconnect(struct finder *finder)
{
	channel_free(finder->channel);
	finder->channel = NULL;
	find_reply_free(&finder->reply);
	find_reply_init(&finder->reply);
	buffer_clear(&finder->state);
}

static void
on_line(void *context, const struct protocol_message *message)
{
	struct finder *finder = context;
	uint64_t id;
	int rc;

	/* A line of the answer to status. */
	if (message->detail && strcmp(message->word, "server") == 0) {
		const char *text = protocol_text(message, "text");

		buffer_printf(&finder->state, " %s\n", text == NULL ? "" :
		    text);
		return;
	}
	rc = find_reply_feed(&finder->reply, message, &id);
	if (rc == 0)
		return;
	if (rc < 0) {
		/* The rest of this reply must not pass for a whole one. */
		log_error("the directory process sent a reply that is none, "
		    "or memory is out; closing the channel");
		disconnect(finder);
		return;
	}
	deliver(finder, id);
}

static void
on_closed(void *context, const char *why)
{
	log_warning("channel to the directory process: %s", why);
	disconnect(context);
}

static const struct channel_events events = { .line = on_line,
	.closed = on_closed };

struct finder *
finder_new(struct event_base *base)
{
	struct finder *finder = calloc(1, sizeof(*finder));

	if (finder == NULL)
		return NULL;
	finder->base = base;
	find_reply_init(&finder->reply);
	buffer_init(&finder->state, PROTOCOL_REPLY_MAX / 2);
	return finder;
}

void
finder_free(struct finder *finder)
{
	if (finder == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (finder->asks[i] != NULL)
			finder_forget(finder->asks[i]);
	}
	channel_free(finder->channel);
	find_reply_free(&finder->reply);
	buffer_free(&finder->state);
	free(finder);
}

/* A question of this bucket whose time is over, or NULL. */
static struct ask *
late(struct ask *ask)
{
	while (ask != NULL && (ask->status ||
	    deadline_left(ask->deadline) > 0))
		ask = ask->next;
	return ask;
}

/* Nobody waits for their answers; asking again would be for nothing. */
static void
give_up_late(struct finder *finder)
{
	struct findings findings;
	struct ask *ask;

	for (size_t i = 0; i < BUCKETS; i++) {
		while ((ask = late(finder->asks[i])) != NULL) {
			findings_init(&findings);
			findings.failure = VERDICT_UNAVAILABLE;
			findings.reason = REASON_DEADLINE;
			unlink_ask(ask);
			ask->answer(ask->context, &findings, "");
			free(ask);
		}
	}
}

bool
finder_connected(const struct finder *finder)
{
	return finder->channel != NULL;
}

void
finder_connect(struct finder *finder, int fd)
{
	disconnect(finder);
	give_up_late(finder);
	finder->channel = channel_new(finder->base, fd, FIND_LINE_MAX, &events,
	    finder);
	if (finder->channel == NULL) {
		log_error("no channel to the directory process: out of memory");
		close(fd);
		return;
	}
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct ask *ask = finder->asks[i]; ask != NULL;
		    ask = ask->next)
			send_ask(ask);
	}
}

static struct ask *
add(struct finder *finder, finder_answer *answer, void *context)
{
	struct ask *ask;

	if (finder->channel != NULL && channel_full(finder->channel))
		return NULL;
	ask = calloc(1, sizeof(*ask));
	if (ask == NULL)
		return NULL;
	ask->finder = finder;
	ask->answer = answer;
	ask->context = context;
	return ask;
}

static void
enter(struct ask *ask)
{
	struct finder *finder = ask->finder;
	uint64_t id = ++finder->last_id;

	ask->request.id = id;
	ask->at = &finder->asks[id % BUCKETS];
	ask->next = *ask->at;
	if (ask->next != NULL)
		ask->next->at = &ask->next;
	*ask->at = ask;
	send_ask(ask);
}

struct ask *
finder_ask(struct finder *finder, const struct find_request *request,
    int64_t deadline, finder_answer *answer, void *context)
{
	struct ask *ask = add(finder, answer, context);

	if (ask == NULL)
		return NULL;
	ask->request = *request;
	ask->deadline = deadline;
	enter(ask);
	return ask;
}

struct ask *
finder_status(struct finder *finder, finder_answer *answer, void *context)
{
	struct ask *ask = add(finder, answer, context);

	if (ask == NULL)
		return NULL;
	ask->status = true;
	enter(ask);
	return ask;
}

void
finder_forget(struct ask *ask)
{
	if (ask == NULL)
		return;
	unlink_ask(ask);
	free(ask);
}
