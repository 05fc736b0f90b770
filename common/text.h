/*
 * Text that came from elsewhere: made safe to print, compared without locale.
 * Pure functions over bytes; ASCII only, the process's locale is never asked.
 */
#ifndef CERTAUTH_COMMON_TEXT_H
#define CERTAUTH_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"

/*
 * Append bytes so that they can neither end a log line nor drive a terminal:
 * printable ASCII as it is, backslash doubled, everything else \xXX, and no
 * more than max bytes of input ("..." marks the cut).
 */
void text_escape(struct buffer *out, const void *bytes, size_t len,
    size_t max);

/* Compare ignoring ASCII case; lengths count, NUL is a byte like others. */
bool text_same_nocase(const char *a, size_t a_len, const char *b,
    size_t b_len);

/* Fold ASCII upper case to lower case, in place. */
void text_lower(char *text, size_t len);

/*
 * Parse a decimal integer: optional '-', digits, nothing else, within
 * [min, max].  0 with *ret_value set, or -1 with it untouched.
 */
int text_to_int(const char *text, size_t len, long long min, long long max,
    long long *ret_value);

/* The value of one hexadecimal digit of either case, or -1. */
int text_hex_value(char digit);

/* Lower-case hexadecimal of the bytes, appended. */
void text_hex(struct buffer *out, const void *bytes, size_t len);

#endif
