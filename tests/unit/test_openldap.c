/*
 * The profile openldap: every attribute that locks, absent, at its limits,
 * unreadable and with two values.
 */
#include "lookupd/decision.h"

#include "tests/unit/pure.h"

/* 2026-01-01 00:00:00 UTC, day 20454 */
#define NOW (INT64_C(1767225600) * 1000000)

static struct profile *profile;

static int
read_profile(void **state)
{
	profile = profile_shipped("openldap");
	return 0;
}

static int
free_profile(void **state)
{
	profile_free(profile);
	return 0;
}

static const char *
ask(const char *attributes, int64_t lockout_s, bool need_admin)
{
	static struct decision decision;
	static struct identities identities;
	struct findings findings;
	struct decision_input input = { .profile = profile,
	    .identities = &identities, .findings = &findings, .now_us = NOW,
	    .lockout_s = lockout_s, .need_admin = need_admin };

	memset(&identities, 0, sizeof(identities));
	identities.count = 1;
	findings_init(&findings);
	findings.accounts[findings.account_count++] =
	    entry_of("uid=u", attributes);
	decision_make(&input, &decision, NULL);
	findings_free(&findings);
	return decision.verdict == VERDICT_ACTIVE ? "active" :
	    decision.reason;
}

#define U "uid=u|mail=u@x.org|"

static const struct {
	const char *attributes;
	const char *never;		/* lockout = 0 */
	const char *hour;		/* lockout = 3600 */
} rows[] = {
	{ "uid=u", "active", "active" },
	{ U "cn=u", "active", "active" },
	/* the name */
	{ "mail=u@x.org", "bad-entry", "bad-entry" },
	{ U "uid=v", "bad-entry", "bad-entry" },
	/* pwdAccountLockedTime */
	{ U "pwdAccountLockedTime=000001010000Z", "locked", "locked" },
	{ U "pwdAccountLockedTime=00000101000000Z", "locked", "locked" },
	{ U "pwdAccountLockedTime=00000101000000.0Z", "locked", "locked" },
	{ U "pwdAccountLockedTime=00000101000001Z", "lockout", "active" },
	{ U "pwdAccountLockedTime=20260101000000Z", "lockout", "lockout" },
	{ U "pwdAccountLockedTime=20270101000000Z", "lockout", "lockout" },
	{ U "pwdAccountLockedTime=20251231230000Z", "lockout", "lockout" },
	{ U "pwdAccountLockedTime=20251231225959.999999Z", "lockout", "active" },
	{ U "pwdAccountLockedTime=20251231225959Z", "lockout", "active" },
	{ U "pwdAccountLockedTime=19700101000000Z", "lockout", "active" },
	{ U "pwdAccountLockedTime=", "locked", "locked" },
	{ U "pwdAccountLockedTime=0", "locked", "locked" },
	{ U "pwdAccountLockedTime=-1", "locked", "locked" },
	{ U "pwdAccountLockedTime=now", "locked", "locked" },
	{ U "pwdAccountLockedTime=99991231235959Z", "lockout", "lockout" },
	{ U "pwdAccountLockedTime=20251231225959Z|"
	    "pwdAccountLockedTime=19700101000000Z", "bad-entry", "bad-entry" },
	/* pwdStartTime */
	{ U "pwdStartTime=20251231235959Z", "active", "active" },
	{ U "pwdStartTime=20260101000000Z", "active", "active" },
	{ U "pwdStartTime=20260101000000.000001Z", "not-started", "not-started" },
	{ U "pwdStartTime=20260101000001Z", "not-started", "not-started" },
	{ U "pwdStartTime=000001010000Z", "active", "active" },
	{ U "pwdStartTime=99991231235959Z", "not-started", "not-started" },
	{ U "pwdStartTime=", "not-started", "not-started" },
	{ U "pwdStartTime=0", "not-started", "not-started" },
	{ U "pwdStartTime=-1", "not-started", "not-started" },
	{ U "pwdStartTime=soon", "not-started", "not-started" },
	{ U "pwdStartTime=20250101000000Z|pwdStartTime=20270101000000Z",
	    "bad-entry", "bad-entry" },
	/* pwdEndTime */
	{ U "pwdEndTime=20251231235959Z", "ended", "ended" },
	{ U "pwdEndTime=20260101000000Z", "ended", "ended" },
	{ U "pwdEndTime=20260101000000.000001Z", "active", "active" },
	{ U "pwdEndTime=20260101000001Z", "active", "active" },
	{ U "pwdEndTime=000001010000Z", "ended", "ended" },
	{ U "pwdEndTime=99991231235959Z", "active", "active" },
	{ U "pwdEndTime=", "ended", "ended" },
	{ U "pwdEndTime=0", "ended", "ended" },
	{ U "pwdEndTime=-1", "ended", "ended" },
	{ U "pwdEndTime=never", "ended", "ended" },
	{ U "pwdEndTime=20250101000000Z|pwdEndTime=20270101000000Z",
	    "bad-entry", "bad-entry" },
	/* shadowExpire */
	{ U "shadowExpire=20453", "ended", "ended" },
	{ U "shadowExpire=20454", "ended", "ended" },
	{ U "shadowExpire=20455", "active", "active" },
	{ U "shadowExpire=-1", "active", "active" },
	{ U "shadowExpire=0", "ended", "ended" },
	{ U "shadowExpire=1", "ended", "ended" },
	{ U "shadowExpire=-2", "ended", "ended" },
	{ U "shadowExpire=-9223372036854775808", "ended", "ended" },
	{ U "shadowExpire=9223372036854775807", "active", "active" },
	{ U "shadowExpire=9223372036854775808", "ended", "ended" },
	{ U "shadowExpire=", "ended", "ended" },
	{ U "shadowExpire=never", "ended", "ended" },
	{ U "shadowExpire=020455", "ended", "ended" },
	{ U "shadowExpire=-1|shadowExpire=20453", "bad-entry", "bad-entry" },
	/* two of them: the first rule names the reason */
	{ U "pwdAccountLockedTime=000001010000Z|shadowExpire=0", "locked",
	    "locked" },
	{ U "pwdAccountLockedTime=20251231225959Z|pwdEndTime=20250101000000Z",
	    "lockout", "ended" },
	{ U "pwdStartTime=20270101000000Z|pwdEndTime=20250101000000Z",
	    "not-started", "not-started" },
	{ U "pwdAccountLockedTime=19700101000000Z|pwdStartTime=20250101000000Z|"
	    "pwdEndTime=20270101000000Z|shadowExpire=-1", "lockout", "active" },
};

