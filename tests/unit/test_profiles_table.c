/*
 * The shipped profiles against tables (profile-NAME.tsv): for every attribute
 * that matters each kind of value, and the verdict.
 *
 * A row goes the whole way: the search filter is built and evaluated on the
 * entry (a directory in miniature), of which only the attributes asked for
 * come back; then the decision.  And the tables must be good enough: without
 * any one rule, key, type or required attribute of a profile, a row fails.
 */
#include "lookupd/decision.h"

#include "tests/unit/profile_table.h"
#include "tests/unit/pure.h"

static const char *const kinds[] = { "absent", "empty", "min", "max", "0",
	"-1", "unparsable", "several" };

/* Is this attribute of "a=x|-b|c=y" changed there? */
static bool
is_changed(const char *change, const char *name, size_t len)
{
	while (*change != '\0') {
		const char *own = *change == '-' ? change + 1 : change;
		size_t own_len = strcspn(own, "=|");

		if (own_len == len && strncasecmp(own, name, len) == 0)
			return true;
		change += strcspn(change, "|");
		change += *change == '|' ? 1 : 0;
	}
	return false;
}

/* Add what "a=x|-b|c=y" gives; nothing of what `without` changes. */
static void
add_values(struct entry *entry, const char *text, const char *without)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "|"), name_len = strcspn(text, "=|");
		char name[128];

		(void)snprintf(name, sizeof(name), "%.*s", (int)name_len, text);
		if (name_len > 0 && name_len < len &&
		    !is_changed(without, name, name_len))
			assert_int_equal(entry_add(entry, name,
			    text + name_len + 1, len - name_len - 1), 0);
		text += len;
		text += *text == '|' ? 1 : 0;
	}
}

static struct entry *
row_entry(const struct row *row)
{
	struct entry *entry = entry_new("cn=user1");

	assert_non_null(entry);
	add_values(entry, row->entry, row->change);
	add_values(entry, row->change, "");
	return entry;
}

/* What a search that names these attributes returns; stored: as the store
 * gives it. */
static struct entry *
only(const struct entry *whole, char *const *attributes, bool stored)
{
	char *const *list = attributes;
	struct entry *entry = entry_new(whole->dn), *other;
	const struct attribute *attribute;
	size_t i;

	assert_non_null(entry);
	for (; *attributes != NULL; attributes++) {
		attribute = entry_get(whole, *attributes);
		for (i = 0; attribute != NULL && i < attribute->count; i++)
			assert_int_equal(entry_add(entry, *attributes,
			    attribute->values[i].data,
			    attribute->values[i].len), 0);
	}
	if (!stored)
		return entry;
	other = entry_from_list(entry, list);
	assert_ptr_equal(other->list, list);
	entry_free(entry);
	return other;
}

/* Does the directory find it? */
static bool
matches(const struct profile *profile, const struct resolve_query *query,
    const struct entry *entry)
{
	struct filter_context context = { .type_of = profile_type_of,
		.types = profile };
	char error[FILTER_ERROR_MAX];
	struct filter *filter;
	struct buffer text;
	bool found;

	buffer_init(&text, 64 * 1024);
	assert_int_equal(filter_build(&text, query->keys, query->key_count,
	    query->value, query->len, query->class), 0);
	filter = filter_parse(buffer_text(&text), text.len, error);
	if (filter == NULL)
		fail_msg("%s: %s", buffer_text(&text), error);
	found = filter_eval(filter, entry, &context) == TRUTH_TRUE;
	filter_free(filter);
	buffer_free(&text);
	return found;
}

static void
search(const struct profile *profile, const struct identity *identity,
    const struct entry *entry, bool stored, struct findings *ret)
{
	struct resolve *resolve = resolve_new(profile, identity, false, NULL);
	const struct resolve_query *query;

	assert_non_null(resolve);
	while ((query = resolve_next(resolve)) != NULL) {
		struct entry *found[2] = { NULL, NULL };
		size_t count = 0;

		if (query->kind == RESOLVE_ACCOUNT &&
		    matches(profile, query, entry))
			found[count++] = only(entry, query->attributes,
			    stored);
		resolve_feed(resolve, found, count, false);
	}
	findings_init(ret);
	resolve_take(resolve, ret);
	resolve_free(resolve);
}

