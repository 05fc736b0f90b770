/* Reading and parsing a configuration file, and walking what was parsed. */
#include "config.h"

#include "daemon/settings_tree.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/safe_open.h"
#include "daemon/bundle.h"

static uint64_t
fnv1a(const char *text, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < len; i++) {
		hash ^= (unsigned char)text[i];
		hash *= 0x100000001b3ULL;
	}
	return hash;
}

/* No value needs a control byte, and one that slipped in (a tab, a broken
 * line, "\f6" meant for a filter) is better found here than in a search.
 * Recursion ends at SETTINGS_DEPTH_MAX, which the scan enforced. */
static size_t
check_strings(const struct settings *settings, const config_setting_t *raw,
    struct problems *problems)
{
	size_t bad = 0;
	int count;

	if (config_setting_type(raw) == CONFIG_TYPE_STRING) {
		const char *text = config_setting_get_string(raw);

		for (; text != NULL && *text != '\0'; text++) {
			if ((unsigned char)*text >= 0x20 && *text != 0x7f)
				continue;
			problems_add(problems, settings->name,
			    config_setting_source_line(raw),
			    "a string contains the control byte 0x%02x",
			    (unsigned char)*text);
			return 1;
		}
		return 0;
	}
	count = config_setting_is_aggregate(raw) ?
	    config_setting_length(raw) : 0;
	for (int i = 0; i < count; i++)
		bad += check_strings(settings,
		    config_setting_get_elem(raw, (unsigned)i), problems);
	return bad;
}

struct settings *
settings_parse(const char *name, const char *text, size_t len,
    struct problems *problems)
{
	struct settings *settings = NULL;
	char *copy = NULL;

	if (settings_scan(name, text, len, problems) > 0)
		return NULL;
	settings = calloc(1, sizeof(*settings));
	copy = malloc(len + 1);
	if (settings == NULL || copy == NULL ||
	    (settings->name = strdup(name)) == NULL) {
		problems_add(problems, name, 0, "out of memory");
		free(settings);
		free(copy);
		return NULL;
	}
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	settings->hash = fnv1a(copy, len);
	config_init(&settings->config);
	if (!config_read_string(&settings->config, copy)) {
		const char *error = config_error_text(&settings->config);
		int line = config_error_line(&settings->config);

		problems_add(problems, name, line > 0 ? (unsigned)line : 0,
		    "%s", error != NULL ? error : "cannot be parsed");
		settings_free(settings);
		settings = NULL;
	} else if (check_strings(settings,
	    config_root_setting(&settings->config), problems) > 0) {
		settings_free(settings);
		settings = NULL;
	}
	free(copy);
	return settings;
}

char *
settings_path(const char *path)
{
	char *folder, *absolute = NULL;

	if (path[0] == '/')
		return strdup(path);
	folder = getcwd(NULL, 0);
	if (folder != NULL && asprintf(&absolute, "%s/%s", folder, path) < 0)
		absolute = NULL;
	free(folder);
	return absolute;
}

struct settings *
settings_read(const char *path, struct problems *problems)
{
	return settings_read_from(NULL, path, problems);
}

struct settings *
settings_read_from(struct bundle *bundle, const char *path,
    struct problems *problems)
{
	struct settings *settings = NULL;
	struct buffer text;
	char error[SAFE_OPEN_ERROR_MAX];

	buffer_init(&text, SETTINGS_FILE_MAX);
	if (bundle_read_file(bundle, path, SETTINGS_FILE_MAX, &text,
	    error) != 0)
		problems_add(problems, NULL, 0, "%s", error);
	else
		settings = settings_parse(path, buffer_text(&text), text.len,
		    problems);
	buffer_free(&text);
	return settings;
}

void
settings_free(struct settings *settings)
{
	if (settings == NULL)
		return;
	config_destroy(&settings->config);
	free(settings->name);
	free(settings);
}

uint64_t
settings_hash(const struct settings *settings)
{
	return settings->hash;
}

const struct settings_node *
settings_root(const struct settings *settings)
{
	return (const struct settings_node *)
	    config_root_setting(&settings->config);
}

enum settings_shape
settings_shape(const struct settings_node *node)
{
	switch (config_setting_type(settings_raw(node))) {
	case CONFIG_TYPE_GROUP:
		return SETTINGS_GROUP;
	case CONFIG_TYPE_ARRAY:
	case CONFIG_TYPE_LIST:
		return SETTINGS_SEQUENCE;
	default:
		return SETTINGS_SCALAR;
	}
}

size_t
settings_count(const struct settings_node *node)
{
	int count;

	if (settings_shape(node) == SETTINGS_SCALAR)
		return 0;
	count = config_setting_length(settings_raw(node));
	return count > 0 ? (size_t)count : 0;
}

const struct settings_node *
settings_at(const struct settings_node *node, size_t index)
{
	if (index >= settings_count(node))
		return NULL;
	return (const struct settings_node *)config_setting_get_elem(
	    settings_raw(node), (unsigned)index);
}

const char *
settings_name(const struct settings_node *node)
{
	return config_setting_name(settings_raw(node));
}

const char *
settings_string(const struct settings_node *node)
{
	/* NULL for every other type: auto-conversion is off */
	return config_setting_get_string(settings_raw(node));
}

unsigned
settings_line(const struct settings_node *node)
{
	return config_setting_source_line(settings_raw(node));
}

const char *
settings_file(const struct settings_node *node)
{
	/* config is the first member of struct settings */
	const struct settings *settings =
	    (const struct settings *)settings_raw(node)->config;

	return settings->name;
}
