#include "lookupd/request.h"

#include <stdlib.h>
#include <string.h>

#include "common/deadline.h"
#include "lookupd/audit.h"
#include "lookupd/callers.h"
#include "lookupd/front.h"

/* ---- replies ---------------------------------------------------------- */

void
request_put_bad(struct client *client, const char *reason, const char *field,
    long long byte, const char *id)
{
	struct buffer *out = client_out(client);

	protocol_begin(out, verdict_word(VERDICT_BAD_REQUEST));
	protocol_put_text(out, "reason", reason);
	if (field != NULL)
		protocol_put_text(out, "field", field);
	if (byte >= 0)
		protocol_put_number(out, "byte", byte + 1);
	if (id != NULL)
		protocol_put_text(out, "id", id);
	protocol_end(out);
	counters_verdict(&client->front->counters, VERDICT_BAD_REQUEST);
}

/* By which certificate; for people, who may have several. */
static void
put_certificate(struct request *request)
{
	struct buffer *out = client_out(request->client);
	const struct certificate *certificate;

	if (request->certificate == NULL)
		return;
	certificate = &request->certificate->certificate;
	protocol_put_number(out, "not-after", certificate->not_after);
	protocol_put_text(out, "serial", certificate->serial);
	protocol_put_text(out, "issuer", certificate->issuer);
}

static void
put_decision(struct request *request)
{
	struct buffer *out = client_out(request->client);
	const struct decision *decision = &request->decision;
	const char *id = field_text(&request->fields, FIELD_ID);

	if (request->trace != NULL)
		buffer_put(out, buffer_text(&request->trace->lines),
		    request->trace->lines.len);
	protocol_begin(out, verdict_word(decision->verdict));
	if (decision->verdict == VERDICT_ACTIVE) {
		protocol_put_text(out, "account", decision->account);
		protocol_put_text(out, "identity", request->identities
		    ->items[decision->identity].value);
		put_certificate(request);
	} else if (decision->reason[0] != '\0') {
		protocol_put_text(out, "reason", decision->reason);
	}
	if (id != NULL)
		protocol_put_text(out, "id", id);
	protocol_end(out);
}

static void
decide(struct request *request, enum verdict verdict, const char *reason)
{
	struct decision *decision = &request->decision;

	memset(decision, 0, sizeof(*decision));
	decision->verdict = verdict;
	strncpy(decision->reason, reason, REASON_MAX);
}

/* The decision stands: audit line, reply. now: deadline_now(), when this turn
 * of the loop began or later. */
static void
conclude(struct request *request, int64_t now)
{
	struct front *front = request->front;
	struct audit_event event = {
		.id = field_text(&request->fields, FIELD_ID),
		.client = field_text(&request->fields, FIELD_CLIENT),
		.peer = &request->client->peer,
		.charge = request->client->charge,
		.service = request->service == NULL ? NULL :
		    request->service->name,
		.realm = request->realm == NULL ? NULL : request->realm->name,
		.evidence = request->evidence < 0 ? NULL :
		    evidence_word((enum evidence)request->evidence),
		.certificate = request->certificate == NULL ? NULL :
		    &request->certificate->certificate,
		.identities = request->identities,
		.decision = &request->decision,
		.start_us = request->start_us,
		.now = now,
		.interval_s = request->trust->config->audit_interval,
	};

	counters_verdict(&front->counters, request->decision.verdict);
	if (request->verb != VERB_EXPLAIN)
		audit_write(front->audit, &event);
	put_decision(request);
}

/* ---- finding and deciding --------------------------------------------- */

static void
decide_now(struct request *request)
{
	const struct realm *realm = request->realm;
	struct decision_input input = {
		.profile = realm->profile,
		.identities = request->identities,
		.findings = request->findings,
		.now_us = request_clock_us(),
		.lockout_s = realm->lockout_s,
		.exact = realm->exact,
		.domains = realm->domains,
		.require = request->service->require,
		.need_admin = request->need_admin,
		.user = request->user,
	};

	decision_make(&input, &request->decision, request->trace);
}

