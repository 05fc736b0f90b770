/*
 * Any bytes as a configuration: parsed, then filled into a table with a
 * setting of each type.  What was filled without a problem is dumped, and the
 * dump must be read again without one.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/settings.h"

struct sample {
	char *string, *empty, *path;
	int64_t number;
	bool flag;
	int word;
	unsigned words;
	char **list;
	const struct settings_node *group;
};

static const char *const colours[] = { "red", "green", "blue", NULL };

#define AT(field) offsetof(struct sample, field)
static const struct setting table[] = {
	{ .name = "string", .type = SETTING_STRING, .offset = AT(string) },
	{ .name = "empty", .type = SETTING_STRING, .offset = AT(empty),
	    .empty = true, .fallback = "a" },
	{ .name = "path", .type = SETTING_PATH, .offset = AT(path),
	    .fallback = "/a" },
	{ .name = "number", .type = SETTING_INT, .offset = AT(number),
	    .fallback = "3" },
	{ .name = "flag", .type = SETTING_BOOL, .offset = AT(flag),
	    .fallback = "true" },
	{ .name = "word", .type = SETTING_WORD, .offset = AT(word),
	    .words = colours, .fallback = "green" },
	{ .name = "words", .type = SETTING_WORDS, .offset = AT(words),
	    .words = colours, .fallback = "red, blue" },
	{ .name = "list", .type = SETTING_STRINGS, .offset = AT(list) },
	{ .name = "group", .type = SETTING_NODE, .offset = AT(group) },
	{ .name = NULL }
};

/* Depth is bounded by settings_parse. */
static void
walk(const struct settings_node *node)
{
	const char *text = settings_string(node);

	if (text != NULL && strlen(text) > SETTINGS_FILE_MAX)
		abort();
	for (size_t i = 0; i < settings_count(node); i++)
		walk(settings_at(node, i));
}

/* The problems found; the dump of a sample without any goes to *ret. */
static size_t
read_sample(const char *text, size_t len, char **ret, size_t *ret_len)
{
	struct problems problems;
	struct settings *settings;
	struct sample sample;
	size_t count;

	problems_init(&problems);
	settings = settings_parse("fuzz", text, len, &problems);
	if (settings != NULL) {
		walk(settings_root(settings));
		if (settings_fill(settings_root(settings), table, &sample,
		    &problems) == 0 && ret != NULL) {
			FILE *stream = open_memstream(ret, ret_len);

			if (stream != NULL) {
				settings_dump(table, &sample, stream);
				fclose(stream);
			}
		}
		settings_clear(table, &sample);
	} else if (problems.count == 0) {
		abort();
	}
	settings_free(settings);
	count = problems.count;
	problems_free(&problems);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 forgets a half-read string after a syntax error. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig.so\nleak:strbuf_append\n";
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *dumped = NULL;
	size_t len = 0;

	read_sample((const char *)data, size, &dumped, &len);
	if (dumped != NULL && read_sample(dumped, len, NULL, NULL) != 0)
		abort();
	free(dumped);
	return 0;
}
