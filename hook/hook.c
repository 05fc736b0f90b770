/* The hook's life: listeners, reloads, signals.  Its requests: asking.c. */
#include "config.h"

#include "hook/hook.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/deadline.h"
#include "daemon/log.h"
#include "daemon/readiness.h"
#include "hook/hook_parts.h"
#include "hook/preauth.h"
#include "hook/sockets.h"

/* Every question has ended at its deadline; a little later we end anyway. */
#define STOP_EXTRA_MS 500

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

static size_t
folder_len(const char *path)
{
	return (size_t)(strrchr(path, '/') - path);
}

/* The sandbox has a way to the folders where we listen, and to no network. */
static bool
is_fenced_off(const struct hook *hook, const char *socket)
{
	size_t i;

	for (i = 0; socket != NULL && i < hook->listener_count; i++) {
		const char *other = listener_options(
		    hook->listeners[i])->socket;

		if (other != NULL && folder_len(other) == folder_len(socket) &&
		    memcmp(other, socket, folder_len(socket)) == 0)
			return false;
	}
	return true;
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
		    hook_asked, hook, error);
		if (listeners[i] == NULL)
			break;
	}
	if (i < config->listener_count && sockets == NULL && is_fenced_off(
	    hook, config->listeners[i]->socket)) {
		size_t len = strlen(error);

		snprintf(error + len, LISTENER_ERROR_MAX - len, "; "
		    "certauth-hook must be restarted to listen there");
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

void
hook_complain(const struct problems *problems)
{
	size_t i;

	for (i = 0; i < problems->count && i < PROBLEMS_MAX; i++)
		log_error("%s", problems_text(problems, i));
}

static void
reload(struct hook *hook)
{
	struct listener *listeners[HOOK_LISTENERS_MAX];
	struct hook_config *config = NULL;
	struct pool *pool = NULL;
	char error[LISTENER_ERROR_MAX] = "out of memory";
	struct problems problems;

	problems_init(&problems);
	config = hook_config_read(hook->config->path, &problems);
	if (config == NULL || hook_config_load(config, &problems) == -1) {
		hook_complain(&problems);
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
	int64_t ms = hook->pending == 0 ? HOOK_FLUSH_MS :
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
	hook->base = loop_new_changing();
	hook->limits = limits_new();
	if (hook->base == NULL || hook->limits == NULL || watch_signals(hook) == -1)
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
hook_load(struct hook_config *config, struct problems *problems)
{
	size_t before = problems->count;

	if (preauth_init() == -1)
		problems_add(problems, NULL, 0, "libcrypto has no HMAC-SHA1");
	hook_config_load(config, problems);
	return problems->count == before ? 0 : -1;
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
	limits_free(hook->limits);
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
