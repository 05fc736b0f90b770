/*
 * What the programs of tests/bench share: a clock, CPU times of others,
 * samples and the one line in which a row is reported:
 *
 *	rate=/s p50= p99= max= (us) cpu= (us of the PIDs per request) WORD=N ...
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

_Noreturn void bench_die(const char *what);
int64_t bench_now_ns(void);

/* CPU of these processes, microseconds; `self` is the caller. */
int64_t bench_cpu_us(int count, char **pids);

/* One answer: how it began, when its question was sent. */
void bench_answer(const char *word, size_t len, int64_t sent_ns,
    int64_t now_ns);
/* The row; start, stop: of the measured time; cpu: spent in it. */
void bench_report(int64_t start_ns, int64_t stop_ns, int64_t cpu_us);

/* The lines of a file, each with its LF, for ever one after the other. */
struct bench_line {
	char *text;
	size_t len;
};
void bench_read_lines(const char *path);
const struct bench_line *bench_next_line(void);
size_t bench_line_count(void);

/* As many descriptors as we may have. */
void bench_files(void);

/* A whole number from first to last, or the end. */
int bench_number(const char *text, int first, int last);

#endif
