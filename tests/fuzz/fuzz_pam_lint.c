/*
 * certauthctl pam-lint over any files: the first byte says whether it is a
 * pam.conf, the rest is the service "s", then, each behind a form feed, the
 * files "a", "b" and "other".
 *
 * Every line has its parts inside its own memory and an action for every
 * code; the stacks are within their bounds; what is printed is printable, a
 * line for each warning, and the same the second time.
 */
#include "client/pam_lint.h"
#include "client/pam_lint_walk.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FILES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct files {
	const char *text[FILES];
	size_t len[FILES];
};

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static int
read_file(void *context, const char *name, struct buffer *out, char *path)
{
	static const char *const names[FILES] = { "s", "a", "b", "other" };
	const struct files *files = context;

	for (size_t i = 0; i < FILES; i++) {
		if (name != NULL ? strcmp(name, names[i]) != 0 : i != 0)
			continue;
		snprintf(path, LINT_PATH_MAX, "%s", names[i]);
		return files->text[i] == NULL ? -1 :
		    buffer_put(out, files->text[i], files->len[i]);
	}
	return -1;
}

static void
split(const uint8_t *data, size_t size, struct files *files)
{
	const char *at = (const char *)data;

	for (size_t i = 0; i < FILES; i++) {
		const char *end = memchr(at, '\f', size);
		size_t len = end != NULL ? (size_t)(end - at) : size;

		files->text[i] = at;
		files->len[i] = len;
		if (end == NULL)
			return;
		at += len + 1;
		size -= len + 1;
	}
}

static void
check_line(const struct lint_line *line)
{
	size_t args = 0;

	require(line->text != NULL);
	require(line->control != NULL && line->module != NULL);
	for (int i = 0; i < LINT_CODES; i++)
		require(line->actions[i] > LINT_DO_UNDEF);
	for (const char *arg = lint_next_arg(line, NULL); arg != NULL;
	    arg = lint_next_arg(line, arg))
		args += strlen(arg) + 1;
	require(args == line->args_len);
}

static void
check_stack(const struct lint_stack *stack)
{
	size_t all = 0;

	require(stack->count <= LINT_ENTRIES_MAX);
	for (size_t i = 0; i < LINT_TYPES; i++) {
		const struct lint_chain *chain = &stack->chains[i];
		int level = 0;

		all += chain->count;
		for (size_t j = 0; j < chain->count; j++) {
			const struct lint_entry *entry = chain->entries[j];

			check_line(&entry->line);
			require(entry->line.type == (enum lint_type)i);
			require(entry->level < LINT_LEVELS);
			/* levels are entered one by one, by a marker */
			require(entry->level <= level + 1);
			require(entry->number > 0);
			level = entry->level;
		}
	}
	require(all <= stack->count);
}

static char *
lint(const struct lint_source *source, size_t *ret_len)
{
	struct lint_stack stack;
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	unsigned warnings = 0, lines = 0;

	require(out != NULL);
	if (lint_stack_read(source, "s", &stack) == 0) {
		check_stack(&stack);
		warnings = lint_warn(&stack, "s", out);
	} else {
		require(stack.failed != NULL);
	}
	lint_stack_free(&stack);
	fclose(out);
	for (size_t i = 0; i < *ret_len; i++) {
		require(text[i] == '\n' || (text[i] >= 0x20 &&
		    text[i] < 0x7f));
		lines += text[i] == '\n';
	}
	require(lines == warnings);
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct files files = { { NULL }, { 0 } };
	const struct lint_source source = { .read = read_file,
		.context = &files, .conf = size > 0 && (data[0] & 1) != 0 };
	size_t first_len = 0, second_len = 0;
	char *first, *second;

	if (size < 1 || size > 4096)
		return 0;
	split(data + 1, size - 1, &files);
	first = lint(&source, &first_len);
	second = lint(&source, &second_len);
	require(first_len == second_len &&
	    memcmp(first, second, first_len) == 0);
	free(first);
	free(second);
	return 0;
}
