/*
 * The codec of `find`: a reply arrives whole, or is a failure as a whole.
 */
#include "tests/unit/find_line.h"

/* Feed all lines; the last result. */
static int
feed_all(struct find_reply *reply, struct buffer *in, uint64_t *id)
{
	struct protocol_message message;
	int rc = 0;

	while (rc == 0 && next_line(in, &message))
		rc = find_reply_feed(reply, &message, id);
	return rc;
}

static void
test_reply(void **state)
{
	struct findings found;
	struct find_reply reply;
	struct trace trace, collected;
	struct buffer out;
	uint64_t id = 0;

	findings_init(&found);
	found.accounts[found.account_count++] = entry_of("uid=a b,dc=x",
	    "mail=u@x.org|mail=v@x.org|cn=Bäbs \\ % \n|empty=");
	assert_int_equal(entry_add(found.accounts[0], "bin", "\0\xff\0", 3), 0);
	found.domains[found.domain_count++] = entry_of("dc=x", "domain=x");
	found.domains[found.domain_count++] = entry_of("dc=y", "");
	found.more = true;
	found.domain_missing = true;
	trace_init(&trace);
	trace_say(&trace, "search", "%s", "account \\ u@x.org\n");
	trace_say(&trace, "found", "%s", "a");

	buffer_init(&out, FIND_REPLY_MAX);
	find_put_reply(&out, 7, &found, &trace);
	assert_false(out.failed);
	find_reply_init(&reply);
	trace_init(&collected);
	reply.trace = &collected;
	assert_int_equal(feed_all(&reply, &out, &id), 1);
	assert_int_equal(id, 7);
	assert_int_equal(out.len, 0);
	assert_int_equal(reply.findings.failure, VERDICT_NONE);
	assert_int_equal(reply.findings.account_count, 1);
	assert_int_equal(reply.findings.domain_count, 2);
	assert_true(entry_same(reply.findings.accounts[0], found.accounts[0]));
	assert_true(entry_same(reply.findings.domains[0], found.domains[0]));
	assert_true(entry_same(reply.findings.domains[1], found.domains[1]));
	assert_true(reply.findings.more);
	assert_true(reply.findings.domain_missing);
	/* the steps are those of the trace, not escaped again */
	assert_string_equal(buffer_text(&reply.steps),
	    buffer_text(&trace.lines));
	assert_string_equal(buffer_text(&collected.lines),
	    buffer_text(&trace.lines));
	find_reply_free(&reply);
	trace_free(&collected);

	/* a failure brings nothing but itself */
	found.failure = VERDICT_UNAVAILABLE;
	found.reason = REASON_HIDDEN;
	find_put_reply(&out, 8, &found, NULL);
	assert_string_equal(buffer_text(&out), "unavailable id=8 reason=hidden\n");
	find_reply_init(&reply);
	assert_int_equal(feed_all(&reply, &out, &id), 1);
	assert_int_equal(id, 8);
	assert_int_equal(reply.findings.failure, VERDICT_UNAVAILABLE);
	assert_ptr_equal(reply.findings.reason, REASON_HIDDEN);
	assert_int_equal(reply.findings.account_count, 0);
	find_reply_free(&reply);
	found.reason = NULL;
	find_put_reply(&out, 9, &found, NULL);
	assert_string_equal(buffer_text(&out), "unavailable id=9 reason=internal\n");
	findings_free(&found);

	/* nothing found is an answer */
	buffer_clear(&out);
	find_put_reply(&out, 10, &found, NULL);
	assert_string_equal(buffer_text(&out), "ok id=10\n");
	buffer_free(&out);
	trace_free(&trace);
}

/* A reply that is too large, or does not fit, is a failure as a whole. */
static void
test_reply_limits(void **state)
{
	static char big[ENTRY_BYTES_MAX];
	struct findings found;
	struct buffer out;
	size_t i;

	memset(big, 0xff, sizeof(big));		/* three bytes each, escaped */
	findings_init(&found);
	for (i = 0; i < RESOLVE_ACCOUNTS_MAX + 1; i++) {
		struct entry *entry = entry_of("dc=x", "");

		assert_int_equal(entry_add(entry, "a", big, sizeof(big)), 0);
		if (i < RESOLVE_ACCOUNTS_MAX)
			found.accounts[found.account_count++] = entry;
		else
			found.domains[found.domain_count++] = entry;
	}
	buffer_init(&out, 64 * 1024 * 1024);
	buffer_puts(&out, "before\n");
	find_put_reply(&out, 5, &found, NULL);
	assert_string_equal(buffer_text(&out),
	    "before\nunavailable id=5 reason=internal\n");
	buffer_free(&out);
	buffer_init(&out, 64 * 1024);
	find_put_reply(&out, 6, &found, NULL);
	assert_string_equal(buffer_text(&out),
	    "unavailable id=6 reason=internal\n");
	assert_false(out.failed);
	buffer_free(&out);
	buffer_init(&out, 8);
	find_put_reply(&out, 6, &found, NULL);
	assert_true(out.failed);
	buffer_free(&out);
	findings_free(&found);
}