static void
take_identity(const char *text, struct identities *ret)
{
	size_t len = strcspn(text, ":");
	const char *reason;
	int source;

	for (source = 0; source < IDENTITY_SOURCES; source++) {
		const char *name = identity_source_name(
		    (enum identity_source)source);

		if (strlen(name) == len && strncmp(name, text, len) == 0)
			break;
	}
	assert_true(source < IDENTITY_SOURCES && text[len] == ':');
	assert_null(identities_add(ret, (enum identity_source)source,
	    text + len + 1, strlen(text + len + 1), &reason));
}

static void
decide(const struct profile *profile, const struct row *row, bool stored,
    struct decision *ret)
{
	struct identities identities = { .count = 0 };
	struct entry *entry = row_entry(row);
	struct findings findings;
	struct decision_input input = { .profile = profile,
		.identities = &identities, .findings = &findings,
		.now_us = row->now_us, .lockout_s = row->lockout_s };

	take_identity(row->identity, &identities);
	search(profile, &identities.items[0], entry, stored, &findings);
	decision_make(&input, ret, NULL);
	findings_free(&findings);
	entry_free(entry);
}

/* How many rows come out differently, over an entry of either kind; each is
 * shown if wanted. */
static size_t
differences(const struct profile *profile, const struct table *table,
    bool show)
{
	size_t i, count = 0;

	for (i = 0; i < 2 * table->count; i++) {
		const struct row *row = &table->rows[i / 2];
		const char *reason, *verdict;
		struct decision got;

		decide(profile, row, i % 2 == 1, &got);
		verdict = verdict_word(got.verdict);
		reason = got.reason[0] == '\0' ? "-" : got.reason;
		if (strcmp(verdict, row->verdict) == 0 &&
		    strcmp(reason, row->reason) == 0)
			continue;
		count++;
		if (show)
			(void)row_check(false, row->name,
			    "want %s %s, got %s %s", row->verdict,
			    row->reason, verdict, reason);
	}
	return count;
}

/* The table has a row "attribute kind" for each kind of value. */
struct coverage {
	const struct table *table;
	size_t attributes;
};

static void
check_kinds(void *context, const char *attribute)
{
	struct coverage *coverage = context;
	char name[256];
	size_t kind, i;

	coverage->attributes++;
	for (kind = 0; kind < COUNT(kinds); kind++) {
		(void)snprintf(name, sizeof(name), "%s %s", attribute,
		    kinds[kind]);
		for (i = 0; i < coverage->table->count; i++)
			if (strcmp(coverage->table->rows[i].name, name) == 0)
				break;
		(void)row_check(i < coverage->table->count, name,
		    "there is no such row");
	}
}

static void
check_coverage(const struct profile *profile, const struct table *table)
{
	struct coverage coverage = { table, 0 };
	size_t i;

	for (i = 0; i < profile->rule_count; i++)
		if (profile->rules[i].account != NULL)
			filter_attributes(profile->rules[i].account,
			    check_kinds, &coverage);
	for (i = 0; i < profile->let_count; i++)
		filter_attributes(profile->lets[i].filter, check_kinds,
		    &coverage);
	for (i = 0; i < profile->require_count; i++)
		check_kinds(&coverage, profile->require[i]);
	for (i = 0; i < profile->single_count; i++)
		check_kinds(&coverage, profile->single[i]);
	assert_true(coverage.attributes > 0);
}

static void
must_differ(const struct profile *profile, const struct table *table,
    const char *what, const char *which)
{
	(void)row_check(differences(profile, table, false) > 0, what,
	    "without %s no row fails", which);
}

