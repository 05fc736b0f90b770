/*
 * Attribute types: how the values of an attribute are compared.
 *
 * text     case-ignoring; RFC 4518 insignificant spaces folded (ASCII)
 * exact    the same, but case counts
 * integer  RFC 4517 INTEGER within int64_t
 * time     RFC 4517 GeneralizedTime, compared in microseconds; in UTC of a
 *          year from 0000 to 9999
 * filetime Active Directory: integer, 100 ns since 1601-01-01
 * days     shadow: integer, days since 1970-01-01
 * boolean  TRUE or FALSE (RFC 4517), upper case
 *
 * A value that does not parse as its type makes a comparison Undefined;
 * it is never "the smallest" or "false".
 */
#ifndef LOOKUPD_VALUE_H
#define LOOKUPD_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_type {
	VALUE_TEXT = 0,
	VALUE_EXACT,
	VALUE_INTEGER,
	VALUE_TIME,
	VALUE_FILETIME,
	VALUE_DAYS,
	VALUE_BOOLEAN
};

/* RFC 4511 4.5.1.7: three values.  Undefined is zero on purpose. */
enum truth { TRUTH_UNDEFINED = 0, TRUTH_FALSE, TRUTH_TRUE };

const char *value_type_name(enum value_type type);
int value_type_parse(const char *word);		/* -1: no such type */
const char *truth_name(enum truth truth);	/* "Undefined", … */

/* 0 with the time in microseconds since 1970 (UTC; may be negative: year
 * 0000 is valid), or -1. Strict RFC 4517 3.3.13, fractions included. */
int value_parse_time(const char *text, size_t len, int64_t *ret_us);

/* An ordered type's value as a number (boolean: 0, 1); 0 or -1. */
int value_to_number(enum value_type type, const char *text, size_t len,
    int64_t *ret);

/* Equality of two values under the type. Undefined if either is malformed. */
enum truth value_equal(enum value_type type, const char *a, size_t a_len,
    const char *b, size_t b_len);

/*
 * *ret_order <0, 0, >0 for a against b. TRUTH_TRUE when they could be
 * compared; TRUTH_UNDEFINED if either is malformed or the type has no order
 * (boolean).  text and exact compare bytes after folding.
 */
enum truth value_order(enum value_type type, const char *a, size_t a_len,
    const char *b, size_t b_len, int *ret_order);

/* Substring match under text or exact; other types Undefined.
 * initial/final may be NULL; any has any_count parts, in order. */
struct value_part {
	const char *data;
	size_t len;
};
enum truth value_substring(enum value_type type, const char *value,
    size_t len, const struct value_part *initial,
    const struct value_part *any, size_t any_count,
    const struct value_part *final);

/* Bytes of the one well-formed UTF-8 character at the start, 0 if there is
 * none.  ASCII counts; surrogates, overlong forms and the like do not. */
size_t value_utf8(const char *bytes, size_t len);
/* Characters of UTF-8, none of them a control? */
bool value_printable(const char *text, size_t len);

/* May it be asserted of text or exact (RFC 4517 3.3.6): UTF-8, not empty? */
bool value_is_text(const char *bytes, size_t len);

#endif
