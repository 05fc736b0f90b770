/*
 * The stacks of a PAM service.
 */
#include "config.h"

#include "client/pam_lint_stack.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OTHER "other"

/* What is being read: a file for a service, perhaps for one type alone. */
struct load {
	const struct lint_source *source;
	struct lint_stack *stack;
	const char *service;	/* or OTHER */
	bool asked_for;		/* not OTHER in the place of another */
	bool conf;		/* lines begin with a service */
};

static int load_file(const struct load *load, const char *name,
    enum lint_type wanted, int depth, int level);

static int
fail(struct lint_stack *stack, const char *why)
{
	if (stack->failed == NULL)
		stack->failed = why;
	return -1;
}

/* Take over the line; NULL without memory. */
static struct lint_entry *
add(struct lint_stack *stack, const struct lint_line *line, const char *file,
    unsigned number, int level)
{
	struct lint_chain *chain = &stack->chains[line->type];
	struct lint_entry *entry, **entries;

	if (stack->count == LINT_ENTRIES_MAX) {
		fail(stack, "too many lines");
		return NULL;
	}
	entries = realloc(chain->entries, (chain->count + 1) *
	    sizeof(struct lint_entry *));
	if (entries == NULL) {
		fail(stack, "out of memory");
		return NULL;
	}
	chain->entries = entries;
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL || (entry->file = strdup(file)) == NULL) {
		free(entry);
		fail(stack, "out of memory");
		return NULL;
	}
	entry->line = *line;
	entry->number = number;
	entry->level = level;
	entry->broken = line->kind == LINT_BROKEN ? line->wrong : NULL;
	stack->entries[stack->count++] = entry;
	chain->entries[chain->count++] = entry;
	return entry;
}

/* A line that names another file. */
static int
take_include(const struct load *load, struct lint_line *line,
    const char *file, unsigned number, enum lint_type wanted, int depth,
    int level)
{
	bool substack = line->kind == LINT_SUBSTACK;
	enum lint_type type = line->kind == LINT_INCLUDE_ALL ? wanted :
	    line->type;
	struct lint_entry *entry;

	/* its memory goes on with the entry, if there is to be one */
	if (substack) {
		entry = add(load->stack, line, file, number, level);
		if (entry == NULL)
			return -1;
		entry->marker = true;
		if (load_file(load, line->module, type, depth + 1,
		    level + 1) == 0)
			return 0;
		if (load->stack->failed != NULL)
			return 0;
		entry->marker = false;
		entry->broken = "the substack cannot be read";
		return 0;
	}
	if (load_file(load, line->module, type, depth + 1, level) == 0) {
		lint_line_free(line);
		return 0;
	}
	if (line->type == LINT_TYPES)
		line->type = wanted != LINT_TYPES ? wanted : LINT_AUTH;
	entry = add(load->stack, line, file, number, level);
	if (entry == NULL)
		return -1;
	entry->broken = "what is included cannot be read";
	return 0;
}

static bool
is_for(const struct load *load, const struct lint_line *line)
{
	return !load->conf || (line->service != NULL &&
	    strcasecmp(line->service, load->service) == 0);
}

/* 0 with the line taken over or freed; -1 with it still the caller's. */
static int
take_line(const struct load *load, struct lint_line *line, const char *file,
    unsigned number, enum lint_type wanted, int depth, int level)
{
	if (!is_for(load, line)) {
		lint_line_free(line);
		return 0;
	}
	load->stack->has_service |= load->asked_for;
	if (line->kind == LINT_INCLUDE_ALL)
		return take_include(load, line, file, number, wanted, depth,
		    level);
	/* an illegal type is taken for the most sensitive one */
	if (line->type == LINT_TYPES)
		line->type = wanted != LINT_TYPES ? wanted : LINT_AUTH;
	if (wanted != LINT_TYPES && line->type != wanted) {
		lint_line_free(line);
		return 0;
	}
	if (line->kind == LINT_INCLUDE || line->kind == LINT_SUBSTACK)
		return take_include(load, line, file, number, wanted, depth,
		    level);
	return add(load->stack, line, file, number, level) != NULL ? 0 : -1;
}

