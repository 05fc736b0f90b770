/*
 * The way of a request: who asks, with what evidence, the question; and
 * on_answered is the way back.  Each ends in finish(), the only place where a
 * request is answered.
 */
#include "config.h"

#include "hook/hook_parts.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/deadline.h"
#include "daemon/log.h"
#include "hook/personality.h"

static void
finish(struct hook *hook, struct exchange *exchange,
    const struct answer *answer, const char *why,
    const struct protocol_message *message)
{
	struct timespec now;
	struct reply reply;

	if (answer->status != 200)
		refusals_log(&hook->refusals, exchange, answer, why);
	clock_gettime(CLOCK_REALTIME, &now);
	personality_reply(&reply, exchange->options, exchange->need_admin,
	    answer, message, &now);
	exchange_reply(exchange, &reply);
	reply_free(&reply);
	hook->pending--;
	if (hook->stopping && hook->pending == 0 &&
	    loop_arm(hook->stop, HOOK_FLUSH_MS) == -1)
		event_base_loopbreak(hook->base);
}

static void
refuse(struct hook *hook, struct exchange *exchange, enum verdict verdict,
    const char *reason, const char *why)
{
	struct answer answer;

	answer_verdict(&answer, (enum answer_mode)exchange->options->mode,
	    verdict, reason);
	finish(hook, exchange, &answer, why, NULL);
}

/* What counts against somebody: refusals that cost a question, or that his
 * certificate has earned. */
static void
remember(struct hook *hook, const struct exchange *exchange,
    const struct answer *answer)
{
	if (answer->status == 200)
		limits_admitted(hook->limits, &exchange->asker,
		    deadline_now());
	else if (answer->status == 401 || answer->status == 403)
		limits_refused(hook->limits, &exchange->asker,
		    deadline_now());
}

static void
on_answered(void *context, const struct protocol_message *message,
    const char *reason, const char *why)
{
	struct exchange *exchange = context;
	struct hook *hook = exchange->context;
	struct answer answer;

	if (message == NULL) {
		refuse(hook, exchange, VERDICT_UNAVAILABLE, reason, why);
		return;
	}
	answer_reply(&answer, (enum answer_mode)exchange->options->mode,
	    message);
	remember(hook, exchange, &answer);
	finish(hook, exchange, &answer, NULL, message);
}

/* A question in the name of the listener's service, and who gets the answer;
 * NULL when it has been refused already. */
static struct question *
new_question(struct hook *hook, struct exchange *exchange)
{
	const struct listener_config *options = exchange->options;
	struct question *question = question_new(hook->pool);
	struct buffer *line;

	if (question == NULL) {
		refuse(hook, exchange, VERDICT_UNAVAILABLE, REASON_INTERNAL,
		    "out of memory");
		return NULL;
	}
	line = question_line(question);
	protocol_put_text(line, "evidence", "verified");
	protocol_put_text(line, "service", options->service);
	if (*options->realm != '\0')
		protocol_put_text(line, "realm", options->realm);
	return question;
}

/* The question about a certificate that the proxy has verified. */
static void
ask(struct hook *hook, struct exchange *exchange, int64_t now)
{
	struct question *question = new_question(hook, exchange);
	struct buffer *line;

	if (question == NULL)
		return;
	line = question_line(question);
	if (exchange->need_admin)
		protocol_put_text(line, "need", "admin");
	if (exchange->client[0] != '\0')
		protocol_put_text(line, "client", exchange->client);
	/* a value of the protocol as it stands: evidence.h */
	buffer_puts(line, " cert=");
	buffer_put(line, exchange->cert, exchange->cert_len);
	pool_ask(question, now + exchange->config->deadline_ms, on_answered,
	    exchange);
}

/*
 * Well is a lookupd that understands us and would answer us: of a lookup of
 * nobody it says that a field is missing, and to a stranger it would say
 * something else before.
 */
static void
on_healthy(void *context, const struct protocol_message *message,
    const char *reason, const char *why)
{
	struct exchange *exchange = context;
	struct hook *hook = exchange->context;
	const char *said = message == NULL ? NULL :
	    protocol_text(message, "reason");
	struct answer answer;

	if (said == NULL || strcmp(said, REASON_MISSING_FIELD) != 0) {
		refuse(hook, exchange, VERDICT_UNAVAILABLE,
		    reason != NULL ? reason : REASON_INTERNAL,
		    why != NULL ? why : "lookupd does not answer this service");
		return;
	}
	answer_healthy(&answer);
	finish(hook, exchange, &answer, NULL, NULL);
}

static void
ask_health(struct hook *hook, struct exchange *exchange)
{
	struct question *question = new_question(hook, exchange);

	if (question != NULL)
		pool_ask(question, deadline_in(exchange->config->deadline_ms),
		    on_healthy, exchange);
}

/* May this one ask at all?  True when it has been refused. */
static bool
refuse_stranger(struct hook *hook, struct exchange *exchange)
{
	char why[64];

	if (!exchange->peer_ok) {
		snprintf(why, sizeof(why), "uid %ld is not one of the peers",
		    (long)exchange->peer);
		refuse(hook, exchange, VERDICT_REFUSED, REASON_CALLER, why);
		return true;
	}
	if (!exchange->secret_ok) {
		refuse(hook, exchange, VERDICT_REFUSED, REASON_CALLER,
		    "the listener's secret is wrong or missing");
		return true;
	}
	if (exchange->has_body) {
		refuse(hook, exchange, VERDICT_REFUSED, REASON_EVIDENCE,
		    "the request has a body, or a blank behind a header's "
		    "name: the proxy must not send that");
		return true;
	}
	return false;
}

/* Has there been too much of this?  True when it has been refused. */
static bool
refuse_busy(struct hook *hook, struct exchange *exchange, int64_t now)
{
	const struct hook_config *config = exchange->config;

	if (exchange->finding != EVIDENCE_CERT &&
	    exchange->finding != EVIDENCE_BAD_CERT)
		return false;
	limits_hash(hook->limits, exchange->client, exchange->cert,
	    exchange->finding == EVIDENCE_CERT ? exchange->cert_len : 0,
	    &exchange->asker);
	if (!limits_busy(hook->limits, &exchange->asker,
	    config->refusals_per_address, config->refusals_per_certificate,
	    now))
		return false;
	refuse(hook, exchange, VERDICT_REFUSED, REASON_LIMIT, NULL);
	return true;
}

void
hook_asked(void *context, struct exchange *exchange)
{
	struct hook *hook = context;
	int64_t now = deadline_now();

	hook->pending++;
	if (refuse_stranger(hook, exchange))
		return;
	if (exchange->options->personality == PERSONALITY_HEALTH) {
		ask_health(hook, exchange);
		return;
	}
	if (exchange->options->mode == MODE_OFF) {
		refuse(hook, exchange, VERDICT_REFUSED, REASON_OFF, NULL);
		return;
	}
	if (refuse_busy(hook, exchange, now))
		return;
	switch (exchange->finding) {
	case EVIDENCE_CERT:
		ask(hook, exchange, now);
		return;
	case EVIDENCE_NO_CERT:
		refuse(hook, exchange, VERDICT_REFUSED, REASON_NO_CERT,
		    exchange->why);
		return;
	case EVIDENCE_BAD_CERT:
		limits_refused(hook->limits, &exchange->asker, now);
		refuse(hook, exchange, VERDICT_REFUSED, exchange->failure,
		    exchange->why);
		return;
	case EVIDENCE_REFUSED:
		break;
	}
	refuse(hook, exchange, VERDICT_REFUSED, REASON_EVIDENCE,
	    exchange->why);
}
