/*
 * The walk: which searches are made, in which order, and what is found, for
 * every answer a directory may give.
 */
#include "lookupd/resolve.h"

#include "tests/unit/pure.h"

#define STEPS 9

static const char profile_text[] =
    "account = \"(objectClass=account)\"; name = \"mail\";"
    "keys = { address = [ \"mail\", \"alias\", \"proxy:smtp:\" ];"
    "  account = [ \"mail\", \"uid\" ]; upn = [ \"principal:upn \" ];"
    "  uid = [ \"uid\" ]; };"
    "domain = { entry = \"(objectClass=domain)\"; name = \"domain\";"
    "  id = \"id\"; alias = \"(type=alias)\"; target = \"target\"; };"
    "rules = ( { admit = true; } );";

static const char plain_text[] =
    "account = \"(objectClass=person)\"; name = \"uid\";"
    "keys = { address = [ \"mail\" ]; }; rules = ( { admit = true; } );";

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

static const struct walk walks[] = {
	{ "found by its name", MAIL, "u@x.org",
	    { { "account u@x.org", { A } }, { "domain x.org", { X } } },
	    "a ", "X ", false, false, NULL },
	{ "found by an alias in its own domain", MAIL, "v@x.org",
	    { { "account v@x.org", { A } }, { "domain x.org", { X } } },
	    "a ", "X ", false, false, NULL },
	{ "found by an alias in another domain", MAIL, "w@y.org",
	    { { "account w@y.org", { A } }, { "domain x.org", { X } },
	      { "domain y.org", { Y } } },
	    "a ", "X Y ", false, false, NULL },
	{ "… which is an alias domain: its target is asked, too", MAIL,
	    "w@y.org",
	    { { "account w@y.org", { A } }, { "domain x.org", { X } },
	      { "domain y.org", { YX } }, { "id 1", { X } } },
	    "a ", "X YX ", false, false, NULL },
	{ "own and other domain are aliases: four domains", MAIL, "w@y.org",
	    { { "account w@y.org", { A } },
	      { "domain x.org", { "XA domain=x.org|type=alias|target=9" } },
	      { "id 9", { "T domain=t.org|id=9" } },
	      { "domain y.org", { "YA domain=y.org|type=alias|target=8" } },
	      { "id 8", { "S domain=s.org|id=8" } } },
	    "a ", "XA T YA S ", false, false, NULL },
	{ "the target of a target is not asked", MAIL, "u@x.org",
	    { { "account u@x.org", { A } },
	      { "domain x.org", { "XA domain=x.org|type=alias|target=9" } },
	      { "id 9", { "T domain=t.org|id=9|type=alias|target=8" } } },
	    "a ", "XA T ", false, false, NULL },
	{ "not found, and no alias domain", MAIL, "z@x.org",
	    { { "account z@x.org", { NULL } }, { "domain x.org", { X } } },
	    "", "X ", false, false, NULL },
	{ "not found, unknown domain", MAIL, "z@z.org",
	    { { "account z@z.org", { NULL } }, { "domain z.org", { NULL } } },
	    "", "", false, true, NULL },
	{ "found in the target domain", MAIL, "u@y.org",
	    { { "account u@y.org", { NULL } }, { "domain y.org", { YX } },
	      { "id 1", { X } }, { "account u@x.org", { A } },
	      { "domain x.org", { X } } },
	    "a ", "YX X ", false, false, NULL },
	{ "found there by an alias of an account of a third domain", MAIL,
	    "v@y.org",
	    { { "account v@y.org", { NULL } }, { "domain y.org", { YX } },
	      { "id 1", { X } },
	      { "account v@x.org", { "c mail=c@z.org|alias=v@x.org" } },
	      { "domain z.org", { "ZA domain=z.org|type=alias|target=7" } },
	      { "id 7", { "U domain=u.org|id=7" } } },
	    "c ", "YX X ZA U ", false, false, NULL },
	{ "found there, its own domain is the alias domain", MAIL, "v@y.org",
	    { { "account v@y.org", { NULL } }, { "domain y.org", { YX } },
	      { "id 1", { X } },
	      { "account v@x.org", { "c mail=c@y.org|alias=v@x.org" } } },
	    "c ", "YX X ", false, false, NULL },
	{ "not found in the target domain either: once only", MAIL, "z@y.org",
	    { { "account z@y.org", { NULL } }, { "domain y.org", { YX } },
	      { "id 1", { "X domain=x.org|id=1|type=alias|target=2" } },
	      { "account z@x.org", { NULL } } },
	    "", "YX X ", false, false, NULL },
	{ "two found in the target domain", MAIL, "v@y.org",
	    { { "account v@y.org", { NULL } }, { "domain y.org", { YX } },
	      { "id 1", { X } }, { "account v@x.org", { A, B } } },
	    "a b ", "YX X ", false, false, NULL },
	{ "the target has no entry", MAIL, "u@y.org",
	    { { "account u@y.org", { NULL } }, { "domain y.org", { YX } },
	      { "id 1", { NULL } } },
	    "", "YX ", false, true, NULL },
	{ "the alias domain names no target", MAIL, "u@y.org",
	    { { "account u@y.org", { NULL } },
	      { "domain y.org", { "YA domain=y.org|type=alias" } } },
	    "", "YA ", false, true, NULL },
	{ "the alias domain names two targets", MAIL, "u@y.org",
	    { { "account u@y.org", { NULL } },
	      { "domain y.org",
	        { "YA domain=y.org|type=alias|target=1|target=2" } } },
	    "", "YA ", false, true, NULL },
	{ "the target has two names", MAIL, "u@y.org",
	    { { "account u@y.org", { NULL } }, { "domain y.org", { YX } },
	      { "id 1", { "X domain=x.org|domain=z.org|id=1" } } },
	    "", "YX X ", false, true, NULL },
	{ "the target's name is none", MAIL, "u@y.org",
	    { { "account u@y.org", { NULL } }, { "domain y.org", { YX } },
	      { "id 1", { "X domain=not a domain|id=1" } } },
	    "", "YX X ", false, true, NULL },
	{ "two accounts", MAIL, "v@x.org",
	    { { "account v@x.org", { A, B } } },
	    "a b ", "", false, false, NULL },
	{ "two accounts and more", MAIL, "v@x.org",
	    { { "account v@x.org", { A, B, "!more" } } },
	    "a b ", "", true, false, NULL },
	{ "the name is no address", MAIL, "v@x.org",
	    { { "account v@x.org", { "a mail=u|alias=v@x.org" } },
	      { "domain x.org", { X } } },
	    "a ", "X ", false, true, NULL },
	{ "two names", MAIL, "v@x.org",
	    { { "account v@x.org", { "a mail=v@x.org|mail=u@x.org" } },
	      { "domain x.org", { X } } },
	    "a ", "X ", false, true, NULL },
	{ "no name", MAIL, "v@x.org",
	    { { "account v@x.org", { "a alias=v@x.org" } },
	      { "domain x.org", { X } } },
	    "a ", "X ", false, true, NULL },
	{ "own domain without an entry", MAIL, "w@y.org",
	    { { "account w@y.org", { A } }, { "domain x.org", { NULL } },
	      { "domain y.org", { Y } } },
	    "a ", "Y ", false, true, NULL },
	{ "the address's domain without an entry", MAIL, "w@y.org",
	    { { "account w@y.org", { A } }, { "domain x.org", { X } },
	      { "domain y.org", { NULL } } },
	    "a ", "X ", false, true, NULL },
	/* what comes back is compared again */
	{ "case does not count", MAIL, "u@x.org",
	    { { "account u@x.org", { "a mail=U@X.ORG" } },
	      { "domain x.org", { "X domain=X.Org" } } },
	    "a ", "X ", false, false, NULL },
	{ "by a prefix", MAIL, "u@x.org",
	    { { "account u@x.org", { "a mail=q@x.org|proxy=SMTP:u@x.org" } },
	      { "domain x.org", { X } } },
	    "a ", "X ", false, false, NULL },
	{ "another prefix does not count", MAIL, "u@x.org",
	    { { "account u@x.org", { "a mail=q@x.org|proxy=x500:u@x.org" } },
	      { "domain x.org", { X } } },
	    "", "X ", false, false, NULL },
	{ "nor does no prefix", MAIL, "u@x.org",
	    { { "account u@x.org", { "a mail=q@x.org|proxy=u@x.org" } },
	      { "domain x.org", { X } } },
	    "", "X ", false, false, NULL },
	{ "hidden: none of the attributes is shown", MAIL, "u@x.org",
	    { { "account u@x.org", { "a uid=u|other=u@x.org" } } },
	    "", "", false, false, "hidden" },
	{ "hidden beside a good one", MAIL, "u@x.org",
	    { { "account u@x.org", { A, "b uid=u" } } },
	    "a ", "", false, false, "hidden" },
	{ "loose alone is none", MAIL, "u@x.org",
	    { { "account u@x.org", { "a mail=u @x.org" } },
	      { "domain x.org", { X } } },
	    "", "X ", false, false, NULL },
	{ "loose beside a good one is ambiguous", MAIL, "u@x.org",
	    { { "account u@x.org", { "b mail=u @x.org", A } } },
	    "a ", "", true, false, NULL },
	{ "two loose are ambiguous", MAIL, "u@x.org",
	    { { "account u@x.org", { "a mail=u @x.org", "b mail= u@x.org" } } },
	    "", "", true, false, NULL },
	{ "loose first, found in the target domain: ambiguous", MAIL,
	    "u@y.org",
	    { { "account u@y.org", { "b mail=u@y.org " } },
	      { "domain y.org", { YX } }, { "id 1", { X } },
	      { "account u@x.org", { A } } },
	    "a ", "YX X ", true, false, NULL },
	{ "a longer address is not a shorter one", MAIL, "u@x.org",
	    { { "account u@x.org", { "a mail=u@x.org.evil" } },
	      { "domain x.org", { X } } },
	    "", "X ", false, false, NULL },
	{ "a domain entry that shows no name", MAIL, "u@x.org",
	    { { "account u@x.org", { A } }, { "domain x.org", { "X id=1" } } },
	    "a ", "", false, false, "hidden" },
	{ "a domain entry that shows another name", MAIL, "u@x.org",
	    { { "account u@x.org", { A } },
	      { "domain x.org", { "X domain=x.or" } } },
	    "a ", "", false, false, "hidden" },
	{ "a target that shows another id", MAIL, "u@y.org",
	    { { "account u@y.org", { NULL } }, { "domain y.org", { YX } },
	      { "id 1", { "X domain=x.org|id=3" } } },
	    "", "YX ", false, false, "hidden" },
	{ "two entries for a domain", MAIL, "u@x.org",
	    { { "account u@x.org", { A } },
	      { "domain x.org", { X, "X2 domain=x.org" } } },
	    "a ", "", false, false, "directory" },
	/* what cannot be asked */
	{ "the account", MAIL, "u@x.org",
	    { { "account u@x.org", { "!busy" } } },
	    "", "", false, false, "busy" },
	{ "the domain", MAIL, "u@x.org",
	    { { "account u@x.org", { A } },
	      { "domain x.org", { "!busy" } } },
	    "a ", "", false, false, "busy" },
	{ "size limit with nothing", MAIL, "u@x.org",
	    { { "account u@x.org", { "!more" } } },
	    "", "", false, false, "directory" },
	{ "size limit with one", MAIL, "u@x.org",
	    { { "account u@x.org", { A, "!more" } } },
	    "", "", false, false, "directory" },
	{ "size limit of a domain", MAIL, "u@x.org",
	    { { "account u@x.org", { A } }, { "domain x.org", { X, "!more" } } },
	    "a ", "", false, false, "directory" },
	{ "size limit of a domain with two", MAIL, "u@x.org",
	    { { "account u@x.org", { A } },
	      { "domain x.org", { X, "X2 domain=x.org", "!more" } } },
	    "a ", "", false, false, "directory" },
	{ "more entries than the limit", MAIL, "v@x.org",
	    { { "account v@x.org", { A, B, "c mail=v@x.org" } } },
	    "a b ", "", true, false, NULL },
	/* the other kinds of names */
	{ "email=", IDENTITY_REQUEST_EMAIL, "w@y.org",
	    { { "account w@y.org", { A } }, { "domain x.org", { X } },
	      { "domain y.org", { Y } } },
	    "a ", "X Y ", false, false, NULL },
	{ "account=, own domain only", IDENTITY_REQUEST_ACCOUNT, "U",
	    { { "account U", { A } }, { "domain x.org", { X } } },
	    "a ", "X ", false, false, NULL },
	{ "account= with an address", IDENTITY_REQUEST_ACCOUNT, "u@x.org",
	    { { "account u@x.org", { A } }, { "domain x.org", { X } } },
	    "a ", "X ", false, false, NULL },
	{ "account= not found: no domain is asked",
	    IDENTITY_REQUEST_ACCOUNT, "u@y.org",
	    { { "account u@y.org", { NULL } } },
	    "", "", false, false, NULL },
	{ "upn", IDENTITY_UPN, "u@corp.local",
	    { { "account u@corp.local",
	        { "a mail=u@x.org|principal=UPN u@corp.local" } },
	      { "domain x.org", { X } } },
	    "a ", "X ", false, false, NULL },
	{ "upn not found: no alias domain", IDENTITY_UPN, "u@y.org",
	    { { "account u@y.org", { NULL } } },
	    "", "", false, false, NULL },
	{ "uid, loose", IDENTITY_UID, "u",
	    { { "account u", { "a mail=u@x.org|uid=u.x" } } },
	    "", "", false, false, NULL },
	{ "no keys for this kind", IDENTITY_CN, "u", { { NULL, { NULL } } },
	    "", "", false, false, "internal" },
	{ "an address that is none", MAIL, "u@@x", { { NULL, { NULL } } },
	    "", "", false, false, "internal" },
};

