/*
 * A clock, a generator, texts, and the end.
 */
#include "tests/tools/model.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t state;

_Noreturn void
model_die(const char *what)
{
	fprintf(stderr, "model: %s\n", what);
	exit(2);
}

int64_t
model_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void
model_pause(int ms)
{
	(void)poll(NULL, 0, ms);
}

void
model_seed(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15ULL + 1;
}

unsigned
model_random(unsigned below)
{
	uint64_t x = state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return (unsigned)((x ^ x >> 31) % below);
}

const char *
model_text(const char *format, ...)
{
	static char texts[8][512];
	static unsigned next;
	char *text = texts[next++ % 8];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(texts[0]), format, args);
	va_end(args);
	return text;
}
