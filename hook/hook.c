/*
 * The hook.  on_asked is the way of a request: who asks, with what evidence,
 * the question, and on_answered the way back.  Each ends in finish(), the
 * only place where a request is answered.
 */
#include "config.h"

#include "hook/hook.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/deadline.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/readiness.h"
#include "hook/listener.h"
#include "hook/personality.h"
#include "hook/pool.h"
#include "hook/refusals.h"
#include "hook/sockets.h"

/* When nothing is owed any more, the last answers have so long to leave. */
#define FLUSH_MS 50
/* Every question has ended at its deadline; a little later we end anyway. */
#define STOP_EXTRA_MS 500

struct hook {
	struct event_base *base;
	struct hook_config *config;
	struct pool *pool;
	struct listener *listeners[HOOK_LISTENERS_MAX];
	size_t listener_count;
	struct event *on_hup, *on_term, *on_int, *stop;
	size_t pending;			/* exchanges owed an answer */
	bool stopping;
	struct refusals refusals;
};

/* A request. */

static void
finish(struct hook *hook, struct exchange *exchange,
    const struct answer *answer, const char *why)
{
	struct reply reply;

	if (answer->status != 200)
		refusals_log(&hook->refusals, exchange, answer, why);
	personality_reply(&reply, exchange->options, answer);
	exchange_reply(exchange, &reply);
	reply_free(&reply);
	hook->pending--;
	if (hook->stopping && hook->pending == 0 &&
	    loop_arm(hook->stop, FLUSH_MS) == -1)
		event_base_loopbreak(hook->base);
}

static void
refuse(struct hook *hook, struct exchange *exchange, enum verdict verdict,
    const char *reason, const char *why)
{
	struct answer answer;

	answer_verdict(&answer, (enum answer_mode)exchange->options->mode,
	    verdict, reason);
	finish(hook, exchange, &answer, why);
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
	finish(hook, exchange, &answer, NULL);
}

/* The question about a certificate that the proxy has verified. */
static void
ask(struct hook *hook, struct exchange *exchange)
{
	const struct listener_config *options = exchange->options;
	struct question *question = question_new(hook->pool);
	struct buffer *line;

	if (question == NULL) {
		refuse(hook, exchange, VERDICT_UNAVAILABLE, REASON_INTERNAL,
		    "out of memory");
		return;
	}
	line = question_line(question);
	protocol_put_text(line, "evidence", "verified");
	protocol_put_text(line, "service", options->service);
	if (*options->realm != '\0')
		protocol_put_text(line, "realm", options->realm);
	if (exchange->need_admin)
		protocol_put_text(line, "need", "admin");
	if (exchange->client[0] != '\0')
		protocol_put_text(line, "client", exchange->client);
	/* a value of the protocol as it stands: evidence.h */
	buffer_puts(line, " cert=");
	buffer_put(line, exchange->cert, exchange->cert_len);
	pool_ask(question, deadline_in(exchange->config->deadline_ms),
	    on_answered, exchange);
}

static void
on_asked(void *context, struct exchange *exchange)
{
	struct hook *hook = context;
	char why[64];

	hook->pending++;
	if (!exchange->peer_ok) {
		snprintf(why, sizeof(why), "uid %ld is not one of the peers",
		    (long)exchange->peer);
		refuse(hook, exchange, VERDICT_REFUSED, REASON_CALLER, why);
		return;
	}
	if (!exchange->secret_ok) {
		refuse(hook, exchange, VERDICT_REFUSED, REASON_CALLER,
		    "the listener's secret is wrong or missing");
		return;
	}
	if (exchange->has_body) {
		refuse(hook, exchange, VERDICT_REFUSED, REASON_EVIDENCE,
		    "the request has a body, the proxy must not send it");
		return;
	}
	if (exchange->options->mode == MODE_OFF) {
		refuse(hook, exchange, VERDICT_REFUSED, REASON_OFF, NULL);
		return;
	}
	switch (exchange->finding) {
	case EVIDENCE_CERT:
		ask(hook, exchange);
		return;
	case EVIDENCE_NO_CERT:
		refuse(hook, exchange, VERDICT_REFUSED, REASON_NO_CERT,
		    exchange->why);
		return;
	case EVIDENCE_BAD_CERT:
		refuse(hook, exchange, VERDICT_REFUSED, exchange->failure,
		    exchange->why);
		return;
	case EVIDENCE_REFUSED:
		break;
	}
	refuse(hook, exchange, VERDICT_REFUSED, REASON_EVIDENCE,
	    exchange->why);
}

/* The configuration. */

static struct listener *
find_listener(const struct hook *hook, const char *place)
{
	size_t i;

	for (i = 0; i < hook->listener_count; i++)
		if (strcmp(listener_options(hook->listeners[i])->place,
		    place) == 0)
			return hook->listeners[i];
	return NULL;
}

static struct pool *
new_pool(struct event_base *base, const struct hook_config *config)
{
	struct pool_options options = { config->lookupd_socket,
		config->server_uid, (size_t)config->connections };

	return pool_new(base, &options);
}

/*
 * The listeners of config, those that run already among them, in config's
 * order.  All or none: -1 with a sentence in error, and nothing has changed.
 */
static int
open_listeners(struct hook *hook, struct hook_config *config,
    struct sockets *sockets, struct listener **ret_listeners, char *error)
{
	struct listener *listeners[HOOK_LISTENERS_MAX] = { NULL };
	size_t i;

