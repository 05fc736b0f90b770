/*
 * The steps of a decision, written down for `explain`.
 */
#include "lookupd/trace.h"

#include <stdarg.h>
#include <string.h>

#include "common/text.h"

/* Most bytes of one step: a filter of 4 KiB and what is said about it. */
#define STEP_MAX (8 * 1024)

static const char cut_mark[] = " cut: the rest is left out\n";
#define CUT_LEN (sizeof(cut_mark) - 1)

void
trace_init(struct trace *trace)
{
	buffer_init(&trace->lines, TRACE_MAX);
}

void
trace_free(struct trace *trace)
{
	if (trace != NULL)
		buffer_free(&trace->lines);
}

static int
is_cut(const struct trace *trace)
{
	const struct buffer *lines = &trace->lines;

	return lines->len >= CUT_LEN && memcmp(lines->data + lines->len -
	    CUT_LEN, cut_mark, CUT_LEN) == 0;
}

/* One finished line with its LF; or the mark, once, when there is no room. */
static void
put_line(struct trace *trace, const char *line, size_t len)
{
	if (is_cut(trace))
		return;
	if (trace->lines.len + len > TRACE_MAX - CUT_LEN) {
		line = cut_mark;
		len = CUT_LEN;
	}
	(void)buffer_put(&trace->lines, line, len);
}

void
trace_line(struct trace *trace, const char *step, const char *format, ...)
{
	struct buffer text, line;
	va_list args;

	buffer_init(&text, STEP_MAX);
	buffer_init(&line, 4 * STEP_MAX + 64);
	va_start(args, format);
	/* What does not fit is not half shown. */
	if (buffer_vprintf(&text, format, args) < 0) {
		buffer_clear(&text);
		(void)buffer_puts(&text, "(too long to be shown)");
	}
	va_end(args);
	(void)buffer_puts(&line, " ");
	text_escape(&line, step, strlen(step), 64);
	(void)buffer_puts(&line, ": ");
	text_escape(&line, buffer_text(&text), text.len, STEP_MAX);
	(void)buffer_puts(&line, "\n");
	if (!line.failed)
		put_line(trace, line.data, line.len);
	buffer_free(&line);
	buffer_free(&text);
}

void
trace_append(struct trace *trace, const char *lines, size_t len)
{
	if (trace == NULL)
		return;
	while (len > 0) {
		const char *end = memchr(lines, '\n', len);
		size_t line = end == NULL ? len : (size_t)(end - lines) + 1;

		if (end != NULL && line > 2)
			put_line(trace, lines, line);
		lines += line;
		len -= line;
	}
}
