/*
 * The walk through the store finds what a walk over a directory with the same
 * entries finds.
 */
#include "tests/unit/resolve_walk.h"
#include "tests/unit/store_stage.h"

#include "lookupd/store_walk.h"

static const char *const accounts[] = { A, B,
	"c mail=c@z.org|alias=q@x.org|uid=c", "d mail=D@X.org|alias=e@x.org",
	"e mail=e@x.org", "f mail=f@x.org|proxy=SMTP:f1@x.org|proxy=smtp:b@y.org",
	"g mail=g@y.org|principal=upn g@x.org", "h alias=h@x.org",
	"i mail=i@x.org|alias=three@x.org", "j alias=three@x.org",
	"k alias=three@x.org", "l mail=l@m.org|uid=u v",
	"m mail=same@x.org|alias=same@x.org" };
static const char *const domains[] = { X, YX, "Z domain=z.org|id=3|type=local",
	"M domain=m.org|id=4|type=alias|target=99",
	"N domain=n.org|id=5|type=alias|target=3",
	"O1 domain=o.org|id=6", "O2 domain=o.org|id=7" };

static const struct {
	enum identity_source source;
	const char *value;
} asked[] = {
	{ MAIL, "u@x.org" }, { MAIL, "U@X.ORG" }, { MAIL, "v@x.org" },
	{ MAIL, "w@y.org" }, { MAIL, "u@y.org" }, { MAIL, "nobody@x.org" },
	{ MAIL, "nobody@nowhere.org" }, { MAIL, "c@n.org" },
	{ MAIL, "q@x.org" }, { MAIL, "d@x.org" }, { MAIL, "e@x.org" },
	{ MAIL, "f1@x.org" }, { MAIL, "b@y.org" }, { MAIL, "h@x.org" },
	{ MAIL, "three@x.org" }, { MAIL, "l@m.org" }, { MAIL, "same@x.org" },
	{ MAIL, "x@o.org" }, { IDENTITY_UPN, "g@x.org" },
	{ IDENTITY_REQUEST_ACCOUNT, "u" }, { IDENTITY_REQUEST_ACCOUNT, "u v" },
	{ IDENTITY_REQUEST_ACCOUNT, "g@y.org" }, { IDENTITY_UID, "c" },
	{ IDENTITY_CN, "u" },
};

static struct entry *
made(const char *text)
{
	char dn[16];

	snprintf(dn, sizeof(dn), "%.*s", (int)strcspn(text, " "), text);
	return entry_of(dn, text + strlen(dn) + 1);
}

/* As a directory does it: entry by entry, value by value. */
static bool
matches(const struct entry *entry, const struct resolve_query *query)
{
	for (size_t i = 0; i < query->key_count; i++) {
		const struct attribute *attribute = entry_get(entry,
		    query->keys[i].attribute);
		char wanted[512];

		snprintf(wanted, sizeof(wanted), "%s%s",
		    query->keys[i].prefix == NULL ? "" : query->keys[i].prefix,
		    query->value);
		for (size_t j = 0; attribute != NULL && j < attribute->count;
		    j++) {
			if (value_equal(VALUE_TEXT, attribute->values[j].data,
			    attribute->values[j].len, wanted,
			    strlen(wanted)) == TRUTH_TRUE)
				return true;
		}
	}
	return false;
}

static void
answer(struct resolve *resolve, const struct resolve_query *query)
{
	bool account = query->kind == RESOLVE_ACCOUNT;
	const char *const *texts = account ? accounts : domains;
	size_t all = account ? COUNT(accounts) : COUNT(domains), count = 0;
	struct entry *entries[2];
	bool more = false;

	for (size_t i = 0; i < all; i++) {
		struct entry *entry = made(texts[i]);

		if (!matches(entry, query)) {
			entry_free(entry);
		} else if (count == 2) {
			more = true;
			entry_free(entry);
		} else {
			entries[count++] = entry;
		}
	}
	resolve_feed(resolve, entries, count, more);
}

static void
walk_live(const struct realm *realm, const struct identity *identity,
    struct findings *ret)
{
	struct resolve *resolve = resolve_new(realm->profile, identity,
	    realm->exact, NULL);
	const struct resolve_query *query;

