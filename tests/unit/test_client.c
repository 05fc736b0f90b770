/*
 * client_ask and what servers may say: each answer, whole and in pieces.
 */
#include "config.h"

#include "client/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/deadline.h"
#include "tests/unit/client_calls.h"
#include "tests/unit/line_server.h"
#include "tests/unit/rows.h"

#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"

static const struct row {
	const char *name;
	struct line_step steps[3];
	int want;
	enum verdict verdict;
	int ok;
	const char *reason, *details, *error;
	size_t requests;	/* how often it was asked */
} rows[] = {
	{ "active", { { .text = "active account=u identity=u\n" } }, 0,
	    VERDICT_ACTIVE, 0, "", "", "", 1 },
	{ "CR LF", { { .text = "active account=u\r\n" } }, 0,
	    VERDICT_ACTIVE, 0, "", "", "", 1 },
	{ "connection kept", { { LINE_HOLD, .text = "active\n" } }, 0,
	    VERDICT_ACTIVE, 0, "", "", "", 1 },
	{ "blocked", { { .text = "blocked reason=locked\n" } }, 0,
	    VERDICT_BLOCKED, 0, "locked", "", "", 1 },
	{ "unknown", { { .text = "unknown\n" } }, 0, VERDICT_UNKNOWN, 0, "",
	    "", "", 1 },
	{ "ambiguous", { { .text = "ambiguous\n" } }, 0, VERDICT_AMBIGUOUS,
	    0, "", "", "", 1 },
	{ "unavailable", { { .text = "unavailable reason=busy\n" } }, 0,
	    VERDICT_UNAVAILABLE, 0, "busy", "", "", 1 },
	{ "own reason with a verdict word",
	    { { .text = "bad-request reason=unknown-field field=mail\n" } },
	    0, VERDICT_BAD_REQUEST, 0, "unknown-field", "", "", 1 },
	{ "fields not known", { { .text = "active new=1 newer=2\n" } }, 0,
	    VERDICT_ACTIVE, 0, "", "", "", 1 },
	{ "reason that is no word", { { .text = "blocked reason=%0Aa\n" } },
	    0, VERDICT_BLOCKED, 0, "", "", "", 1 },
	{ "reason too long",
	    { { .text = "blocked reason=abcdefghijklmnopqrstuvwxyz0123456\n"
	    } }, 0, VERDICT_BLOCKED, 0, "", "", "", 1 },
	{ "active with a reason", { { .text = "active reason=locked\n" } },
	    0, VERDICT_ACTIVE, 0, "", "", "", 1 },
	{ "ok with details", { { .text = " a 1\n b  %zz \\x\nok\n" } }, 0,
	    VERDICT_NONE, 1, "", " a 1\n b  %zz \\x\n", "", 1 },
	{ "cut after many details", { { .text = " " X64, .repeat = 4000 } },
	    -1, VERDICT_UNAVAILABLE, 0, "internal", "", "cut off", 1 },
	{ "early refusal", { { LINE_EARLY,
	    .text = "refused reason=caller\n" } }, 0, VERDICT_REFUSED, 0,
	    "caller", "", "", 0 },

	{ "cut: no LF", { { .text = "active account=u" } }, -1,
	    VERDICT_UNAVAILABLE, 0, "internal", "", "cut off", 1 },
	{ "cut: a detail line only", { { .text = " active account=u\n" } },
	    -1, VERDICT_UNAVAILABLE, 0, "internal", "", "cut off", 1 },
	{ "cut, then good", { { .text = "act" }, { .text = "active\n" } },
	    -1, VERDICT_UNAVAILABLE, 0, "internal", "", "cut off", 1 },
	{ "active in details only",
	    { { .text = " active\n active account=u\nunknown\n" } }, 0,
	    VERDICT_UNKNOWN, 0, "", " active\n active account=u\n", "", 1 },
	{ "neither verdict nor ok", { { .text = "activex account=u\n" } },
	    -1, VERDICT_UNAVAILABLE, 0, "internal", "", "neither", 1 },
	{ "none is not received", { { .text = "none\n" } }, -1,
	    VERDICT_UNAVAILABLE, 0, "internal", "", "neither", 1 },
	{ "upper case", { { .text = "ACTIVE account=u\n" } }, -1,
	    VERDICT_UNAVAILABLE, 0, "internal", "", "malformed", 1 },
	{ "malformed field", { { .text = "active account\n" } }, -1,
	    VERDICT_UNAVAILABLE, 0, "internal", "", "without =", 1 },
	{ "malformed escape", { { .text = "active account=%4\n" } }, -1,
	    VERDICT_UNAVAILABLE, 0, "internal", "", "hexadecimal", 1 },
	{ "control byte", { { .text = "active account=\x01\n" } }, -1,
	    VERDICT_UNAVAILABLE, 0, "internal", "", "%XX", 1 },
	{ "field twice", { { .text = "active a=1 a=2\n" } }, -1,
	    VERDICT_UNAVAILABLE, 0, "internal", "", "twice", 1 },
	{ "empty line first", { { .text = "\nactive\n" } }, -1,
	    VERDICT_UNAVAILABLE, 0, "internal", "", "malformed", 1 },
	{ "two answers", { { .text = "unknown\nactive\n" } }, -1,
	    VERDICT_UNAVAILABLE, 0, "internal", "", "more than was asked",
	    1 },
	{ "more after active", { { .text = "active\nx" } }, -1,
	    VERDICT_UNAVAILABLE, 0, "internal", "", "more than was asked",
	    1 },
	{ "oversized details", { { .text = " " X64, .repeat = 5000 } }, -1,
	    VERDICT_UNAVAILABLE, 0, "internal", "", "too long", 1 },
	{ "oversized line", { { .text = "xxxxxxxx", .repeat = 40000 } }, -1,
	    VERDICT_UNAVAILABLE, 0, "internal", "", "too long", 1 },
	{ "active, then oversized",
	    { { .text = " active\n ", .repeat = 40000 } }, -1,
	    VERDICT_UNAVAILABLE, 0, "internal", "", "too long", 1 },

	{ "closed, then good", { { .action = LINE_SLAM }, { .text = "active\n" } }, 0,
	    VERDICT_ACTIVE, 0, "", "", "", 1 },
	{ "read, closed, then good",
	    { { .text = "" }, { .text = "blocked reason=locked\n" } }, 0,
	    VERDICT_BLOCKED, 0, "locked", "", "", 2 },
	{ "closed twice, then good",
	    { { .text = "" }, { .text = "" }, { .text = "active\n" } }, -1,
	    VERDICT_UNAVAILABLE, 0, "internal", "", "without an answer", 2 },
};

