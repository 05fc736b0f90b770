/*
 * Editors: connections that change the provider at the same time, each its
 * own accounts, one change under way on each.  What is remembered of an
 * account only makes changes likely to succeed; what is true is read from the
 * provider (model_truth.c).
 */
#include "tests/tools/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct account {
	bool exists, is_account;
	unsigned uid, unit, domain;
	uint64_t aliases;
};

struct editor {
	LDAP *ld;
	int id;				/* of what is under way, or 0 */
	unsigned slot;			/* MODEL_SLOTS: none */
	struct account then;
	int more;			/* slot an alias goes to, or -1 */
	unsigned alias;
};

static const struct model_provider *provider;
static struct account slots[MODEL_SLOTS];
static struct editor editors[MODEL_EDITORS];
uint64_t model_operations, model_denied;

const char *
model_domain(unsigned i)
{
	return model_text("d%u.test", i);
}

const char *
model_alias(unsigned i)
{
	return model_text("a%u@d%u.test", i, i % MODEL_DOMAINS);
}

const char *
model_primary(unsigned slot, unsigned domain)
{
	return model_text("u%u@d%u.test", slot, domain);
}

static const char *
dn_of(const struct account *account)
{
	return model_text("uid=n%u,ou=%s,dc=example," MODEL_BASE, account->uid,
	    account->unit == 0 ? "people" : "more");
}

static const char *
status_word(void)
{
	static const char *const words[] = { "active", "active", "active",
		"active", "Active", "active", "locked", "closed", "pending",
		"maintenance", "lockout", "odd" };

	return words[model_random(sizeof(words) / sizeof(words[0]))];
}

/* ---- changes ---------------------------------------------------------- */

static void
put_aliases(struct model_change *change, int op, uint64_t aliases)
{
	for (unsigned i = 0; i < MODEL_ALIASES; i++) {
		if ((aliases >> i & 1) != 0)
			model_put(change, op, "zimbraMailAlias", model_alias(i));
	}
}

static uint64_t
some_aliases(void)
{
	uint64_t aliases = 0;

	for (unsigned i = model_random(3); i > 0; i--)
		aliases |= 1ULL << model_random(MODEL_ALIASES);
	return aliases;
}

/* What makes it an account; op: LDAP_MOD_ADD, or 0 in a new entry. */
static void
put_account(struct model_change *change, int op, unsigned slot,
    const struct account *account)
{
	model_put(change, op, "zimbraMailDeliveryAddress",
	    model_primary(slot, account->domain));
	model_put(change, op, "zimbraId", model_text("account-%u", slot));
	model_put(change, op, "zimbraAccountStatus", status_word());
	model_put(change, op, "zimbraMailStatus", "enabled");
	model_put(change, op, "zimbraMailHost", "mail.test");
	put_aliases(change, op, account->aliases);
}

/* ---- what is there ---------------------------------------------------- */

static void
recall(LDAP *ld, LDAPMessage *entry)
{
	struct berval **number = ldap_get_values_len(ld, entry,
	    "employeeNumber");
	struct berval **aliases = ldap_get_values_len(ld, entry,
	    "zimbraMailAlias");
	char *dn = ldap_get_dn(ld, entry);
	struct account *account;
	unsigned long slot;

	slot = number == NULL ? MODEL_SLOTS :
	    strtoul(number[0]->bv_val, NULL, 10);
	if (slot < MODEL_SLOTS && dn != NULL) {
		account = &slots[slot];
		account->exists = true;
		account->uid = (unsigned)strtoul(dn + 5, NULL, 10);
		account->unit = strstr(dn, "ou=more") != NULL ? 1 : 0;
		for (size_t i = 0; aliases != NULL && aliases[i] != NULL; i++)
			account->aliases |= 1ULL << strtoul(
			    aliases[i]->bv_val + 1, NULL, 10);
		ldap_value_free_len(aliases);
		aliases = ldap_get_values_len(ld, entry, "zimbraId");
		account->is_account = aliases != NULL;
	}
	ldap_value_free_len(number);
	ldap_value_free_len(aliases);
	ldap_memfree(dn);
}

void
model_edit_again(void)
{
	LDAPMessage *result = NULL, *entry;
	LDAP *ld;

	for (unsigned i = 0; i < MODEL_EDITORS; i++) {
		if (editors[i].ld != NULL)
			ldap_unbind_ext(editors[i].ld, NULL, NULL);
		editors[i] = (struct editor){ .ld = model_connect(provider),
			.slot = MODEL_SLOTS, .more = -1 };
	}
	memset(slots, 0, sizeof(slots));
	ld = editors[0].ld;
	if (ldap_search_ext_s(ld, MODEL_BASE, LDAP_SCOPE_SUBTREE,
	    "(employeeNumber=*)", NULL, 0, NULL, NULL, NULL, 0, &result) !=
	    LDAP_SUCCESS)
		model_die("the provider cannot be read");
	for (entry = ldap_first_entry(ld, result); entry != NULL;
	    entry = ldap_next_entry(ld, entry))
		recall(ld, entry);
	ldap_msgfree(result);
}

