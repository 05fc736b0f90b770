/*
 * The one configuration reader: libconfig's grammar, our tables.
 *
 * Each option is declared once, in a table of struct setting; parser,
 * defaults, dump (`-T`) and the manual check derive from it.  Unknown and
 * duplicate settings are errors.  Reading goes on after an error, so that
 * all of them are reported at once, each with file and line.  `@include` is
 * refused: one file, opened defensively, is the whole truth.
 */
#ifndef DAEMON_SETTINGS_H
#define DAEMON_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SETTINGS_FILE_MAX (1024 * 1024)
#define PROBLEMS_MAX 100	/* reported; the rest is counted */

/* All the errors found, in the order found. */
struct problems {
	char **items;
	size_t count;		/* also those past PROBLEMS_MAX */
};
void problems_init(struct problems *problems);
void problems_free(struct problems *problems);
/* "file:line: sentence"; line 0 leaves the line out. Never fails. */
void problems_add(struct problems *problems, const char *file, unsigned line,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The i-th, i < count and i < PROBLEMS_MAX; also when memory ran out.
 * Borrowed. */
const char *problems_text(const struct problems *problems, size_t i);
void problems_print(const struct problems *problems, FILE *stream);

struct bundle;
struct settings;		/* a parsed file, or the whole tree */
struct settings_node;		/* one setting in it; borrowed, no free */

enum setting_type {
	SETTING_STRING,		/* char *, never empty unless `empty` */
	SETTING_PATH,		/* char *, absolute */
	SETTING_INT,		/* int64_t within min..max */
	SETTING_BOOL,		/* bool */
	SETTING_WORD,		/* int: index into words */
	SETTING_WORDS,		/* unsigned: set of 1 << index into words */
	SETTING_STRINGS,	/* char **, NULL-terminated; array or list */
	SETTING_NODE		/* struct settings_node *: a group or list the
				 * caller reads itself */
};

struct setting {
	const char *name;
	enum setting_type type;
	size_t offset;			/* in the structure filled */
	bool mandatory;
	bool empty;			/* SETTING_STRING: "" is a value */
	int64_t min, max;		/* SETTING_INT; SETTING_STRINGS: count */
	const char *const *words;	/* NULL-terminated */
	const char *fallback;		/* default, as one would write it in the
					 * file without quotes; NULL: none */
	const char *help;		/* one line for -T and the manual check */
};

/*
 * A file named on a command line as an absolute path: the working folder put
 * in front where needed, nothing else changed.  Allocated; NULL when out of
 * memory or the working folder is unknown.
 */
char *settings_path(const char *path);

/*
 * Read and parse a file (safe_read_file first).  NULL with a problem added
 * when it cannot be read or is not libconfig's grammar.  The second reads
 * through a bundle (bundle.h).
 */
struct settings *settings_read(const char *path, struct problems *problems);
struct settings *settings_read_from(struct bundle *bundle, const char *path,
    struct problems *problems);
/* The same from memory; name is used in messages. For profiles and fuzzing. */
struct settings *settings_parse(const char *name, const char *text,
    size_t len, struct problems *problems);
void settings_free(struct settings *settings);	/* NULL-safe */

/* FNV-1a of the file's bytes: is it the same configuration? Not a digest. */
uint64_t settings_hash(const struct settings *settings);

const struct settings_node *settings_root(const struct settings *settings);

/*
 * Fill *into from a group after the table (ended by a NULL name).  Every
 * field is first set to its default.  Strings are allocated and owned by
 * *into; settings_clear frees them.  Errors go to problems; the number of
 * errors is returned, and *into is then safe to clear and nothing else.
 */
size_t settings_fill(const struct settings_node *group,
    const struct setting *table, void *into, struct problems *problems);
void settings_clear(const struct setting *table, void *into);

/* Walking what SETTING_NODE returned. */
enum settings_shape { SETTINGS_SCALAR, SETTINGS_GROUP, SETTINGS_SEQUENCE };
enum settings_shape settings_shape(const struct settings_node *node);
size_t settings_count(const struct settings_node *node);
const struct settings_node *settings_at(const struct settings_node *node,
    size_t index);
const char *settings_name(const struct settings_node *node); /* or NULL */
const char *settings_string(const struct settings_node *node); /* or NULL */
unsigned settings_line(const struct settings_node *node);
const char *settings_file(const struct settings_node *node);

/* Print the effective values, commented with `help`, as a configuration. */
void settings_dump(const struct setting *table, const void *from,
    FILE *stream);

#endif
