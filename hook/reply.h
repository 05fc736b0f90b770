/*
 * A reply as HTTP: status, header fields, and a page or nothing.  What an
 * answer becomes for whom is in personality.h.
 */
#ifndef HOOK_REPLY_H
#define HOOK_REPLY_H

#include <stddef.h>

#include "common/buffer.h"

#define REPLY_FIELDS_MAX 10

/* A page is some 2 KiB, and the names on it may be long. */
#define REPLY_BODY_MAX (32 * 1024)

struct reply {
	int status;
	const char *phrase;		/* static */
	struct {
		const char *name, *value;	/* borrowed */
	} fields[REPLY_FIELDS_MAX];
	size_t count;
	struct buffer body;		/* empty: Content-Length: 0 */
	struct buffer location;		/* may be what a field borrows */
};

#endif
