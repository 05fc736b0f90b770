/*
 * One area's session: which server, and what happens on its connection.
 *
 * Whatever goes wrong ends in mirror_session_lose(): the connection is given
 * up, its `lost' event comes from the loop, and the next server is tried when
 * its time has come.  The machine forgets what was not committed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/deadline.h"
#include "daemon/log.h"
#include "lookupd/ldap_sync_codec.h"
#include "lookupd/mirror_parts.h"

void
mirror_session_lose(struct mirror_session *session, const char *why, bool blame)
{
	if (session->link == NULL || ldap_sync_is_lost(session->link))
		return;
	session->blame = blame;
	ldap_sync_lose(session->link, why);
}

void
mirror_session_store_failed(struct mirror_session *session,
    const char *error)
{
	log_error("realm %s: mirror of %s: %s", session->mirror->realm->name,
	    session->is.word, error);
	snprintf(session->trouble, sizeof(session->trouble), "%s", error);
	if (store_damaged(session->mirror->store))
		session->mirror->damaged(session->mirror->context);
}

void
mirror_session_follow(struct mirror_session *session, enum sync_outcome outcome)
{
	enum sync_stage stage = sync_stage(session->machine);
	const char *why = sync_error(session->machine);

	switch (outcome) {
	case SYNC_GOES_ON:
		break;
	case SYNC_AGAIN:
		log_notice("realm %s: mirror of %s: %s: everything is read "
		    "anew: %s", session->mirror->realm->name, session->is.word,
		    session->server->uri, why);
		session->anew = true;
		mirror_session_lose(session, why, session->refreshing_anew);
		break;
	case SYNC_OVER:
		mirror_session_lose(session, why, true);
		break;
	case SYNC_LIMITED:
		mirror_refresh_limited(session, why);
		break;
	case SYNC_FAILED:
		mirror_session_lose(session, why, true);
		break;
	}
	if (outcome == SYNC_GOES_ON && stage == SYNC_PERSIST &&
	    session->waiting_us != 0) {
		session->waiting_us = 0;
		session->patient = false;
		session->trouble[0] = '\0';
		if (ldap_server_good(session->server))
			log_notice("realm %s: mirror of %s: %s serves again",
			    session->mirror->realm->name, session->is.word,
			    session->server->uri);
		log_notice("realm %s: mirror of %s: up to date with %s, %s, "
		    "%llu entries told%s", session->mirror->realm->name,
		    session->is.word, session->server->uri,
		    session->security, (unsigned long long)sync_told(
		    session->machine), session->refreshing_anew ?
		    " anew" : "");
		session->anew = false;
		session->since_us = deadline_now_us();
	}
}

/* ---- what the connection says ----------------------------------------- */

static void
on_entry(void *context, const struct sync_entry *state, struct entry *entry)
{
	struct mirror_session *session = context;

	session->told_us = deadline_now_us();
	mirror_session_follow(session, sync_take_entry(session->machine,
	    state, entry));
}

static void
on_info(void *context, const struct sync_info *info)
{
	struct mirror_session *session = context;

	session->told_us = deadline_now_us();
	mirror_session_follow(session, sync_take_info(session->machine, info));
}

static void
on_result(void *context, int code, const struct sync_done *done,
    const char *text)
{
	struct mirror_session *session = context;
	enum sync_outcome outcome = sync_take_result(session->machine, code,
	    done);
	char why[MIRROR_WHY_MAX];

	if (outcome != SYNC_FAILED) {
		mirror_session_follow(session, outcome);
		return;
	}
	snprintf(why, sizeof(why), "%s%s%s%s", sync_error(session->machine),
	    *text != '\0' ? ": " : "", text, code == 12 ? ": it does not do "
	    "RFC 4533" : code == 50 ? ": the bind DN may not (389: an ACI on "
	    "oid=" LDAP_SYNC_REQUEST_OID ",cn=features,cn=config)" : "");
	mirror_session_lose(session, why, true);
}

static void
progress(struct mirror_session *session)
{
	int64_t now_us = deadline_now_us();

	if (now_us - session->said_us < MIRROR_PROGRESS_MS * 1000LL ||
	    (sync_stage(session->machine) != SYNC_REFRESH &&
	    sync_stage(session->machine) != SYNC_RESUME))
		return;
	session->said_us = now_us;
	log_info("realm %s: mirror of %s: %s has told %llu entries (%llu "
	    "before)", session->mirror->realm->name, session->is.word,
	    session->server->uri,
	    (unsigned long long)sync_told(session->machine),
	    (unsigned long long)session->expected);
}

static void
on_turn(void *context)
{
	struct mirror_session *session = context;

	session->heard_us = deadline_now_us();
	mirror_session_follow(session, sync_flush(session->machine));
	if (session->lagging && sync_stage(session->machine) == SYNC_CHECK)
		mirror_refresh_ready(session);
	progress(session);
}

/* Does this answer come from who has the data?  What is read may be hidden;
 * but what stands between, or has lost its database, says other things. */
static bool
is_answer(int code)
{
	return code == 0 || code == 32 || code == 50;
}

