/* The errors of a configuration, collected, so that all are reported. */
#include "config.h"

#include "daemon/settings.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/text.h"

#define PROBLEM_MAX 2048	/* bytes of one sentence; the rest is cut */

void
problems_init(struct problems *problems)
{
	problems->items = NULL;
	problems->count = 0;
}

void
problems_free(struct problems *problems)
{
	if (problems == NULL)
		return;
	if (problems->items != NULL) {
		for (size_t i = 0; i < PROBLEMS_MAX; i++)
			free(problems->items[i]);
		free(problems->items);
	}
	problems_init(problems);
}

/* File names and sentences may carry bytes of the file: none gets out as it
 * is. */
static char *
problem_text(const char *file, unsigned line, const char *sentence)
{
	struct buffer out;

	buffer_init(&out, 4 * (2 * PROBLEM_MAX) + 64);
	if (file != NULL) {
		text_escape(&out, file, strlen(file), PROBLEM_MAX);
		if (line > 0)
			buffer_printf(&out, ":%u", line);
		buffer_puts(&out, ": ");
	}
	text_escape(&out, sentence, strlen(sentence), PROBLEM_MAX);
	if (out.failed) {
		buffer_free(&out);
		return NULL;
	}
	return out.data;
}

void
problems_add(struct problems *problems, const char *file, unsigned line,
    const char *format, ...)
{
	char sentence[PROBLEM_MAX];
	va_list args;

	if (problems->items == NULL && problems->count == 0)
		problems->items = calloc(PROBLEMS_MAX, sizeof(char *));
	if (problems->items != NULL && problems->count < PROBLEMS_MAX) {
		va_start(args, format);
		if (vsnprintf(sentence, sizeof(sentence), format, args) < 0)
			sentence[0] = '\0';
		va_end(args);
		problems->items[problems->count] =
		    problem_text(file, line, sentence);
	}
	problems->count++;
}

const char *
problems_text(const struct problems *problems, size_t i)
{
	const char *text = problems->items != NULL ? problems->items[i] : NULL;

	return text != NULL ? text :
	    "a problem that there was no memory to describe";
}

void
problems_print(const struct problems *problems, FILE *stream)
{
	size_t i;

	for (i = 0; i < problems->count && i < PROBLEMS_MAX; i++)
		fprintf(stream, "%s\n", problems_text(problems, i));
	if (problems->count > i)
		fprintf(stream, "and %zu more\n", problems->count - i);
}
