/*
 * The audit: nothing is dropped without a count.
 */
#include <config.h>

#include "lookupd/audit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log.h"
#include "lookupd/trust.h"
#include "tests/unit/rows.h"

static char written[65536];
static struct service nginx = { .name = (char *)(uintptr_t)"nginx" };
static struct service imap = { .name = (char *)(uintptr_t)"imap" };
static struct realm realm = { .name = (char *)(uintptr_t)"main" };

/* Run what, and catch what it wrote to standard error. */
static const char *
caught(void (*what)(void *), void *context)
{
	char path[] = "/tmp/ca-audit.XXXXXX";
	int saved = dup(STDERR_FILENO), file = mkstemp(path);
	ssize_t n;

	unlink(path);
	dup2(file, STDERR_FILENO);
	what(context);
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = pread(file, written, sizeof(written) - 1, 0);
	written[n < 0 ? 0 : n] = '\0';
	close(file);
	return written;
}

static size_t
lines_with(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)) != NULL; text += strlen(word))
		n++;
	return n;
}

struct script {
	struct audit *audit;
	struct audit_event event;
	size_t times;
	int64_t step_ms;
};

static void
repeat(void *context)
{
	struct script *script = context;

	for (size_t i = 0; i < script->times; i++) {
		audit_write(script->audit, &script->event);
		script->event.now += script->step_ms;
	}
}

static void
flush(void *context)
{
	audit_flush_refusals(context, INT64_MAX / 2);
}

static void
test_active_once(void **state)
{
	struct counters counters = { 0 };
	struct unix_peer peer = { .uid = 33 };
	struct decision decision = { .verdict = VERDICT_ACTIVE,
		.account = "user1@example.com" };
	struct script script = { .audit = audit_new(&counters), .times = 10,
		.step_ms = 10, .event = { .peer = &peer, .service = &nginx,
		.realm = &realm, .place = 1, .evidence = EVIDENCE_VERIFIED,
		.decision = &decision, .now = 1000, .interval_s = 60 } };
	const char *text;

	text = caught(repeat, &script);
	assert_int_equal(lines_with(text, "verdict=active"), 1);
	assert_int_equal(lines_with(text, "service=nginx realm=main "
	    "evidence=verified"), 1);
	assert_int_equal(counters.audit_withheld, 9);
	/* another service is another line; the account is named */
	script.event.service = &imap;
	script.event.place = 2;
	script.times = 1;
	text = caught(repeat, &script);
	assert_int_equal(lines_with(text, "service=imap"), 1);
	assert_int_equal(lines_with(text, "account=user1@example.com"), 1);
	/* after the interval: the count */
	script.event.service = &nginx;
	script.event.place = 1;
	script.event.now += 61000;
	text = caught(repeat, &script);
	assert_int_equal(lines_with(text, "again=9"), 1);
	audit_free(script.audit);
}

/* Each part of what one `active' is counted by, and what is none. */
static void
test_active_key(void **state)
{
	struct counters counters = { 0 };
	struct unix_peer peer = { .uid = 33 }, other_peer = { .uid = 34 };
	struct certificate certificate = { .hash = { 1 } };
	struct certificate other_certificate = { .hash = { 2 } };
	struct decision decision = { .verdict = VERDICT_ACTIVE,
		.account = "user1@example.com" };
	struct decision other_decision = { .verdict = VERDICT_ACTIVE,
		.account = "user2@example.com" };
	const struct audit_event event = { .peer = &peer, .service = &nginx,
		.realm = &realm, .place = 1, .evidence = EVIDENCE_NONE,
		.certificate = &certificate, .decision = &decision,
		.now = 1000, .interval_s = 60 };
	struct audit_event events[] = { event, event, event, event, event,
		event, event };
	static const char *const names[] = { "the first", "the same",
		"place", "evidence", "caller", "certificate", "account" };
	struct script script = { .audit = audit_new(&counters), .times = 1 };

	events[2].place = 2;
	events[3].evidence = EVIDENCE_ASSERTED;
	events[4].peer = &other_peer;
	events[5].certificate = &other_certificate;
	events[6].decision = &other_decision;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t want = i != 1, n;

		script.event = events[i];
		n = lines_with(caught(repeat, &script), "verdict=active");
		row_check(n == want, names[i], "%zu lines, want %zu", n, want);
	}
	audit_free(script.audit);
	rows_end();
}

/* Who chooses his account's name does not hide another's `active' behind his:
 * of these two hash_bytes has one hash under every second seed. */
