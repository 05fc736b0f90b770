/*
 * The inside of a filter, for filter_*.c and profile*.c alone.
 */
#ifndef LOOKUPD_FILTER_NODE_H
#define LOOKUPD_FILTER_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "lookupd/filter.h"

enum filter_kind {
	FILTER_AND,
	FILTER_OR,
	FILTER_NOT,
	FILTER_EQUAL,
	FILTER_SUBSTRING,
	FILTER_GREATER,		/* >= */
	FILTER_LESS,		/* <= */
	FILTER_PRESENT,
	FILTER_APPROX,
	FILTER_EXTENSIBLE
};

/* An assertion value that is a variable. */
enum filter_variable {
	FILTER_LITERAL = 0,
	FILTER_NOW,
	FILTER_NOW_LOCKOUT,
	FILTER_NOW_FILETIME,
	FILTER_NOW_DAYS
};

struct filter {
	enum filter_kind kind;
	struct filter *child;		/* and, or, not: the first */
	struct filter *next;		/* the next of the same parent */
	char *attribute;		/* NULL: extensible without one */
	enum filter_variable variable;
	/* The assertion value, decoded and owned.  A substring filter has its
	 * parts here: an absent one is NULL. */
	struct value_part value;
	struct value_part initial;
	struct value_part *any;
	size_t any_count;
	struct value_part final;
	/* extensible */
	char *rule;			/* matching rule or NULL */
	bool dn;			/* ":dn" */
	/* filter_bind: it, or all in it, was found evaluable under these types */
	const void *bound;
	enum value_type type;
	int64_t number;			/* the literal, when type is a number */
	unsigned char first;		/* of a text to be equal; 0: it is not
					 * one, or begins with a space */
	/* filter_bind, filter_share_names: an attribute without which it is
	 * False, once it is bound: an item's own; of an "and", that of an item
	 * in it; else of no list */
	struct attribute_name name;
};

/* Active Directory's LDAP_MATCHING_RULE_BIT_AND and _BIT_OR. */
#define FILTER_BIT_AND "1.2.840.113556.1.4.803"
#define FILTER_BIT_OR "1.2.840.113556.1.4.804"

/* The type of the item's attribute. */
enum value_type filter_type_of(const struct filter *filter,
    const struct filter_context *context);

/* NULL when this one item can be evaluated; else as filter_evaluable. */
const char *filter_item_evaluable(const struct filter *filter,
    const struct filter_context *context);

/* Types other than text: the assertion value as a number.  0 or -1. */
int filter_number(const struct filter *filter, enum value_type type,
    const struct filter_context *context, int64_t *ret);

static inline bool
filter_is_text(enum value_type type)
{
	return type == VALUE_TEXT || type == VALUE_EXACT;
}

/* Is this an attribute description (RFC 4512 2.5): a name or an OID, then
 * options? */
bool filter_attribute_ok(const char *text, size_t len);

/* The text of a variable, "%{now}"; NULL for FILTER_LITERAL. */
const char *filter_variable_text(enum filter_variable variable);

/* Does any assertion value use a variable? */
bool filter_has_variable(const struct filter *filter);

#endif
