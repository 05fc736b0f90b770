/*
 * One canary after the other over one connection.
 */
#include "lookupd/canary.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/deadline.h"
#include "common/verdict.h"
#include "daemon/log.h"
#include "lookupd/decision.h"
#include "lookupd/walk.h"

/* One check under way. */
struct check {
	struct canary *canary;
	struct ldap_pool *pool;
	struct ldap_connection *connection;
	int64_t deadline;
	size_t next;			/* of realm->canary */
	struct identities identities;	/* the one asked for */
};

bool
canary_wanted(const struct realm *realm)
{
	if (realm->canary != NULL && realm->canary[0] != NULL)
		return true;
	log_warning("realm %s has no canary: nobody would notice if the "
	    "directory hid its lock attributes from us", realm->name);
	return false;
}

static void
end(struct check *check, enum ldap_check outcome)
{
	if (outcome == CHECK_PASSED)
		check->canary->said = 0;
	ldap_pool_checked(check->pool, check->connection, outcome);
	free(check);
}

/* Complain, but not every second. */
static void
complain(struct check *check, const char *saw, const char *reason)
{
	struct canary *canary = check->canary;
	const char *name = canary->realm->canary[check->next];
	int64_t now = deadline_now();

	if (canary->said != 0 && now - canary->said < CANARY_QUIET_MS) {
		log_debug("realm %s: canary %s: %s %s", canary->realm->name,
		    name, saw, reason);
		return;
	}
	canary->said = now > 0 ? now : 1;
	if (strcmp(saw, verdict_word(VERDICT_ACTIVE)) == 0)
		log_error("realm %s: canary %s must be blocked, and it could "
		    "log in: the directory hides something from us, or "
		    "somebody unlocked it", canary->realm->name, name);
	else
		log_error("realm %s: canary %s must be blocked, and it is "
		    "%s%s%s: is it the right account?", canary->realm->name,
		    name, saw, *reason != '\0' ? " reason=" : "", reason);
}

static int64_t
now_us(void)
{
	struct timespec now = { 0, 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void go_on(struct check *check);

static void
on_findings(void *context, struct findings *findings)
{
	struct check *check = context;
	const struct realm *realm = check->canary->realm;
	struct decision_input input = { .profile = realm->profile,
		.identities = &check->identities, .findings = findings,
		.now_us = now_us(), .lockout_s = realm->lockout_s,
		.exact = realm->exact, .domains = realm->domains };
	struct decision decision;
	const char *reason = findings->reason;

	/* Hidden is what canaries are for; all else is a directory that
	 * cannot be asked. */
	if (findings->failure != VERDICT_NONE && reason != REASON_HIDDEN) {
		log_info("realm %s: canary %s could not be asked for: %s",
		    realm->name, realm->canary[check->next], reason);
		findings_free(findings);
		end(check, CHECK_BROKEN);
		return;
	}
	memset(&decision, 0, sizeof(decision));
	decision_make(&input, &decision, NULL);
	findings_free(findings);
	if (decision.verdict == VERDICT_BLOCKED) {
		check->next++;
		go_on(check);
		return;
	}
	complain(check, verdict_word(decision.verdict), decision.reason);
	end(check, CHECK_FAILED);
}

static void
go_on(struct check *check)
{
	const struct realm *realm = check->canary->realm;
	const char *name = realm->canary[check->next], *reason = "";
	const char *wrong;

	if (name == NULL) {
		end(check, CHECK_PASSED);
		return;
	}
	memset(&check->identities, 0, sizeof(check->identities));
	wrong = identities_add(&check->identities, strchr(name, '@') != NULL ?
	    IDENTITY_REQUEST_EMAIL : IDENTITY_REQUEST_ACCOUNT, name,
	    strlen(name), &reason);
	if (wrong != NULL) {
		complain(check, wrong, reason);
		end(check, CHECK_FAILED);
		return;
	}
	walk_start(check->pool, check->connection, realm,
	    &check->identities.items[0], check->deadline, NULL, on_findings,
	    check);
}

void
canary_check(void *context, struct ldap_pool *pool,
    struct ldap_connection *connection)
{
	struct check *check = calloc(1, sizeof(*check));

	if (check == NULL) {
		ldap_pool_checked(pool, connection, CHECK_BROKEN);
		return;
	}
	check->canary = context;
	check->pool = pool;
	check->connection = connection;
	check->deadline = deadline_in(CANARY_MS);
	go_on(check);
}
