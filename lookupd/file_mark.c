/*
 * A mark as text.
 */
#include "lookupd/file_mark.h"

#include <stdio.h>
#include <string.h>

void
file_mark_of(const struct stat *status, struct file_mark *ret)
{
	ret->len = (size_t)snprintf(ret->text, sizeof(ret->text),
	    "inode=%llx size=%lld time=%lld.%09ld changed=%lld.%09ld",
	    (unsigned long long)status->st_ino, (long long)status->st_size,
	    (long long)status->st_mtim.tv_sec, status->st_mtim.tv_nsec,
	    (long long)status->st_ctim.tv_sec, status->st_ctim.tv_nsec);
}

void
file_mark_none(int error, struct file_mark *ret)
{
	ret->len = (size_t)snprintf(ret->text, sizeof(ret->text), "%.100s",
	    strerror(error));
}

bool
file_mark_same(const struct file_mark *a, const struct file_mark *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}
