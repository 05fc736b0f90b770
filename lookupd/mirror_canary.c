/*
 * Canaries of a mirror: what the store has of each is compared with what the
 * server shows of it now, over the session's own connection.
 *
 * A change of the directory's access rules makes no event of a session: the
 * store keeps the canary as it was, blocked, while entries that are changed
 * from now on arrive without what is hidden.  So what the server shows no
 * longer, and has told nobody of, makes the store unbelievable: everything is
 * read anew, and who reads the store judges the canary in it.  The other way
 * round, a canary that is not blocked in the store and of which the server
 * shows more by now is the sign that rules were put right.
 *
 * A change may be on its way: only what differs several times is believed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/deadline.h"
#include "common/verdict.h"
#include "daemon/log.h"
#include "lookupd/decision.h"
#include "lookupd/mirror_parts.h"
#include "lookupd/store_walk.h"

/* Something else is under way. */
#define BUSY_MS 200
/* It differs: looked at again. */
#define AGAIN_MS 1000
#define DOUBTS_MAX 3

struct mirror_canary {
	struct event *timer;
	char **dns;		/* of each, as last found in the store */
	size_t count, next;
	unsigned doubts;
	bool asked;
};

/* One canary in the store. */
struct stored {
	struct findings findings;
	const struct entry *entry;	/* or NULL */
	bool ambiguous, blocked;
};

static const char *
name_of(const struct mirror_session *session)
{
	return session->mirror->realm->canary[session->canary->next];
}

/* 0, and the findings are the caller's; -1. */
static int
find(struct mirror_session *session, struct stored *ret)
{
	const struct mirror *mirror = session->mirror;
	const struct realm *realm = mirror->realm;
	const char *name = name_of(session), *reason;
	struct identities identities = { .count = 0 };
	struct decision_input input = { .profile = realm->profile,
		.identities = &identities, .findings = &ret->findings,
		.now_us = mirror_wall_us(), .lockout_s = realm->lockout_s,
		.exact = realm->exact, .domains = realm->domains };
	struct decision decision;
	char error[STORE_ERROR_MAX];

	memset(ret, 0, sizeof(*ret));
	memset(&decision, 0, sizeof(decision));
	if (identities_add(&identities, strchr(name, '@') != NULL ?
	    IDENTITY_REQUEST_EMAIL : IDENTITY_REQUEST_ACCOUNT, name,
	    strlen(name), &reason) != NULL)
		return -1;
	if (store_walk(session->area, mirror->sessions[1] == NULL ? NULL :
	    mirror->sessions[1]->area, realm, &identities.items[0], NULL,
	    &ret->findings, error) != 0) {
		mirror_session_store_failed(session, error);
		findings_free(&ret->findings);
		return -1;
	}
	decision_make(&input, &decision, NULL);
	ret->blocked = decision.verdict == VERDICT_BLOCKED;
	ret->ambiguous = ret->findings.more || ret->findings.account_count > 1;
	if (ret->findings.account_count == 1)
		ret->entry = ret->findings.accounts[0];
	return 0;
}

static void
go_on(struct mirror_session *session)
{
	struct mirror_canary *canary = session->canary;

	canary->doubts = 0;
	if (++canary->next < canary->count) {
		loop_arm(canary->timer, 0);
		return;
	}
	canary->next = 0;
	loop_arm(canary->timer, session->mirror->realm->canary_interval *
	    1000);
}

/* The DN to ask for: of the store's entry, or the one it had. 0 or -1. */
static int
remember(struct mirror_canary *canary, const struct stored *stored)
{
	char **dn = &canary->dns[canary->next], *copy;

	if (stored->entry != NULL) {
		copy = strdup(stored->entry->dn);
		if (copy == NULL)
			return -1;
		free(*dn);
		*dn = copy;
	}
	return *dn != NULL && !stored->ambiguous ? 0 : -1;
}

static bool
may_ask(const struct mirror_session *session)
{
	return sync_stage(session->machine) == SYNC_PERSIST &&
	    !session->beside && !session->held && !session->stepping &&
	    session->beat_us == 0;
}

static void
on_timer(evutil_socket_t fd, short what, void *context)
{
	struct mirror_session *session = context;
	struct mirror_canary *canary = session->canary;
	struct stored stored;
	int status;

	(void)fd, (void)what;
	if (session->link == NULL || ldap_sync_is_lost(session->link))
		return;			/* the next connection begins again */
	if (!may_ask(session)) {
		loop_arm(canary->timer, BUSY_MS);
		return;
	}
	if (find(session, &stored) != 0) {
		go_on(session);
		return;
	}
	status = remember(canary, &stored);
	findings_free(&stored.findings);
	if (status != 0) {
		go_on(session);
	} else if (ldap_sync_read(session->link, canary->dns[canary->next],
	    session->is.filter, session->is.attributes) == 0) {
		canary->asked = true;
		session->beat_us = deadline_now_us();	/* as a heartbeat */
	} else {
		loop_arm(canary->timer, AGAIN_MS);
	}
}

