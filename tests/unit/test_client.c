/*
 * client_ask against servers that answer well, badly or not at all.
 *
 * send(2) and recv(2) of the client are wrapped (see common.am), so that
 * short and interrupted calls happen for certain.
 */
#include "config.h"

#include "client/client.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/deadline.h"
#include "tests/unit/line_server.h"
#include "tests/unit/rows.h"

#define OTHER 65534
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"

ssize_t __real_send(int fd, const void *data, size_t len, int flags);
ssize_t __real_recv(int fd, void *data, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t len, int flags);

/* 0: as always; else no more bytes than this, and every third call fails. */
static size_t piece;
static unsigned calls;
static int send_fails;		/* errno of the next send, once */
static int64_t nothing_until;	/* recv gives EAGAIN until then */

static bool
interrupted(void)
{
	if (piece == 0 || ++calls % 3 != 0)
		return false;
	errno = calls % 2 == 0 ? EINTR : EAGAIN;
	return true;
}

ssize_t
__wrap_send(int fd, const void *data, size_t len, int flags)
{
	assert_true((flags & MSG_NOSIGNAL) != 0);
	if (send_fails != 0) {
		errno = send_fails;
		send_fails = 0;
		return -1;
	}
	if (interrupted())
		return -1;
	return __real_send(fd, data, piece != 0 && len > piece ? piece : len,
	    flags);
}

ssize_t
__wrap_recv(int fd, void *data, size_t len, int flags)
{
	if (deadline_now() < nothing_until) {
		errno = EAGAIN;
		return -1;
	}
	if (interrupted())
		return -1;
	return __real_recv(fd, data, piece != 0 && len > piece ? piece : len,
	    flags);
}

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

static void
make_request(struct buffer *request)
{
	buffer_init(request, PROTOCOL_LINE_MAX);
	protocol_begin(request, "lookup");
	protocol_put_text(request, "email", "user1@example.com");
	protocol_end(request);
}

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

	piece = 0;
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
		piece = rows[i].steps[0].repeat > 0 ? 4000 : 1;
		check(&rows[i], ", in pieces");
		piece = rows[i].steps[0].repeat > 0 ? 777 : 7;
		check(&rows[i], ", in larger pieces");
	}
	piece = 0;
	rows_end();
}

static void
test_deadline(void **state)
{
	static const struct {
		const char *name;
		struct line_step step;
	} silent[] = {
		{ "silent", { LINE_HOLD, .text = "" } },
		{ "silent after a detail", { LINE_HOLD, .text = " a\n" } },
		{ "silent before LF", { LINE_HOLD, .text = "active" } },
		{ "always ready", { LINE_HOLD, .text = " a\n" } },
		{ "a byte at a time", { LINE_TRICKLE, .text = " xxxxxxx\n" } },
	};
	size_t i;

	for (i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		bool busy = strcmp(silent[i].name, "always ready") == 0;
		char error[CLIENT_ERROR_MAX] = "";
		struct line_server server;
		struct client_reply reply;
		struct buffer request;
		int64_t start, took;
		int result;

		line_server_start(&server, &silent[i].step, 1);
		make_request(&request);
		client_reply_init(&reply);
		start = deadline_now();
		nothing_until = busy ? start + 3000 : 0;
		result = client_ask(server.path, UNIX_SOCKET_NO_UID,
		    &request, deadline_in(150), &reply, error);
		took = deadline_now() - start;
		nothing_until = 0;
		line_server_stop(&server);
		row_check(result == -1 && reply.verdict ==
		    VERDICT_UNAVAILABLE && strcmp(reply.reason, "deadline")
		    == 0, silent[i].name, "got %d, %s %s (%s)", result,
		    verdict_word(reply.verdict), reply.reason, error);
		row_check(took >= 149 && took < 2000, silent[i].name,
		    "took %lld ms", (long long)took);
		client_reply_free(&reply);
		buffer_free(&request);
		line_server_free(&server);
	}
	rows_end();
}

