/*
 * client_ask where there is no good answer in time, no server, no good
 * request, many descriptors, many signals.
 */
#include "config.h"

#include "client/client.h"

#include <sys/resource.h>
#include <sys/time.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/deadline.h"
#include "tests/unit/client_calls.h"
#include "tests/unit/line_server.h"
#include "tests/unit/rows.h"

#define OTHER 65534

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
		calls_nothing_until = busy ? start + 3000 : 0;
		result = client_ask(server.path, UNIX_SOCKET_NO_UID,
		    &request, deadline_in(150), &reply, error);
		took = deadline_now() - start;
		calls_nothing_until = 0;
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
	calls_piece = 1000;
	assert_int_equal(client_ask(server.path, UNIX_SOCKET_NO_UID,
	    &request, deadline_in(20000), &reply, error), 0);
	calls_piece = 0;
	line_server_stop(&server);
	assert_int_equal(strlen(server.seen), PROTOCOL_LINE_MAX);
	assert_memory_equal(server.seen, request.data, request.len);
	client_reply_free(&reply);
	buffer_free(&request);
	line_server_free(&server);
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
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_no_server),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_reply_again),
		cmocka_unit_test(test_largest_request),
		cmocka_unit_test(test_many_descriptors),
		cmocka_unit_test(test_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
