/*
 * Which file it is: its inode, size and times as text, compared as bytes and
 * kept in the store as the cookie of what was read from it.
 */
#ifndef LOOKUPD_FILE_MARK_H
#define LOOKUPD_FILE_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define FILE_MARK_MAX 128

/* Zeroed: none yet. */
struct file_mark {
	char text[FILE_MARK_MAX];
	size_t len;
};

void file_mark_of(const struct stat *status, struct file_mark *ret);
/* There is none, and why: itself a mark, so that a change is seen. */
void file_mark_none(int error, struct file_mark *ret);
bool file_mark_same(const struct file_mark *a, const struct file_mark *b);

#endif