	for (i = 0; i < config->listener_count; i++) {
		const struct listener_config *options = config->listeners[i];
		int fd = -1;

		listeners[i] = find_listener(hook, options->place);
		if (listeners[i] != NULL)
			continue;
		if (sockets != NULL)
			fd = sockets_take(sockets, options);
		listeners[i] = listener_new(hook->base, fd, config, options,
		    on_asked, hook, error);
		if (listeners[i] == NULL)
			break;
	}
	if (i == config->listener_count) {
		memcpy(ret_listeners, listeners, sizeof(listeners));
		return 0;
	}
	while (i-- > 0)
		if (find_listener(hook, config->listeners[i]->place) == NULL)
			listener_free(listeners[i]);
	return -1;
}

/* Take config over; it cannot fail any more. */
static void
swap(struct hook *hook, struct hook_config *config, struct pool *pool,
    struct listener **listeners)
{
	size_t i;

	for (i = 0; i < hook->listener_count; i++) {
		const struct listener_config *options = hook_config_find(
		    config, listener_options(hook->listeners[i])->place);

		if (options == NULL)
			listener_retire(hook->listeners[i]);
		else
			listener_configure(hook->listeners[i], config,
			    options);
	}
	hook->listener_count = config->listener_count;
	memcpy(hook->listeners, listeners, sizeof(hook->listeners));
	pool_retire(hook->pool);
	hook->pool = pool;
	hook_config_unref(hook->config);
	hook->config = config;
	log_set_level((enum log_level)config->log_level);
}

static void
reload(struct hook *hook)
{
	struct listener *listeners[HOOK_LISTENERS_MAX];
	struct hook_config *config = NULL;
	struct pool *pool = NULL;
	char error[LISTENER_ERROR_MAX] = "out of memory";
	struct problems problems;
	size_t i;

	problems_init(&problems);
	config = hook_config_read(hook->config->path, &problems);
	for (i = 0; i < problems.count && i < PROBLEMS_MAX; i++)
		log_error("%s", problems_text(&problems, i));
	if (config == NULL)
		goto out;
	if (hook_config_load(config, error) == -1) {
		log_error("%s", error);
		goto out;
	}
	pool = new_pool(hook->base, config);
	if (pool == NULL ||
	    open_listeners(hook, config, NULL, listeners, error) == -1) {
		log_error("%s", error);
		goto out;
	}
	swap(hook, config, pool, listeners);
	log_notice("the configuration has been read again");
	problems_free(&problems);
	return;
out:
	log_error("the configuration is bad, the old one stays");
	pool_free(pool);
	hook_config_unref(config);
	problems_free(&problems);
}

/* Signals. */

static void
on_hup(int signal, short what, void *context)
{
	struct hook *hook = context;
	char state[64];

	if (hook->stopping)
		return;
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)deadline_now_us());
	readiness_notify(state);
	reload(hook);
	readiness_notify("READY=1");
}

static void
on_stop(int signal, short what, void *context)
{
	struct hook *hook = context;
	int64_t ms = hook->pending == 0 ? FLUSH_MS :
	    hook->config->deadline_ms + STOP_EXTRA_MS;
	size_t i;

	if (hook->stopping || loop_arm(hook->stop, ms) == -1) {
		event_base_loopbreak(hook->base);
		return;
	}
	hook->stopping = true;
	for (i = 0; i < hook->listener_count; i++)
		listener_stop(hook->listeners[i]);
	readiness_notify("STOPPING=1");
}

static void
on_stopped(int fd, short what, void *context)
{
	struct hook *hook = context;

	event_base_loopbreak(hook->base);
}

static int
watch_signals(struct hook *hook)
{
	hook->on_hup = loop_on_signal(hook->base, SIGHUP, on_hup, hook);
	hook->on_term = loop_on_signal(hook->base, SIGTERM, on_stop, hook);
	hook->on_int = loop_on_signal(hook->base, SIGINT, on_stop, hook);
	hook->stop = evtimer_new(hook->base, on_stopped, hook);
	return hook->on_hup == NULL || hook->on_term == NULL ||
	    hook->on_int == NULL || hook->stop == NULL ? -1 : 0;
}

/* The whole. */

struct hook *
hook_new(struct hook_config *config, char *error)
{
	struct hook *hook = calloc(1, sizeof(*hook));
	struct listener *listeners[HOOK_LISTENERS_MAX];
	struct sockets sockets;

	snprintf(error, HOOK_ERROR_MAX, "out of memory");
	if (hook == NULL) {
		hook_config_unref(config);
		return NULL;
	}
	hook->config = config;
	if (sockets_init(&sockets, error) == -1)
		goto out;
	hook->base = loop_new();
	if (hook->base == NULL || watch_signals(hook) == -1)
		goto out;
	hook->pool = new_pool(hook->base, config);
	if (hook->pool == NULL ||
	    open_listeners(hook, config, &sockets, listeners, error) == -1)
		goto out;
	memcpy(hook->listeners, listeners, sizeof(hook->listeners));
	hook->listener_count = config->listener_count;
	if (sockets_rest(&sockets, error) == 0)
		return hook;
out:
	hook_free(hook);
	return NULL;
}

int
hook_load(struct hook *hook, char *error)
{
	return hook_config_load(hook->config, error);
}

int
hook_run(struct hook *hook)
{
	int rc;

	readiness_notify("READY=1");
	rc = event_base_dispatch(hook->base);
	refusals_flush(&hook->refusals);
	return rc == 0 ? 0 : -1;
}

void
hook_free(struct hook *hook)
{
	if (hook == NULL)
		return;
	pool_free(hook->pool);
	listener_free_all();
	if (hook->on_hup != NULL)
		event_free(hook->on_hup);
	if (hook->on_term != NULL)
		event_free(hook->on_term);
	if (hook->on_int != NULL)
		event_free(hook->on_int);
	if (hook->stop != NULL)
		event_free(hook->stop);
	if (hook->base != NULL)
		event_base_free(hook->base);
	hook_config_unref(hook->config);
	free(hook);
}