	assert_non_null(resolve);
	while ((query = resolve_next(resolve)) != NULL)
		answer(resolve, query);
	resolve_take(resolve, ret);
	resolve_free(resolve);
}

static void
text_of(const struct findings *findings, char *text, size_t size)
{
	char first[256], second[256];

	dns_text(findings->accounts, findings->account_count, first);
	dns_text(findings->domains, findings->domain_count, second);
	snprintf(text, size, "accounts %s, domains %s, more %d, missing %d, "
	    "failure %s", first, second, findings->more,
	    findings->domain_missing, findings->failure == VERDICT_NONE ?
	    "none" : findings->reason);
}

static void
fill(struct stage *stage, struct store_area *area, const char *const *texts,
    size_t count)
{
	if (store_refresh_begin(area, stage->error) != 0)
		fail_msg("%s", stage->error);
	for (unsigned i = 0; i < count; i++) {
		struct store_id id = stage_id(i);
		struct entry *entry = made(texts[i]);

		if (store_refresh_put(area, &id, entry, stage->error) != 0)
			fail_msg("%s", stage->error);
		entry_free(entry);
	}
	if (store_refresh_finish(area, "c", 1, "s", 1, stage->error) != 0)
		fail_msg("%s", stage->error);
}

static void
test_walk(void **state)
{
	struct stage stage;
	struct realm realm = { .profile = profile_good(walk_profile) };
	struct store_area *people, *places;
	size_t found = 0;

	stage_set(&stage);
	stage.store = store_open(stage.folder, STORE_WRITER, &stage.anew,
	    stage.error);
	assert_non_null(stage.store);
	people = store_area_open(stage.store, "r", STORE_ACCOUNTS,
	    realm.profile, 1);
	places = store_area_open(stage.store, "r", STORE_DOMAINS,
	    realm.profile, 1);
	assert_true(people != NULL && places != NULL);
	fill(&stage, people, accounts, COUNT(accounts));
	fill(&stage, places, domains, COUNT(domains));
	for (size_t i = 0; i < 2 * COUNT(asked); i++) {
		struct identity identity = identity_of(asked[i / 2].source,
		    asked[i / 2].value);
		struct findings live, stored;
		char expected[1024], got[1024];

		realm.exact = i % 2 == 1;
		walk_live(&realm, &identity, &live);
		row_check(store_walk(people, places, &realm, &identity, NULL,
		    &stored, stage.error) == 0, asked[i / 2].value, "%s",
		    stage.error);
		text_of(&live, expected, sizeof(expected));
		text_of(&stored, got, sizeof(got));
		row_check(strcmp(expected, got) == 0, asked[i / 2].value,
		    "%s:\nlive:  %s\nstore: %s", realm.exact ? "exact" : "",
		    expected, got);
		found += stored.account_count;
		findings_free(&live);
		findings_free(&stored);
	}
	assert_true(found > COUNT(asked));
	rows_end();
	stage_strike(&stage);
	profile_free(realm.profile);
}

/* What cannot be read is a failure, never "nobody". */
static void
test_failures(void **state)
{
	struct stage stage;
	struct realm realm = { .profile = profile_good(walk_profile) };
	struct identity identity = identity_of(MAIL, "u@x.org");
	struct store_area *people;
	struct findings findings;
	struct trace trace;

	stage_set(&stage);
	stage.store = store_open(stage.folder, STORE_WRITER, &stage.anew,
	    stage.error);
	assert_non_null(stage.store);
	people = store_area_open(stage.store, "r", STORE_ACCOUNTS,
	    realm.profile, 1);
	trace_init(&trace);
	for (int i = 0; i < 2; i++) {
		/* not filled; then without the domains the profile uses */
		assert_int_equal(store_walk(people, NULL, &realm, &identity,
		    &trace, &findings, stage.error), -1);
		assert_int_equal(findings.failure, VERDICT_UNAVAILABLE);
		assert_string_equal(findings.reason, REASON_STALE);
		findings_free(&findings);
		fill(&stage, people, accounts, COUNT(accounts));
	}
	assert_non_null(strstr(buffer_text(&trace.lines), "not there yet"));
	assert_non_null(strstr(buffer_text(&trace.lines), "from the store"));
	trace_free(&trace);
	stage_strike(&stage);
	profile_free(realm.profile);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