/* It does not wait for the directory any more. */
static void
uncharge(struct request *request)
{
	if (request->charged)
		request->client->charge->requests--;
	request->charged = false;
}

/* Answer a request that had been under way.  A client who has left without
 * waiting for the answer is freed by client_answered. */
static void
finish(struct request *request)
{
	struct client *client = request->client;

	conclude(request, deadline_now());
	uncharge(request);
	client_answered(client);
	request->client = NULL;
	request_free(request);
}

static void
one_found(struct request *request)
{
	if (--request->waiting > 0)
		return;
	decide_now(request);
	finish(request);
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

void
request_give_up(struct request *request, const char *reason)
{
	if (request->verb != VERB_LOOKUP && request->verb != VERB_EXPLAIN) {
		request_finish_admin(request, reason);
		return;
	}
	trace_say(request->trace, "directory", "no answer: %s", reason);
	decide(request, VERDICT_UNAVAILABLE, reason);
	finish(request);
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
take_stock(struct request *request)
{
	const char *reason = REASON_INTERNAL;
	enum stock_answer answer = stock_find(request->front->stock,
	    request->realm, request->identities, request->findings,
	    request_clock_us(), request->trace, &reason);

	if (answer == STOCK_NONE)
		decide(request, VERDICT_UNAVAILABLE, reason);
	if (answer != STOCK_FOUND)
		return answer;
	request->front->counters.stock_hits++;
	for (size_t i = 0; i < request->identities->count; i++)
		request->sources[i] = (struct source){ .request = request,
			.index = i };
	request->sources_used = request->identities->count;
	return answer;
}

/* True when it is decided already. */
static bool
find(struct request *request)
{
	struct front *front = request->front;
	const struct config *config = request->trust->config;
	struct charge *charge = request->client->charge;

	switch (take_stock(request)) {
	case STOCK_FOUND:
		decide_now(request);
		return true;
	case STOCK_NONE:
		return true;
	case STOCK_ASK:
		break;
	}
	request->waiting = remember(request);
	if (request->waiting == 0) {
		decide_now(request);
		return true;
	}
	if (charge->requests >= (size_t)config->requests_per_uid &&
	    !caller_privileged(&request->client->peer)) {
		decide(request, VERDICT_UNAVAILABLE, REASON_BUSY);
		return true;
	}
	request->timer = evtimer_new(front->base, on_deadline, request);
	if (request->timer == NULL ||
	    loop_arm(request->timer, deadline_left(request->deadline)) != 0) {
		decide(request, VERDICT_UNAVAILABLE, REASON_INTERNAL);
		return true;
	}
	charge->requests++;
	request->charged = true;
	for (size_t i = 0; i < request->sources_used; i++) {
		if (request->sources[i].shared != NULL ||
		    ask(request, &request->sources[i]))
			continue;
		decide(request, VERDICT_UNAVAILABLE, REASON_BUSY);
		return true;
	}
	return false;
}

/* A lookup or explain. True when it is answered already. */
static bool
begin_lookup(struct request *request)
{
	const char *bad = NULL, *field = NULL, *reason, *id;

	id = field_text(&request->fields, FIELD_ID);
	if (request->verb == VERB_EXPLAIN) {
		trace_init(&request->trace_memory);
		request->trace = &request->trace_memory;
	}
	reason = request_check_asker(request, &field);
	if (field == NULL)
		field = request_check_fields(request);
	if (field != NULL) {
		request_put_bad(request->client, REASON_BAD_VALUE, field, -1, id);
		return true;
	}
	trace_say(request->trace, "caller", "uid %lu, service %s, realm %s, "
	    "evidence %s%s%s", (unsigned long)request->client->peer.uid,
	    request->service == NULL ? "not configured" :
	    request->service->name, request->realm == NULL ? "none" :
	    request->realm->name, evidence_word((enum evidence)
	    request->evidence), reason == NULL ? "" : ": refused reason=",
	    reason == NULL ? "" : reason);
	if (reason == NULL)
		reason = request_read_identities(request, &bad, &field);
	if (bad != NULL) {
		request_put_bad(request->client, bad, field, -1, id);
		return true;
	}
	if (reason == NULL && request->identities->count == 0)
		reason = REASON_NO_ADDRESS;
	if (reason != NULL) {
		/* `refused`, or `unavailable` when memory ran out */
		decide(request, reason_verdict(reason), reason);
		conclude(request, request->start_us / 1000);
		return true;
	}
	if (find(request)) {
		conclude(request, request->start_us / 1000);
		return true;
	}
	return false;
}

/* ---- line in ---------------------------------------------------------- */

void
request_too_long(struct client *client)
{
	client->front->counters.requests++;
	request_put_bad(client, REASON_TOO_LONG, NULL, PROTOCOL_LINE_MAX - 1,
	    NULL);
}

static struct request *
request_new(struct client *client, int64_t now_us)
{
	struct front *front = client->front;
	struct request *request = front->spare;

	front->spare = NULL;
	if (request == NULL && (request = malloc(sizeof(*request))) == NULL)
		return NULL;
	memset(request, 0, offsetof(struct request, message));
	/* What stood there for somebody else is no answer to this one. */
	request->decision.verdict = VERDICT_NONE;
	request->front = front;
	request->client = client;
	request->evidence = -1;
	request->start_us = now_us;
	request->trust = trust_ref(front->trust);
	request->deadline = request->start_us / 1000 +
	    front->trust->config->deadline_ms;
	return request;
}

/* The message and its verb; false when there is no more to be done. */
static bool
read_line(struct request *request, char *line, size_t len)
{
	struct client *client = request->client;
	struct protocol_error error;
	struct verb_error wrong;
	enum protocol_status status;

	status = protocol_decode(line, len, &request->message, &error);
	if (status == PROTOCOL_EMPTY)
		return false;
	client->front->counters.requests++;
	if (status != PROTOCOL_OK) {
		request_put_bad(client, error.reason, NULL,
		    (long long)error.offset, NULL);
		return false;
	}
	request->verb = verb_of(&request->message,
	    caller_privileged(&client->peer), &request->fields, &wrong);
	if (request->verb == VERB_NONE)
		request_put_bad(client, wrong.reason, wrong.field, -1,
		    verb_id(&request->message));
	return request->verb != VERB_NONE;
}

struct request *
request_begin(struct client *client, char *line, size_t len, int64_t now_us)
{
	struct request *request;
	bool answered = true;

	request = request_new(client, now_us);
	if (request == NULL) {
		client_out(client)->failed = true;	/* closes the connection */
		return NULL;
	}
	if (read_line(request, line, len))
		answered = request->verb == VERB_LOOKUP ||
		    request->verb == VERB_EXPLAIN ?
		    begin_lookup(request) : request_admin(request);
	if (!answered)
		return request;
	request_free(request);
	return NULL;
}

void
request_owns_line(struct request *request, size_t used)
{
	request->line_used = used;
}

size_t
request_line_used(const struct request *request)
{
	return request->line_used;
}

void
request_free(struct request *request)
{
	struct front *front = request->front;

	for (size_t i = 0; i < request->sources_used; i++) {
		struct source *source = &request->sources[i];

		finder_forget(source->ask);
		memory_forget(source->waiter);
		if (source->shared == NULL)
			findings_free(&request->findings[i]);
		shared_unref(source->shared);
	}
	finder_forget(request->status);
	held_unref(request->certificate);
	if (request->timer != NULL)
		event_free(request->timer);
	uncharge(request);
	if (request->trace != NULL)
		trace_free(request->trace);
	trust_unref(request->trust);
	free(front->spare);
	front->spare = request;
}

void
request_abandon(struct request *request)
{
	if (request == NULL)
		return;
	if (request->front->reloading == request)
		request->front->reloading = NULL;
	request_free(request);
}
