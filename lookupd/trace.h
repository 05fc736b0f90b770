/*
 * The steps of a decision, for `explain`.  Every pure function that decides
 * something takes a struct trace and says what it did; NULL says nothing and
 * costs a test.  A step is one line of text; what came from outside goes
 * through trace_bytes or %s of text_escape'd text only.
 */
#ifndef LOOKUPD_TRACE_H
#define LOOKUPD_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"

/* Most bytes of one explanation; the rest is marked as cut. */
#define TRACE_MAX (128 * 1024)

struct trace {
	struct buffer lines;	/* each: " step: text\n" */
};

void trace_init(struct trace *trace);
void trace_free(struct trace *trace);	/* NULL-safe */

/* Append the line " <step>: <text>"; bytes outside printable ASCII are
 * escaped, so %s of outside text is safe.  NULL trace: nothing, and what would
 * have been said is not worked out either. */
#define trace_say(trace, ...) do {                      \
	if (trace_wanted(trace))                        \
		trace_line((trace), __VA_ARGS__);       \
} while (0)
void trace_line(struct trace *trace, const char *step, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static inline bool
trace_wanted(const struct trace *trace)
{
	return trace != NULL;
}

/* Append whole lines that another trace made (in the directory process): they
 * are escaped already.  NULL trace: nothing. */
void trace_append(struct trace *trace, const char *lines, size_t len);

#endif