/* An attribute of the one that the other has not, or NULL. */
static const char *
lacking(const struct entry *one, const struct entry *other)
{
	for (size_t i = 0; i < one->count; i++) {
		if (entry_get(other, one->attributes[i].name) == NULL)
			return one->attributes[i].name;
	}
	return NULL;
}

/* What must not be, in words; or false. */
static bool
differs(const struct stored *stored, const struct entry *shown, char *why,
    size_t size)
{
	const struct entry *entry = stored->entry;
	const char *name = NULL;

	if (entry != NULL && shown == NULL) {
		snprintf(why, size, "the server shows its entry no longer");
		return true;
	}
	if (entry != NULL && (name = lacking(entry, shown)) != NULL) {
		snprintf(why, size, "the server shows its %s no longer", name);
		return true;
	}
	if (stored->blocked || shown == NULL ||
	    (entry != NULL && (name = lacking(shown, entry)) == NULL))
		return false;
	snprintf(why, size, "the server shows its %s by now",
	    name == NULL ? "entry" : name);
	return true;
}

static void
condemn(struct mirror_session *session, const char *what)
{
	char error[STORE_ERROR_MAX], why[MIRROR_WHY_MAX];

	snprintf(why, sizeof(why), "canary %s: %s, and told nobody",
	    name_of(session), what);
	log_error("realm %s: mirror of %s: %s: have its access rules changed? "
	    "What is stored is not believed, everything is read anew",
	    session->mirror->realm->name, session->is.word, why);
	if (store_forget(session->area, error) != 0)
		mirror_session_store_failed(session, error);
	session->anew = true;
	mirror_session_lose(session, why, false);
}

static void
compare(struct mirror_session *session, const struct entry *shown)
{
	struct mirror_canary *canary = session->canary;
	struct stored stored;
	char why[256];

	if (find(session, &stored) != 0) {
		loop_arm(canary->timer, AGAIN_MS);
		return;
	}
	if (stored.entry != NULL &&
	    strcmp(stored.entry->dn, canary->dns[canary->next]) != 0)
		loop_arm(canary->timer, AGAIN_MS);	/* just renamed */
	else if (!differs(&stored, shown, why, sizeof(why)))
		go_on(session);
	else if (++canary->doubts < DOUBTS_MAX)
		loop_arm(canary->timer, AGAIN_MS);
	else
		condemn(session, why);
	findings_free(&stored.findings);
}

bool
mirror_canary_answer(struct mirror_session *session, int code,
    struct entry *entry)
{
	struct mirror_canary *canary = session->canary;

	if (canary == NULL || !canary->asked)
		return false;
	canary->asked = false;
	session->beat_us = 0;
	if (sync_stage(session->machine) == SYNC_PERSIST)
		mirror_session_follow(session, sync_flush(session->machine));
	if (may_ask(session) && !ldap_sync_is_lost(session->link))
		compare(session, code == 0 ? entry : NULL);
	else
		loop_arm(canary->timer, BUSY_MS);
	entry_free(entry);
	return true;
}

void
mirror_canary_begin(struct mirror_session *session)
{
	struct mirror_canary *canary = session->canary;

	if (canary == NULL)
		return;
	canary->asked = false;
	canary->doubts = 0;
	canary->next = 0;
	loop_arm(canary->timer, BUSY_MS);
}

int
mirror_canary_new(struct mirror_session *session)
{
	char **names = session->mirror->realm->canary;
	struct mirror_canary *canary;

	if (session->kind != STORE_ACCOUNTS || names == NULL ||
	    names[0] == NULL)
		return 0;
	session->canary = canary = calloc(1, sizeof(*canary));
	if (canary == NULL)
		return -1;
	while (names[canary->count] != NULL)
		canary->count++;
	canary->dns = calloc(canary->count, sizeof(*canary->dns));
	canary->timer = event_new(session->mirror->base, -1, 0, on_timer,
	    session);
	return canary->dns == NULL || canary->timer == NULL ? -1 : 0;
}

void
mirror_canary_free(struct mirror_session *session)
{
	struct mirror_canary *canary = session->canary;

	if (canary == NULL)
		return;
	for (size_t i = 0; canary->dns != NULL && i < canary->count; i++)
		free(canary->dns[i]);
	free(canary->dns);
	if (canary->timer != NULL)
		event_free(canary->timer);
	free(canary);
	session->canary = NULL;
}