#define ENTRY " entry kind=account dn=dc%3dx\n"

static void
test_bad_replies(void **state)
{
	static const struct {
		const char *lines;
		int want;
	} rows[] = {
		{ "ok id=1\n", 1 },
		{ "ok id=1 more=yes\n", 1 },
		{ "ok id=1 domain=missing\n", 1 },
		{ "unavailable id=1 reason=directory\n", 1 },
		{ ENTRY " value name=a data=\nok id=1\n", 1 },
		{ " step text=a\n step text=\nok id=1\n", 1 },
		{ ENTRY, 0 },
		{ "ok\n", -1 },
		{ "ok id=\n", -1 },
		{ "ok id=x\n", -1 },
		{ "ok id=1 more=no\n", -1 },
		{ "ok id=1 domain=yes\n", -1 },
		{ "ok id=1 account=u\n", -1 },
		{ "unavailable id=1\n", -1 },
		{ "unavailable reason=directory\n", -1 },
		{ "unavailable id=1 reason=directory more=yes\n", -1 },
		{ ENTRY "unavailable id=1 reason=directory\n", -1 },
		{ "active id=1\n", -1 },
		{ "find id=1\n", -1 },
		{ " entry kind=account\n", -1 },
		{ " entry dn=x\n", -1 },
		{ " entry kind=group dn=x\n", -1 },
		{ " entry kind=account dn=\n", -1 },
		{ " entry kind=account dn=a%00b\n", -1 },
		{ " entry kind=account dn=x more=yes\n", -1 },
		{ ENTRY ENTRY ENTRY, -1 },
		{ " entry kind=domain dn=a\n entry kind=domain dn=b\n"
		  " entry kind=domain dn=c\n entry kind=domain dn=d\n", 0 },
		{ " entry kind=domain dn=a\n entry kind=domain dn=b\n"
		  " entry kind=domain dn=c\n entry kind=domain dn=d\n"
		  " entry kind=domain dn=e\n", -1 },
		{ " value name=a data=b\n", -1 },
		{ ENTRY " value name=a\n", -1 },
		{ ENTRY " value data=b\n", -1 },
		{ ENTRY " value name= data=b\n", -1 },
		{ ENTRY " value name=a%00 data=b\n", -1 },
		{ ENTRY " value name=a data=b more=yes\n", -1 },
		{ " step\n", -1 },
		{ " step text=a%0Ab\n", -1 },
		{ " step text=a%00b\n", -1 },
		{ " step text=%FF\n", -1 },
		{ " step text=a more=yes\n", -1 },
		{ " ok id=1\n", -1 },
		{ " other\n", -1 },
	};
	struct find_reply reply;
	struct buffer in;
	uint64_t id;
	size_t i;
	int got;

	buffer_init(&in, 64 * 1024);
	for (i = 0; i < COUNT(rows); i++) {
		buffer_clear(&in);
		buffer_puts(&in, rows[i].lines);
		find_reply_init(&reply);
		id = 99;
		got = feed_all(&reply, &in, &id);
		row_check(got == rows[i].want, rows[i].lines, "got %d", got);
		row_check(id == (got == 1 ? 1 : 99), rows[i].lines, "id %llu",
		    (unsigned long long)id);
		find_reply_free(&reply);
	}
	/* a reason that is not known is still a failure */
	put(&in, "unavailable id=1 reason=whatever");
	find_reply_init(&reply);
	assert_int_equal(feed_all(&reply, &in, &id), 1);
	assert_int_equal(reply.findings.failure, VERDICT_UNAVAILABLE);
	assert_ptr_equal(reply.findings.reason, REASON_INTERNAL);
	find_reply_free(&reply);
	buffer_free(&in);
	rows_end();
}

/* Too many steps are cut, and the answer still arrives. */
static void
test_many_steps(void **state)
{
	struct find_reply reply;
	struct protocol_message message;
	struct buffer in;
	uint64_t id;
	size_t i;

	buffer_init(&in, 64 * 1024);
	find_reply_init(&reply);
	for (i = 0; i < 100000; i++) {
		put(&in, " step text=a-step-that-is-repeated");
		assert_true(next_line(&in, &message));
		assert_int_equal(find_reply_feed(&reply, &message, &id), 0);
	}
	assert_true(reply.steps.len <= reply.steps.max);
	put(&in, "ok id=3");
	assert_int_equal(feed_all(&reply, &in, &id), 1);
	assert_int_equal(id, 3);
	find_reply_free(&reply);
	buffer_free(&in);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_reply_limits),
		cmocka_unit_test(test_bad_replies),
		cmocka_unit_test(test_many_steps),
	};

	return cmocka_run_group_tests_name("find_reply", tests, NULL,
	    forget_line);
}
