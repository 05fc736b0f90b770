/*
 * The outcome table: every verdict with every reason there is.
 */
#include "config.h"

#include "common/outcome.h"

#include <string.h>

#include "tests/unit/rows.h"

#define REASON_WORD(symbol, verdict, word) word,
static const char *const reasons[] = {
	REASON_LIST(REASON_WORD)
	/* Not in the list: a profile's, an empty, an absent one. */
	"locked", "", "active", NULL
};

#define AUTH OUTCOME_AUTH_ERR
#define PERM OUTCOME_PERM_DENIED
#define DOWN OUTCOME_AUTHINFO_UNAVAIL
#define SYSTEM OUTCOME_SYSTEM_ERR
#define NO "[AUTHENTICATIONFAILED]"
#define UNAVAILABLE "[UNAVAILABLE]"

static const struct row {
	enum verdict verdict;
	const char *reason;	/* "*": all those without a row of their own */
	struct outcome want;
} rows[] = {
	{ VERDICT_ACTIVE, "*", { OUTCOME_SUCCESS, OUTCOME_SUCCESS, 200, "OK", 0 } },
	{ VERDICT_BLOCKED, "*", { AUTH, PERM, 403, NO, 1 } },
	{ VERDICT_UNKNOWN, "*", { AUTH, PERM, 403, NO, 2 } },
	{ VERDICT_AMBIGUOUS, "*", { AUTH, PERM, 403, NO, 3 } },
	{ VERDICT_REFUSED, "wrong-user", { AUTH, PERM, 403, NO, 4 } },
	{ VERDICT_REFUSED, "not-admin", { AUTH, PERM, 403, NO, 4 } },
	{ VERDICT_REFUSED, "off", { AUTH, PERM, 403, NO, 4 } },
	{ VERDICT_REFUSED, "limit", { AUTH, PERM, 403, NO, 4 } },
	{ VERDICT_REFUSED, "caller", { AUTH, PERM, 503, UNAVAILABLE, 4 } },
	{ VERDICT_REFUSED, "evidence", { AUTH, PERM, 503, UNAVAILABLE, 4 } },
	{ VERDICT_REFUSED, "*", { AUTH, PERM, 401, NO, 4 } },
	{ VERDICT_UNAVAILABLE, "*", { DOWN, DOWN, 503, UNAVAILABLE, 5 } },
	{ VERDICT_BAD_REQUEST, "*", { SYSTEM, SYSTEM, 503, UNAVAILABLE, 6 } },
	{ VERDICT_NONE, "*", { SYSTEM, SYSTEM, 503, UNAVAILABLE, 6 } },
	{ (enum verdict)99, "*", { SYSTEM, SYSTEM, 503, UNAVAILABLE, 6 } },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct row *
row_of(enum verdict verdict, const char *reason)
{
	size_t i;

	for (i = 0; i < ROWS; i++) {
		if (rows[i].verdict == verdict &&
		    (strcmp(rows[i].reason, "*") == 0 || (reason != NULL &&
		    strcmp(rows[i].reason, reason) == 0)))
			return &rows[i];
	}
	return NULL;
}

static void
check(enum verdict verdict, const char *reason)
{
	const struct row *row = row_of(verdict, reason);
	struct outcome got = outcome_of(verdict, reason);
	char name[80];

	assert_non_null(row);
	snprintf(name, sizeof(name), "%s %s", verdict_word(verdict),
	    reason == NULL ? "(none)" : reason);
	row_check(got.auth == row->want.auth, name, "auth: want %s, got %s",
	    outcome_pam_name(row->want.auth), outcome_pam_name(got.auth));
	row_check(got.account == row->want.account, name,
	    "account: want %s, got %s", outcome_pam_name(row->want.account),
	    outcome_pam_name(got.account));
	row_check(got.http == row->want.http, name, "http: want %d, got %d",
	    row->want.http, got.http);
	row_check(strcmp(got.mail, row->want.mail) == 0, name,
	    "mail: want %s, got %s", row->want.mail, got.mail);
	row_check(got.exit_status == row->want.exit_status, name,
	    "exit: want %d, got %d", row->want.exit_status, got.exit_status);
	/* Said once more on its own: the only verdict that admits. */
	row_check(verdict == VERDICT_ACTIVE ||
	    (got.auth != OUTCOME_SUCCESS && got.account != OUTCOME_SUCCESS &&
	    got.http != 200 && got.exit_status != 0 &&
	    strcmp(got.mail, "OK") != 0), name, "admits");
}

static void
test_table(void **state)
{
	size_t i, j;

	for (i = 0; i < ROWS; i++) {
		for (j = 0; j < sizeof(reasons) / sizeof(reasons[0]); j++)
			check(rows[i].verdict, reasons[j]);
	}
	rows_end();
}

static void
test_names(void **state)
{
	assert_int_equal(OUTCOME_SYSTEM_ERR, 0);
	assert_string_equal(outcome_pam_name(OUTCOME_SUCCESS), "PAM_SUCCESS");
	assert_string_equal(outcome_pam_name(AUTH), "PAM_AUTH_ERR");
	assert_string_equal(outcome_pam_name(PERM), "PAM_PERM_DENIED");
	assert_string_equal(outcome_pam_name(DOWN), "PAM_AUTHINFO_UNAVAIL");
	assert_string_equal(outcome_pam_name(SYSTEM), "PAM_SYSTEM_ERR");
	assert_string_equal(outcome_pam_name((enum outcome_pam)99),
	    "PAM_SYSTEM_ERR");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
