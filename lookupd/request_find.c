/*
 * The accounts of a request's identities: from the store, from what is
 * remembered, and what is left from the directory process.
 */
#include "lookupd/request.h"

#include <string.h>

#include "common/deadline.h"
#include "lookupd/callers.h"
#include "lookupd/front.h"

static void
one_found(struct request *request)
{
	if (--request->waiting > 0)
		return;
	request_decide_now(request, request_clock_us());
	request_finish(request);
}

static void
found(void *context, struct shared *shared)
{
	struct source *source = context;
	struct request *request = source->request;

	source->waiter = NULL;
	source->shared = shared;
	request->findings[source->index] = shared->findings;
	one_found(request);
}

/* The same for explain, which asks anew and hears the steps. */
static void
explained(void *context, struct findings *findings, const char *steps)
{
	struct source *source = context;
	struct request *request = source->request;

	source->ask = NULL;
	request->findings[source->index] = *findings;
	trace_append(request->trace, steps, strlen(steps));
	one_found(request);
}

static void
on_deadline(evutil_socket_t fd, short what, void *context)
{
	request_give_up(context, REASON_DEADLINE);
}

/* Take what is known; how many identities are to be asked for. */
static size_t
remember(struct request *request)
{
	size_t missing = 0;

	for (size_t i = 0; i < request->identities->count; i++) {
		struct shared *shared = request->trace != NULL ? NULL :
		    memory_known(request->front->memory, request->trust,
		    request->realm, &request->identities->items[i],
		    request->start_us / 1000);

		request->sources[i] = (struct source){ .request = request,
			.index = i, .shared = shared };
		if (shared != NULL) {
			request->findings[i] = shared->findings;
		} else {
			findings_init(&request->findings[i]);
			missing++;
		}
	}
	request->sources_used = request->identities->count;
	return missing;
}

/* Ask the directory for one identity; false when it cannot be asked. */
static bool
ask(struct request *request, struct source *source)
{
	const struct identity *identity =
	    &request->identities->items[source->index];
	struct find_request question = {
		.config = request->trust->config->hash,
		.identity = *identity,
		.explain = true };

	if (request->trace == NULL) {
		source->waiter = memory_ask(request->front->memory,
		    request->trust, request->realm, identity,
		    request->deadline, found, source);
		return source->waiter != NULL;
	}
	memcpy(question.realm, request->realm->name,
	    strlen(request->realm->name) + 1);
	source->ask = finder_ask(request->front->finder, &question,
	    request->deadline, explained, source);
	return source->ask != NULL;
}

/* From the store, if the realm is in it. */
static enum stock_answer
take_stock(struct request *request, int64_t clock_us)
{
	const char *reason = REASON_INTERNAL;
	enum stock_answer answer = stock_find(request->front->stock,
	    request->realm, request->identities, request->findings,
	    clock_us, request->trace, &reason);

	if (answer == STOCK_NONE)
		request_decide(request, VERDICT_UNAVAILABLE, reason);
	if (answer != STOCK_FOUND)
		return answer;
	request->front->counters.stock_hits++;
	request->stocked = request->identities->count;
	return answer;
}

bool
request_find(struct request *request)
{
	struct front *front = request->front;
	const struct config *config = request->trust->config;
	struct charge *charge = request->client->charge;
	int64_t clock_us = request_clock_us();

	switch (take_stock(request, clock_us)) {
	case STOCK_FOUND:
		request_decide_now(request, clock_us);
		return true;
	case STOCK_NONE:
		return true;
	case STOCK_ASK:
		break;
	}
	request->waiting = remember(request);
	if (request->waiting == 0) {
		request_decide_now(request, clock_us);
		return true;
	}
	if (charge->requests >= (size_t)config->requests_per_uid &&
	    !caller_privileged(&request->client->peer)) {
		request_decide(request, VERDICT_UNAVAILABLE, REASON_BUSY);
		return true;
	}
	request->timer = evtimer_new(front->base, on_deadline, request);
	if (request->timer == NULL ||
	    loop_arm(request->timer, deadline_left(request->deadline)) != 0) {
		request_decide(request, VERDICT_UNAVAILABLE, REASON_INTERNAL);
		return true;
	}
	charge->requests++;
	request->charged = true;
	for (size_t i = 0; i < request->sources_used; i++) {
		if (request->sources[i].shared != NULL ||
		    ask(request, &request->sources[i]))
			continue;
		request_decide(request, VERDICT_UNAVAILABLE, REASON_BUSY);
		return true;
	}
	return false;
}
