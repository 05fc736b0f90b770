/*
 * What each answer of lookupd becomes, at all six entry points: the outcome
 * table, every reason, and answers that are none.
 */
#include "config.h"

#include <string.h>

#include "common/verdict.h"
#include "tests/pam/stack.h"
#include "tests/unit/rows.h"

#define BOTH "evidence=user trust=application"

struct answer_row {
	const char *name, *answer;
	int auth, account;
};

static const char *const entry_names[STACK_ENTRIES] = { "authenticate",
	"setcred", "acct_mgmt", "open_session", "close_session",
	"chauthtok" };

/* auth and account are lookupd's; the others never depend on it. */
static int
wanted(const struct answer_row *row, enum stack_entry entry)
{
	switch (entry) {
	case STACK_AUTHENTICATE:
		return row->auth;
	case STACK_ACCOUNT:
		return row->account;
	case STACK_CHAUTHTOK:
		return PAM_SERVICE_ERR;
	default:
		return PAM_SUCCESS;
	}
}

static void
check_row(const struct stack *stack, const struct answer_row *row)
{
	const struct stack_call call = { 0 };

	fake_set(stack->server, (struct fake_script){
	    .answer = row->answer });
	for (int i = 0; i < STACK_ENTRIES; i++) {
		unsigned before = fake_count(stack->server);
		int want = wanted(row, (enum stack_entry)i);
		int got = stack_do(stack, (enum stack_entry)i, &call);
		bool asked = fake_count(stack->server) != before;

		row_check(got == want, row->name, "%s: want %d, got %d",
		    entry_names[i], want, got);
		row_check(asked == (i == STACK_AUTHENTICATE ||
		    i == STACK_ACCOUNT), row->name, "%s: asked lookupd: %d",
		    entry_names[i], asked);
	}
}

static void
test_verdicts(void **state)
{
	static const struct answer_row rows[] = {
		{ "active", "active\n", PAM_SUCCESS, PAM_SUCCESS },
		{ "active with fields", STACK_ACTIVE, PAM_SUCCESS,
		    PAM_SUCCESS },
		{ "active, a field we do not know", "active novel=1\n",
		    PAM_SUCCESS, PAM_SUCCESS },
		{ "active, CR LF", "active account=a\r\n", PAM_SUCCESS,
		    PAM_SUCCESS },
		{ "blocked, a profile's reason", "blocked reason=closed\n",
		    PAM_AUTH_ERR, PAM_PERM_DENIED },
		{ "blocked without reason", "blocked\n", PAM_AUTH_ERR,
		    PAM_PERM_DENIED },
		{ "blocked, active in a field", "blocked reason=active\n",
		    PAM_AUTH_ERR, PAM_PERM_DENIED },
		{ "unknown", "unknown\n", PAM_AUTH_ERR, PAM_PERM_DENIED },
		{ "ambiguous", "ambiguous\n", PAM_AUTH_ERR,
		    PAM_PERM_DENIED },
		{ "refused without reason", "refused\n", PAM_AUTH_ERR,
		    PAM_PERM_DENIED },
		{ "refused, a reason nobody knows", "refused reason=moon\n",
		    PAM_AUTH_ERR, PAM_PERM_DENIED },
		{ "unavailable", "unavailable\n", PAM_AUTHINFO_UNAVAIL,
		    PAM_AUTHINFO_UNAVAIL },
		{ "bad-request", "bad-request reason=unknown-field "
		    "field=need\n", PAM_SYSTEM_ERR, PAM_SYSTEM_ERR },
		{ "ok", "ok\n", PAM_SYSTEM_ERR, PAM_SYSTEM_ERR },
		{ "details, then active", " a\n b\nactive\n", PAM_SUCCESS,
		    PAM_SUCCESS },
		{ "active as a detail", " active\nblocked reason=closed\n",
		    PAM_AUTH_ERR, PAM_PERM_DENIED },
	};
	struct stack stack;

	stack_open(&stack);
	stack_write(&stack, BOTH);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&stack, &rows[i]);
	stack_close(&stack);
	rows_end();
}

