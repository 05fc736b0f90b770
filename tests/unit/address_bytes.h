/*
 * What address.h accepts, said byte by byte: what the test and the fuzz target
 * hold against the function that is in a hurry.
 */
#ifndef CERTAUTH_TESTS_ADDRESS_BYTES_H
#define CERTAUTH_TESTS_ADDRESS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const char in_local[] = "abcdefghijklmnopqrstuvwxyz"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~";
static const char in_label[] = "abcdefghijklmnopqrstuvwxyz"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

/* Parts with dots between them, none empty, of these characters; labels of a
 * domain have at most 63, and no hyphen at an end. */
static inline bool
are_parts(const char *text, size_t len, const char *alphabet, bool labels)
{
	size_t i, start = 0;

	for (i = 0; i <= len; i++) {
		if (i < len && text[i] != '.') {
			if (text[i] == '\0' || strchr(alphabet, text[i]) == NULL)
				return false;
			continue;
		}
		if (i == start || (labels && (i - start > 63 ||
		    text[start] == '-' || text[i - 1] == '-')))
			return false;
		start = i + 1;
	}
	return true;
}

static inline bool
is_address(const char *text, size_t len)
{
	const char *at = len == 0 ? NULL : memchr(text, '@', len);
	size_t local = at == NULL ? 0 : (size_t)(at - text);

	return at != NULL && local <= 64 && len <= 254 &&
	    are_parts(text, local, in_local, false) &&
	    are_parts(at + 1, len - local - 1, in_label, true);
}

#endif
