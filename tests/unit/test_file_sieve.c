/*
 * What of a file belongs to a realm.
 */
#include "lookupd/file_sieve.h"

#include "tests/unit/pure.h"

static const char profile_text[] =
    "account = \"(&(objectClass=person)(!(hidden=TRUE)))\"; name = \"mail\";"
    "keys = { address = [ \"mail\" ]; };"
    "domain = { entry = \"(objectClass=domain)\"; name = \"dc\"; };"
    "rules = ( { admit = true; account = \"(status=a)\"; } );";

static const struct {
	const char *name, *dn, *entry;
	const char *account, *domain;	/* attributes kept; NULL: none of it */
} rows[] = {
	{ "an account", "cn=a,dc=x", "objectClass=Person|mail=m|status=a|x=y",
	    "mail status", NULL },
	{ "not of the class", "cn=a,dc=x", "objectClass=device|mail=m", NULL,
	    NULL },
	{ "left out by the filter", "cn=a,dc=x",
	    "objectClass=person|mail=m|hidden=TRUE", NULL, NULL },
	{ "a domain", "dc=d,dc=x", "objectClass=domain|dc=d|mail=m", NULL,
	    "dc" },
	{ "both", "dc=d,dc=x", "objectClass=domain|objectClass=person|dc=d",
	    "", "dc" },
	{ "elsewhere", "cn=a,dc=y", "objectClass=person|mail=m", NULL, NULL },
	{ "beside, with the same end", "cn=a,xdc=x",
	    "objectClass=person|mail=m", NULL, NULL },
	{ "spaces and case", "cn=a, DC=X", "objectClass=person|mail=m",
	    "mail", NULL },
	{ "the base itself", "dc=x", "objectClass=person|mail=m", "mail",
	    NULL },
};

static void
check(const struct file_sieve *sieve, size_t row, enum store_kind kind,
    const char *expected)
{
	struct entry *entry = entry_of(rows[row].dn, rows[row].entry), *narrow;
	char got[128] = "";

	assert_int_equal(file_sieve(sieve, kind, entry, &narrow), 0);
	for (size_t i = 0; narrow != NULL && i < narrow->count; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s",
		    i > 0 ? " " : "", narrow->attributes[i].name);
	row_check((narrow != NULL) == (expected != NULL) &&
	    (expected == NULL || strcmp(got, expected) == 0), rows[row].name,
	    "%s: want \"%s\", got %s\"%s\"", kind == STORE_DOMAINS ?
	    "domain" : "account", expected == NULL ? "-" : expected,
	    narrow == NULL ? "none " : "", got);
	entry_free(narrow);
	entry_free(entry);
}

static void
test_rows(void **state)
{
	static char base[] = "dc=x";
	struct realm realm = { .profile = profile_good(profile_text),
		.base = base };
	struct file_sieve *sieve = file_sieve_new(&realm);

	assert_non_null(sieve);
	for (size_t row = 0; row < COUNT(rows); row++) {
		check(sieve, row, STORE_ACCOUNTS, rows[row].account);
		check(sieve, row, STORE_DOMAINS, rows[row].domain);
	}
	file_sieve_free(sieve);
	profile_free(realm.profile);
	rows_end();
}

static void
test_id(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} pairs[] = {
		{ "uid=a,dc=x", "UID=A, DC=X", true },
		{ "uid=a,dc=x", " uid = a , dc = x ", true },
		{ "uid=a,dc=x", "uid=a,dc=y", false },
		{ "cn=a b,dc=x", "cn=ab,dc=x", false },
		/* of these hash_bytes has one hash, for many a seed */
		{ "uid=p1nrhd6x9s5pbe,ou=people,dc=example,dc=org",
		    "uid=p1n2hd689s50be,ou=people,dc=example,dc=org", false },
		{ "uid=kgg4pe0mh9btladqkeik8y4zswz9k8oy1bi07bo9is6akkxjmutaq5z"
		    "o751z,ou=people,dc=example,dc=org",
		    "uid=kggtpe0mh9btladqkeik8y4zswz9k8o91bip7bo9is6akkxjmutaq5z"
		    "o751z,ou=people,dc=example,dc=org", false },
	};

	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct entry *a = entry_new(pairs[i].a);
		struct entry *b = entry_new(pairs[i].b);
		struct store_id first, second;

		file_sieve_id(a, &first);
		file_sieve_id(b, &second);
		row_check((memcmp(&first, &second, sizeof(first)) == 0) ==
		    pairs[i].same, pairs[i].b, "same: want %d", pairs[i].same);
		entry_free(a);
		entry_free(b);
	}
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