/* Ask, and expect not to have got as far as an answer. */
static void
expect_none(const char *name, const char *path, uid_t server_uid,
    const struct buffer *request, const char *want)
{
	char error[CLIENT_ERROR_MAX] = "";
	struct client_reply reply;
	int result;

	client_reply_init(&reply);
	result = client_ask(path, server_uid, request, deadline_in(5000),
	    &reply, error);
	row_check(result == -1 && reply.verdict == VERDICT_UNAVAILABLE &&
	    reply.reason[0] != '\0', name, "got %d, %s \"%s\"", result,
	    verdict_word(reply.verdict), reply.reason);
	row_check(strstr(error, want) != NULL, name,
	    "want \"%s\", got \"%s\"", want, error);
	client_reply_free(&reply);
}

static void
test_no_server(void **state)
{
	const struct line_step step = { .text = "active\n" };
	struct line_server server;
	struct buffer request;

	make_request(&request);
	expect_none("no socket", "/nonexistent/s", UNIX_SOCKET_NO_UID,
	    &request, "No such file");
	if (geteuid() == 0) {
		line_server_start(&server, &step, 1);
		assert_int_equal(lchown(server.path, OTHER, OTHER), 0);
		expect_none("somebody's socket", server.path,
		    UNIX_SOCKET_NO_UID, &request, "belongs to uid 65534");
		line_server_stop(&server);
		assert_string_equal(server.seen, "");
		line_server_free(&server);
	}
	buffer_free(&request);
	rows_end();
}

static void
test_bad_requests(void **state)
{
	static const struct {
		const char *name, *line;
	} bad[] = {
		{ "empty", "" },
		{ "no LF", "lookup email=a" },
		{ "LF alone", "\n" },
		{ "two lines", "lookup email=a\nlookup email=b\n" },
		{ "more after LF", "lookup email=a\nx" },
	};
	const struct line_step step = { .text = "active\n" };
	struct line_server server;
	struct buffer request;
	size_t i;

	line_server_start(&server, &step, 1);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buffer_init(&request, PROTOCOL_LINE_MAX);
		buffer_puts(&request, bad[i].line);
		expect_none(bad[i].name, server.path, UNIX_SOCKET_NO_UID,
		    &request, "one line");
		buffer_free(&request);
	}
	buffer_init(&request, 10);
	buffer_puts(&request, "unknown\n");
	buffer_puts(&request, "too long");
	expect_none("failed", server.path, UNIX_SOCKET_NO_UID, &request,
	    "one line");
	buffer_free(&request);
	line_server_stop(&server);
	assert_string_equal(server.seen, "");
	line_server_free(&server);
	rows_end();
}

/* The server reads nothing, but said why: that is the answer. */
static void
test_send_refused(void **state)
{
	static const struct row row = { "refused before sending",
		{ { LINE_EARLY, .text = "refused reason=caller\n" } }, 0,
		VERDICT_REFUSED, 0, "caller", "", "", 0 };

	send_fails = EPIPE;
	check(&row, ", EPIPE");
	assert_int_equal(send_fails, 0);
	send_fails = ECONNRESET;
	check(&row, ", ECONNRESET");
	assert_int_equal(send_fails, 0);
	rows_end();
}

/* A reply is used again: nothing of the first may stay. */
static void
test_reply_again(void **state)
{
	const struct line_step step = { .text = " a\nactive account=u\n" };
	char error[CLIENT_ERROR_MAX] = "";
	struct line_server server;
	struct client_reply reply;
	struct buffer request;

	line_server_start(&server, &step, 1);
	make_request(&request);
	client_reply_init(&reply);
	assert_int_equal(client_ask(server.path, UNIX_SOCKET_NO_UID,
	    &request, deadline_in(5000), &reply, error), 0);
	assert_int_equal(reply.verdict, VERDICT_ACTIVE);
	assert_string_equal(protocol_text(&reply.message, "account"), "u");
	assert_int_equal(client_ask("/nonexistent/s", UNIX_SOCKET_NO_UID,
	    &request, deadline_in(5000), &reply, error), -1);
	assert_int_equal(reply.verdict, VERDICT_UNAVAILABLE);
	assert_int_equal(reply.message.count, 0);
	assert_string_equal(buffer_text(&reply.details), "");
	client_reply_free(&reply);
	client_reply_free(NULL);
	buffer_free(&request);
	line_server_stop(&server);
	line_server_free(&server);
}