/* The heartbeat's answer. */
static void
on_answer(void *context, int code, struct entry *entry)
{
	struct mirror_session *session = context;
	char error[STORE_ERROR_MAX], why[64];

	session->heard_us = deadline_now_us();
	if (!is_answer(code)) {
		snprintf(why, sizeof(why), "a heartbeat was answered with %d",
		    code);
		entry_free(entry);
		session->beat_us = 0;
		mirror_session_lose(session, why, true);
		return;
	}
	if (mirror_canary_answer(session, code, entry))
		return;
	if (entry != NULL)
		session->has_csns = mirror_csns_of(entry, &session->csns);
	entry_free(entry);
	session->beat_us = 0;
	if (sync_stage(session->machine) != SYNC_PERSIST)
		return;
	mirror_session_follow(session, sync_flush(session->machine));
	if (sync_stage(session->machine) == SYNC_PERSIST &&
	    store_contact(session->area, session->beat_wall_us, error) != 0)
		mirror_session_store_failed(session, error);
}

static void
on_lost(void *context, const char *why)
{
	struct mirror_session *session = context;
	struct ldap_server *server = session->server;
	enum sync_stage stage = sync_stage(session->machine);
	bool anew = session->anew && !session->refreshing_anew;

	sync_lost(session->machine);
	session->stepping = session->lagging = false;
	mirror_hold(session, false);
	event_del(session->heartbeat);
	event_del(session->step);
	if (session->blame)
		mirror_seek_failed(session, server, why);
	else if (!anew)
		log_info("realm %s: mirror of %s: %s: connection lost%s: %s",
		    session->mirror->realm->name, session->is.word, server->uri,
		    stage == SYNC_PERSIST ? "" : " before it was up to date",
		    why);
	ldap_sync_free(session->link);
	session->link = NULL;
	session->server = NULL;
	free(session->context_dn);
	session->context_dn = NULL;
	session->waiting_us = deadline_now_us();
	session->returning = false;	/* who is being tried may serve now */
	mirror_seek(session);
}

const struct ldap_sync_events mirror_link_events = {
	.entry = on_entry, .info = on_info, .result = on_result,
	.answer = on_answer, .counted = mirror_refresh_counted, .turn = on_turn,
	.lost = on_lost,
};

/* ---- heartbeat -------------------------------------------------------- */

/* The server has been asked, and nothing was heard for as long as it has to
 * answer; that it had told us other things before is no excuse. */
static bool
is_silent(const struct mirror_session *session)
{
	int64_t since_us = session->heard_us > session->beat_us ?
	    session->heard_us : session->beat_us;

	/* a little less, for timers that are early */
	return session->beat_us != 0 && deadline_now_us() - since_us >=
	    session->mirror->realm->heartbeat * 900000;
}

static void
on_heartbeat(evutil_socket_t fd, short what, void *context)
{
	struct mirror_session *session = context;
	int64_t seconds = session->mirror->realm->heartbeat;
	char why[96];

	(void)fd, (void)what;
	if (session->link == NULL)
		return;
	loop_arm(session->heartbeat, seconds * 1000);
	if (session->stepping || session->held)
		return;			/* it is we who do not read */
	if (is_silent(session)) {
		snprintf(why, sizeof(why), "nothing was heard for %lld s: no "
		    "answer to a heartbeat", (long long)seconds);
		mirror_session_lose(session, why, true);
		return;
	}
	if (session->beat_us != 0)
		return;			/* busy telling us other things */
	if (sync_stage(session->machine) != SYNC_PERSIST &&
	    deadline_now_us() - session->told_us > 2000000 * seconds)
		(void)mirror_refresh_count(session);
	session->beat_us = deadline_now_us();
	session->beat_wall_us = mirror_wall_us();
	(void)ldap_sync_read(session->link, session->context_dn, NULL,
	    mirror_csn_attributes);
}

/* ---- beginning and end ------------------------------------------------ */

static void
on_retry(evutil_socket_t fd, short what, void *context)
{
	(void)fd, (void)what;
	mirror_seek(context);
}

struct mirror_session *
mirror_session_new(struct mirror *mirror, enum store_kind kind, bool beside)
{
	struct mirror_session *session = calloc(1, sizeof(*session));

	if (session == NULL)
		return NULL;
	session->mirror = mirror;
	session->kind = kind;
	session->beside = session->anew = beside;
	session->waiting_us = deadline_now_us();
	ldap_servers_init(&session->servers, mirror->realm);
	if (area_of(mirror->realm, kind, &session->is) != 0 ||
	    (session->area = store_area_open(mirror->store,
	    mirror->realm->name, kind, mirror->realm->profile,
	    session->is.definition)) == NULL ||
	    (session->machine = sync_new(&mirror_store_effects,
	    session)) == NULL ||
	    (session->retry = event_new(mirror->base, -1, 0, on_retry,
	    session)) == NULL ||
	    (session->step = event_new(mirror->base, -1, 0, mirror_refresh_step,
	    session)) == NULL ||
	    (session->heartbeat = event_new(mirror->base, -1, 0,
	    on_heartbeat, session)) == NULL ||
	    mirror_canary_new(session) != 0 ||
	    loop_arm(session->retry, 0) != 0) {
		mirror_session_free(session);
		return NULL;
	}
	return session;
}

void
mirror_session_free(struct mirror_session *session)
{
	if (session == NULL)
		return;
	mirror_hold(session, false);
	mirror_try_free(session->try);
	sync_free(session->machine);
	ldap_sync_free(session->link);
	if (session->retry != NULL)
		event_free(session->retry);
	if (session->step != NULL)
		event_free(session->step);
	if (session->heartbeat != NULL)
		event_free(session->heartbeat);
	mirror_canary_free(session);
	store_area_close(session->area);
	area_clear(&session->is);
	free(session->context_dn);
	free(session);
}
