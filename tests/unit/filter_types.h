/*
 * Types for tests of filters.
 */
#ifndef CERTAUTH_TESTS_FILTER_TYPES_H
#define CERTAUTH_TESTS_FILTER_TYPES_H

#include "lookupd/value.h"

/* Attributes are named after their types; any other is text. */
static inline enum value_type
type_of(const void *types, const char *attribute)
{
	int type = value_type_parse(attribute);

	return type < 0 ? VALUE_TEXT : (enum value_type)type;
}

#endif
