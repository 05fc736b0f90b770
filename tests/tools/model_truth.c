/*
 * The oracle: one plain search for all accounts and one for all domains, and
 * a few lines that say what follows from them.  It shares nothing with what
 * it judges.
 */
#include "tests/tools/model.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ENTRIES_MAX 2000
#define VALUES_MAX 80
#define TEXT_MAX 96

struct account {
	char addresses[VALUES_MAX][TEXT_MAX];	/* primary, aliases, old */
	char uids[4][TEXT_MAX];
	char primary[TEXT_MAX], status[TEXT_MAX];
	int address_count, uid_count, primary_count;
};

struct mail_domain {
	char name[TEXT_MAX], id[TEXT_MAX], status[TEXT_MAX], type[TEXT_MAX],
	    target[TEXT_MAX];
};

static struct account accounts[ENTRIES_MAX];
static struct mail_domain domains[ENTRIES_MAX];
static int account_count, domain_count;

static int
values(LDAP *ld, LDAPMessage *entry, const char *name, char (*out)[TEXT_MAX],
    int room)
{
	struct berval **found = ldap_get_values_len(ld, entry, name);
	int n;

	for (n = 0; found != NULL && found[n] != NULL; n++) {
		if (n == room || found[n]->bv_len >= TEXT_MAX)
			model_die("an entry that is too large");
		memcpy(out[n], found[n]->bv_val, found[n]->bv_len);
		out[n][found[n]->bv_len] = '\0';
	}
	if (n == 0 && room == 1)
		out[0][0] = '\0';
	ldap_value_free_len(found);
	return n;
}

static void
take_account(LDAP *ld, LDAPMessage *entry)
{
	static const char *const holders[] = { "zimbraMailDeliveryAddress",
		"zimbraMailAlias", "zimbraOldMailAddress" };
	struct account *account = &accounts[account_count++];
	char primaries[4][TEXT_MAX] = { "" };

	account->address_count = 0;
	for (size_t i = 0; i < sizeof(holders) / sizeof(holders[0]); i++)
		account->address_count += values(ld, entry, holders[i],
		    account->addresses + account->address_count,
		    VALUES_MAX - account->address_count);
	account->primary_count = values(ld, entry,
	    "zimbraMailDeliveryAddress", primaries, 4);
	memcpy(account->primary, primaries[0], TEXT_MAX);
	account->uid_count = values(ld, entry, "uid", account->uids, 4);
	values(ld, entry, "zimbraAccountStatus", &account->status, 1);
}

static void
take_domain(LDAP *ld, LDAPMessage *entry)
{
	struct mail_domain *domain = &domains[domain_count++];

	values(ld, entry, "zimbraDomainName", &domain->name, 1);
	values(ld, entry, "zimbraId", &domain->id, 1);
	values(ld, entry, "zimbraDomainStatus", &domain->status, 1);
	values(ld, entry, "zimbraDomainType", &domain->type, 1);
	values(ld, entry, "zimbraDomainAliasTargetId", &domain->target, 1);
}

static void
search(LDAP *ld, const char *filter, void (*take)(LDAP *ld,
    LDAPMessage *entry))
{
	LDAPMessage *result = NULL, *entry;
	int code = ldap_search_ext_s(ld, MODEL_BASE, LDAP_SCOPE_SUBTREE,
	    filter, NULL, 0, NULL, NULL, NULL, 0, &result);

	if (code != LDAP_SUCCESS)
		model_die(ldap_err2string(code));
	if (ldap_count_entries(ld, result) > ENTRIES_MAX)
		model_die("too many entries");
	for (entry = ldap_first_entry(ld, result); entry != NULL;
	    entry = ldap_next_entry(ld, entry))
		take(ld, entry);
	ldap_msgfree(result);
}

void
model_look(LDAP *ld)
{
	account_count = domain_count = 0;
	search(ld, "(objectClass=zimbraAccount)", take_account);
	search(ld, "(objectClass=zimbraDomain)", take_domain);
}

static bool
holds(const struct account *account, bool by_address, const char *value)
{
	for (int i = 0; i < account->address_count; i++) {
		/* a name is only the primary address */
		if (strcasecmp(account->addresses[i], value) == 0 &&
		    (by_address || i < account->primary_count))
			return true;
	}
	for (int i = 0; !by_address && i < account->uid_count; i++) {
		if (strcasecmp(account->uids[i], value) == 0)
			return true;
	}
	return false;
}

static int
find(bool by_address, const char *value, const struct account **ret)
{
	int found = 0;

	for (int i = 0; i < account_count; i++) {
		if (holds(&accounts[i], by_address, value)) {
			*ret = &accounts[i];
			found++;
		}
	}
	return found;
}

static const struct mail_domain *
domain_named(const char *name, bool by_id)
{
	for (int i = 0; i < domain_count; i++) {
		if (strcasecmp(by_id ? domains[i].id : domains[i].name,
		    name) == 0)
			return &domains[i];
	}
	return NULL;
}

/* Of a domain of that name nothing speaks against logging in. */
static bool
domain_admits(const char *name)
{
	const struct mail_domain *domain = domain_named(name, false);

	for (int step = 0; step < 2 && domain != NULL; step++) {
		if (domain->status[0] != '\0' &&
		    strcasecmp(domain->status, "active") != 0)
			return false;
		if (step == 1 || strcasecmp(domain->type, "alias") != 0)
			return true;
		domain = domain_named(domain->target, true);
	}
	return false;
}

static const char *
judge(const struct account *account, bool by_address, const char *value)
{
	const char *at = strchr(account->primary, '@');

	if (account->primary_count == 1 && at != NULL &&
	    strcasecmp(account->status, "active") == 0 &&
	    domain_admits(at + 1) &&
	    (!by_address || domain_admits(strchr(value, '@') + 1)))
		return "active";
	return "blocked";
}

const char *
model_truth(bool by_address, const char *value)
{
	const struct mail_domain *domain;
	const struct account *account = NULL;
	const char *at = strchr(value, '@');
	char other[2 * TEXT_MAX];
	int found = find(by_address, value, &account);

	if (found == 0 && by_address && at != NULL &&
	    (domain = domain_named(at + 1, false)) != NULL &&
	    strcasecmp(domain->type, "alias") == 0 &&
	    (domain = domain_named(domain->target, true)) != NULL &&
	    (size_t)(at + 1 - value) < TEXT_MAX) {
		memcpy(other, value, (size_t)(at + 1 - value));
		memcpy(other + (at + 1 - value), domain->name,
		    strlen(domain->name) + 1);
		found = find(true, other, &account);
	}
	return found == 0 ? "unknown" : found > 1 ? "ambiguous" :
	    judge(account, by_address, value);
}
