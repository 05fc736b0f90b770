/*
 * Paths of the administrators' entry: whatever a row of servers makes of one,
 * each of which decodes, removes dots, merges slashes, cuts parameters, a host,
 * a fragment or what is behind a NUL, if it is the entry at the end, it counts.
 * A plain one counts only if it is the entry.
 *
 * Input: eight steps of the servers, then the path.
 */
#include "hook/path.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

#define STEPS 8
#define DECODED_MAX 6			/* more often than that, anything counts */
#define ENTRY "/admin"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_path: %s\n", what);
	abort();
}

/* ---- what servers do with a path, in place ----------------------------- */

static void
decode(char *path)
{
	char *to = path;

	for (; *path != '\0'; path++) {
		int high = *path == '%' ? text_hex_value(path[1]) : -1;
		int low = high < 0 ? -1 : text_hex_value(path[2]);

		*to = *path;
		if (low >= 0) {
			*to = (char)(high << 4 | low);
			path += 2;
		}
		to++;
	}
	*to = '\0';
}

/* RFC 3986 5.2.4, of a path that begins with a slash. */
static void
remove_dots(char *path)
{
	char *in = path, *out = path;

	while (*in != '\0') {
		size_t len = 1 + strcspn(in + 1, "/");

		if (len == 3 && memcmp(in, "/..", 3) == 0) {
			while (out > path && *--out != '/')
				continue;
			if (in[len] == '\0')
				*out++ = '/';
		} else if (len == 2 && memcmp(in, "/.", 2) == 0) {
			if (in[len] == '\0')
				*out++ = '/';
		} else {
			memmove(out, in, len);
			out += len;
		}
		in += len;
	}
	*out = '\0';
}

static void
merge_slashes(char *path)
{
	char *to = path;

	for (; *path != '\0'; path++)
		if (path[0] != '/' || path[1] != '/')
			*to++ = *path;
	*to = '\0';
}

static void
turn_backslashes(char *path)
{
	for (; *path != '\0'; path++)
		if (*path == '\\')
			*path = '/';
}

static void
cut_parameters(char *path)
{
	char *to = path;

	while (*path != '\0') {
		if (*path == ';')
			path += strcspn(path, "/");
		else
			*to++ = *path++;
	}
	*to = '\0';
}

static void
cut_host(char *path)
{
	char *rest;

	if (path[0] != '/' || path[1] != '/')
		return;
	rest = strchr(path + 2, '/');
	if (rest != NULL)
		memmove(path, rest, strlen(rest) + 1);
}

static void
cut_behind(char *path)
{
	path[strcspn(path, "#?")] = '\0';
}

/* ---- what must hold ---------------------------------------------------- */

static bool
is_entry(const char *path)
{
	size_t len = sizeof(ENTRY) - 1, i;

	for (i = 0; i < len; i++)
		if (tolower((unsigned char)path[i]) != ENTRY[i])
			return false;
	return path[len] == '\0' || path[len] == '/';
}

static bool
serve(const uint8_t *steps, char *path)
{
	static void (*const all[])(char *) = { decode, remove_dots,
		merge_slashes, turn_backslashes, cut_parameters, cut_host,
		cut_behind };
	const size_t count = sizeof(all) / sizeof(all[0]);
	int decoded = 0;

	for (int i = 0; i < STEPS && path[0] == '/'; i++) {
		if (steps[i] % count == 0 && decoded++ == DECODED_MAX)
			return false;
		all[steps[i] % count](path);
	}
	return is_entry(path);
}

/* Does everybody read it in one way? */
static bool
is_simple(const char *path)
{
	return path[0] == '/' && strstr(path, "//") == NULL &&
	    path[strspn(path, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/")] == '\0';
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *path, *served;
	bool is;

	if (size < STEPS)
		return 0;
	path = strndup((const char *)data + STEPS, size - STEPS);
	require(path != NULL, "no memory");
	is = path_is_below(path, ENTRY);
	(void)path_target_is_below(path, ENTRY);
	require(path[0] != '/' || !is || path_target_is_below(path, ENTRY),
	    "as a target it does not count");
	require(!path_is_plain(path) || path_is_below(path, path),
	    "not below itself");
	if (is_simple(path))
		require(is == is_entry(path), "a plain path");
	served = strndup(path, strcspn(path, "?"));
	require(served != NULL, "no memory");
	require(!serve(data, served) || is, "a server takes it for the entry");
	free(served);
	free(path);
	return 0;
}
