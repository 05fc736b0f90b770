/*
 * Is it young enough, and does it refuse who must be refused?
 */
#include "lookupd/stock_parts.h"

#include <string.h>

#include "common/deadline.h"
#include "common/verdict.h"
#include "daemon/log.h"
#include "lookupd/decision.h"
#include "lookupd/store_walk.h"

const char *
stock_why_stale(const struct realm *realm, const struct store_state *state,
    struct heard *heard, int64_t now_us)
{
	int64_t clock_us, age_us = now_us - state->contact_us;

	if (age_us < 0 && age_us >= -STOCK_AHEAD_US)
		age_us = 0;
	if (!state->usable)
		return "it is not there yet";
	if (realm->mode != MODE_MIRROR)
		return NULL;
	clock_us = deadline_now_us();
	if (heard->seen_us == 0 || heard->contact_us != state->contact_us)
		*heard = (struct heard){ .contact_us = state->contact_us,
			.seen_us = clock_us, .age_us = age_us };
	if (age_us < 0)
		heard->doubt = "the clock has gone back behind it";
	else if (age_us > realm->max_stale * US || heard->age_us + clock_us -
	    heard->seen_us > realm->max_stale * US)
		heard->doubt = "it is older than max_stale";
	return heard->doubt;
}

/* ---- canaries --------------------------------------------------------- */

static bool
canary_blocked(struct holding *holding, const char *name, int64_t now_us)
{
	const struct realm *realm = holding->realm;
	struct identities identities = { .count = 0 };
	struct findings findings;
	struct decision_input input = { .profile = realm->profile,
		.identities = &identities, .findings = &findings,
		.now_us = now_us, .lockout_s = realm->lockout_s,
		.exact = realm->exact, .domains = realm->domains };
	struct decision decision;
	char error[STORE_ERROR_MAX];
	const char *reason;

	memset(&decision, 0, sizeof(decision));
	if (identities_add(&identities, strchr(name, '@') != NULL ?
	    IDENTITY_REQUEST_EMAIL : IDENTITY_REQUEST_ACCOUNT, name,
	    strlen(name), &reason) != NULL)
		return false;
	if (store_walk(holding->areas[STORE_ACCOUNTS],
	    holding->areas[STORE_DOMAINS], realm, &identities.items[0], NULL,
	    &findings, error) == 0)
		decision_make(&input, &decision, NULL);
	findings_free(&findings);
	if (decision.verdict == VERDICT_BLOCKED)
		return true;
	log_error("realm %s: canary %s must be blocked, and in the store it "
	    "is %s%s%s", realm->name, name, decision.verdict == VERDICT_NONE ?
	    "not to be read" : verdict_word(decision.verdict),
	    decision.reason[0] != '\0' ? " reason=" : "", decision.reason);
	return false;
}

bool
stock_canaries_pass(struct holding *holding, int64_t now_us)
{
	const struct realm *realm = holding->realm;
	int64_t now;
	char error[STORE_ERROR_MAX];
	bool due;

	if (realm->canary == NULL)
		return true;
	now = deadline_now();
	due = holding->checked == 0 ||
	    now - holding->checked > realm->canary_interval * 1000;
	for (size_t i = 0; i < KINDS; i++) {
		const struct store_state *state = holding->areas[i] == NULL ?
		    NULL : store_look(holding->areas[i], error);

		if (state == NULL ||
		    state->refreshed_us == holding->refreshed_us[i])
			continue;
		holding->refreshed_us[i] = state->refreshed_us;
		due = true;
	}
	if (!due)
		return holding->passed;
	holding->checked = now > 0 ? now : 1;
	holding->passed = true;
	for (char **name = realm->canary; *name != NULL; name++) {
		if (!canary_blocked(holding, *name, now_us))
			holding->passed = false;
	}
	return holding->passed;
}
