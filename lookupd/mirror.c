/*
 * A realm's sessions.
 */
#include "lookupd/mirror.h"

#include <stdlib.h>
#include <time.h>

#include "common/deadline.h"
#include "daemon/log.h"
#include "lookupd/mirror_parts.h"

static const enum store_kind kinds[] = { STORE_ACCOUNTS, STORE_DOMAINS };

int64_t
mirror_wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool
is_refreshing(const struct mirror_session *session)
{
	enum sync_stage stage = session == NULL ? SYNC_IDLE :
	    sync_stage(session->machine);

	return stage == SYNC_REFRESH || stage == SYNC_CHECK;
}

int
mirror_refreshing(struct mirror_session *session)
{
	struct mirror *mirror = session->mirror;
	size_t i = session->kind == STORE_ACCOUNTS ? 0 : 1;

	if (session->beside)
		return is_refreshing(mirror->sessions[i]) ? -1 : 0;
	mirror_session_free(mirror->beside[i]);
	mirror->beside[i] = NULL;
	return 0;
}

void
mirror_arrived(struct mirror_session *session)
{
	struct mirror *mirror = session->mirror;
	size_t i = session->kind == STORE_ACCOUNTS ? 0 : 1;

	if (!session->beside)
		return;
	session->beside = false;
	mirror_session_free(mirror->sessions[i]);
	mirror->sessions[i] = session;
	mirror->beside[i] = NULL;
}

void
mirror_hold(struct mirror_session *session, bool hold)
{
	struct mirror_session *other = session->mirror->sessions[
	    session->kind == STORE_ACCOUNTS ? 0 : 1];

	if (!session->beside || other == NULL || other->held == hold)
		return;
	other->held = hold;
	other->heard_us = deadline_now_us();
	if (other->link != NULL)
		ldap_sync_pause(other->link, hold);
}

/* Is it time to read everything anew? */
static bool
is_due(struct mirror_session *session)
{
	int64_t interval = session->mirror->realm->refresh_interval;
	char error[STORE_ERROR_MAX];
	struct store_state state;

	return interval > 0 && sync_stage(session->machine) == SYNC_PERSIST &&
	    store_state(session->area, &state, error) == 0 && state.usable &&
	    mirror_wall_us() - state.refreshed_us > interval * 1000000;
}

static void
on_review(evutil_socket_t fd, short what, void *context)
{
	struct mirror *mirror = context;
	size_t i;

	(void)fd, (void)what;
	loop_arm(mirror->review, MIRROR_REVIEW_MS);
	for (i = 0; i < 2; i++) {
		if (mirror->sessions[i] == NULL || mirror->beside[i] != NULL ||
		    !is_due(mirror->sessions[i]))
			continue;
		log_info("realm %s: mirror of %s: time to read everything "
		    "anew", mirror->realm->name, mirror->sessions[i]->is.word);
		mirror->beside[i] = mirror_session_new(mirror, kinds[i],
		    true);
	}
}

struct mirror *
mirror_new(struct event_base *base, const struct realm *realm,
    struct store *store, void (*damaged)(void *context), void *context)
{
	struct mirror *mirror = calloc(1, sizeof(*mirror));
	size_t i;

	if (mirror == NULL)
		return NULL;
	mirror->base = base;
	mirror->realm = realm;
	mirror->store = store;
	mirror->damaged = damaged;
	mirror->context = context;
	mirror->review = event_new(base, -1, 0, on_review, mirror);
	if (mirror->review == NULL ||
	    loop_arm(mirror->review, MIRROR_REVIEW_MS) != 0) {
		mirror_free(mirror);
		return NULL;
	}
	for (i = 0; i < 2; i++) {
		if (!area_wanted(realm, kinds[i]))
			continue;
		mirror->sessions[i] = mirror_session_new(mirror, kinds[i],
		    false);
		if (mirror->sessions[i] == NULL) {
			mirror_free(mirror);
			return NULL;
		}
	}
	return mirror;
}

void
mirror_free(struct mirror *mirror)
{
	size_t i;

	if (mirror == NULL)
		return;
	for (i = 0; i < 2; i++) {
		mirror_session_free(mirror->beside[i]);
		mirror_session_free(mirror->sessions[i]);
	}
	if (mirror->review != NULL)
		event_free(mirror->review);
	free(mirror);
}

void
mirror_describe(const struct mirror *mirror,
    void (*line)(void *context, const char *text), void *context)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		if (mirror->sessions[i] != NULL)
			mirror_session_describe(mirror->sessions[i], line,
			    context);
		if (mirror->beside[i] != NULL)
			mirror_session_describe(mirror->beside[i], line,
			    context);
	}
}