static void
test_active_names(void **state)
{
	struct counters counters = { 0 };
	struct unix_peer peer = { .uid = 33 };
	struct decision first = { .verdict = VERDICT_ACTIVE,
		.account = "mallory1and1not1@example.com" };
	struct decision second = { .verdict = VERDICT_ACTIVE,
		.account = "malloryqandqnotq@example.com" };

	for (size_t i = 0; i < 16; i++) {
		struct script script = { .audit = audit_new(&counters),
			.times = 1, .event = { .peer = &peer,
			.service = &nginx, .realm = &realm, .place = 1,
			.evidence = EVIDENCE_NONE, .decision = &first,
			.now = 1000, .interval_s = 60 } };
		size_t n;

		(void)caught(repeat, &script);
		script.event.decision = &second;
		n = lines_with(caught(repeat, &script), second.account);
		row_check(n > 0, "a seed", "no line of the second account");
		audit_free(script.audit);
	}
	rows_end();
}

/* The names alone make the place: a new configuration goes on counting. */
static void
test_place(void **state)
{
	struct realm other = { .name = (char *)(uintptr_t)"other", .index = 1 };
	struct config *first = calloc(1, sizeof(*first));
	struct config *second = calloc(1, sizeof(*second));
	struct problems problems;
	struct trust *a, *b;

	problems_init(&problems);
	assert_true(first != NULL && second != NULL);
	first->references = second->references = 2;
	first->services[0] = second->services[1] = &nginx;
	first->services[1] = second->services[0] = &imap;
	first->service_count = second->service_count = 2;
	first->realms[0] = second->realms[0] = &realm;
	first->realms[1] = second->realms[1] = &other;
	first->realm_count = second->realm_count = 2;
	a = trust_load(first, &problems);
	b = trust_load(second, &problems);
	assert_true(a != NULL && b != NULL);
	assert_true(trust_place(a, 0, &realm) == trust_place(b, 1, &realm));
	assert_true(trust_place(a, 1, &other) == trust_place(b, 0, &other));
	assert_true(trust_place(a, 0, &realm) != trust_place(a, 1, &realm));
	assert_true(trust_place(a, 0, &realm) != trust_place(a, 0, &other));
	assert_true(trust_place(a, 1, &realm) != trust_place(a, 0, &other));
	trust_unref(a);
	trust_unref(b);
	free(first);
	free(second);
	problems_free(&problems);
}

static void
test_refusals_counted(void **state)
{
	struct counters counters = { 0 };
	struct callers callers = { NULL, 0 };
	struct charge *charge = callers_charge(&callers, 33);
	struct unix_peer peer = { .uid = 33 };
	struct decision decision = { .verdict = VERDICT_BLOCKED,
		.reason = "locked" };
	struct script script = { .audit = audit_new(&counters), .times = 100,
		.event = { .peer = &peer, .charge = charge,
		.evidence = -1, .decision = &decision, .now = 5000 } };
	const char *text;

	text = caught(repeat, &script);
	assert_null(strstr(text, "evidence="));
	assert_int_equal(lines_with(text, "reason=locked"),
	    AUDIT_REFUSALS_PER_SECOND);
	assert_int_equal(counters.audit_withheld,
	    100 - AUDIT_REFUSALS_PER_SECOND);
	text = caught(flush, &callers);
	assert_int_equal(lines_with(text, "caller=33 refused=80"), 1);
	callers_sweep(&callers);
	assert_int_equal(callers.count, 0);
	callers_free(&callers);
	audit_free(script.audit);
}

/* What came from outside can neither end the line nor add a field. */
static void
test_escaped(void **state)
{
	struct counters counters = { 0 };
	struct unix_peer peer = { .uid = 0 };
	struct decision decision = { .verdict = VERDICT_UNKNOWN };
	struct certificate certificate = {
		.issuer = "CN=x verdict=active\naudit verdict=active",
		.serial = "2a" };
	const struct protocol_field field = { .value = "10.0.0.1\033[2J" };
	const struct fields fields = { .at = { [FIELD_CLIENT] = &field } };
	struct script script = { .audit = audit_new(&counters), .times = 1,
		.event = { .peer = &peer, .certificate = &certificate,
		.decision = &decision, .now = 5000, .evidence = -1,
		.fields = &fields } };
	const char *text = caught(repeat, &script);

	assert_int_equal(lines_with(text, "\n"), 1);
	assert_int_equal(lines_with(text, " verdict="), 1);
	assert_non_null(strstr(text, "issuer=CN=x%20verdict=active%0A"));
	assert_non_null(strstr(text, "client=10.0.0.1%1B[2J"));
	audit_free(script.audit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_active_once),
		cmocka_unit_test(test_active_key),
		cmocka_unit_test(test_active_names),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_refusals_counted),
		cmocka_unit_test(test_escaped),
	};

	log_open("test", false, LEVEL_DEBUG);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
