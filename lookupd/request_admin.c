/*
 * The verbs that decide nothing: help, stats, status, flush, reload.
 */
#include "lookupd/request.h"

#include <config.h>
#include <time.h>
#include <unistd.h>

#include "common/deadline.h"
#include "lookupd/front.h"

void
request_put_ok(struct request *request)
{
	const char *id = protocol_text(&request->message, "id");

	protocol_begin(client_out(request->client), "ok");
	if (id != NULL)
		protocol_put_text(client_out(request->client), "id", id);
	protocol_end(client_out(request->client));
}

void
request_finish_admin(struct request *request, const char *reason)
{
	struct client *client = request->client;

	if (request->front->reloading == request)
		request->front->reloading = NULL;
	if (reason == NULL)
		request_put_ok(request);
	else
		request_put_bad(client, reason, NULL, -1,
		    protocol_text(&request->message, "id"));
	client_answered(client);
	request_free(request);
}

static void
put_state(struct request *request)
{
	struct front *front = request->front;
	const struct config *config = front->trust->config;
	struct buffer *out = client_out(request->client);

	buffer_printf(out, " lookupd %s, protocol %d, pid %ld, up %lld s\n",
	    PACKAGE_VERSION, PROTOCOL_VERSION, (long)getpid(),
	    (long long)(deadline_now() - front->started) / 1000);
	buffer_printf(out, " configuration %s, %016llx, taken into use %llu "
	    "times\n", config->path, (unsigned long long)config->hash,
	    (unsigned long long)front->counters.reloads + 1);
	buffer_printf(out, " clients %zu of %lld, remembered: certificates %zu, "
	    "names %zu\n", front->client_count,
	    (long long)config->connections_max,
	    certificate_cache_count(front->certificates),
	    memory_count(front->memory));
	buffer_printf(out, " front sandbox=%s\n", front->sandbox);
	for (size_t i = 0; i < config->realm_count; i++) {
		const struct realm *realm = config->realms[i];

		buffer_printf(out, " realm %s: %s, profile %s, client CAs %zu, "
		    "canaries %s\n", realm->name, realm_mode_word(realm),
		    realm->profile_name,
		    front->trust->ca[i] == NULL ? 0 :
		    certificate_ca_count(front->trust->ca[i]),
		    realm->canary == NULL ? "none (see lookupd.conf(5))" :
		    "configured");
		stock_describe(front->stock, realm, request_clock_us(), out);
	}
}

static void
on_deadline(evutil_socket_t fd, short what, void *context)
{
	struct request *request = context;

	if (request->verb == VERB_STATUS)
		buffer_puts(client_out(request->client),
		    " directory process: no answer\n");
	request_finish_admin(request,
	    request->verb == VERB_STATUS ? NULL : REASON_BAD_VALUE);
}

static bool
arm(struct request *request)
{
	request->timer = evtimer_new(request->front->base, on_deadline, request);
	return request->timer != NULL &&
	    loop_arm(request->timer, deadline_left(request->deadline)) == 0;
}

static void
servers(void *context, struct findings *findings, const char *lines)
{
	struct request *request = context;

	request->status = NULL;
	findings_free(findings);
	buffer_puts(client_out(request->client), lines);
	request_finish_admin(request, NULL);
}

static bool
begin_status(struct request *request)
{
	put_state(request);
	if (arm(request))
		request->status = finder_status(request->front->finder, servers,
		    request);
	if (request->status != NULL)
		return false;
	buffer_puts(client_out(request->client),
	    " directory process: cannot be asked\n");
	request_put_ok(request);
	return true;
}

static bool
begin_reload(struct request *request)
{
	struct front *front = request->front;

	if (front->reloading != NULL || !arm(request) ||
	    front_ask_parent(front, 'Q') != 0) {
		request_put_bad(request->client, REASON_BAD_VALUE, NULL, -1,
		    protocol_text(&request->message, "id"));
		return true;
	}
	front->reloading = request;
	return false;
}

/* Everything, or what concerns one name. Always answered at once. */
static bool
flush(struct request *request)
{
	const struct protocol_message *message = &request->message;
	struct memory *memory = request->front->memory;
	const struct protocol_field *email = protocol_get(message, "email");
	const struct protocol_field *account = protocol_get(message, "account");
	const struct protocol_field *domain = protocol_get(message, "domain");

	const struct protocol_field *fields[] = { email, account, domain };
	static const char *const names[] = { "email", "account", "domain" };

	for (size_t i = 0; i < 3; i++) {
		if (fields[i] != NULL && fields[i]->len == 0) {
			request_put_bad(request->client, REASON_BAD_VALUE,
			    names[i], -1, protocol_text(message, "id"));
			return true;
		}
	}
	if (email != NULL)
		memory_flush_name(memory, email->value, email->len);
	if (account != NULL)
		memory_flush_name(memory, account->value, account->len);
	if (domain != NULL)
		memory_flush_domain(memory, domain->value, domain->len);
	if (email == NULL && account == NULL && domain == NULL) {
		memory_flush(memory);
		certificate_cache_flush(request->front->certificates);
	}
	request_put_ok(request);
	return true;
}

bool
request_admin(struct request *request)
{
	struct front *front = request->front;
	struct buffer *out = client_out(request->client);

	switch (request->verb) {
	case VERB_HELP:
		verbs_help(out, caller_privileged(&request->client->peer));
		break;
	case VERB_STATS:
		counters_print(&front->counters, out);
		break;
	case VERB_FLUSH:
		return flush(request);
	case VERB_STATUS:
		return begin_status(request);
	case VERB_RELOAD:
		return begin_reload(request);
	case VERB_NONE:
	case VERB_LOOKUP:
	case VERB_EXPLAIN:
		break;
	}
	request_put_ok(request);
	return true;
}
