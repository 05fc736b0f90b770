/*
 * Suspicious opening.  Everything is asked of the descriptor, never again of
 * the path, so that nothing can be exchanged between question and use.
 */
#include "config.h"

#include "common/safe_open.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Linux's limit is 65536; whoever is in more groups is refused, not asked. */
#define GROUPS_MAX 65536

static int __attribute__((format(printf, 3, 4)))
fail(char *error, const char *path, const char *format, ...)
{
	va_list args;
	int len;

	len = snprintf(error, SAFE_OPEN_ERROR_MAX, "%.160s: ", path);
	if (len < 0 || len >= SAFE_OPEN_ERROR_MAX)
		return -1;
	va_start(args, format);
	vsnprintf(error + len, SAFE_OPEN_ERROR_MAX - (size_t)len, format,
	    args);
	va_end(args);
	return -1;
}

static bool
is_our_group(gid_t gid)
{
	gid_t *groups;
	bool found;
	int count, i;

	if (gid == getegid())
		return true;
	count = getgroups(0, NULL);
	if (count <= 0 || count > GROUPS_MAX)
		return false;
	groups = calloc((size_t)count, sizeof(*groups));
	if (groups == NULL)
		return false;
	count = getgroups(count, groups);
	found = false;
	for (i = 0; i < count; i++)
		found = found || groups[i] == gid;
	free(groups);
	return found;
}

static int
check(int fd, const char *path, enum safe_open_kind kind, size_t max,
    char *error)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return fail(error, path, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(error, path, "is not a regular file");
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return fail(error, path, "belongs to uid %lu, not to root "
		    "or to uid %lu", (unsigned long)st.st_uid,
		    (unsigned long)geteuid());
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return fail(error, path, "can be written by others "
		    "(mode %04o)", (unsigned)(st.st_mode & 07777));
	if (kind == SAFE_OPEN_SECRET && (st.st_mode & S_IROTH) != 0)
		return fail(error, path, "holds a secret and can be read by "
		    "everybody (mode %04o)", (unsigned)(st.st_mode & 07777));
	if (kind == SAFE_OPEN_SECRET && (st.st_mode & S_IRGRP) != 0 &&
	    !is_our_group(st.st_gid))
		return fail(error, path, "holds a secret and can be read by "
		    "group %lu, which is not ours", (unsigned long)st.st_gid);
	if (st.st_size < 0 || (unsigned long long)st.st_size > max)
		return fail(error, path, "is larger than %zu bytes", max);
	return 0;
}

int
safe_open(const char *path, enum safe_open_kind kind, size_t max, char *error)
{
	int fd;

	if (path[0] != '/')
		return fail(error, path, "is not an absolute path");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY);
	if (fd == -1)
		return fail(error, path, "%s", errno == ELOOP ?
		    "is a symbolic link" : strerror(errno));
	if (check(fd, path, kind, max, error) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Up to max bytes until the end of the file; a file that grew is refused. */
static int
read_all(int fd, const char *path, size_t max, struct buffer *into,
    char *error)
{
	for (;;) {
		/* One byte more than allowed is asked for, to see the end. */
		size_t want = max - into->len < 4096 ?
		    max - into->len + 1 : 4096;
		ssize_t got;

		if (buffer_reserve(into, want) == -1)
			return fail(error, path, "out of memory");
		got = read(fd, into->data + into->len, want);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return fail(error, path, "%s", strerror(errno));
		if (got == 0)
			return 0;
		into->len += (size_t)got;
		if (into->len > max)
			return fail(error, path, "is larger than %zu bytes",
			    max);
	}
}

int
safe_read_file(const char *path, enum safe_open_kind kind, size_t max,
    struct buffer *out, char *error)
{
	struct buffer contents;
	bool failed_before = out->failed;
	int fd, result = -1;

	if (max >= (size_t)-1 / 2)
		return fail(error, path, "no size limit was given");
	buffer_init(&contents, max + 1);
	fd = safe_open(path, kind, max, error);
	if (fd == -1)
		return -1;
	if (read_all(fd, path, max, &contents, error) == -1)
		goto out;
	if (buffer_put(out, contents.data, contents.len) == -1) {
		out->failed = failed_before;
		fail(error, path, "out of memory");
		goto out;
	}
	result = 0;
out:
	close(fd);
	buffer_wipe(&contents);
	return result;
}
