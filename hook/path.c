/* Paths, reduced to what a server might take them for: see the header. */
#include "hook/path.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

/* Servers in a row that may each decode.  Who writes what takes more, has no
 * honest reason. */
#define DECODE_MAX 6

bool
path_is_plain(const char *path)
{
	const char *c;

	if (path[0] != '/' || path[1] == '\0')
		return false;
	for (c = path; *c != '\0'; c++) {
		bool word = (*c >= 'a' && *c <= 'z') ||
		    (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
		    *c == '-' || *c == '_' || *c == '.';

		if (!word && (*c != '/' || c[1] == '/' || c[1] == '\0' ||
		    c[1] == '.'))
			return false;
	}
	return true;
}

/* Of characters, as servers write and read them. */

/* count hexadecimal digits at c, of left bytes; -1: they are none. */
static long
read_digits(const char *c, size_t left, size_t count)
{
	long value = 0;
	size_t i;

	if (left < count)
		return -1;
	for (i = 0; i < count; i++) {
		int digit = text_hex_value(c[i]);

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/* Below 0x10000, as UTF-8; how many bytes that is. */
static size_t
put_utf8(char *out, long rune)
{
	if (rune < 0x80) {
		out[0] = (char)rune;
		return 1;
	}
	if (rune < 0x800) {
		out[0] = (char)(0xC0 | rune >> 6);
		out[1] = (char)(0x80 | (rune & 0x3F));
		return 2;
	}
	out[0] = (char)(0xE0 | rune >> 12);
	out[1] = (char)(0x80 | (rune >> 6 & 0x3F));
	out[2] = (char)(0x80 | (rune & 0x3F));
	return 3;
}

/* Undo %XX, and %uXXXX, which is IIS's, once, in place; the new length. */
static size_t
undo_escapes(char *path, size_t len)
{
	size_t from = 0, to = 0;

	while (from < len) {
		size_t left = len - from - 1;
		long value = -1;

		if (path[from] == '%' && (value = read_digits(path + from + 1,
		    left, 2)) >= 0) {
			path[to++] = (char)value;
			from += 3;
		} else if (path[from] == '%' && left > 0 &&
		    (path[from + 1] | 0x20) == 'u' && (value = read_digits(
		    path + from + 2, left - 1, 4)) >= 0) {
			to += put_utf8(path + to, value);
			from += 6;
		} else {
			path[to++] = path[from++];
		}
	}
	return to;
}

/* The ASCII character that some take it for, else -1: what has no more bits,
 * however many bytes it is written in; the full width forms; and letters that
 * differ from one of ASCII in case alone. */
static int
ascii_of(unsigned long rune)
{
	if (rune < 0x80)
		return (int)rune;
	if (rune >= 0xFF01 && rune <= 0xFF5E)
		return (int)(rune - 0xFF01 + '!');
	switch (rune) {
	case 0x130:
	case 0x131:
		return 'i';
	case 0x17F:
		return 's';
	case 0x212A:
		return 'k';
	default:
		return -1;
	}
}

/* The bytes at c, of left, as one character of UTF-8, overlong or not: how
 * many they are, 0: none. */
static size_t
read_utf8(const char *c, size_t left, unsigned long *ret_rune)
{
	unsigned char first = (unsigned char)c[0];
	size_t len, i;

	len = first >= 0xF8 || first < 0xC0 ? 0 : first >= 0xF0 ? 4 :
	    first >= 0xE0 ? 3 : 2;
	if (len > left)
		return 0;
	*ret_rune = first & (0x7Fu >> len);
	for (i = 1; i < len; i++) {
		if (((unsigned char)c[i] & 0xC0) != 0x80)
			return 0;
		*ret_rune = *ret_rune << 6 | ((unsigned char)c[i] & 0x3F);
	}
	return len;
}

/* Characters for which some read one of ASCII become that, in place; the new
 * length. */
static size_t
undo_wide(char *path, size_t len)
{
	size_t from = 0, to = 0;

	while (from < len) {
		unsigned long rune;
		size_t bytes = read_utf8(path + from, len - from, &rune);

		if (bytes > 0 && ascii_of(rune) >= 0) {
			path[to++] = (char)ascii_of(rune);
			from += bytes;
		} else {
			path[to++] = path[from++];
		}
	}
	return to;
}

/* Of segments. */

/* What parts segments, or ends the path, for any server.  A '?' was encoded. */
static bool
is_separator(char c)
{
	return c == '/' || c == '\\' || c == '?' || c == '#' || c == '\0';
}

/* Write path[0..len) to out as "/segment/segment", without empty segments,
 * "." and ";parameters"; the length.  *ret_loose: there was a "..", or more
 * than a separator before the first segment. */
static size_t
split(char *out, const char *path, size_t len, bool *ret_loose)
{
	size_t from = 0, to = 0;

	*ret_loose = false;
	while (from < len) {
		size_t end = from, use;

		while (end < len && !is_separator(path[end]))
			end++;
		for (use = from; use < end && path[use] != ';'; use++)
			;
		if (use - from == 2 && memcmp(path + from, "..", 2) == 0)
			*ret_loose = true;
		if (use > from && !(use - from == 1 && path[from] == '.')) {
			if (to == 0 && from > 1)
				*ret_loose = true;
			out[to++] = '/';
			memcpy(out + to, path + from, use - from);
			to += use - from;
		}
		from = end + 1;
	}
	return to;
}

/* Does the last segment end there?  What follows in /admin.json, /admin%20 or
 * /admin:x is for the same application, or a file system cuts it off, and blanks
 * beyond ASCII by who splits a line at them; /administrator is another word.  A
 * '%' is one of what it stands for. */
static bool
is_end(char c)
{
	return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '%');
}

static bool
begins_with(const char *path, size_t len, const char *below)
{
	size_t prefix = strlen(below);

	return len >= prefix &&
	    text_same_nocase(path, prefix, below, prefix) &&
	    (len == prefix || is_end(path[prefix]));
}

/* ASP.NET takes "(S(...))", a segment or a segment's head, out of the path, and
 * joins what is before and behind it. */
static bool
has_session(const char *path, size_t len)
{
	size_t i;

	for (i = 0; i + 3 <= len; i++)
		if (path[i] == '(' && path[i + 2] == '(' &&
		    (i == 0 || is_separator(path[i - 1])))
			return true;
	return false;
}

/*
 * As it stands.  How many segments a ".." leaves depends on what a server takes
 * for a segment, an empty one, x%2fy or x\y; and of //h/x some take h for a host.
 * With either, the place may begin anywhere.  Browsers send no "..".  out: room
 * for len.
 */
static bool
reads_as_below(char *out, const char *path, size_t len, const char *below)
{
	bool loose;
	size_t i;

	if (has_session(path, len))
		return true;
	len = split(out, path, len, &loose);
	if (begins_with(out, len, below))
		return true;
	for (i = 1; loose && i < len; i++)
		if (out[i] == '/' && begins_with(out + i, len - i, below))
			return true;
	return false;
}

/* Or without tabs and newlines, which a browser's parser of URLs cuts out, also
 * in Node.  out: room for twice len. */
static bool
could_be_below(char *out, const char *path, size_t len, const char *below)
{
	char *bare = out + len;
	size_t i, left = 0;

	if (reads_as_below(out, path, len, below))
		return true;
	for (i = 0; i < len; i++)
		if (path[i] != '\t' && path[i] != '\n' && path[i] != '\r')
			bare[left++] = path[i];
	return left < len && reads_as_below(out, bare, left, below);
}

/* What is left when each server in a row has decoded once more. */
static bool
could_become_below(char *path, char *out, size_t len, const char *below)
{
	size_t i, before;

	for (i = 0; i < DECODE_MAX; i++) {
		if (could_be_below(out, path, len, below))
			return true;
		before = len;
		len = undo_escapes(path, len);
		if (len != before && could_be_below(out, path, len, below))
			return true;
		/* both make it shorter, or change nothing */
		len = undo_wide(path, len);
		if (len == before)
			return false;
	}
	return true;
}

/* May a query lead out of where it is, for who joins the whole target to the
 * name of a folder? */
static bool
may_climb(const char *query)
{
	for (; *query != '\0'; query++)
		if ((query[0] == '.' && query[1] == '.') || (query[0] == '%' &&
		    query[1] == '2' && (query[2] | 0x20) == 'e'))
			return true;
	return false;
}

bool
path_is_below(const char *path, const char *below)
{
	size_t len = strcspn(path, "?");
	char *copy, *out;
	bool is_below = true;

	if (may_climb(path + len))
		len = strlen(path);
	copy = malloc(len + 1);
	out = malloc(2 * len + 1);
	if (copy != NULL && out != NULL) {
		memcpy(copy, path, len);
		is_below = could_become_below(copy, out, len, below);
	}
	free(copy);
	free(out);
	return is_below;
}

/* Nothing that parts words or lines.  A server may end a target there, or not. */
static bool
is_printable(const char *target)
{
	const char *c;

	for (c = target; *c != '\0'; c++)
		if ((unsigned char)*c <= 0x20 || *c == 0x7F)
			return false;
	return true;
}

/* What is behind "http://"; else NULL. */
static const char *
skip_scheme(const char *target)
{
	static const char *const schemes[] = { "http://", "https://" };
	size_t i;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t len = strlen(schemes[i]);

		if (strlen(target) >= len &&
		    text_same_nocase(target, len, schemes[i], len))
			return target + len;
	}
	return NULL;
}

bool
path_target_is_below(const char *target, const char *below)
{
	const char *host = skip_scheme(target), *path = target;

	if (!is_printable(target))
		return true;
	if (strcmp(target, "*") == 0)
		return false;
	if (host != NULL) {
		path = host + strcspn(host, "/?#");
		/* which some take for a '/', or may when it is decoded */
		if (memchr(host, '\\', (size_t)(path - host)) != NULL ||
		    memchr(host, '%', (size_t)(path - host)) != NULL)
			return true;
	} else if (target[0] != '/') {
		return true;
	}
	return path_is_below(path, below);
}
