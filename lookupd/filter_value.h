/*
 * The characters of an assertion value (RFC 4515), for filter_parse.c alone:
 * no unescaped NUL ( ) * \ in it, raw bytes above 0x7F only as well-formed
 * UTF-8.
 */
#ifndef LOOKUPD_FILTER_VALUE_H
#define LOOKUPD_FILTER_VALUE_H

#include <stddef.h>

#include "lookupd/value.h"

/* Decode text, in which the caller has found no ')' and no '*': NULL, and
 * *ret is the caller's to free; or what is wrong.  *read is how many of its
 * bytes were good. */
const char *filter_value_decode(const char *text, size_t len, size_t *read,
    struct value_part *ret);

#endif
