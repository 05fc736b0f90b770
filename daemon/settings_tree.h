/*
 * What the files of settings share, and nobody else sees: the parsed tree is
 * libconfig's, and a struct settings_node is libconfig's setting under
 * another name.
 */
#ifndef DAEMON_SETTINGS_TREE_H
#define DAEMON_SETTINGS_TREE_H

#include <stddef.h>
#include <stdint.h>

#include <libconfig.h>

#include "daemon/settings.h"

/* libconfig's parser and destructor recurse; nobody needs that many levels. */
#define SETTINGS_DEPTH_MAX 32

struct settings {
	config_t config;	/* first: a setting points at it */
	char *name;		/* of the file, as given */
	uint64_t hash;
};

static inline const config_setting_t *
settings_raw(const struct settings_node *node)
{
	return (const config_setting_t *)node;
}

/*
 * Look at the bytes before libconfig does, for what it would swallow in
 * silence: @include, NUL, a comment without end, a number cut to 32 bits, two
 * strings in an array without a comma, deep nesting.  The number of problems.
 */
size_t settings_scan(const char *name, const char *text, size_t len,
    struct problems *problems);

/* Where a setting of the table lives in the structure. */
static inline void *
settings_field(const struct setting *setting, void *into)
{
	return (char *)into + setting->offset;
}

static inline const void *
settings_field_const(const struct setting *setting, const void *from)
{
	return (const char *)from + setting->offset;
}

/* One setting on its way into the structure. */
struct filling {
	const struct setting *setting;
	void *field;
	const char *file;
	unsigned line;
	struct problems *problems;
};

/* Add a problem "setting: sentence"; always -1. */
int settings_wrong(const struct filling *fill, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Check a value and store it: 0, or -1 with a problem and the field as it
 * was.  put_items is for SETTING_WORDS and SETTING_STRINGS. */
int settings_put_text(const struct filling *fill, const char *text);
int settings_put_int(const struct filling *fill, long long value);
int settings_put_bool(const struct filling *fill, bool value);
int settings_put_word(const struct filling *fill, const char *word);
int settings_put_items(const struct filling *fill, const char *const *items,
    size_t count);
/* The same for the table's fallback. */
int settings_take_fallback(const struct filling *fill);

void settings_zero(const struct setting *setting, void *field);
void settings_free_strings(char **strings);	/* NULL-terminated; NULL-safe */

#endif
