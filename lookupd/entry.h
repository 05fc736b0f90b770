/*
 * A directory entry as the pure ring sees it: a DN and attributes with their
 * values, bytes with lengths.  It does not matter whether libldap, LMDB or an
 * LDIF file filled it.  Bounded: what a directory may make us hold is counted
 * here, and an entry that is larger is an error, never a shorter entry.
 */
#ifndef LOOKUPD_ENTRY_H
#define LOOKUPD_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/text.h"

#define ENTRY_DN_MAX 8192
#define ENTRY_ATTRIBUTES_MAX 64		/* a profile names far fewer */
#define ENTRY_VALUES_MAX 4096		/* of one entry: aliases, mostly */
#define ENTRY_BYTES_MAX (1024 * 1024)	/* all values of one entry */

struct value {
	const char *data;	/* NUL-terminated; len counts, NULs included */
	size_t len;
};

struct attribute {
	char *name;		/* as the directory spelled it */
	size_t name_len;
	struct value *values;
	size_t count;
};

struct entry_block;		/* entry.c: where names and values lie */

struct entry {
	char *dn;
	struct attribute *attributes;
	size_t count;
	size_t values;		/* of all attributes together */
	size_t bytes;
	/* All names are this list's own, by their address, each there once and
	 * here at most once; it outlives the entry.  Or NULL.  See struct
	 * attribute_name. */
	char *const *list;

	/* Private to entry.c. */
	bool whole;			/* from entry_whole */
	struct entry_block *blocks;	/* the last one first */
	char *free;			/* in the last one */
	size_t left;
};

/* A new entry without attributes; NULL when out of memory or dn too long.
 * Owned by the caller. */
struct entry *entry_new(const char *dn);
void entry_free(struct entry *entry);	/* NULL-safe */

/*
 * Add one value to the attribute of that name (case ignored; an attribute
 * appears with its first value).  Copies.  0, or -1 when a limit is passed
 * or memory is out: the entry is then unusable and must be given up.
 */
int entry_add(struct entry *entry, const char *name, const void *value,
    size_t len);

/*
 * The same for who knows beforehand how many values there are: a new attribute
 * with room for them, to which at most as many are appended before anything
 * else is added.  NULL when it is there already, a limit is passed or memory
 * is out; entry_append as entry_add.
 */
struct attribute *entry_open(struct entry *entry, const char *name,
    size_t values);
int entry_append(struct entry *entry, struct attribute *attribute,
    const void *value, size_t len);

/*
 * An entry in one piece, for who has everything at hand: room for so many
 * attributes and values (the lists lie one behind the other), and a copy of
 * these bytes, in which dn and values are to be.  The caller fills it in, to
 * its counts; names may be borrowed from what outlives it.  Nothing can be
 * added.  NULL when a limit is passed or memory is out.
 */
struct entry *entry_whole(size_t attributes, size_t values, const void *bytes,
    size_t len, char **ret_copy);

/* The attribute of that name, case ignored, if it has values; or NULL.
 * Borrowed, until the next entry_add. */
const struct attribute *entry_get(const struct entry *entry,
    const char *name);

/*
 * A name that will be looked for in many entries.  In an entry that has its
 * names from the same list the address tells; in any other, the letters do.
 */
struct attribute_name {
	const char *text;
	size_t len;
	char *const *list;	/* text is one of its own; NULL: of none */
};

/*
 * What that name is called in a list that ends with NULL and has no name twice
 * (case ignored); itself, of no list, if the list does not have it.  Borrowed
 * from either.
 */
struct attribute_name attribute_name(const char *name, char *const *list);

/*
 * Does what came under this name answer who asked for that one?  It is the same
 * attribute with all of the options asked for, and maybe more: who asks for
 * memberOf gets memberOf;lang-de, too, and the directory's filters count the
 * values of both (RFC 4512 2.5.2).  Case ignored, in whatever order.
 */
bool attribute_answers(const char *asked, const char *name);

/* Does the address tell whether the entry has it? */
static inline bool
entry_lists(const struct entry *entry, const struct attribute_name *name)
{
	return name->list != NULL && name->list == entry->list;
}

/* As entry_get, by address alone. */
static inline const struct attribute *
entry_get_listed(const struct entry *entry, const char *name)
{
	const struct attribute *at = entry->attributes;
	const struct attribute *end = at + entry->count;

	while (at < end && at->name != name)
		at++;
	return at < end && at->count > 0 ? at : NULL;
}

/* As entry_get, of any entry. */
const struct attribute *entry_get_name(const struct entry *entry,
    const struct attribute_name *name);

/* Is that its name, case ignored? */
static inline bool
entry_is_named(const struct attribute *attribute, const char *name)
{
	/* without ASCII's bit of case */
	return ((attribute->name[0] ^ name[0]) & 0xdf) == 0 &&
	    text_same_nocase(attribute->name, attribute->name_len, name,
	    strlen(name));
}

/* 1 if both DNs are the same bytes after folding ASCII case. */
bool entry_same_dn(const struct entry *a, const struct entry *b);

/* The same DN, attributes and values, in the same order of values? */
bool entry_same(const struct entry *a, const struct entry *b);

#endif
