/*
 * Changes with a number, and the wait until the mirror has them.
 */
#include "tests/tools/model.h"

#include <stdio.h>

#define BEACON_DOMAIN "dc=beacon," MODEL_BASE
/* Another change is made when a cookie does not come for so long. */
#define NUDGE_US 100000

bool
model_csns_of(const char *dn, const char *name, struct model_csns *ret)
{
	struct berval **found = model_values(model_writer, dn, name);

	ret->count = 0;
	for (size_t i = 0; found != NULL && found[i] != NULL; i++)
		model_csns_add(ret, found[i]->bv_val, found[i]->bv_len);
	ldap_value_free_len(found);
	return ret->count > 0;
}

bool
model_touch(void)
{
	static unsigned touched;
	const char *turn = model_text("turn %u", ++touched);

	return model_set(model_writer, MODEL_BEACON, LDAP_MOD_REPLACE, "sn",
	    turn, NULL) == LDAP_SUCCESS && model_set(model_writer,
	    BEACON_DOMAIN, LDAP_MOD_REPLACE, "o", turn, NULL) == LDAP_SUCCESS;
}

/* While several change things, slapd tells a change without its number as long
 * as an earlier one is under way, and the number only with the next: then
 * another change is made. */
bool
model_await(const char *area, const struct model_csns *csns, bool killed)
{
	int64_t begin = model_now_us(), touched = begin, lag;
	int64_t *longest = killed ? &model_tally.killed_lag_us :
	    &model_tally.lag_us;

	while (!model_contains(area, csns)) {
		if (model_now_us() - begin > MODEL_PATIENCE_MS * 1000LL) {
			printf("not contained in %s: %s\n%s", area,
			    csns->text[0], model_status());
			model_die("the mirror does not follow");
		}
		if (model_now_us() - touched > NUDGE_US) {
			touched = model_now_us();
			model_tally.nudges++;
			if (!model_touch())
				return false;
		}
		model_pause(1);
	}
	lag = model_now_us() - begin;
	if (lag > *longest)
		*longest = lag;
	return true;
}

void
model_beacon(bool killed)
{
	struct model_csns accounts, domains;

	if (!model_touch() ||
	    !model_csns_of(MODEL_BEACON, "entryCSN", &accounts) ||
	    !model_csns_of(BEACON_DOMAIN, "entryCSN", &domains) ||
	    !model_await("accounts", &accounts, killed) ||
	    !model_await("domains", &domains, killed))
		model_die("the provider takes no change");
}

void
model_beacon_begin(void)
{
	(void)model_set(model_writer, BEACON_DOMAIN, -1, "objectClass",
	    "dcObject", "objectClass", "organization", "objectClass",
	    "zimbraDomain", "dc", "beacon", "o", "turn 0",
	    "zimbraDomainName", "beacon.test",
	    "zimbraId", "beacon", "zimbraDomainType", "local",
	    "zimbraMailStatus", "enabled", NULL);
	(void)model_set(model_writer, MODEL_BEACON, -1, "objectClass",
	    "inetOrgPerson", "objectClass", "zimbraAccount", "cn", "beacon",
	    "sn", "turn 0",
	    "uid", "beacon", "zimbraMailDeliveryAddress",
	    "beacon@beacon.test", "zimbraId", "account-beacon",
	    "zimbraAccountStatus", "active", "zimbraMailStatus", "enabled",
	    "zimbraMailHost", "mail.test", NULL);
}
