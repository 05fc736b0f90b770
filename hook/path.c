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

/* Undo %XX once and turn '\' into '/', in place; the new length.  A NUL or
 * what begins a query ends the path. */
static size_t
decode(char *path)
{
	char *from = path, *to = path;

	while (*from != '\0' && *from != '?' && *from != '#') {
		int high = -1, low = -1;
		char c = *from++;

		if (c == '%')
			high = text_hex_value(from[0]);
		if (high >= 0)
			low = text_hex_value(from[1]);
		if (low >= 0) {
			c = (char)(high << 4 | low);
			from += 2;
		}
		if (c == '\0')
			break;
		*to++ = c == '\\' ? '/' : c;
	}
	*to = '\0';
	return (size_t)(to - path);
}

/* Where the last segment of path[0..len) begins, with its '/'. */
static size_t
parent_of(const char *path, size_t len)
{
	while (len > 0 && path[--len] != '/')
		;
	return len;
}

/* Drop empty segments, ".", ".." and ";parameters", in place. */
static size_t
reduce(char *path, size_t len)
{
	size_t from = 0, to = 0;

	while (from < len) {
		size_t end, use;

		while (from < len && path[from] == '/')
			from++;
		for (end = from; end < len && path[end] != '/'; end++)
			;
		for (use = from; use < end && path[use] != ';'; use++)
			;
		if (use - from == 2 && memcmp(path + from, "..", 2) == 0) {
			to = parent_of(path, to);
		} else if (use > from && !(use - from == 1 &&
		    path[from] == '.')) {
			/* there is room: a '/' was before the segment */
			path[to++] = '/';
			memmove(path + to, path + from, use - from);
			to += use - from;
		}
		from = end;
	}
	return to;
}

static bool
begins_with(const char *path, size_t len, const char *below)
{
	size_t prefix = strlen(below);

	return len >= prefix &&
	    text_same_nocase(path, prefix, below, prefix) &&
	    (len == prefix || path[prefix] == '/');
}

/* Decoded once, as it stands or reduced. copy: "/" and the path; rewritten. */
static bool
could_be_below(char *copy, const char *below)
{
	/* the proxy sends "/path"; with our '/' in front it is "//path" */
	size_t len = decode(copy);

	if (begins_with(copy, len, below) ||
	    (len > 0 && begins_with(copy + 1, len - 1, below)))
		return true;
	return begins_with(copy, reduce(copy, len), below);
}

bool
path_is_below(const char *path, const char *below)
{
	size_t len = strlen(path);
	char *once = malloc(len + 2), *twice = malloc(len + 2);
	bool is_below = true;

	if (once != NULL && twice != NULL) {
		once[0] = '/';
		memcpy(once + 1, path, len + 1);
		/* two servers in a row may both decode: %253f, /admin%3fx */
		memcpy(twice, once, len + 2);
		(void)decode(twice);
		is_below = could_be_below(once, below) ||
		    could_be_below(twice, below);
	}
	free(once);
	free(twice);
	return is_below;
}
