/*
 * The table of certauth-hook(8): verdict and reason to status and header
 * fields; and that nothing but a whole `active` becomes 200.
 */
#include "config.h"

#include "hook/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/rows.h"

struct row {
	const char *name, *line;
	int status;
	const char *word;		/* X-Certauth-Reason; NULL: none */
	bool login;			/* in mode optional */
	const char *account;
};

static const struct row rows[] = {
	{ "active", "active account=a@example.com identity=b@example.com",
	    200, NULL, false, "a@example.com" },
	{ "active, unknown field", "active account=a x=y", 200, NULL, false,
	    "a" },
	{ "odd account", "active account=J%C3%B6rg%20a%25b%0D%0AX:%20y", 200,
	    NULL, false, "J%C3%B6rg%20a%25b%0D%0AX:%20y" },
	{ "account with NUL", "active account=a%00b", 200, NULL, false,
	    "a%00b" },
	{ "active without account", "active", 503, "unavailable", false, "" },
	{ "active, empty account", "active account=", 503, "unavailable",
	    false, "" },
	{ "active as a detail line", " active account=a", 503, "unavailable",
	    false, "" },
	{ "like active", "activea account=a", 503, "unavailable", false, "" },
	{ "ok", "ok account=a", 503, "unavailable", false, "" },
	{ "none", "none account=a", 503, "unavailable", false, "" },
	{ "unforeseen", "admitted account=a", 503, "unavailable", false, "" },

	{ "locked", "blocked reason=locked", 403, "denied", true, "" },
	{ "no rule", "blocked reason=no-rule", 403, "denied", true, "" },
	{ "blocked, no reason", "blocked", 403, "denied", true, "" },
	{ "blocked, like off", "blocked reason=off", 403, "off", false, "" },
	{ "blocked, odd reason", "blocked reason=active", 403, "denied", true,
	    "" },
	{ "blocked with account", "blocked reason=locked account=a", 403,
	    "denied", true, "" },
	{ "unknown", "unknown", 403, "denied", true, "" },
	{ "ambiguous", "ambiguous", 403, "denied", true, "" },
	{ "wrong user", "refused reason=wrong-user", 403, "denied", true, "" },
	{ "not admin", "refused reason=not-admin", 403, "not-admin", true,
	    "" },
	{ "off", "refused reason=off", 403, "off", false, "" },
	{ "limit", "refused reason=limit", 403, "busy", true, "" },

	{ "no-cert", "refused reason=no-cert", 401, "no-cert", true, "" },
	{ "bad-cert", "refused reason=bad-cert", 401, "bad-cert", false, "" },
	{ "untrusted", "refused reason=untrusted", 401, "untrusted", false,
	    "" },
	{ "expired", "refused reason=expired", 401, "expired", false, "" },
	{ "not yet", "refused reason=not-yet-valid", 401, "not-yet-valid",
	    false, "" },
	{ "revoked", "refused reason=revoked", 401, "revoked", false, "" },
	{ "purpose", "refused reason=wrong-purpose", 401, "wrong-purpose",
	    false, "" },
	{ "no address", "refused reason=no-address", 401, "no-address",
	    false, "" },
	{ "identity", "refused reason=bad-identity", 401, "bad-identity",
	    false, "" },
	{ "too many", "refused reason=too-many", 401, "too-many", false, "" },
	{ "refused, new reason", "refused reason=something-new", 401,
	    "bad-cert", false, "" },

	{ "evidence", "refused reason=evidence", 503, "unavailable", false,
	    "" },
	{ "caller", "refused reason=caller", 503, "unavailable", false, "" },
	{ "directory", "unavailable reason=directory", 503, "unavailable",
	    false, "" },
	{ "canary", "unavailable reason=canary", 503, "unavailable", false,
	    "" },
	{ "malformed", "bad-request reason=syntax byte=3", 503, "unavailable",
	    false, "" },
};

static const char *
shown(const char *text)
{
	return text == NULL ? "(none)" : text;
}

static void
check_row(const struct row *row, enum answer_mode mode)
{
	bool login = mode == MODE_OPTIONAL && row->login;
	struct protocol_message message;
	struct protocol_error error;
	struct answer answer;
	char line[256];

	snprintf(line, sizeof(line), "%s", row->line);
	if (!row_check(protocol_decode(line, strlen(line), &message,
	    &error) == PROTOCOL_OK, row->name, "not a line"))
		return;
	answer_reply(&answer, mode, &message);
	row_check(answer.status == row->status, row->name,
	    "want %d, got %d", row->status, answer.status);
	row_check(strcmp(shown(answer.word), shown(row->word)) == 0,
	    row->name, "want reason %s, got %s", shown(row->word),
	    shown(answer.word));
	row_check(answer.login == login, row->name, "mode %d: login is %d",
	    mode, answer.login);
	row_check(strcmp(answer.account, row->account) == 0, row->name,
	    "want account %s, got %s", row->account, answer.account);
	row_check((answer.status == 200) == (answer.verdict ==
	    VERDICT_ACTIVE), row->name, "verdict for the log is %d",
	    answer.verdict);
}

static void
test_table(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check_row(&rows[i], MODE_REQUIRED);
		check_row(&rows[i], MODE_OPTIONAL);
	}
	rows_end();
}

/* Our own verdicts are never 200, whatever is handed over. */
static void
test_own(void **state)
{
	static const char *const reasons[] = { NULL, "", REASON_NO_CERT,
		REASON_EVIDENCE, "active" };
	int verdict;
	size_t i;

	for (verdict = VERDICT_NONE - 1; verdict <= VERDICT_BAD_REQUEST + 1;
	    verdict++) {
		for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
			struct answer answer;

			answer_verdict(&answer, MODE_OPTIONAL,
			    (enum verdict)verdict, reasons[i]);
			row_check(answer.status == 401 ||
			    answer.status == 403 || answer.status == 503,
			    shown(reasons[i]), "verdict %d: %d", verdict,
			    answer.status);
			row_check(answer.account[0] == '\0' &&
			    answer.word != NULL, shown(reasons[i]),
			    "verdict %d: account or no word", verdict);
		}
	}
	rows_end();
}

/* The longest account is sent, a longer one is not. */
static void
test_long(void **state)
{
	static char name[ANSWER_ACCOUNT_MAX + 1];
	struct protocol_message message = { .word = "active", .count = 1 };
	struct answer answer;

	memset(name, '\xff', sizeof(name));
	message.fields[0].name = "account";
	message.fields[0].name_len = strlen("account");
	message.fields[0].value = name;
	message.fields[0].len = ANSWER_ACCOUNT_MAX;
	answer_reply(&answer, MODE_REQUIRED, &message);
	assert_int_equal(answer.status, 200);
	assert_int_equal(strlen(answer.account), 3 * ANSWER_ACCOUNT_MAX);
	message.fields[0].len = ANSWER_ACCOUNT_MAX + 1;
	answer_reply(&answer, MODE_REQUIRED, &message);
	assert_int_equal(answer.status, 503);
	assert_string_equal(answer.account, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
