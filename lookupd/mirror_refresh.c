/*
 * The end of a refresh: was it whole, does it lack nothing that is shown, and
 * then sorting and writing.
 */
#include <stdio.h>

#include "common/deadline.h"
#include "lookupd/mirror_parts.h"

static const char limit_hint[] = "a refresh that a limit cuts short is none. "
    "The bind DN needs, in slapd.conf(5), `limits dn.exact=\"%s\" "
    "size=unlimited time=unlimited' (cn=config: olcLimits), or in 389 its own "
    "nsSizeLimit, nsLookThroughLimit, nsIDListScanLimit and nsTimeLimit of -1";

void
mirror_refresh_limited(struct mirror_session *session, const char *what)
{
	const struct realm *realm = session->mirror->realm;
	char hint[MIRROR_WHY_MAX], why[2 * MIRROR_WHY_MAX];

	snprintf(hint, sizeof(hint), limit_hint, realm->bind_dn != NULL ?
	    realm->bind_dn : "the DN we are to the server");
	snprintf(why, sizeof(why), "%s after %llu entries: %s", what,
	    (unsigned long long)sync_told(session->machine), hint);
	why[MIRROR_WHY_MAX - 1] = '\0';
	/* nothing that another try within a second would mend */
	session->server->backoff_us = LDAP_SERVER_BACKOFF_MAX_US;
	session->patient = true;
	mirror_session_lose(session, why, true);
}

/* Does what was read beside lack something that is shown already? */
static bool
lags(struct mirror_session *session)
{
	char error[STORE_ERROR_MAX];
	struct store_state state;
	const void *cookie;
	size_t len;

	cookie = sync_cookie(session->machine, &len);
	return session->beside && !mirror_is_stale(session) &&
	    store_state(session->area, &state, error) == 0 &&
	    sync_cookie_behind(cookie, len, state.cookie, state.cookie_len);
}

/* Sorting and writing what the refresh has spooled, share by share. */
void
mirror_refresh_step(evutil_socket_t fd, short what, void *context)
{
	struct mirror_session *session = context;
	char error[STORE_ERROR_MAX];
	bool done = false;

	(void)fd, (void)what;
	if (!session->stepping || session->link == NULL ||
	    ldap_sync_is_lost(session->link))
		return;
	if (store_refresh_step(session->area, &done, error) != 0) {
		mirror_session_store_failed(session, error);
		mirror_session_lose(session, "the store did not take it", true);
		return;
	}
	if (!done) {
		loop_arm(session->step, 0);
		return;
	}
	session->stepping = false;
	if (lags(session)) {		/* the other one came back meanwhile */
		mirror_session_lose(session, "it lags behind what is shown", false);
		return;
	}
	mirror_session_follow(session, sync_confirm(session->machine));
	session->heard_us = deadline_now_us();
	ldap_sync_pause(session->link, false);
}

/* The refresh is whole.  One beside waits until it has been told all that the
 * other one has made meanwhile, and keeps that one from making more. */
void
mirror_refresh_ready(struct mirror_session *session)
{
	session->lagging = lags(session);
	if (session->lagging)
		return;
	mirror_hold(session, true);
	session->stepping = true;
	ldap_sync_pause(session->link, true);
	loop_arm(session->step, 0);
}

/*
 * 389 suppresses the result of the search that is a refresh, and with it the
 * limit that cut it short; a plain search shows it.
 */
int
mirror_refresh_count(struct mirror_session *session)
{
	if (session->counting)
		return 0;
	session->counting = true;
	session->counting_us = deadline_now_us();
	return ldap_sync_count(session->link, session->is.base,
	    session->is.filter);
}

int
mirror_session_check(struct mirror_session *session)
{
	if (session->has_csns) {
		mirror_refresh_ready(session);
		return 1;
	}
	return mirror_refresh_count(session) == 0 ? 1 : -1;
}

void
mirror_refresh_counted(void *context, int code, uint64_t entries)
{
	struct mirror_session *session = context;
	char why[128];

	session->heard_us = deadline_now_us();
	session->counting = false;
	if (sync_stage(session->machine) == SYNC_PERSIST)
		return;
	if (code == 3 || code == 4 || code == 11) {
		snprintf(why, sizeof(why), "the server keeps silent about a "
		    "limit (%d, at %llu entries)", code,
		    (unsigned long long)entries);
		mirror_refresh_limited(session, why);
	} else if (sync_stage(session->machine) != SYNC_CHECK) {
		if (session->told_us < session->counting_us)
			mirror_session_lose(session, "its refresh stands still", true);
	} else if (code == 0) {
		if (session->lagging && session->told_us < session->counting_us)
			mirror_session_lose(session, "it lags behind what is shown", true);
		else
			mirror_refresh_ready(session);
	} else {
		snprintf(why, sizeof(why), "the refresh could not be checked "
		    "(%d)", code);
		mirror_session_lose(session, why, true);
	}
}
