/* Paths, reduced to what a server might take them for: see the header. */
#include "hook/path.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

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

/* Undo %XX once, in place; the new length. */
static size_t
decode(char *path, size_t len)
{
	size_t from, to = 0;

	for (from = 0; from < len; from++) {
		char c = path[from];

		if (c == '%' && len - from > 2) {
			int high = text_hex_value(path[from + 1]);
			int low = text_hex_value(path[from + 2]);

			if (high >= 0 && low >= 0) {
				c = (char)(high << 4 | low);
				from += 2;
			}
		}
		path[to++] = c;
	}
	return to;
}

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

/* Does the last segment end there?  /admin.json and /admin%20 are the work of
 * the same application, /administrator is not. */
static bool
is_end(char c)
{
	return c == '/' || c == '.' || (unsigned char)c <= 0x20 || c == 0x7F;
}

static bool
begins_with(const char *path, size_t len, const char *below)
{
	size_t prefix = strlen(below);

	return len >= prefix &&
	    text_same_nocase(path, prefix, below, prefix) &&
	    (len == prefix || is_end(path[prefix]));
}

/*
 * As it stands.  How many segments a ".." leaves depends on what a server takes
 * for a segment, an empty one, x%2fy or x\y; and of //h/x some take h for a host.
 * With either, the place may begin anywhere.  Browsers send no "..".  out: room
 * for len + 1.
 */
static bool
could_be_below(char *out, const char *path, size_t len, const char *below)
{
	bool loose;
	size_t i;

	len = split(out, path, len, &loose);
	if (begins_with(out, len, below))
		return true;
	for (i = 1; loose && i < len; i++)
		if (out[i] == '/' && begins_with(out + i, len - i, below))
			return true;
	return false;
}

bool
path_is_below(const char *path, const char *below)
{
	size_t len = strcspn(path, "?"), i;
	char *copy = malloc(len + 1), *out = malloc(len + 1);
	bool is_below = copy == NULL || out == NULL;

	/* two servers in a row may both decode */
	for (i = 0; i < 3 && !is_below; i++) {
		if (i == 0)
			memcpy(copy, path, len);
		else
			len = decode(copy, len);
		is_below = could_be_below(out, copy, len, below);
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
		/* which some take for a '/' */
		if (memchr(host, '\\', (size_t)(path - host)) != NULL)
			return true;
	} else if (target[0] != '/') {
		return true;
	}
	return path_is_below(path, below);
}