/* A request as large as it may be, in short writes. */
static void
test_largest_request(void **state)
{
	const struct line_step step = { .text = "active\n" };
	char error[CLIENT_ERROR_MAX] = "";
	struct line_server server;
	struct client_reply reply;
	struct buffer request;

	buffer_init(&request, PROTOCOL_LINE_MAX);
	buffer_puts(&request, "lookup cert=");
	while (request.len < PROTOCOL_LINE_MAX - 1)
		buffer_puts(&request, "A");
	buffer_puts(&request, "\n");
	assert_int_equal(request.len, PROTOCOL_LINE_MAX);
	line_server_start(&server, &step, 1);
	client_reply_init(&reply);
	piece = 1000;
	assert_int_equal(client_ask(server.path, UNIX_SOCKET_NO_UID,
	    &request, deadline_in(20000), &reply, error), 0);
	piece = 0;
	line_server_stop(&server);
	assert_int_equal(strlen(server.seen), PROTOCOL_LINE_MAX);
	assert_memory_equal(server.seen, request.data, request.len);
	client_reply_free(&reply);
	buffer_free(&request);
	line_server_free(&server);
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

static void
test_many_descriptors(void **state)
{
	const struct line_step step = { .text = "active\n" };
	char error[CLIENT_ERROR_MAX] = "";
	struct line_server server;
	struct client_reply reply;
	struct buffer request;
	struct rlimit before, limit;
	int fds[1100], i;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = 1200;
	if (before.rlim_max < limit.rlim_cur)
		skip();
	line_server_start(&server, &step, 1);
	if (before.rlim_cur < limit.rlim_cur)
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (i = 0; i < 1100; i++) {
		fds[i] = fcntl(0, F_DUPFD_CLOEXEC, 0);
		assert_int_not_equal(fds[i], -1);
	}
	make_request(&request);
	client_reply_init(&reply);
	assert_int_equal(client_ask(server.path, UNIX_SOCKET_NO_UID,
	    &request, deadline_in(20000), &reply, error), 0);
	assert_int_equal(reply.verdict, VERDICT_ACTIVE);
	for (i = 0; i < 1100; i++)
		close(fds[i]);
	setrlimit(RLIMIT_NOFILE, &before);
	client_reply_free(&reply);
	buffer_free(&request);
	line_server_stop(&server);
	line_server_free(&server);
}

static int ticks[2];

static void
on_tick(int signal_number)
{
	(void)!write(ticks[1], "x", 1);
}

/* The server answers after twenty signals have interrupted the wait. */
static void
test_signals(void **state)
{
	const struct itimerval every = { { 0, 2000 }, { 0, 2000 } };
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	struct sigaction action = { .sa_handler = on_tick }, before;
	struct line_step step = { .text = "active\n", .wait_bytes = 20 };
	char error[CLIENT_ERROR_MAX] = "";
	struct line_server server;
	struct client_reply reply;
	struct buffer request;

	assert_int_equal(pipe2(ticks, O_CLOEXEC), 0);
	step.wait_fd = ticks[0];
	line_server_start(&server, &step, 1);
	make_request(&request);
	client_reply_init(&reply);
	assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
	assert_int_equal(client_ask(server.path, UNIX_SOCKET_NO_UID,
	    &request, deadline_in(20000), &reply, error), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	sigaction(SIGALRM, &before, NULL);
	assert_int_equal(reply.verdict, VERDICT_ACTIVE);
	close(ticks[0]);
	close(ticks[1]);
	client_reply_free(&reply);
	buffer_free(&request);
	line_server_stop(&server);
	line_server_free(&server);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_no_server),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_send_refused),
		cmocka_unit_test(test_reply_again),
		cmocka_unit_test(test_largest_request),
		cmocka_unit_test(test_largest_reply),
		cmocka_unit_test(test_many_descriptors),
		cmocka_unit_test(test_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