static size_t
count_lines(const char *text)
{
	size_t lines = 0;

	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

static void
check(const struct row *row, const char *how)
{
	char error[CLIENT_ERROR_MAX] = "", name[80];
	struct line_server server;
	struct client_reply reply;
	struct buffer request;
	int result;

	snprintf(name, sizeof(name), "%s%s", row->name, how);
	line_server_start(&server, row->steps, 3);
	make_request(&request);
	client_reply_init(&reply);
	result = client_ask(server.path, UNIX_SOCKET_NO_UID, &request,
	    deadline_in(20000), &reply, error);
	line_server_stop(&server);
	row_check(result == row->want, name, "want %d, got %d (%s)",
	    row->want, result, error);
	row_check(reply.verdict == row->verdict && reply.ok == row->ok, name,
	    "want %s and ok %d, got %s and %d", verdict_word(row->verdict),
	    row->ok, verdict_word(reply.verdict), reply.ok);
	row_check(strcmp(reply.reason, row->reason) == 0, name,
	    "want reason \"%s\", got \"%s\"", row->reason, reply.reason);
	row_check(strcmp(buffer_text(&reply.details), row->details) == 0,
	    name, "want details \"%s\", got \"%.200s\"", row->details,
	    buffer_text(&reply.details));
	row_check(row->error[0] == '\0' ? error[0] == '\0' :
	    strstr(error, row->error) != NULL, name,
	    "want error \"%s\", got \"%s\"", row->error, error);
	row_check(result == 0 || reply.message.word == NULL, name,
	    "a message without an answer");
	row_check(count_lines(server.seen) == row->requests ||
	    row->requests == 0, name, "want %zu requests, saw \"%s\"",
	    row->requests, server.seen);
	client_reply_free(&reply);
	buffer_free(&request);
	line_server_free(&server);
}

static void
test_answers(void **state)
{
	size_t i;

	calls_piece = 0;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i], "");
	rows_end();
}

/* The same in pieces of one byte or seven, with interruptions. */
static void
test_pieces(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* In pieces the end of the reply is seen before the rest. */
		if (strstr(rows[i].error, "more than") != NULL)
			continue;
		calls_piece = rows[i].steps[0].repeat > 0 ? 4000 : 1;
		check(&rows[i], ", in pieces");
		calls_piece = rows[i].steps[0].repeat > 0 ? 777 : 7;
		check(&rows[i], ", in larger pieces");
	}
	calls_piece = 0;
	rows_end();
}

/* The server reads nothing, but said why: that is the answer. */
static void
test_send_refused(void **state)
{
	static const struct row row = { "refused before sending",
		{ { LINE_EARLY, .text = "refused reason=caller\n" } }, 0,
		VERDICT_REFUSED, 0, "caller", "", "", 0 };

	calls_send_fails = EPIPE;
	check(&row, ", EPIPE");
	assert_int_equal(calls_send_fails, 0);
	calls_send_fails = ECONNRESET;
	check(&row, ", ECONNRESET");
	assert_int_equal(calls_send_fails, 0);
	rows_end();
}

/* A reply as large as it may be, and one byte more. */
static void
test_largest_reply(void **state)
{
	static const char last[] = "\nactive\n";
	char *text = malloc(PROTOCOL_REPLY_MAX + 2);
	size_t len;

	assert_non_null(text);
	for (len = PROTOCOL_REPLY_MAX; len <= PROTOCOL_REPLY_MAX + 1; len++) {
		struct row row = rows[0];

		memset(text, 'x', len);
		text[0] = ' ';
		memcpy(text + len - strlen(last), last, sizeof(last));
		row.name = "largest reply";
		row.steps[0].text = text;
		text[len] = '\0';
		if (len > PROTOCOL_REPLY_MAX) {
			row.name = "one byte more";
			row.want = -1;
			row.verdict = VERDICT_UNAVAILABLE;
			row.reason = "internal";
			row.error = "too long";
			row.details = "";
			check(&row, "");
			continue;
		}
		/* The details are the reply without its last line. */
		row.details = strndup(text, len - strlen(last) + 1);
		assert_non_null(row.details);
		check(&row, "");
		free((void *)(uintptr_t)row.details);
	}
	free(text);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_send_refused),
		cmocka_unit_test(test_largest_reply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