static void
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

static void
query_text(const struct resolve_query *query, char *text, size_t size)
{
	(void)snprintf(text, size, "%s %s",
	    query == NULL ? "none" : query->kind == RESOLVE_ACCOUNT ?
	    "account" : query->keys[0].attribute,
	    query == NULL ? "" : query->value);
}

static void
dns_text(struct entry *const *entries, size_t count, char *text)
{
	size_t i;

	*text = '\0';
	for (i = 0; i < count; i++) {
		(void)strcat(text, entries[i]->dn);
		(void)strcat(text, " ");
	}
}

static void
check_walk(const struct profile *profile, const struct walk *walk, bool exact)
{
	struct identity identity = { .source = walk->source };
	const struct resolve_query *query;
	struct resolve *resolve;
	struct findings found;
	char text[512];
	size_t n;

	identity.len = strlen(walk->value);
	memcpy(identity.value, walk->value, identity.len + 1);
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

static void
test_walks(void **state)
{
	struct profile *profile = profile_good(profile_text);
	size_t i;

	for (i = 0; i < COUNT(walks); i++)
		check_walk(profile, &walks[i], false);
	profile_free(profile);
	rows_end();
	print_message("%zu walks\n", COUNT(walks));
}

static void
test_exact(void **state)
{
	static const struct walk rows[] = {
		{ "the very same", MAIL, "Bob@x.org",
		    { { "account Bob@x.org", { "a mail=Bob@X.org" } },
		      { "domain x.org", { X } } },
		    "a ", "X ", false, false, NULL },
		{ "another account", MAIL, "Bob@x.org",
		    { { "account Bob@x.org", { "a mail=bob@x.org" } },
		      { "domain x.org", { X } } },
		    "", "X ", false, false, NULL },
		{ "another account beside", MAIL, "Bob@x.org",
		    { { "account Bob@x.org",
		        { "a mail=bob@x.org", "b mail=Bob@x.org" } },
		      { "domain x.org", { X } } },
		    "b ", "X ", false, false, NULL },
		{ "two of another case", MAIL, "Bob@x.org",
		    { { "account Bob@x.org",
		        { "a mail=bob@x.org", "b mail=BOB@x.org" } },
		      { "domain x.org", { X } } },
		    "", "X ", false, false, NULL },
		{ "… and more that nobody has seen", MAIL, "Bob@x.org",
		    { { "account Bob@x.org",
		        { "a mail=bob@x.org", "b mail=BOB@x.org", "!more" } } },
		    "", "", true, false, NULL },
		{ "another case and more", MAIL, "Bob@x.org",
		    { { "account Bob@x.org",
		        { "a mail=bob@x.org", "b mail=Bob@x.org", "!more" } } },
		    "b ", "", true, false, NULL },
		{ "another case and a loose one", MAIL, "Bob@x.org",
		    { { "account Bob@x.org",
		        { "a mail=bob@x.org", "b mail=Bob @x.org" } } },
		    "", "", true, false, NULL },
		{ "of two values the exact one counts", MAIL, "Bob@x.org",
		    { { "account Bob@x.org",
		        { "a alias=bob@x.org|mail=Bob@x.org" } },
		      { "domain x.org", { X } } },
		    "a ", "X ", false, false, NULL },
		{ "in the target domain, too", MAIL, "Bob@y.org",
		    { { "account Bob@y.org", { NULL } },
		      { "domain y.org", { YX } }, { "id 1", { X } },
		      { "account Bob@x.org", { "a mail=bob@x.org" } } },
		    "", "YX X ", false, false, NULL },
	};
	struct profile *profile = profile_good(profile_text);
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		check_walk(profile, &rows[i], true);
	profile_free(profile);
	rows_end();
}

/* A profile without domains makes one search. */
static void
test_plain(void **state)
{
	static const struct walk rows[] = {
		{ "found", MAIL, "u@x.org",
		    { { "account u@x.org", { "a mail=u@x.org" } } },
		    "a ", "", false, false, NULL },
		{ "not found", MAIL, "u@x.org",
		    { { "account u@x.org", { NULL } } },
		    "", "", false, false, NULL },
		{ "no keys", IDENTITY_REQUEST_ACCOUNT, "u", { { NULL, { NULL } } },
		    "", "", false, false, "internal" },
	};
	struct profile *profile = profile_good(plain_text);
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		check_walk(profile, &rows[i], false);
	profile_free(profile);
	rows_end();
}

/* An alias condition that cannot be evaluated is followed nowhere. */
static void
test_undefined_alias(void **state)
{
	static const struct walk row = { "undefined", MAIL, "u@x.org",
		{ { "account u@x.org", { A } },
		  { "domain x.org", { "X domain=x.org|isalias=maybe|target=1" } } },
		"a ", "X ", false, true, NULL };
	struct profile *profile = profile_good(
	    "account = \"(objectClass=account)\"; name = \"mail\";"
	    "keys = { address = [ \"mail\" ]; }; types = { isalias = \"boolean\"; };"
	    "domain = { entry = \"(objectClass=domain)\"; name = \"domain\";"
	    "  id = \"id\"; alias = \"(isalias=TRUE)\"; target = \"target\"; };"
	    "rules = ( { admit = true; } );");

	check_walk(profile, &row, false);
	profile_free(profile);
	rows_end();
}

/* Broken off, it is a failure; and odd calls free what they are given. */
static void
test_misuse(void **state)
{
	static const struct step answer = { "", { A } };
	struct profile *profile = profile_good(profile_text);
	struct identity identity = { .source = MAIL, .value = "u@x.org",
		.len = 7 };
	struct resolve *resolve;
	struct findings found;

	resolve = resolve_new(profile, &identity, false, NULL);
	resolve_take(resolve, &found);
	assert_int_equal(found.failure, VERDICT_UNAVAILABLE);
	assert_string_equal(found.reason, "internal");
	assert_null(resolve_next(resolve));
	resolve_free(resolve);

	resolve = resolve_new(profile, &identity, false, NULL);
	feed(resolve, &answer);			/* nothing was asked */
	assert_non_null(resolve_next(resolve));
	feed(resolve, &answer);
	feed(resolve, &answer);			/* asked once, fed twice */
	assert_non_null(resolve_next(resolve));
	resolve_take(resolve, &found);
	assert_int_equal(found.failure, VERDICT_UNAVAILABLE);
	findings_free(&found);
	feed(resolve, &answer);			/* over */
	resolve_free(resolve);
	resolve_free(NULL);
	findings_free(NULL);
	profile_free(profile);
}

static void
test_trace(void **state)
{
	static const struct step account = { "", { A } };
	static const struct step domain = { "", { X } };
	struct profile *profile = profile_good(profile_text);
	struct identity identity = { .source = MAIL, .value = "u@x.org",
		.len = 7 };
	struct resolve *resolve;
	struct trace trace;

	trace_init(&trace);
	resolve = resolve_new(profile, &identity, false, &trace);
	assert_non_null(resolve_next(resolve));
	feed(resolve, &account);
	assert_non_null(resolve_next(resolve));
	feed(resolve, &domain);
	assert_null(resolve_next(resolve));
	resolve_free(resolve);
	assert_string_equal(buffer_text(&trace.lines),
	    " search: account u@x.org\n found: a\n search: domain x.org\n"
	    " found: X\n domain: X: alias domain False\n");
	trace_free(&trace);
	profile_free(profile);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_undefined_alias),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_trace),
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
