/*
 * Rows of a table test: every failing row is reported, then the test fails.
 *
 *	for (each row)
 *		row_check(got == row->want, row->name, "want %d, got %d", …);
 *	rows_end();
 */
#ifndef CERTAUTH_TESTS_ROWS_H
#define CERTAUTH_TESTS_ROWS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static unsigned rows_failed;

static inline bool __attribute__((format(printf, 3, 4)))
row_check(bool holds, const char *name, const char *format, ...)
{
	va_list args;

	if (holds)
		return true;
	rows_failed++;
	fprintf(stderr, "row \"%s\": ", name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return false;
}

static inline void
rows_end(void)
{
	unsigned failed = rows_failed;

	rows_failed = 0;
	if (failed > 0)
		fail_msg("%u rows failed, see above", failed);
}

#endif
