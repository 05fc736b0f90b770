/*
 * One value into its field, after its row of the table: the rules about
 * ranges, words and empty strings, for values of the file and defaults alike.
 */
#include "config.h"

#include "daemon/settings_tree.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

int
settings_wrong(const struct filling *fill, const char *format, ...)
{
	char sentence[1024];
	va_list args;

	va_start(args, format);
	if (vsnprintf(sentence, sizeof(sentence), format, args) < 0)
		sentence[0] = '\0';
	va_end(args);
	problems_add(fill->problems, fill->file, fill->line, "%s: %s",
	    fill->setting->name, sentence);
	return -1;
}

static int
wrong_word(const struct filling *fill, const char *word)
{
	char list[512] = "";
	size_t used = 0;

	for (size_t i = 0; fill->setting->words[i] != NULL; i++) {
		int n = snprintf(list + used, sizeof(list) - used, "%s%s",
		    i > 0 ? ", " : "", fill->setting->words[i]);

		if (n < 0 || (size_t)n >= sizeof(list) - used)
			break;
		used += (size_t)n;
	}
	return settings_wrong(fill, "'%s' is not one of: %s", word, list);
}

int
settings_put_text(const struct filling *fill, const char *text)
{
	char *copy;

	if (*text == '\0' && !(fill->setting->empty &&
	    fill->setting->type == SETTING_STRING))
		return settings_wrong(fill, "must not be empty");
	if (fill->setting->type == SETTING_PATH && *text != '/')
		return settings_wrong(fill, "'%s' is not an absolute path",
		    text);
	copy = strdup(text);
	if (copy == NULL)
		return settings_wrong(fill, "out of memory");
	free(*(char **)fill->field);
	*(char **)fill->field = copy;
	return 0;
}

/* A table that gives no range (0 to 0) means any number. */
int
settings_put_int(const struct filling *fill, long long value)
{
	const struct setting *setting = fill->setting;

	if ((setting->min != 0 || setting->max != 0) &&
	    (value < setting->min || value > setting->max))
		return settings_wrong(fill,
		    "%lld is not between %lld and %lld", value,
		    (long long)setting->min, (long long)setting->max);
	*(int64_t *)fill->field = value;
	return 0;
}

int
settings_put_bool(const struct filling *fill, bool value)
{
	*(bool *)fill->field = value;
	return 0;
}

static int
find_word(const struct filling *fill, const char *word)
{
	for (int i = 0; fill->setting->words[i] != NULL; i++)
		if (strcmp(fill->setting->words[i], word) == 0)
			return i;
	return wrong_word(fill, word);
}

int
settings_put_word(const struct filling *fill, const char *word)
{
	int index = find_word(fill, word);

	if (index < 0)
		return -1;
	*(int *)fill->field = index;
	return 0;
}

static int
check_count(const struct filling *fill, size_t count)
{
	const struct setting *setting = fill->setting;

	if (setting->min > 0 && count < (uint64_t)setting->min)
		return settings_wrong(fill,
		    "%zu values, at least %lld are needed", count,
		    (long long)setting->min);
	if (setting->max > 0 && count > (uint64_t)setting->max)
		return settings_wrong(fill,
		    "%zu values, at most %lld are allowed", count,
		    (long long)setting->max);
	return 0;
}

static int
put_words(const struct filling *fill, const char *const *items, size_t count)
{
	unsigned set = 0;
	int bad = check_count(fill, count);

	for (size_t i = 0; i < count; i++) {
		int index = find_word(fill, items[i]);

		if (index < 0 || index >= (int)(8 * sizeof(set)))
			bad = -1;
		else if ((set & (1U << (unsigned)index)) != 0)
			bad = settings_wrong(fill, "'%s' is given twice",
			    items[i]);
		else
			set |= 1U << (unsigned)index;
	}
	if (bad == 0)
		*(unsigned *)fill->field = set;
	return bad;
}

void
settings_free_strings(char **strings)
{
	for (size_t i = 0; strings != NULL && strings[i] != NULL; i++)
		free(strings[i]);
	free(strings);
}

static int
put_strings(const struct filling *fill, const char *const *items,
    size_t count)
{
	char **copy;

	if (check_count(fill, count) != 0)
		return -1;
	copy = calloc(count + 1, sizeof(*copy));
	if (copy == NULL)
		return settings_wrong(fill, "out of memory");
	for (size_t i = 0; i < count; i++) {
		if (*items[i] == '\0' && !fill->setting->empty) {
			settings_free_strings(copy);
			return settings_wrong(fill,
			    "a value must not be empty");
		}
		copy[i] = strdup(items[i]);
		if (copy[i] == NULL) {
			settings_free_strings(copy);
			return settings_wrong(fill, "out of memory");
		}
	}
	settings_free_strings(*(char ***)fill->field);
	*(char ***)fill->field = copy;
	return 0;
}

int
settings_put_items(const struct filling *fill, const char *const *items,
    size_t count)
{
	return fill->setting->type == SETTING_WORDS ?
	    put_words(fill, items, count) : put_strings(fill, items, count);
}

/* The fallback of a list: words with commas or blanks between them. */
static int
take_fallback_items(const struct filling *fill, const char *text)
{
	const char *items[64];
	char *copy = strdup(text);
	char *rest = copy, *word;
	size_t count = 0;
	int ret;

	if (copy == NULL)
		return settings_wrong(fill, "out of memory");
	while ((word = strtok_r(rest, "[]()\", ", &rest)) != NULL &&
	    count < sizeof(items) / sizeof(items[0]))
		items[count++] = word;
	ret = settings_put_items(fill, items, count);
	free(copy);
	return ret;
}

int
settings_take_fallback(const struct filling *fill)
{
	const char *text = fill->setting->fallback;
	long long value;

	switch (fill->setting->type) {
	case SETTING_STRING:
	case SETTING_PATH:
		return settings_put_text(fill, text);
	case SETTING_INT:
		return text_to_int(text, strlen(text), INT64_MIN, INT64_MAX,
		    &value) == 0 ? settings_put_int(fill, value) :
		    settings_wrong(fill, "the default '%s' is no number", text);
	case SETTING_BOOL:
		if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
			return settings_put_bool(fill, *text == 't');
		return settings_wrong(fill, "the default '%s' is no boolean",
		    text);
	case SETTING_WORD:
		return settings_put_word(fill, text);
	case SETTING_WORDS:
	case SETTING_STRINGS:
		return take_fallback_items(fill, text);
	case SETTING_NODE:
		break;
	}
	return settings_wrong(fill, "cannot have a default");
}

void
settings_zero(const struct setting *setting, void *field)
{
	switch (setting->type) {
	case SETTING_STRING:
	case SETTING_PATH:
		*(char **)field = NULL;
		break;
	case SETTING_INT:
		*(int64_t *)field = 0;
		break;
	case SETTING_BOOL:
		*(bool *)field = false;
		break;
	case SETTING_WORD:
		*(int *)field = 0;
		break;
	case SETTING_WORDS:
		*(unsigned *)field = 0;
		break;
	case SETTING_STRINGS:
		*(char ***)field = NULL;
		break;
	case SETTING_NODE:
		*(const struct settings_node **)field = NULL;
		break;
	}
}
