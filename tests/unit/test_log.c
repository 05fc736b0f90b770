/*
 * Log lines: what is in front of them, that nothing from outside can end one
 * or drive a terminal, and where they are cut.
 */
#include "config.h"

#include "daemon/log.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/rows.h"

static int saved_stderr = -1;
static int pipe_fds[2];

/* Standard error becomes a pipe, and the journal's when wanted. */
static void
catch_begin(bool journal)
{
	char stream[64];
	struct stat st;

	saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(dup2(pipe_fds[1], STDERR_FILENO), STDERR_FILENO);
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	if (journal)
		setenv("JOURNAL_STREAM", stream, 1);
	else
		setenv("JOURNAL_STREAM", "1:1", 1);
}

/* What was written since, as text. */
static const char *
catch_end(void)
{
	static char text[3 * LOG_LINE_MAX];
	ssize_t n;

	n = read(pipe_fds[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	unsetenv("JOURNAL_STREAM");
	return text;
}

static void
test_journal_lines(void **state)
{
	static const struct {
		const char *name;
		void (*call)(const char *format, ...)
		    __attribute__((format(printf, 1, 2)));
		const char *from, *want;
	} rows[] = {
		{ "error", log_error, "a b", "<3>prog[x]: a b\n" },
		{ "warning", log_warning, "a", "<4>prog[x]: a\n" },
		{ "notice", log_notice, "a", "<5>prog[x]: a\n" },
		{ "info", log_info, "a", "<6>prog[x]: a\n" },
		{ "debug", log_debug, "a", "<7>prog[x]: a\n" },
		{ "line end", log_info, "a\nb\r", "<6>prog[x]: a\\x0ab\\x0d\n" },
		{ "escape sequence", log_info, "\033[2J\x9b",
		    "<6>prog[x]: \\x1b[2J\\x9b\n" },
		{ "backslash", log_info, "\\x0a", "<6>prog[x]: \\\\x0a\n" },
		{ "percent", log_info, "%s%n", "<6>prog[x]: %s%n\n" },
		{ "nothing", log_info, "", "<6>prog[x]: \n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got;

		catch_begin(true);
		log_open("prog", false, LEVEL_DEBUG);
		log_set_program("prog[x]");
		errno = EDOM;
		rows[i].call("%s", rows[i].from);
		row_check(errno == EDOM, rows[i].name, "errno is changed");
		got = catch_end();
		row_check(strcmp(got, rows[i].want) == 0, rows[i].name,
		    "want %s, got %s", rows[i].want, got);
	}
	rows_end();
}

static void
test_stamp_without_journal(void **state)
{
	regex_t pattern;
	const char *got;

	assert_int_equal(regcomp(&pattern, "^[0-9]{4}-[0-9]{2}-[0-9]{2}T"
	    "[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z prog: hello\n$",
	    REG_EXTENDED | REG_NOSUB), 0);
	catch_begin(false);
	log_open("prog", false, LEVEL_INFO);
	log_notice("%s", "hello");
	got = catch_end();
	if (regexec(&pattern, got, 0, NULL, 0) != 0)
		fail_msg("got %s", got);
	regfree(&pattern);
}

static void
test_cut(void **state)
{
	char from[LOG_LINE_MAX + 100];
	const char *got;
	size_t len;

	for (int pass = 0; pass < 2; pass++) {
		memset(from, pass == 0 ? 'a' : '\1', sizeof(from) - 1);
		from[sizeof(from) - 1] = '\0';
		catch_begin(true);
		log_open("prog", false, LEVEL_INFO);
		log_info("%s", from);
		got = catch_end();
		len = strlen(got);
		assert_int_equal(len, LOG_LINE_MAX);
		assert_string_equal(got + len - 4, "...\n");
		assert_true(strchr(got, '\n') == got + len - 1);
	}
}

static void
test_levels(void **state)
{
	catch_begin(true);
	log_open("prog", false, LEVEL_NOTICE);
	assert_true(log_wants(LEVEL_ERROR));
	assert_true(log_wants(LEVEL_NOTICE));
	assert_false(log_wants(LEVEL_INFO));
	log_info("%s", "not this");
	log_set_level(LEVEL_INFO);
	log_info("%s", "this");
	log_debug("%s", "not this");
	assert_string_equal(catch_end(), "<6>prog: this\n");
}

static void
test_syslog_leaves_stderr_alone(void **state)
{
	catch_begin(true);
	log_open("prog", true, LEVEL_INFO);
	log_set_program("prog[y]");
	log_info("%s", "to syslog");
	assert_string_equal(catch_end(), "");
	log_open("prog", false, LEVEL_INFO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_journal_lines),
		cmocka_unit_test(test_stamp_without_journal),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_syslog_leaves_stderr_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
