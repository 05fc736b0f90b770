/*
 * Cookies: which hold change sequence numbers, what two of them make, and
 * who is behind.
 */
#include "lookupd/sync_cookie.h"

#include <string.h>

#include "tests/unit/rows.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define A1 "20260101000000.000000Z#000000#001#000000"
#define A2 "20260101000005.000000Z#000000#001#000000"
#define A3 "20260101000005.000000Z#000001#001#000000"
#define B1 "20260101000003.000000Z#000000#002#000000"
#define F1 "20250101000003.000000Z#000000#fff#000000"

static const struct join_row {
	const char *name, *old, *fresh;
	bool join;
	const char *want;
} join_rows[] = {
	{ "first", "", "rid=000,csn=" A1, true, "rid=000,csn=" A1 },
	{ "the sid is dropped", "", "rid=000,sid=001,csn=" A1, true,
	    "rid=000,csn=" A1 },
	{ "another rid", "", "rid=123,csn=" A1, true, "rid=000,csn=" A1 },
	{ "what follows is dropped", "", "rid=000,csn=" A1 ",delcsn=" B1, true,
	    "rid=000,csn=" A1 },
	{ "two, in order", "", "rid=000,csn=" B1 ";" A1, true,
	    "rid=000,csn=" A1 ";" B1 },
	{ "newer of the same", "rid=000,csn=" A1, "rid=000,csn=" A2, true,
	    "rid=000,csn=" A2 },
	{ "newer by its count", "rid=000,csn=" A2, "rid=000,csn=" A3, true,
	    "rid=000,csn=" A3 },
	{ "older of the same", "rid=000,csn=" A2, "rid=000,csn=" A1, true,
	    "rid=000,csn=" A2 },
	{ "of another", "rid=000,csn=" A1, "rid=000,csn=" B1, true,
	    "rid=000,csn=" A1 ";" B1 },
	{ "one of two", "rid=000,csn=" A1 ";" B1, "rid=000,csn=" A2, true,
	    "rid=000,csn=" A2 ";" B1 },
	{ "whole, not joined", "rid=000,csn=" A2 ";" B1, "rid=000,csn=" A1,
	    false, "rid=000,csn=" A1 },
	{ "sid fff", "rid=000,csn=" A2, "rid=000,csn=" F1, true,
	    "rid=000,csn=" A2 ";" F1 },
	{ "another kind", "rid=000,csn=" A1, "host:389#cn=x#7", true,
	    "host:389#cn=x#7" },
	{ "from another kind", "host:389#cn=x#7", "rid=000,csn=" A1, true,
	    "rid=000,csn=" A1 },
	{ "no number", "", "rid=000", true, "" },
	{ "no number, with a sid", "rid=000,csn=" A1, "rid=000,sid=001", true,
	    "rid=000,csn=" A1 },
	{ "no number, whole", "rid=000,csn=" A1, "rid=000,sid=001", false,
	    "rid=000,csn=" A1 },
	{ "an empty number", "", "rid=000,csn=", true, "" },
	{ "a number cut short", "", "rid=000,csn=2026", true,
	    "rid=000,csn=2026" },
	{ "a bad digit", "", "rid=000,csn=2026010100000x.000000Z#000000#001"
	    "#000000", true, "rid=000,csn=2026010100000x.000000Z#000000#001"
	    "#000000" },
	{ "one of two is bad", "", "rid=000,csn=" A1 ";x", true,
	    "rid=000,csn=" A1 ";x" },
	{ "empty", "rid=000,csn=" A1, "", true, "" },
};

static void
test_join(void **unused)
{
	size_t i, len;

	(void)unused;
	for (i = 0; i < COUNT(join_rows); i++) {
		const struct join_row *row = &join_rows[i];
		char out[SYNC_COOKIE_MAX + 1];

		memcpy(out, row->old, strlen(row->old));
		len = sync_cookie_join(out, strlen(row->old), row->fresh,
		    strlen(row->fresh), row->join, out);
		out[len] = '\0';
		row_check(strcmp(out, row->want) == 0, row->name,
		    "want \"%s\", got \"%s\"", row->want, out);
	}
	rows_end();
}

