/*
 * The hook's connections as streams of bytes: folded lines, which end a
 * connection as NUL does; clients that say early that they will ask nothing
 * more; and answers that do not leave at once.
 */
#include "config.h"

#include <sys/socket.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hook/listener.h"
#include "hook/stream.h"
#include "tests/unit/hook_case.h"

/* '|' is where the first of two pieces ends. */
static const struct {
	const char *name, *request;
} folds[] = {
	{ "verify", GET "X-SSL-Verify:|\r\n SUCCESS\r\nX-SSL-Cert: active\r\n"
	    "\r\n" },
	{ "of another", GET OK_CERT("active") "X: a\r\n|\tb\r\n\r\n" },
	{ "newline alone", GET OK_CERT("active") "X: a|\n b\r\n\r\n" },
	{ "between", GET OK_CERT("active") "X: a\r|\n b\r\n\r\n" },
	{ "blank line", GET OK_CERT("active") "X: a\r\n| \r\n\r\n" },
	{ "the first line", "GET / HTTP/1.1|\r\n X: a\r\n" OK_CERT("active")
	    "\r\n" },
	{ "the request", "| GET / HTTP/1.1\r\n" OK_CERT("active") "\r\n" },
	{ "the second request", GET OK_CERT("hold") "\r\n|"
	    "\tGET / HTTP/1.1\r\n" OK_CERT("active") "\r\n" },
};

static void
check_fold(struct rig *rig, size_t row, bool together)
{
	const char *request = folds[row].request, *cut = strchr(request, '|');
	char whole[1024], rest[4096];
	int fd = rig_connect(rig, "required");

	if (together) {
		snprintf(whole, sizeof(whole), "%.*s%s",
		    (int)(cut - request), request, cut + 1);
		rig_send(fd, whole, strlen(whole));
	} else {
		rig_send(fd, request, (size_t)(cut - request));
		ask(rig, "required", "beside", GET "\r\n",
		    HEAD_401("no-cert"));
		rig_send(fd, cut + 1, strlen(cut + 1));
	}
	rig_rest(fd, rest, sizeof(rest));
	row_check(rest[0] == '\0', folds[row].name, "%s: %s",
	    together ? "in one piece" : "in two", rest);
	close(fd);
}

static void
test_folds(void **state)
{
	struct rig rig;
	size_t i;

	start(&rig, "");
	for (i = 0; i < sizeof(folds) / sizeof(folds[0]); i++) {
		check_fold(&rig, i, true);
		check_fold(&rig, i, false);
	}
	/* no fold: a blank behind the last of a line's bytes, in two pieces */
	ask(&rig, "required", "still well", GET OK_CERT("active")
	    "X:  \t a b \t\r\n\r\n", HEAD_200);
	row_check(rig.seen->questions == 2, "lookupd", "was asked %u times",
	    rig.seen->questions);
	stop(&rig);
}

static unsigned
count_in_log(const struct rig *rig, const char *words)
{
	FILE *log = fopen(rig_path(rig, "log"), "r");
	unsigned count = 0;
	char line[1024];

	assert_non_null(log);
	while (fgets(line, sizeof(line), log) != NULL)
		count += strstr(line, words) != NULL;
	fclose(log);
	return count;
}

/* What comes behind a fault is not looked at, and the log says it once. */
static void
test_said_once(void **state)
{
	enum { ROUNDS = 5 };
	static const char head[] = GET OK_CERT("active") "X: a\r\n b\r\n";
	static char behind[150 * 1024];
	char rest[4096];
	struct rig rig;
	size_t i;

	rig_open(&rig);
	rig_configure(&rig, "", listeners);
	rig_start_lookupd(&rig);
	assert_true(rig_start_hook(&rig));
	memset(behind, 'x', sizeof(behind));
	for (i = 0; i < ROUNDS; i++) {
		int fd = rig_connect(&rig, "required");

		rig_send(fd, head, strlen(head));
		rig_send(fd, behind, sizeof(behind));
		rig_rest(fd, rest, sizeof(rest));
		row_check(rest[0] == '\0', "behind a fold", "got %s", rest);
		close(fd);
	}
	row_check(count_in_log(&rig, "a folded line") == ROUNDS &&
	    count_in_log(&rig, "from a proxy") == ROUNDS, "the log",
	    "%u folded lines in %u", count_in_log(&rig, "a folded line"),
	    count_in_log(&rig, "from a proxy"));
	stop(&rig);
}