static void
test_rows(void **state)
{
	const char *got;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		got = ask(rows[i].attributes, 0, false);
		row_check(strcmp(got, rows[i].never) == 0, rows[i].attributes,
		    "no end: want %s, got %s", rows[i].never, got);
		got = ask(rows[i].attributes, 3600, false);
		row_check(strcmp(got, rows[i].hour) == 0, rows[i].attributes,
		    "an hour: want %s, got %s", rows[i].hour, got);
	}
	rows_end();
	print_message("%zu rows\n", 2 * COUNT(rows));
}

/* The profile names no administrators: nobody is one. */
static void
test_admin(void **state)
{
	assert_string_equal(ask(U "cn=root", 0, true), "not-admin");
}

static void
test_keys(void **state)
{
	const struct profile_keys *keys = &profile->keys[KEY_ADDRESS];
	struct buffer out;

	buffer_init(&out, 4096);
	assert_int_equal(filter_build(&out, keys->items, keys->count, "u@x.org",
	    7, profile->account), 0);
	assert_string_equal(buffer_text(&out), "(&(|(mail=u@x.org)"
	    "(mailLocalAddress=u@x.org)(mailAlternateAddress=u@x.org))"
	    "(objectClass=inetOrgPerson))");
	buffer_free(&out);
	assert_int_equal(profile->keys[KEY_ACCOUNT].count, 1);
	assert_int_equal(profile->keys[KEY_UPN].count, 0);
	assert_int_equal(profile->lockout_s, 0);
	assert_false(profile->domain.used);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_admin),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests_name("openldap", tests, read_profile,
	    free_profile);
}