static const struct behind_row {
	const char *name, *a, *b;
	bool behind, same;
	long long lag;
} behind_rows[] = {
	{ "equal", A1, A1, false, true, 0 },
	{ "ahead", A2, A1, false, true, 0 },
	{ "behind", A1, A2, true, true, 5 },
	{ "behind by a count", A2, A3, true, true, 0 },
	{ "lacks one", A2, A2 ";" B1, true, false, 0 },
	{ "has one more", A2 ";" B1, A2, false, false, 0 },
	{ "ahead in one, behind in the other", A2,
	    B1, true, false, 0 },
	{ "a year", "20250101000000.000000Z#000000#001#000000", A1, true,
	    true, 365 * 86400LL },
	{ "over a leap day", "20240228235959.000000Z#000000#001#000000",
	    "20240301000000.000000Z#000000#001#000000", true, true, 86401 },
	{ "over no leap day", "20250228235959.000000Z#000000#001#000000",
	    "20250301000000.000000Z#000000#001#000000", true, true, 1 },
};

static void
test_behind(void **unused)
{
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(behind_rows); i++) {
		const struct behind_row *row = &behind_rows[i];
		struct sync_csns a, b;
		char text[256];

		snprintf(text, sizeof(text), "rid=000,csn=%s", row->a);
		assert_int_equal(sync_csns_of(&a, text, strlen(text)), 0);
		snprintf(text, sizeof(text), "rid=000,csn=%s", row->b);
		assert_int_equal(sync_csns_of(&b, text, strlen(text)), 0);
		row_check(sync_csns_behind(&a, &b) == row->behind, row->name,
		    "want behind %d", row->behind);
		row_check(sync_csns_same_sids(&a, &b) == row->same,
		    row->name, "want same %d", row->same);
		row_check(sync_csns_lag(&a, &b) == row->lag, row->name,
		    "want %lld s, got %lld", row->lag,
		    sync_csns_lag(&a, &b));
	}
	rows_end();
}

/* More servers than we compare: the cookie stays as it came. */
static void
test_many(void **unused)
{
	static char text[SYNC_COOKIE_MAX * 2], out[SYNC_COOKIE_MAX];
	size_t len = 0;
	unsigned i;

	(void)unused;
	len += (size_t)snprintf(text, sizeof(text), "rid=000,csn=");
	for (i = 0; i < SYNC_CSNS_MAX + 1; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s20260101000000.000000Z#000000#%03x#000000",
		    i > 0 ? ";" : "", i + 1);
		assert_int_equal(sync_cookie_join("", 0, text, len, true,
		    out), len);
		assert_memory_equal(out, text, len);
	}
}

/* Who is behind, whatever the kind of cookie; what is not known is not. */
static void
test_cookie_behind(void **state)
{
	static const struct {
		const char *name, *a, *b;
		bool behind;
	} rows[] = {
		{ "the same", "rid=000,csn=" A1, "rid=000,csn=" A1, false },
		{ "older", "rid=000,csn=" A1, "rid=000,csn=" A2, true },
		{ "newer", "rid=000,csn=" A2, "rid=000,csn=" A1, false },
		{ "lacks a server", "rid=000,csn=" A2,
		    "rid=000,csn=" A1 ";" B1, true },
		{ "389, the same", "h:389#cn=x:dc=y:(a=b)#7",
		    "h:389#cn=x:dc=y:(a=b)#7", false },
		{ "389, older", "h:389#cn=x#7", "h:389#cn=x#8", true },
		{ "389, newer", "h:389#cn=x#8", "h:389#cn=x#7", false },
		{ "389, a digit less", "h:389#cn=x#99", "h:389#cn=x#100",
		    true },
		{ "389, a digit more", "h:389#cn=x#100", "h:389#cn=x#99",
		    false },
		{ "389, zeros", "h:389#cn=x#007", "h:389#cn=x#7", false },
		{ "389, another server", "h:389#cn=x#7", "i:389#cn=x#8",
		    false },
		{ "two kinds", "h:389#cn=x#7", "rid=000,csn=" A1, false },
		{ "no number", "h:389#cn=x#", "h:389#cn=x#8", false },
		{ "no cookie", "", "rid=000,csn=" A1, false },
		{ "digits alone", "1", "2", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		row_check(sync_cookie_behind(rows[i].a, strlen(rows[i].a),
		    rows[i].b, strlen(rows[i].b)) == rows[i].behind,
		    rows[i].name, "want %d", rows[i].behind);
	rows_end();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cookie_behind),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_behind),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
