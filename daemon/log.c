/* See log.h.  State is per process: only our own daemons use this. */
#include "config.h"

#include "daemon/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/text.h"

static struct {
	const char *program;
	enum log_level most;
	bool to_syslog;
	bool to_journal;
} state = { .program = "certauth", .most = LEVEL_INFO };

static const int priorities[] = {
	[LEVEL_ERROR] = LOG_ERR,
	[LEVEL_WARNING] = LOG_WARNING,
	[LEVEL_NOTICE] = LOG_NOTICE,
	[LEVEL_INFO] = LOG_INFO,
	[LEVEL_DEBUG] = LOG_DEBUG
};

/* JOURNAL_STREAM names device and inode of the journal's pipe; somebody may
 * have redirected our standard error since. */
static bool
is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char here[64];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	snprintf(here, sizeof(here), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return strcmp(stream, here) == 0;
}

static void
reopen_syslog(void)
{
	closelog();
	openlog(state.program, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void
log_open(const char *program, bool to_syslog, enum log_level most)
{
	state.program = program;
	state.most = most;
	state.to_syslog = to_syslog;
	state.to_journal = !to_syslog && is_journal();
	if (to_syslog)
		reopen_syslog();
}

void
log_set_program(const char *program)
{
	state.program = program;
	if (state.to_syslog)
		reopen_syslog();
}

void
log_set_level(enum log_level most)
{
	state.most = most;
}

bool
log_wants(enum log_level level)
{
	return level <= state.most;
}

/* What is in front of the message on standard error. */
static void
put_head(struct buffer *line, enum log_level level)
{
	struct timespec now;
	struct tm tm;
	char stamp[32];

	if (state.to_journal) {
		buffer_printf(line, "<%d>%s: ", priorities[level],
		    state.program);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	buffer_printf(line, "%s.%03ldZ %s: ", stamp, now.tv_nsec / 1000000,
	    state.program);
}

/* One write, so that lines of several processes do not mix. */
static void
put_out(const char *data, size_t len)
{
	while (write(STDERR_FILENO, data, len) < 0 && errno == EINTR)
		;
}

static void __attribute__((format(printf, 2, 0)))
say(enum log_level level, const char *format, va_list args)
{
	static const char lost[] = "a log line was lost: out of memory\n";
	char message[LOG_LINE_MAX];
	struct buffer line;
	int saved = errno;

	if (!log_wants(level))
		return;
	if (vsnprintf(message, sizeof(message), format, args) < 0)
		message[0] = '\0';
	buffer_init(&line, 5 * LOG_LINE_MAX);
	if (!state.to_syslog)
		put_head(&line, level);
	text_escape(&line, message, strlen(message), LOG_LINE_MAX);
	if (!line.failed && line.len > LOG_LINE_MAX - 1) {
		line.len = LOG_LINE_MAX - 4;
		buffer_puts(&line, "...");
	}
	if (!state.to_syslog)
		buffer_puts(&line, "\n");
	if (line.failed)
		put_out(lost, sizeof(lost) - 1);
	else if (state.to_syslog)
		syslog(priorities[level], "%s", buffer_text(&line));
	else
		put_out(line.data, line.len);
	buffer_free(&line);
	errno = saved;
}

void
log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LEVEL_ERROR, format, args);
	va_end(args);
}

void
log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LEVEL_WARNING, format, args);
	va_end(args);
}

void
log_notice(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LEVEL_NOTICE, format, args);
	va_end(args);
}

void
log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LEVEL_INFO, format, args);
	va_end(args);
}

void
log_debug(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LEVEL_DEBUG, format, args);
	va_end(args);
}
