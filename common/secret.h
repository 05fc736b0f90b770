/*
 * Secrets that are compared or signed with: read from a file of their own,
 * held in one place, wiped, and compared without telling by the time it takes
 * how much of a guess was right.  There is no function that prints one.
 *
 * And bytes that nobody can guess, for seeds and keys of our own.
 */
#ifndef CERTAUTH_COMMON_SECRET_H
#define CERTAUTH_COMMON_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"

/* Longest secret: room for any key or password, and no room for a file that
 * was named by mistake. */
#define SECRET_MAX 1024
#define SECRET_ERROR_MAX 320

/*
 * Read the one line of a file (safe_open.h, SAFE_OPEN_SECRET) into *out,
 * which buffer_init is called on; its line end is dropped.  It has at least
 * min bytes, all of them printable ASCII without the space.  0; or -1 with a
 * sentence in error that begins with the path, and *out empty.  The caller
 * ends with buffer_wipe in both cases.
 */
int secret_read(const char *path, size_t min, struct buffer *out, char *error);

/*
 * Are these the same bytes?  The time depends on the second length alone,
 * which is the stranger's.  An empty secret is the same as nothing.
 */
bool secret_same(const void *secret, size_t secret_len, const void *guess,
    size_t guess_len);

/*
 * Fill with bytes from the kernel (getrandom(2)), at most 256 of them; early
 * after the machine's start that waits until it has some.  0; -1 with errno
 * when it never will.
 */
int secret_random(void *bytes, size_t len);

#endif