void
model_edit_begin(const struct model_provider *to)
{
	provider = to;
	model_edit_again();
}

LDAP *
model_editor(void)
{
	return editors[0].ld;
}

/* ---- changing --------------------------------------------------------- */

static bool
is_gone(int code)
{
	return code == LDAP_SERVER_DOWN || code == LDAP_UNAVAILABLE ||
	    code == LDAP_BUSY || code < 0;
}

/* The second half of a move: what one lost, the other gets. */
static bool
pass_on(struct editor *editor)
{
	struct account *to = &slots[editor->more];
	int code = model_set(editor->ld, dn_of(to), LDAP_MOD_ADD,
	    "zimbraMailAlias", model_alias(editor->alias), NULL);

	editor->more = -1;
	model_operations++;
	if (code == LDAP_SUCCESS)
		to->aliases |= 1ULL << editor->alias;
	else
		model_denied++;
	return !is_gone(code);
}

/* Wait for what is under way; false: the provider is gone. */
static bool
settle(struct editor *editor)
{
	LDAPMessage *result = NULL;
	int code = LDAP_SERVER_DOWN;

	if (editor->id == 0)
		return true;
	if (ldap_result(editor->ld, editor->id, LDAP_MSG_ALL, NULL,
	    &result) <= 0 || ldap_parse_result(editor->ld, result, &code,
	    NULL, NULL, NULL, NULL, 0) != LDAP_SUCCESS)
		code = LDAP_SERVER_DOWN;
	ldap_msgfree(result);
	editor->id = 0;
	if (is_gone(code))
		return false;
	model_operations++;
	if (code == LDAP_SUCCESS && editor->slot < MODEL_SLOTS)
		slots[editor->slot] = editor->then;
	else if (code != LDAP_SUCCESS)
		model_denied++;
	if (code == LDAP_SUCCESS && editor->more >= 0)
		return pass_on(editor);
	editor->more = -1;
	return true;
}

static int
add_person(struct editor *editor, struct model_change *change)
{
	struct account *then = &editor->then;

	*then = (struct account){ .exists = true, .is_account = true,
		.uid = model_random(MODEL_UIDS), .unit = model_random(2),
		.domain = model_random(MODEL_DOMAINS),
		.aliases = some_aliases() };
	model_put(change, 0, "objectClass", "inetOrgPerson");
	model_put(change, 0, "objectClass", "zimbraAccount");
	model_put(change, 0, "cn", "somebody");
	model_put(change, 0, "sn", "somebody");
	model_put(change, 0, "uid", model_text("n%u", then->uid));
	model_put(change, 0, "employeeNumber", model_text("%u", editor->slot));
	put_account(change, 0, editor->slot, then);
	return ldap_add_ext(editor->ld, dn_of(then), change->list, NULL, NULL,
	    &editor->id);
}

