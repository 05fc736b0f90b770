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
		    ->items[decision->identity].name.text);
		put_certificate(request);
	} else if (decision->reason[0] != '\0') {
		protocol_put_text(out, "reason", decision->reason);
	}
	if (id != NULL)
		protocol_put_text(out, "id", id);
	protocol_end(out);
}

void
request_decide(struct request *request, enum verdict verdict, const char *reason)
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
		.fields = &request->fields,
		.peer = &request->client->peer,
		.charge = request->client->charge,
		.service = request->service,
		.realm = request->realm,
		.place = request->place,
		.evidence = request->evidence,
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

/* ---- deciding --------------------------------------------------------- */

void
request_decide_now(struct request *request, int64_t clock_us)
{
	const struct realm *realm = request->realm;
	struct decision_input input = {
		.profile = realm->profile,
		.identities = request->identities,
		.findings = request->findings,
		.now_us = clock_us,
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

void
request_finish(struct request *request)
{
	struct client *client = request->client;

	conclude(request, deadline_now());
	uncharge(request);
	client_answered(client);
	request->client = NULL;
	request_free(request);
}

void
request_give_up(struct request *request, const char *reason)
{
	if (request->verb != VERB_LOOKUP && request->verb != VERB_EXPLAIN) {
		request_finish_admin(request, reason);
		return;
	}
	trace_say(request->trace, "directory", "no answer: %s", reason);
	request_decide(request, VERDICT_UNAVAILABLE, reason);
	request_finish(request);
}

/* ---- set aside -------------------------------------------------------- */

/* Is it better to hear somebody else now? */
static bool
set_aside(struct request *request)
{
	struct front *front = request->front;

	if (request->realm->mode == MODE_LIVE || request->trace != NULL ||
	    front->aside != NULL || event_base_get_num_events(front->base,
	    EVENT_BASE_COUNT_ACTIVE) == 0)
		return false;
	stock_foresee(front->stock, request->realm,
	    &request->identities->items[0], &request->foreseen);
	if (request->foreseen.moment == 0)
		return false;
	front->aside = request;
	return true;
}

void
request_foresee(struct request *request)
{
	if (request != NULL)
		stock_foresee_entry(request->front->stock, request->realm,
		    &request->foreseen);
}

void
request_go_on(struct request *request, int64_t now_us)
{
	struct client *client;

	if (request == NULL)
		return;
	client = request->client;
	if (!request_find(request)) {
		client_go_on(client, now_us);
		return;
	}
	conclude(request, request->start_us / 1000);
	uncharge(request);
	client_take_answer(client, now_us);
	request->client = NULL;
	request_free(request);
	client_go_on(client, now_us);
}

/* A lookup or explain. True when it is answered already. */
static bool
begin_lookup(struct request *request, bool alone)
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
		request_decide(request, reason_verdict(reason), reason);
		conclude(request, request->start_us / 1000);
		return true;
	}
	if (alone && set_aside(request))
		return false;
	if (request_find(request)) {
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
request_begin(struct client *client, char *line, size_t len, bool alone,
    int64_t now_us)
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
		    begin_lookup(request, alone) : request_admin(request);
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

	if (front->aside == request)
		front->aside = NULL;
	if (front->earlier == request)
		front->earlier = NULL;
	for (size_t i = 0; i < request->stocked; i++)
		findings_free(&request->findings[i]);
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