/* Many at once, and the end behind them: each is answered. */
static void
test_half_closed(void **state)
{
	enum { EACH = 40, ROUNDS = 25 };
	static char asked[EACH * sizeof(ASK("active"))], rest[EACH * 1024];
	struct rig rig;
	size_t i;

	start(&rig, "");
	for (i = 0; i < EACH; i++)
		memcpy(asked + i * strlen(ASK("active")), ASK("active"),
		    strlen(ASK("active")));
	for (i = 0; i < ROUNDS; i++) {
		int fd = rig_connect(&rig, "required");
		const char *at = rest;
		unsigned count = 0;

		rig_send(fd, asked, strlen(asked));
		shutdown(fd, SHUT_WR);
		rig_rest(fd, rest, sizeof(rest));
		for (; (at = strstr(at, "HTTP/1.1 200")) != NULL; at++)
			count++;
		row_check(count == EACH, "half closed", "%u of %d are answered",
		    count, EACH);
		close(fd);
	}
	stop(&rig);
}

/* The end behind half a request, and behind a body that is not whole: the
 * connection ends, too. */
static void
test_half_request(void **state)
{
	static const struct {
		const char *name, *request;
	} rows[] = {
		{ "half a line", "GE" },
		{ "half a head", GET },
		{ "half a field", GET "X: y" },
		{ "a chunked body", "POST / HTTP/1.1\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n" },
		{ "half of its end", "POST / HTTP/1.1\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n0\r\n" },
	};
	char request[1024], rest[4096];
	struct rig rig;
	size_t i;

	start(&rig, "");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = rig_connect(&rig, "required");

		snprintf(request, sizeof(request), ASK("active") "%s",
		    rows[i].request);
		rig_send(fd, request, strlen(request));
		shutdown(fd, SHUT_WR);
		row_check(strcmp(rig_head(fd, rest, sizeof(rest)), HEAD_200) ==
		    0, rows[i].name, "before it: %s", rest);
		rig_rest(fd, rest, sizeof(rest));
		row_check(rest[0] == '\0', rows[i].name, "got %s", rest);
		row_check(recv(fd, rest, 1, MSG_DONTWAIT) == 0 ||
		    errno == ECONNRESET, rows[i].name, "is kept");
		close(fd);
	}
	stop(&rig);
}

static unsigned left, lost;

static void
on_left(struct bufferevent *stream, void *context)
{
	left++;
}

static void
on_lost(struct bufferevent *stream, short what, void *context)
{
	lost++;
}

/* A text larger than the socket leaves in pieces, and is whole, for somebody
 * who says that he will ask nothing more, too; to somebody who has gone it does
 * not. */
static void
test_pieces(void **state)
{
	struct event_base *base = event_base_new();
	struct bufferevent *stream = stream_new(base, NULL);
	static char got[1 << 20];
	struct buffer text;
	size_t len = 0;
	ssize_t n;
	int ends[2];

	assert_true(base != NULL && stream != NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    ends), 0);
	assert_int_equal(bufferevent_setfd(stream, ends[0]), 0);
	buffer_init(&text, sizeof(got));
	while (text.len < sizeof(got) - 16)
		buffer_printf(&text, "%zu,", text.len);
	stream_hold(stream);
	stream_send(stream, &text, on_left, on_lost, NULL);
	row_check(left == 0 && lost == 0, "pieces", "left at once");
	shutdown(ends[1], SHUT_WR);
	while (len < text.len && lost == 0) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		n = recv(ends[1], got + len, sizeof(got) - len, 0);
		len += n > 0 ? (size_t)n : 0;
	}
	event_base_loop(base, EVLOOP_NONBLOCK);
	row_check(len == text.len && memcmp(got, text.data, len) == 0 &&
	    left == 1 && lost == 0, "pieces", "%zu of %zu, %u, %u", len,
	    text.len, left, lost);
	close(ends[1]);
	stream_send(stream, &text, on_left, on_lost, NULL);
	event_base_loop(base, EVLOOP_NONBLOCK);
	row_check(left == 1 && lost > 0, "gone", "left %u, lost %u", left,
	    lost);
	bufferevent_free(stream);
	close(ends[0]);
	event_base_free(base);
	buffer_free(&text);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folds),
		cmocka_unit_test(test_said_once),
		cmocka_unit_test(test_half_closed),
		cmocka_unit_test(test_half_request),
		cmocka_unit_test(test_pieces),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