/* It becomes a mere person, or an account again. */
static void
put_class(struct model_change *change, unsigned slot, struct account *then)
{
	static const char *const names[] = { "zimbraMailDeliveryAddress",
		"zimbraId", "zimbraAccountStatus", "zimbraMailStatus",
		"zimbraMailHost" };

	then->is_account = !then->is_account;
	model_put(change, then->is_account ? LDAP_MOD_ADD : LDAP_MOD_DELETE,
	    "objectClass", "zimbraAccount");
	if (then->is_account) {
		then->aliases = some_aliases();
		put_account(change, LDAP_MOD_ADD, slot, then);
		return;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		model_put(change, LDAP_MOD_DELETE, names[i], NULL);
	model_put(change, LDAP_MOD_REPLACE, "zimbraMailAlias", NULL);
	model_put(change, LDAP_MOD_REPLACE, "zimbraOldMailAddress", NULL);
	then->aliases = 0;
}

/* One alias goes to another account of the same editor. */
static void
put_move(struct editor *editor, struct model_change *change)
{
	unsigned alias = model_random(MODEL_ALIASES);

	while ((editor->then.aliases >> alias & 1) == 0)
		alias = (alias + 1) % MODEL_ALIASES;
	editor->then.aliases &= ~(1ULL << alias);
	editor->alias = alias;
	editor->more = (int)((editor->slot + MODEL_EDITORS *
	    (1 + model_random(8))) % MODEL_SLOTS);
	model_put(change, LDAP_MOD_DELETE, "zimbraMailAlias", model_alias(alias));
}

static void
put_address(struct model_change *change, unsigned slot, struct account *then)
{
	unsigned kind = model_random(4);
	const char *before = model_primary(slot, then->domain);

	then->domain = model_random(MODEL_DOMAINS);
	model_put(change, LDAP_MOD_REPLACE, "zimbraMailDeliveryAddress",
	    model_primary(slot, then->domain));
	if (kind == 0)			/* two: blocked */
		model_put(change, LDAP_MOD_REPLACE, "zimbraMailDeliveryAddress",
		    model_primary(slot, (then->domain + 1) % MODEL_DOMAINS));
	if (kind == 1)
		model_put(change, LDAP_MOD_REPLACE, "zimbraOldMailAddress", before);
	if (kind == 2)
		model_put(change, LDAP_MOD_REPLACE, "zimbraOldMailAddress", NULL);
}

static int
change_person(struct editor *editor, struct model_change *change)
{
	struct account *then = &editor->then;
	const char *dn = dn_of(then), *rdn;
	unsigned kind = model_random(100);

	if (kind < 8) {
		*then = (struct account){ .exists = false };
		return ldap_delete_ext(editor->ld, dn, NULL, NULL,
		    &editor->id);
	}
	if (kind < 20) {
		then->uid = model_random(MODEL_UIDS);
		then->unit = model_random(2);
		rdn = model_text("uid=n%u", then->uid);
		return ldap_rename(editor->ld, dn, rdn,
		    strchr(dn_of(then), ',') + 1, 1, NULL, NULL, &editor->id);
	}
	if (kind < 24 || !then->is_account) {
		put_class(change, editor->slot, then);
	} else if (kind < 34) {
		put_address(change, editor->slot, then);
	} else if (kind < 48 && then->aliases != 0) {
		put_move(editor, change);
	} else if (kind < 60) {
		then->aliases = some_aliases();
		model_put(change, LDAP_MOD_REPLACE, "zimbraMailAlias", NULL);
		put_aliases(change, LDAP_MOD_ADD, then->aliases);
	} else {
		model_put(change, LDAP_MOD_REPLACE, "zimbraAccountStatus",
		    status_word());
	}
	return ldap_modify_ext(editor->ld, dn, change->list, NULL, NULL,
	    &editor->id);
}

static int
change_domain(struct editor *editor, struct model_change *change)
{
	static const char *const words[] = { "active", "active", "active",
		"active", "active", "active", NULL, NULL, "locked", "closed" };
	unsigned i = model_random(MODEL_DOMAINS), kind = model_random(20);
	const char *dn = model_text("dc=d%u," MODEL_BASE, i);

	if (kind == 0)
		return ldap_delete_ext(editor->ld, dn, NULL, NULL,
		    &editor->id);
	if (kind < 6) {
		model_put(change, 0, "objectClass", "dcObject");
		model_put(change, 0, "objectClass", "organization");
		model_put(change, 0, "objectClass", "zimbraDomain");
		model_put(change, 0, "o", "a domain");
		model_put(change, 0, "zimbraDomainName", model_domain(i));
		model_put(change, 0, "zimbraId", model_text("domain-%u", i));
		model_put(change, 0, "zimbraDomainType",
		    i == MODEL_DOMAINS - 1 ? "alias" : "local");
		model_put(change, 0, "zimbraMailStatus", "enabled");
		model_put(change, 0, "zimbraDomainStatus", "active");
		if (i == MODEL_DOMAINS - 1)
			model_put(change, 0, "zimbraDomainAliasTargetId",
			    "domain-0");
		return ldap_add_ext(editor->ld, dn, change->list, NULL, NULL,
		    &editor->id);
	}
	if (kind == 6) {
		dn = model_text("dc=d%u," MODEL_BASE, MODEL_DOMAINS - 1);
		model_put(change, LDAP_MOD_REPLACE, "zimbraDomainAliasTargetId",
		    model_text("domain-%u", i));
	} else {
		model_put(change, LDAP_MOD_REPLACE, "zimbraDomainStatus",
		    words[model_random(sizeof(words) / sizeof(words[0]))]);
	}
	return ldap_modify_ext(editor->ld, dn, change->list, NULL, NULL,
	    &editor->id);
}

bool
model_edit(unsigned which)
{
	struct editor *editor = &editors[which];
	struct model_change *change;
	int code;

	if (!settle(editor))
		return false;
	change = calloc(1, sizeof(*change));
	if (change == NULL)
		model_die("out of memory");
	editor->slot = MODEL_SLOTS;
	if (which == 0 && model_random(8) == 0) {
		code = change_domain(editor, change);
	} else {
		editor->slot = which + MODEL_EDITORS *
		    model_random(MODEL_SLOTS / MODEL_EDITORS);
		editor->then = slots[editor->slot];
		code = editor->then.exists ? change_person(editor, change) :
		    add_person(editor, change);
	}
	free(change);
	if (code != LDAP_SUCCESS)
		editor->id = 0;
	return code == LDAP_SUCCESS;
}

bool
model_edit_settle(void)
{
	bool alive = true;

	for (unsigned i = 0; i < MODEL_EDITORS; i++)
		alive = settle(&editors[i]) && alive;
	return alive;
}
