/*
 * Logging of our own daemons: to standard error, one line per call, with
 * "<N>" in front when systemd reads it (JOURNAL_STREAM), else with time and
 * program name; or to syslog(3).  Everything that came from outside must be
 * handed over as %s: each argument's non-printable bytes are escaped in the
 * finished line.  A secret has no way in here: no function takes one.
 *
 * Levels mean something: error, an administrator must act; warning, something
 * is degraded; notice, state changed and audit; info and debug, detail.
 */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <stdbool.h>

#define LOG_LINE_MAX 4096

enum log_level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_NOTICE, LEVEL_INFO, LEVEL_DEBUG };

/* program: a static string, put in front of each line ("lookupd[front]"). */
void log_open(const char *program, bool to_syslog, enum log_level most);
void log_set_program(const char *program);
void log_set_level(enum log_level most);
bool log_wants(enum log_level level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
