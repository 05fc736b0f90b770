/*
 * Which server: the first that may be tried, one at a time; and, while a later
 * one serves, whether an earlier one is back.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/deadline.h"
#include "daemon/log.h"
#include "lookupd/mirror_parts.h"

void
mirror_seek_failed(struct mirror_session *session, struct ldap_server *server,
    const char *why)
{
	snprintf(session->trouble, sizeof(session->trouble), "%s: %s",
	    server->uri, why);
	if (ldap_server_failed(server, deadline_now_us(), why))
		log_warning("realm %s: mirror of %s: %s: %s",
		    session->mirror->realm->name, session->is.word,
		    server->uri, why);
	else
		log_debug("realm %s: mirror of %s: %s: still: %s",
		    session->mirror->realm->name, session->is.word,
		    server->uri, why);
}

static void
take_over(struct mirror_session *session, struct ldap_server *server,
    struct mirror_found *found)
{
	session->link = found->link;
	session->server = server;
	session->security = found->security;
	session->context_dn = found->context;
	session->has_csns = found->has_csns;
	session->csns = found->csns;
	session->since_us = deadline_now_us();
	session->heard_us = session->told_us = session->since_us;
	session->said_us = session->since_us;
	session->counting = false;
	session->beat_us = 0;
	session->blame = true;
	session->stepping = session->lagging = session->held = false;
	ldap_sync_attend(session->link, &mirror_link_events, session);
	mirror_canary_begin(session);
}

static void
begin(struct mirror_session *session, bool resume,
    const struct store_state *state)
{
	session->refreshing_anew = !resume;
	session->expected = state->usable ? state->entries : 0;
	log_info("realm %s: mirror of %s: %s, %s: %s",
	    session->mirror->realm->name, session->is.word,
	    session->server->uri, session->security,
	    resume ? "resuming" : "reading everything");
	loop_arm(session->heartbeat,
	    session->mirror->realm->heartbeat * 1000);
	sync_doubt_deletes(session->machine, session->has_csns);
	if (sync_start(session->machine, state->cookie, resume ?
	    state->cookie_len : 0) != SYNC_GOES_ON) {
		session->blame = true;
		ldap_sync_lose(session->link, sync_error(session->machine));
		return;
	}
	(void)ldap_sync_search(session->link, session->is.base,
	    session->is.filter, session->is.attributes,
	    session->mirror->realm->profile->ignore_references,
	    state->cookie, resume ? state->cookie_len : 0);
}

/* It lacks what was shown already: say by how much, and avoid it. */
static void
lags(struct mirror_session *session, struct ldap_server *server,
    const struct mirror_found *found, const struct store_state *state)
{
	struct sync_csns own;
	long long lag = 0;
	char why[128];

	if (state != NULL && sync_csns_of(&own, state->cookie,
	    state->cookie_len) == 0)
		lag = sync_csns_lag(&found->csns, &own);
	snprintf(why, sizeof(why), "it lags behind what is shown, by %lld s",
	    lag);
	mirror_seek_failed(session, server, why);
}

static void
on_found(void *context, struct mirror_found *found)
{
	struct mirror_session *session = context;
	struct ldap_server *server = session->tried;
	struct store_state *state = malloc(sizeof(*state));
	enum mirror_choice choice = CHOICE_BEHIND;
	bool returning = session->returning;

	mirror_try_free(session->try);
	session->try = NULL;
	session->returning = false;
	if (state != NULL)
		choice = mirror_choose(session, server, found, state);
	if (choice == CHOICE_BEHIND) {
		lags(session, server, found, state);
		ldap_sync_free(found->link);
		free(found->context);
		free(state);
		mirror_seek(session);
		return;
	}
	if (returning) {		/* the one that served until now */
		log_notice("realm %s: mirror of %s: back to %s from %s",
		    session->mirror->realm->name, session->is.word, server->uri,
		    session->server->uri);
		sync_lost(session->machine);
		event_del(session->step);
		ldap_sync_free(session->link);
		free(session->context_dn);
		session->waiting_us = deadline_now_us();
	}
	take_over(session, server, found);
	begin(session, choice == CHOICE_RESUME, state);
	free(state);
	mirror_seek(session);
}

static void
on_failed(void *context, const char *why)
{
	struct mirror_session *session = context;
	char text[MIRROR_WHY_MAX];

	snprintf(text, sizeof(text), "%s", why);
	mirror_try_free(session->try);
	session->try = NULL;
	session->returning = false;
	mirror_seek_failed(session, session->tried, text);
	mirror_seek(session);
}

static void
try_server(struct mirror_session *session, struct ldap_server *server)
{
	static const struct mirror_try_events events = { .found = on_found,
		.failed = on_failed };

	server->tried_us = deadline_now_us();
	session->tried = server;
	session->try = mirror_try_start(session->mirror->base,
	    session->mirror->realm, server->uri, session->is.base, &events,
	    session);
	if (session->try == NULL) {
		mirror_seek_failed(session, server, "out of memory");
		loop_arm(session->retry, LDAP_SERVER_URGENT_US / 1000);
	}
}

/* Is another than the first server serving, and is it time to look? */
static void
seek_earlier(struct mirror_session *session)
{
	struct ldap_server *server;
	int64_t wait_us;

	if (session->server == &session->servers.items[0])
		return;
	server = ldap_servers_pick(&session->servers, deadline_now_us(),
	    false, false, &wait_us);
	if (server != NULL && server < session->server &&
	    sync_stage(session->machine) == SYNC_PERSIST &&
	    deadline_now_us() - session->since_us >=
	    MIRROR_RETURN_MS * 1000LL) {
		session->returning = true;
		try_server(session, server);
	} else {
		loop_arm(session->retry, MIRROR_RETURN_MS / 4);
	}
}

void
mirror_seek(struct mirror_session *session)
{
	struct ldap_server *server;
	int64_t wait_us = -1;

	if (session->try != NULL)
		return;
	if (session->link != NULL) {
		seek_earlier(session);
		return;
	}
	server = ldap_servers_pick(&session->servers, deadline_now_us(),
	    !session->patient && mirror_is_stale(session), false, &wait_us);
	if (server != NULL)
		try_server(session, server);
	else
		loop_arm(session->retry, wait_us < 0 ?
		    LDAP_SERVER_URGENT_US / 1000 : wait_us / 1000 + 1);
}
