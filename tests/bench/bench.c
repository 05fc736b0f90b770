/*
 * Clock, samples and the report.
 */
#include "tests/bench/bench.h"

#include <sys/resource.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES (1 << 22)
#define WORDS 8

static struct bench_line *lines;
static size_t line_count, next_line;
static uint32_t *samples;	/* tenths of microseconds */
static size_t sample_count;
static uint64_t answers;
static struct {
	char word[16];
	uint64_t count;
} words[WORDS];

_Noreturn void
bench_die(const char *what)
{
	perror(what);
	exit(1);
}

int64_t
bench_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Fields 14 and 15 of a line of /proc/PID/stat; the one behind ')' is 3. */
static int64_t
ticks_of(const char *text)
{
	const char *at = strrchr(text, ')');
	char *end;
	int64_t ticks;

	for (int field = 2; field < 14 && at != NULL; field++)
		at = strchr(at + 1, ' ');
	if (at == NULL)
		return 0;
	ticks = strtoll(at, &end, 10);
	return ticks + strtoll(end, NULL, 10);
}

int64_t
bench_cpu_us(int count, char **pids)
{
	int64_t ticks = 0;

	for (int i = 0; i < count; i++) {
		char path[64], text[1024];
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/stat", pids[i]);
		file = fopen(path, "r");
		if (file == NULL)
			continue;
		if (fgets(text, sizeof(text), file) != NULL)
			ticks += ticks_of(text);
		fclose(file);
	}
	return ticks * 1000000 / sysconf(_SC_CLK_TCK);
}

static void
count_word(const char *word, size_t len)
{
	size_t n = 0;

	while (n < len && n < sizeof(words[0].word) - 1 &&
	    strchr(" \t\n", word[n]) == NULL)
		n++;
	for (int i = 0; i < WORDS; i++) {
		if (words[i].count == 0)
			memcpy(words[i].word, word, n);
		if (strlen(words[i].word) == n &&
		    memcmp(words[i].word, word, n) == 0) {
			words[i].count++;
			return;
		}
	}
}

void
bench_answer(const char *word, size_t len, int64_t sent_ns, int64_t now_ns)
{
	if (samples == NULL) {
		samples = malloc(SAMPLES * sizeof(*samples));
		if (samples == NULL)
			bench_die("malloc");
	}
	answers++;
	count_word(word, len);
	if (sample_count < SAMPLES)
		samples[sample_count++] = (uint32_t)((now_ns - sent_ns) / 100);
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Microseconds at this hundredth of all samples. */
static double
at(size_t hundredth)
{
	size_t i = sample_count * hundredth / 100;

	if (sample_count == 0)
		return 0;
	return samples[i < sample_count ? i : sample_count - 1] / 10.0;
}

void
bench_report(int64_t start_ns, int64_t stop_ns, int64_t cpu_us)
{
	if (samples != NULL)
		qsort(samples, sample_count, sizeof(*samples), compare);
	printf("rate=%.0f p50=%.1f p99=%.1f max=%.1f cpu=%.2f",
	    (double)answers / ((double)(stop_ns - start_ns) / 1e9),
	    at(50), at(99), at(100),
	    answers == 0 ? 0 : (double)cpu_us / (double)answers);
	for (int i = 0; i < WORDS && words[i].count > 0; i++)
		printf(" %s=%llu", words[i].word,
		    (unsigned long long)words[i].count);
	putchar('\n');
}

void
bench_read_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t size = 0, room = 0;
	char *text = NULL;
	ssize_t len;

	if (file == NULL)
		bench_die(path);
	while ((len = getline(&text, &size, file)) > 0) {
		if (line_count == room) {
			room = room == 0 ? 1024 : 2 * room;
			lines = realloc(lines, room * sizeof(*lines));
			if (lines == NULL)
				bench_die("realloc");
		}
		lines[line_count].text = text;
		lines[line_count++].len = (size_t)len;
		text = NULL;
		size = 0;
	}
	free(text);
	fclose(file);
	if (line_count == 0) {
		errno = EINVAL;
		bench_die(path);
	}
}

const struct bench_line *
bench_next_line(void)
{
	return &lines[next_line++ % line_count];
}

size_t
bench_line_count(void)
{
	return line_count;
}

void
bench_files(void)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

int
bench_number(const char *text, int first, int last)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (end == text || *end != '\0' || number < first || number > last) {
		errno = EINVAL;
		bench_die(text);
	}
	return (int)number;
}