/* The codes of a verdict, written down here a second time on purpose. */
static void
codes_of(enum verdict verdict, struct answer_row *row)
{
	row->auth = PAM_SYSTEM_ERR;
	row->account = PAM_SYSTEM_ERR;
	if (verdict == VERDICT_BLOCKED || verdict == VERDICT_REFUSED) {
		row->auth = PAM_AUTH_ERR;
		row->account = PAM_PERM_DENIED;
	} else if (verdict == VERDICT_UNAVAILABLE) {
		row->auth = PAM_AUTHINFO_UNAVAIL;
		row->account = PAM_AUTHINFO_UNAVAIL;
	}
}

static void
test_every_reason(void **state)
{
#define ROW(symbol, verdict, word) { VERDICT_##verdict, word },
	static const struct {
		enum verdict verdict;
		const char *word;
	} reasons[] = { REASON_LIST(ROW) };
#undef ROW
	struct stack stack;

	stack_open(&stack);
	stack_write(&stack, BOTH);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		char answer[128];
		struct answer_row row = { .name = reasons[i].word,
		    .answer = answer };

		snprintf(answer, sizeof(answer), "%s reason=%s\n",
		    verdict_word(reasons[i].verdict), reasons[i].word);
		codes_of(reasons[i].verdict, &row);
		check_row(&stack, &row);
	}
	stack_close(&stack);
	rows_end();
}

static void
test_no_answers(void **state)
{
	static const struct {
		const char *name, *answer;
	} rows[] = {
		{ "nothing, then the end", "" },
		{ "an empty line", "\n" },
		{ "half a line, then the end", "active account=a" },
		{ "the word cut", "activ" },
		{ "a longer word", "activex\n" },
		{ "upper case", "ACTIVE\n" },
		{ "none", "none\n" },
		{ "a digit", "0\n" },
		{ "a space too many", "active \n" },
		{ "a field twice", "active account=a account=b\n" },
		{ "two answers", "active\nblocked reason=closed\n" },
		{ "two answers, reversed", "blocked reason=closed\nactive\n" },
		{ "a detail only", " active\n" },
		{ "binary", "active\001\n" },
		{ "bad escape", "active account=%zz\n" },
		{ "html", "HTTP/1.1 200 OK\r\n\r\nactive\n" },
	};
	struct stack stack;

	stack_open(&stack);
	stack_write(&stack, BOTH);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct answer_row row = { rows[i].name,
		    rows[i].answer, PAM_AUTHINFO_UNAVAIL,
		    PAM_AUTHINFO_UNAVAIL };

		check_row(&stack, &row);
	}
	stack_close(&stack);
	rows_end();
}

/* Verdict and reason are in the log, what the answer repeats is not. */
static void
test_log(void **state)
{
	static const struct {
		const char *name, *answer, *want;
		int flags;
	} rows[] = {
		{ "refusal", "blocked reason=closed\n",
		    "5 user u@example.com: blocked reason=closed\n", 0 },
		{ "silent", "unknown\n", "5 user u@example.com: unknown\n",
		    PAM_SILENT },
		{ "active", STACK_ACTIVE, "", 0 },
		{ "unavailable", "unavailable reason=canary\n",
		    "5 user u@example.com: unavailable reason=canary\n", 0 },
		{ "odd reason", "blocked reason=%1b%0aactive\n",
		    "5 user u@example.com: blocked\n", 0 },
		{ "ok", "ok\n", "5 user u@example.com: ok is no verdict\n",
		    0 },
		{ "malformed", "\033\n", "3 lookupd cannot be asked: "
		    "malformed answer: ", 0 },
	};
	struct stack stack;

	stack_open(&stack);
	stack_write(&stack, BOTH);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct stack_call call = { .flags = rows[i].flags };
		size_t len = strlen(rows[i].want);

		fake_set(stack.server, (struct fake_script){
		    .answer = rows[i].answer });
		stack_log_clear();
		stack_do(&stack, STACK_ACCOUNT, &call);
		row_check(len == 0 ? *stack_log() == '\0' :
		    strncmp(stack_log(), rows[i].want, len) == 0,
		    rows[i].name, "want %s, got %s", rows[i].want,
		    stack_log());
	}
	stack_close(&stack);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_every_reason),
		cmocka_unit_test(test_no_answers),
		cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
