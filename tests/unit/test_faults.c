/*
 * Memory that runs out, at every place in turn: a profile is whole or none, a
 * reply is whole or a failure, and a blocked account stays blocked.  Linked
 * with the allocating functions wrapped.
 */
#include "lookupd/decision.h"
#include "lookupd/find.h"

#include "tests/unit/pure.h"

static size_t allocations;		/* since the last reset */
static size_t fail_at = SIZE_MAX;	/* this one and all behind it, or … */
static bool fail_once;			/* … this one alone */

static bool
fails(void)
{
	size_t n = allocations++;

	return fail_once ? n == fail_at : n >= fail_at;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

char *
__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

char *
__wrap_strndup(const char *text, size_t len)
{
	return fails() ? NULL : __real_strndup(text, len);
}

static void
start_failing(size_t at, bool once)
{
	allocations = 0;
	fail_at = at;
	fail_once = once;
}

/* True when the failure lay behind the last allocation: time to end. */
static bool
stop_failing(void)
{
	bool over = allocations <= fail_at;

	fail_at = SIZE_MAX;
	fail_once = false;
	return over;
}

static const char profile_text[] =
    "account = \"(a=*)\"; name = \"mail\";"
    "keys = { address = [ \"mail\", \"proxy:smtp:\" ]; account = [ \"uid\" ]; };"
    "types = { t = \"time\"; }; require = [ \"mail\" ]; single = [ \"mail\" ];"
    "domain = { entry = \"(b=*)\"; name = \"domain\"; id = \"id\";"
    "  alias = \"(type=alias)\"; target = \"target\"; };"
    "let = { chief = \"(title=chief)\"; }; admin = \"(title=chief)\";"
    "rules = ( { block = \"locked\"; account = \"(note=*lock*ed*)\";"
    "    unless = \"chief\"; }, { block = \"domain-locked\";"
    "    domain = \"(note=*lock*ed*)\"; }, { admit = true; } );";

static size_t
list_length(char *const *list)
{
	size_t n = 0;

	while (list[n] != NULL)
		n++;
	return n;
}

/* What is wrong can be told, more or less, without memory. */
static void
test_problems(void **state)
{
	(void)state;
	for (size_t at = 0; at < 3; at++) {
		struct problems problems;

		problems_init(&problems);
		start_failing(at, false);
		problems_add(&problems, "file", 1, "first");
		problems_add(&problems, "file", 2, "second");
		(void)stop_failing();
		assert_int_equal(problems.count, 2);
		for (size_t i = 0; i < problems.count; i++)
			assert_true(strlen(problems_text(&problems, i)) > 0);
		problems_free(&problems);
	}
}

static void
test_profile(void **state)
{
	char path[] = "/tmp/ca.XXXXXX";
	int fd = mkstemp(path);
	size_t at, whole = 0;
	bool over = false;

	assert_true(fd >= 0);
	assert_true(write(fd, profile_text, strlen(profile_text)) > 0);
	close(fd);
	for (at = 0; !over; at++) {
		struct problems problems;
		struct profile *profile;

		problems_init(&problems);
		start_failing(at / 2, at % 2 == 0);
		profile = profile_read(path, &problems);
		over = stop_failing();
		if (profile != NULL) {
			whole++;
			assert_int_equal(problems.count, 0);
			assert_int_equal(profile->rule_count, 3);
			assert_non_null(profile->rules[0].account);
			assert_non_null(profile->rules[0].unless);
			assert_non_null(profile->rules[1].domain);
			assert_non_null(profile->domain.alias);
			assert_non_null(profile->admin);
			assert_int_equal(profile->keys[KEY_ADDRESS].count, 2);
			assert_string_equal(
			    profile->keys[KEY_ADDRESS].items[1].prefix, "smtp:");
			assert_int_equal(profile->type_count, 1);
			assert_int_equal(profile->require_count, 1);
			assert_int_equal(profile->single_count, 1);
			assert_int_equal(
			    list_length(profile->account_attributes), 5);
			assert_int_equal(
			    list_length(profile->domain_attributes), 5);
		} else {
			assert_true(problems.count > 0);
		}
		profile_free(profile);
		problems_free(&problems);
	}
	unlink(path);
	assert_true(whole >= 1);
	print_message("%zu allocations of a profile\n", (at - 1) / 2);
}

/* From the identity to the verdict, failing from the first search on. */
static enum verdict
decide(const struct profile *profile, const char *account_text,
    const char *domain_text, size_t at, bool once)
{
	static struct identities identities;
	static struct decision decision;
	struct entry *account = entry_of("cn=a", account_text);
	struct entry *domain = entry_of("dc=d", domain_text);
	struct findings findings;
	struct decision_input input = { .profile = profile,
	    .identities = &identities, .findings = &findings };
	struct resolve *resolve;
	struct trace trace;
	const char *reason;

	identities.count = 0;
	assert_null(identities_add(&identities, IDENTITY_SAN_EMAIL, "u@x.org",
	    7, &reason));
	memset(&decision, 0, sizeof(decision));
	findings_init(&findings);
	trace_init(&trace);
	start_failing(at, once);
	resolve = resolve_new(profile, &identities.items[0], false, &trace);
	if (resolve == NULL) {
		entry_free(account);
		entry_free(domain);
	} else {
		(void)resolve_next(resolve);
		resolve_feed(resolve, &account, 1, false);
		(void)resolve_next(resolve);
		resolve_feed(resolve, &domain, 1, false);
		resolve_take(resolve, &findings);
		decision_make(&input, &decision, &trace);
	}
	fail_at = SIZE_MAX;
	resolve_free(resolve);
	findings_free(&findings);
	trace_free(&trace);
	return decision.verdict;
}

static void
test_decision(void **state)
{
	static const struct {
		const char *account, *domain;
		enum verdict want;
	} rows[] = {
		{ "mail=u@x.org|note=fine", "domain=x.org|note=fine",
		    VERDICT_ACTIVE },
		{ "mail=u@x.org|note=it is locked", "domain=x.org",
		    VERDICT_BLOCKED },
		{ "mail=u@x.org", "domain=x.org|note=it is locked",
		    VERDICT_BLOCKED },
		{ "mail=u @x.org", "domain=x.org", VERDICT_UNKNOWN },
	};
	struct profile *profile = profile_good(profile_text);
	size_t i, at, total = 0;

	for (i = 0; i < COUNT(rows); i++) {
		enum verdict got = decide(profile, rows[i].account,
		    rows[i].domain, SIZE_MAX, false);

		total = allocations;
		row_check(got == rows[i].want, rows[i].account,
		    "nothing fails: got %s", verdict_word(got));
		for (at = 0; at < 2 * total; at++) {
			got = decide(profile, rows[i].account, rows[i].domain,
			    at / 2, at % 2 == 0);
			/* worse is permitted, better is not */
			row_check(got != VERDICT_ACTIVE ||
			    rows[i].want == VERDICT_ACTIVE, rows[i].account,
			    "allocation %zu fails: got %s", at / 2,
			    verdict_word(got));
		}
	}
	profile_free(profile);
	rows_end();
	print_message("%zu allocations of a decision\n", total);
}

/* A reply through failing memory: whole, a failure, or nothing at all. */
static void
test_reply(void **state)
{
	struct findings found;
	size_t at, whole = 0;
	bool over = false;

	findings_init(&found);
	found.accounts[found.account_count++] = entry_of("cn=a",
	    "mail=u@x.org|mail=v@x.org|status=locked");
	found.domains[found.domain_count++] = entry_of("dc=d", "domain=x.org");
	for (at = 0; !over; at++) {
		struct protocol_message message;
		struct protocol_error error;
		struct find_reply reply;
		struct buffer out;
		size_t line, used, start = 0;
		uint64_t id;
		int rc = 0;

		buffer_init(&out, FIND_REPLY_MAX);
		find_reply_init(&reply);
		start_failing(at / 2, at % 2 == 0);
		find_put_reply(&out, 1, &found, NULL);
		while (!out.failed && rc == 0 && protocol_next(
		    out.data + start, out.len - start, FIND_LINE_MAX, &line,
		    &used) == PROTOCOL_OK) {
			assert_int_equal(protocol_decode(out.data + start,
			    line, &message, &error), PROTOCOL_OK);
			rc = find_reply_feed(&reply, &message, &id);
			start += used;
		}
		over = stop_failing();
		if (rc == 1 && reply.findings.failure == VERDICT_NONE) {
			whole++;
			assert_int_equal(reply.findings.account_count, 1);
			assert_true(entry_same(reply.findings.accounts[0],
			    found.accounts[0]));
			assert_int_equal(reply.findings.domain_count, 1);
		}
		find_reply_free(&reply);
		buffer_free(&out);
	}
	findings_free(&found);
	assert_true(whole >= 1);
	print_message("%zu allocations of a reply\n", (at - 1) / 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_decision),
		cmocka_unit_test(test_reply),
	};

	return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
