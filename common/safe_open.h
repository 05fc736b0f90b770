/*
 * Opening configuration, secrets and CA files the suspicious way.
 *
 * After Yubico/pam-u2f's cfg.c: absolute path, no symbolic link at its end,
 * then everything is asked of the descriptor: a regular file, owned by root
 * or by our own effective uid, not writable by group or others, no larger
 * than stated.  A secret must also be unreadable to others, and to a group
 * that is not one of ours.  A FIFO cannot hang us (O_NONBLOCK).
 */
#ifndef CERTAUTH_COMMON_SAFE_OPEN_H
#define CERTAUTH_COMMON_SAFE_OPEN_H

#include <stddef.h>

#include "common/buffer.h"

#define SAFE_OPEN_ERROR_MAX 256

enum safe_open_kind {
	SAFE_OPEN_PUBLIC,	/* configuration, profile, CA certificates */
	SAFE_OPEN_SECRET	/* bind password, shared secret */
};

/*
 * Read the whole file into *out (appended; its max must be at least max).
 * max: largest size accepted, in bytes.  0; or -1 with a sentence in error
 * (SAFE_OPEN_ERROR_MAX bytes) that begins with the path, and *out unchanged.
 */
int safe_read_file(const char *path, enum safe_open_kind kind, size_t max,
    struct buffer *out, char *error);

/*
 * The same tests, but the descriptor is returned (close-on-exec, owned by
 * the caller), for libraries that want to read themselves.
 */
int safe_open(const char *path, enum safe_open_kind kind, size_t max,
    char *error);

#endif
