/*
 * Refusals, asked for as soon as the mirror must know them.
 */
#include "tests/tools/model.h"

#include <stdio.h>
#include <string.h>

enum refusal { LOCK, REMOVE, LOSE_ALIAS, LOSE_ADDRESS, LOCK_DOMAIN,
	LEAVE, RENAME, REFUSALS };

static const char *
guard_dn(unsigned i)
{
	return model_text("uid=guard%u," MODEL_GUARDS_UNIT, i);
}

static const char *
moved_dn(unsigned i)
{
	return model_text("uid=moved%u," MODEL_GUARDS_UNIT, i);
}

static const char *
domain_dn(void)
{
	return model_text("dc=d%u," MODEL_BASE, MODEL_GUARDED);
}

/* The guard as it shall be, and his domain. */
static void
restore(unsigned i)
{
	(void)ldap_delete_ext_s(model_writer, guard_dn(i), NULL, NULL);
	(void)ldap_delete_ext_s(model_writer, moved_dn(i), NULL, NULL);
	(void)model_set(model_writer, guard_dn(i), -1, "objectClass",
	    "inetOrgPerson", "objectClass", "zimbraAccount", "cn", "guard",
	    "sn", "guard", "uid", model_text("guard%u", i),
	    "zimbraMailDeliveryAddress", model_text("guard%u@d%u.test", i,
	    MODEL_GUARDED), "zimbraMailAlias",
	    model_text("also%u@d%u.test", i, MODEL_GUARDED), "zimbraId",
	    model_text("guard-%u", i), "zimbraAccountStatus", "active",
	    "zimbraMailStatus", "enabled", "zimbraMailHost", "mail.test",
	    NULL);
	(void)model_set(model_writer, domain_dn(), LDAP_MOD_REPLACE,
	    "zimbraDomainStatus", "active", NULL);
}

/* The value that must not lead to `active' any more; NULL: not done. */
static const char *
refuse(enum refusal how, unsigned i)
{
	const char *dn = guard_dn(i);
	const char *address = model_text("guard%u@d%u.test", i,
	    MODEL_GUARDED), *alias = model_text("also%u@d%u.test", i,
	    MODEL_GUARDED), *value = model_random(2) ? address : alias;
	int code = LDAP_OTHER;

	switch (how) {
	case LOCK:
		code = model_set(model_writer, dn, LDAP_MOD_REPLACE,
		    "zimbraAccountStatus", "locked", NULL);
		break;
	case REMOVE:
		code = ldap_delete_ext_s(model_writer, dn, NULL, NULL);
		break;
	case LOSE_ALIAS:
		value = alias;
		code = model_set(model_writer, dn, LDAP_MOD_DELETE,
		    "zimbraMailAlias", NULL, NULL);
		break;
	case LOSE_ADDRESS:
		value = address;
		code = model_set(model_writer, dn, LDAP_MOD_REPLACE,
		    "zimbraMailDeliveryAddress", model_text("other%u@d%u.test",
		    i, MODEL_GUARDED), NULL);
		break;
	case LOCK_DOMAIN:
		code = model_set(model_writer, domain_dn(), LDAP_MOD_REPLACE,
		    "zimbraDomainStatus", "locked", NULL);
		break;
	case LEAVE:
		code = model_set(model_writer, dn, LDAP_MOD_DELETE,
		    "objectClass", "zimbraAccount",
		    "zimbraMailDeliveryAddress", NULL,
		    "zimbraMailAlias", NULL, "zimbraId", NULL,
		    "zimbraAccountStatus", NULL, "zimbraMailStatus", NULL,
		    "zimbraMailHost", NULL, NULL);
		break;
	case RENAME:
		value = model_text("guard%u", i);
		code = ldap_rename_s(model_writer, dn,
		    model_text("uid=moved%u", i), NULL, 1, NULL, NULL);
		break;
	case REFUSALS:
		break;
	}
	return code == LDAP_SUCCESS ? value : NULL;
}

void
model_guard(bool killed)
{
	unsigned i = model_random(MODEL_GUARDS);
	enum refusal how = (enum refusal)model_random(REFUSALS);
	const char *area = how == LOCK_DOMAIN ? "domains" : "accounts";
	const char *dn = how == LOCK_DOMAIN ? domain_dn() : how == RENAME ?
	    moved_dn(i) : guard_dn(i);
	struct model_csns csns;
	char value[128], entry[128];
	const char *refused, *answer;

	snprintf(entry, sizeof(entry), "%s", dn);
	refused = refuse(how, i);
	if (refused == NULL)
		return;			/* the provider was killed */
	snprintf(value, sizeof(value), "%s", refused);
	/* A deletion has no entry to ask; others change things, too, but
	 * they may only make us wait longer: beacon does not. */
	if (how == REMOVE ? !model_touch() ||
	    !model_csns_of(MODEL_BEACON, "entryCSN", &csns) :
	    !model_csns_of(entry, "entryCSN", &csns))
		return;
	if (!model_await(area, &csns, killed))
		return;
	answer = model_ask(how != RENAME, value);
	model_tally.refusals++;
	if (strncmp(answer, "active", 6) == 0) {
		model_tally.admitted++;
		model_wrong("`active' for %s after refusal %d, %s, was "
		    "contained: %s", value, (int)how, csns.text[0], answer);
	}
	restore(i);
}

void
model_guard_again(void)
{
	for (unsigned i = 0; i < MODEL_GUARDS; i++)
		restore(i);
}

void
model_guard_begin(void)
{
	(void)model_set(model_writer, domain_dn(), -1, "objectClass",
	    "dcObject", "objectClass", "organization", "objectClass",
	    "zimbraDomain", "dc",
	    model_text("d%u", MODEL_GUARDED), "o", "guards",
	    "zimbraDomainName", model_domain(MODEL_GUARDED), "zimbraId",
	    model_text("domain-%u", MODEL_GUARDED), "zimbraDomainType",
	    "local", "zimbraMailStatus", "enabled", "zimbraDomainStatus",
	    "active", NULL);
	model_guard_again();
}