/* Leave out one item of an array, try, put it back. */
#define WITHOUT(array, count, at, what, which) do { \
	__typeof__((array)[0]) kept_ = (array)[at]; \
	const char *which_ = (which); \
	memmove(&(array)[at], &(array)[(at) + 1], \
	    ((count) - (at) - 1) * sizeof(kept_)); \
	(count)--; \
	must_differ(profile, table, what, which_); \
	memmove(&(array)[(at) + 1], &(array)[at], \
	    ((count) - (at)) * sizeof(kept_)); \
	(array)[at] = kept_; \
	(count)++; \
	tried++; \
} while (0)

static size_t
leave_out_each(struct profile *profile, const struct table *table)
{
	struct filter *class = profile->account;
	char error[FILTER_ERROR_MAX], line[32];
	size_t i, kind, tried = 1;

	for (i = 0; i < profile->rule_count; i++) {
		(void)snprintf(line, sizeof(line), "of line %u",
		    profile->rules[i].line);
		WITHOUT(profile->rules, profile->rule_count, i, "a rule", line);
	}
	for (i = 0; i < profile->require_count; i++)
		WITHOUT(profile->require, profile->require_count, i,
		    "require", profile->require[i]);
	for (i = 0; i < profile->single_count; i++)
		WITHOUT(profile->single, profile->single_count, i, "single",
		    profile->single[i]);
	for (kind = 0; kind < KEY_KINDS; kind++)
		for (i = 0; i < profile->keys[kind].count; i++)
			WITHOUT(profile->keys[kind].items,
			    profile->keys[kind].count, i,
			    key_kind_name((enum key_kind)kind),
			    profile->keys[kind].items[i].attribute);
	profile->account = filter_parse("(objectClass=*)", 15, error);
	assert_non_null(profile->account);
	must_differ(profile, table, "account", "the class");
	filter_free(profile->account);
	profile->account = class;
	return tried;
}

/* The profile as text, without the type of one attribute: it is refused, or
 * a row fails. */
static void
leave_out_type(const char *name, const struct table *table,
    const char *attribute)
{
	char *text = profile_table_text("etc/profiles/", name, ".conf");
	char line[256], *at;
	struct problems problems;
	struct profile *profile;

	(void)snprintf(line, sizeof(line), "\t%s = \"", attribute);
	at = strstr(text, line);
	assert_non_null(at);
	memset(at, ' ', strcspn(at, "\n"));
	problems_init(&problems);
	profile = profile_of(text, strlen(text), &problems);
	if (profile != NULL)
		must_differ(profile, table, "a type", attribute);
	profile_free(profile);
	problems_free(&problems);
	free(text);
}

static void
try_profile(const char *name)
{
	struct profile *profile = profile_shipped(name);
	struct table *table = profile_table_read(name);
	size_t tried, i;

	(void)differences(profile, table, true);
	check_coverage(profile, table);
	tried = leave_out_each(profile, table);
	for (i = 0; i < profile->type_count; i++, tried++)
		leave_out_type(name, table, profile->types[i].attribute);
	print_message("%s: %zu rows; %zu parts left out, each in turn\n", name,
	    table->count, tried);
	profile_table_free(table);
	profile_free(profile);
	rows_end();
}

static void
test_activedirectory(void **state)
{
	(void)state;
	try_profile("activedirectory");
}

static void
test_389ds(void **state)
{
	(void)state;
	try_profile("389ds");
}

static void
test_freeipa(void **state)
{
	(void)state;
	try_profile("freeipa");
}

static void
test_posix(void **state)
{
	(void)state;
	try_profile("posix");
}

/* Without it nobody of a whole domain could be looked up. */
static void
test_references(void **state)
{
	struct profile *profile = profile_shipped("activedirectory");

	(void)state;
	assert_true(profile->ignore_references);
	profile_free(profile);
	profile = profile_shipped("389ds");
	assert_false(profile->ignore_references);
	assert_false(profile->resume);
	profile_free(profile);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_activedirectory),
		cmocka_unit_test(test_389ds),
		cmocka_unit_test(test_freeipa),
		cmocka_unit_test(test_posix),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests_name("profiles", tests, NULL, NULL);
}
