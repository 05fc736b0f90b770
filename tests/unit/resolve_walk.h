/*
 * A walk as a row: the searches expected, what the directory answers, and
 * what is found in the end.
 */
#ifndef CERTAUTH_TESTS_RESOLVE_WALK_H
#define CERTAUTH_TESTS_RESOLVE_WALK_H

#include "lookupd/resolve.h"

#include "tests/unit/pure.h"

#define STEPS 9

static const char walk_profile[] =
    "account = \"(objectClass=account)\"; name = \"mail\";"
    "keys = { address = [ \"mail\", \"alias\", \"proxy:smtp:\" ];"
    "  account = [ \"mail\", \"uid\" ]; upn = [ \"principal:upn \" ];"
    "  uid = [ \"uid\" ]; };"
    "domain = { entry = \"(objectClass=domain)\"; name = \"domain\";"
    "  id = \"id\"; alias = \"(type=alias)\"; target = \"target\"; };"
    "rules = ( { admit = true; } );";

/* A search that is expected, and its answer. */
struct step {
	const char *search;		/* "account VALUE", "id VALUE", … */
	const char *entries[4];		/* "DN name=value|name=value"; "!more":
					 * truncated; "!busy": no answer */
};

struct walk {
	const char *name;
	enum identity_source source;
	const char *value;
	struct step steps[STEPS];
	const char *accounts;		/* DNs, each with a space behind */
	const char *domains;
	bool more, missing;
	const char *failure;
};

#define MAIL IDENTITY_SAN_EMAIL

/* Accounts and domains by short DNs. */
#define A "a mail=u@x.org|alias=v@x.org|alias=w@y.org|uid=u"
#define B "b mail=b@x.org|alias=v@x.org"
#define X "X domain=x.org|id=1|type=local"
#define Y "Y domain=y.org|id=2|type=local"
#define YX "YX domain=y.org|id=2|type=alias|target=1"

static inline void
feed(struct resolve *resolve, const struct step *step)
{
	struct entry *entries[4];
	size_t count = 0;
	bool truncated = false;

	for (; count < 4 && step->entries[count] != NULL; count++) {
		const char *text = step->entries[count];
		char dn[16];

		if (strcmp(text, "!busy") == 0) {
			resolve_fail(resolve, REASON_BUSY);
			return;
		}
		truncated = strcmp(text, "!more") == 0;
		if (truncated)
			break;
		(void)snprintf(dn, sizeof(dn), "%.*s",
		    (int)strcspn(text, " "), text);
		entries[count] = entry_of(dn, text + strlen(dn) + 1);
	}
	resolve_feed(resolve, entries, count, truncated);
}

static inline void
query_text(const struct resolve_query *query, char *text, size_t size)
{
	(void)snprintf(text, size, "%s %s",
	    query == NULL ? "none" : query->kind == RESOLVE_ACCOUNT ?
	    "account" : query->keys[0].attribute,
	    query == NULL ? "" : query->value);
}

static inline void
dns_text(struct entry *const *entries, size_t count, char *text)
{
	size_t i;

	*text = '\0';
	for (i = 0; i < count; i++) {
		(void)strcat(text, entries[i]->dn);
		(void)strcat(text, " ");
	}
}

/* As found in a certificate or request; what could not be found there has the
 * bytes alone. */
static inline struct identity
identity_of(enum identity_source source, const char *value)
{
	struct identities set = { .count = 0 };
	struct identity *one = &set.items[0];
	const char *reason;

	if (identities_add(&set, source, value, strlen(value), &reason) !=
	    NULL) {
		memset(one, 0, sizeof(*one));
		one->source = source;
		one->name.len = strlen(value);
		memcpy(one->name.text, value, strlen(value) + 1);
	}
	return *one;
}

static inline void
check_walk(const struct profile *profile, const struct walk *walk, bool exact)
{
	struct identity identity = identity_of(walk->source, walk->value);
	const struct resolve_query *query;
	struct resolve *resolve;
	struct findings found;
	char text[512];
	size_t n;

	resolve = resolve_new(profile, &identity, exact, NULL);
	assert_non_null(resolve);
	for (n = 0; n < STEPS && walk->steps[n].search != NULL; n++) {
		query = resolve_next(resolve);
		query_text(query, text, sizeof(text));
		if (!row_check(query != NULL &&
		    strcmp(text, walk->steps[n].search) == 0, walk->name,
		    "search %zu: want %s, got %s", n + 1,
		    walk->steps[n].search, text))
			break;
		assert_ptr_equal(query, resolve_next(resolve));
		assert_ptr_equal(query->class, query->kind == RESOLVE_ACCOUNT ?
		    profile->account : profile->domain.entry);
		feed(resolve, &walk->steps[n]);
	}
	query = resolve_next(resolve);
	query_text(query, text, sizeof(text));
	row_check(query == NULL, walk->name, "a further search: %s", text);
	resolve_take(resolve, &found);
	resolve_free(resolve);
	dns_text(found.accounts, found.account_count, text);
	row_check(strcmp(text, walk->accounts) == 0, walk->name,
	    "want accounts %s, got %s", walk->accounts, text);
	dns_text(found.domains, found.domain_count, text);
	row_check(strcmp(text, walk->domains) == 0, walk->name,
	    "want domains %s, got %s", walk->domains, text);
	row_check(found.more == walk->more, walk->name, "more: got %d",
	    found.more);
	row_check(found.domain_missing == walk->missing, walk->name,
	    "missing: got %d", found.domain_missing);
	row_check(walk->failure == NULL ? found.failure == VERDICT_NONE :
	    found.failure == VERDICT_UNAVAILABLE &&
	    strcmp(found.reason, walk->failure) == 0, walk->name,
	    "want failure %s, got %s",
	    walk->failure == NULL ? "none" : walk->failure,
	    found.failure == VERDICT_NONE ? "none" : found.reason);
	findings_free(&found);
}

#endif