static int
take_text(const struct load *load, const struct buffer *text,
    const char *file, enum lint_type wanted, int depth, int level)
{
	char assembled[LINT_LINE_MAX + 1];
	unsigned number = 0, first = 0;
	enum lint_status status;
	size_t at = 0;

	while ((status = lint_assemble(buffer_text(text), text->len, &at,
	    &number, assembled, &first)) != LINT_END) {
		struct lint_line line;

		if (status == LINT_TOO_LONG)
			return fail(load->stack, "a line is longer than 1023 "
			    "bytes, or has a NUL");
		if (lint_parse(assembled, load->conf, &line) != 0)
			return fail(load->stack, "out of memory");
		if (take_line(load, &line, file, first, wanted, depth,
		    level) != 0) {
			lint_line_free(&line);
			return -1;
		}
	}
	return 0;
}

static int
load_file(const struct load *load, const char *name, enum lint_type wanted,
    int depth, int level)
{
	struct load inner = *load;
	char path[LINT_PATH_MAX];
	struct buffer text;
	int result = -1;

	if (depth >= LINT_LEVELS || level >= LINT_LEVELS || *name == '\0')
		return -1;
	if (++load->stack->loads > LINT_LOADS_MAX)
		return fail(load->stack, "too many files are included");
	/* what a pam.conf includes is a file of pam.d */
	if (depth > 0)
		inner.conf = false;
	buffer_init(&text, LINT_FILE_MAX);
	if (load->source->read(load->source->context, inner.conf ? NULL :
	    name, &text, path) == 0) {
		/* an empty file is a service, too */
		load->stack->has_service |= !inner.conf && load->asked_for;
		result = take_text(&inner, &text, path, wanted, depth, level);
	}
	buffer_free(&text);
	return result;
}

int
lint_stack_read(const struct lint_source *source, const char *service,
    struct lint_stack *ret)
{
	struct lint_stack other;
	struct load load = { .source = source, .stack = ret,
		.service = service, .asked_for = true, .conf = source->conf };

	memset(ret, 0, sizeof(*ret));
	memset(&other, 0, sizeof(other));
	/* a service without a file is all `other`, which may be none, too */
	load_file(&load, service, LINT_TYPES, 0, 0);
	load.stack = &other;
	load.service = OTHER;
	load.asked_for = false;
	load_file(&load, OTHER, LINT_TYPES, 0, 0);
	if (ret->failed == NULL)
		ret->failed = other.failed;
	for (size_t i = 0; i < LINT_TYPES; i++) {
		struct lint_chain *chain = &ret->chains[i];

		if (chain->count > 0 || other.chains[i].count == 0)
			continue;
		ret->from_other[i] = true;
		free(chain->entries);
		*chain = other.chains[i];
		memset(&other.chains[i], 0, sizeof(other.chains[i]));
	}
	/* the entries of `other` that are used go over, the rest goes */
	for (size_t i = 0; i < other.count; i++) {
		struct lint_entry *entry = other.entries[i];

		if (ret->from_other[entry->line.type] &&
		    ret->count < LINT_ENTRIES_MAX) {
			ret->entries[ret->count++] = entry;
			other.entries[i] = NULL;
		} else if (ret->from_other[entry->line.type]) {
			fail(ret, "too many lines");
			ret->chains[entry->line.type].count = 0;
		}
	}
	lint_stack_free(&other);
	return ret->failed == NULL ? 0 : -1;
}

void
lint_stack_free(struct lint_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		if (stack->entries[i] == NULL)
			continue;
		lint_line_free(&stack->entries[i]->line);
		free(stack->entries[i]->file);
		free(stack->entries[i]);
	}
	for (size_t i = 0; i < LINT_TYPES; i++)
		free(stack->chains[i].entries);
	memset(stack, 0, sizeof(*stack));
}
