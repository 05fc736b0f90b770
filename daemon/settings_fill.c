/* From a group of settings to a structure, after a table. */
#include "config.h"

#include "daemon/settings_tree.h"

#include <stdlib.h>
#include <string.h>

/* SETTING_WORDS and SETTING_STRINGS: a sequence of strings, or one. */
static int
take_items(const struct filling *fill, const struct settings_node *node)
{
	const char *single = settings_string(node);
	size_t count = settings_count(node);
	const char **items;
	int ret = 0;

	if (single != NULL)
		return settings_put_items(fill, &single, 1);
	if (settings_shape(node) != SETTINGS_SEQUENCE)
		return settings_wrong(fill, "must be a list of strings");
	items = calloc(count + 1, sizeof(*items));
	if (items == NULL)
		return settings_wrong(fill, "out of memory");
	for (size_t i = 0; i < count && ret == 0; i++) {
		items[i] = settings_string(settings_at(node, i));
		if (items[i] == NULL)
			ret = settings_wrong(fill, "must be a list of strings");
	}
	if (ret == 0)
		ret = settings_put_items(fill, items, count);
	free(items);
	return ret;
}

static int
take_int(const struct filling *fill, const config_setting_t *raw)
{
	int type = config_setting_type(raw);

	if (type == CONFIG_TYPE_INT)
		return settings_put_int(fill, config_setting_get_int(raw));
	if (type == CONFIG_TYPE_INT64)
		return settings_put_int(fill, config_setting_get_int64(raw));
	return settings_wrong(fill, "must be a whole number without quotes");
}

/* A value of the file. */
static int
take(const struct filling *fill, const struct settings_node *node)
{
	const config_setting_t *raw = settings_raw(node);
	const char *text = settings_string(node);

	switch (fill->setting->type) {
	case SETTING_STRING:
	case SETTING_PATH:
		return text != NULL ? settings_put_text(fill, text) :
		    settings_wrong(fill, "must be a string in quotes");
	case SETTING_INT:
		return take_int(fill, raw);
	case SETTING_BOOL:
		return config_setting_type(raw) == CONFIG_TYPE_BOOL ?
		    settings_put_bool(fill, config_setting_get_bool(raw) != 0) :
		    settings_wrong(fill, "must be true or false");
	case SETTING_WORD:
		return text != NULL ? settings_put_word(fill, text) :
		    settings_wrong(fill, "must be a word in quotes");
	case SETTING_WORDS:
	case SETTING_STRINGS:
		return take_items(fill, node);
	case SETTING_NODE:
		if (settings_shape(node) == SETTINGS_SCALAR)
			return settings_wrong(fill,
			    "must be a group or a list");
		*(const struct settings_node **)fill->field = node;
		return 0;
	}
	return settings_wrong(fill, "has no type");
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance; anything over-long is far away. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[64], a_len = strlen(a), b_len = strlen(b);

	if (a_len >= 64 || b_len >= 64)
		return 64;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = smaller(row[j], row[j - 1]) + 1;

			best = smaller(best,
			    diagonal + (a[i - 1] != b[j - 1]));
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[b_len];
}

static void
report_unknown(const struct settings_node *node, const struct setting *table,
    struct problems *problems)
{
	const char *name = settings_name(node), *nearest = NULL;
	size_t least = 3;

	if (name == NULL)
		name = "";
	for (; table->name != NULL; table++) {
		size_t d = distance(name, table->name);

		if (d < least) {
			least = d;
			nearest = table->name;
		}
	}
	if (nearest != NULL)
		problems_add(problems, settings_file(node),
		    settings_line(node),
		    "unknown setting '%s'; did you mean '%s'?", name,
		    nearest);
	else
		problems_add(problems, settings_file(node),
		    settings_line(node), "unknown setting '%s'", name);
}

static void
fill_one(const struct settings_node *group, const struct setting *setting,
    void *into, struct problems *problems)
{
	struct filling fill = { .setting = setting,
	    .field = settings_field(setting, into),
	    .file = settings_file(group), .line = settings_line(group),
	    .problems = problems };
	const struct settings_node *node =
	    (const struct settings_node *)config_setting_get_member(
	    settings_raw(group), setting->name);

	if (node != NULL) {
		fill.line = settings_line(node);
		take(&fill, node);
	} else if (setting->mandatory) {
		problems_add(problems, fill.file, fill.line,
		    "the setting '%s' is missing", setting->name);
	} else if (setting->fallback != NULL) {
		settings_take_fallback(&fill);
	}
}

size_t
settings_fill(const struct settings_node *group, const struct setting *table,
    void *into, struct problems *problems)
{
	const struct setting *setting;
	size_t before = problems->count;

	for (setting = table; setting->name != NULL; setting++)
		settings_zero(setting, settings_field(setting, into));
	if (settings_shape(group) != SETTINGS_GROUP) {
		problems_add(problems, settings_file(group),
		    settings_line(group), "a group { ... } is expected here");
		return 1;
	}
	for (size_t i = 0; i < settings_count(group); i++) {
		const struct settings_node *node = settings_at(group, i);

		for (setting = table; setting->name != NULL; setting++)
			if (settings_name(node) != NULL &&
			    strcmp(setting->name, settings_name(node)) == 0)
				break;
		if (setting->name == NULL)
			report_unknown(node, table, problems);
	}
	for (setting = table; setting->name != NULL; setting++)
		fill_one(group, setting, into, problems);
	return problems->count - before;
}

void
settings_clear(const struct setting *table, void *into)
{
	for (; table->name != NULL; table++) {
		void *field = settings_field(table, into);

		if (table->type == SETTING_STRING ||
		    table->type == SETTING_PATH)
			free(*(char **)field);
		else if (table->type == SETTING_STRINGS)
			settings_free_strings(*(char ***)field);
		settings_zero(table, field);
	}
}
