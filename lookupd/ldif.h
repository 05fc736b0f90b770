/*
 * A reader of LDIF (RFC 2849) that is fed bytes and hands on entries, record
 * by record, so that a long file needs no more memory than its largest one.
 * No I/O.
 *
 * Entries only: change records, `include:` and values from elsewhere are
 * errors, and the first error ends it.  Of each entry the attributes that are
 * wanted are kept, also those with more options (attribute_answers); the rest
 * is read and dropped.
 */
#ifndef LOOKUPD_LDIF_H
#define LOOKUPD_LDIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "lookupd/entry.h"

/* A logical line: an attribute's largest value, in base64, with its name. */
#define LDIF_LINE_MAX (2 * ENTRY_BYTES_MAX)
#define LDIF_ERROR_MAX 160

struct ldif {
	char *const *wanted;		/* attributes, NULL-terminated;
					 * borrowed */
	/* An entry: ownership passes.  0, or -1 to stop. */
	int (*take)(void *context, struct entry *entry);
	void *context;

	unsigned long line;		/* being read, from 1 */
	unsigned long start;		/* where the logical line began */
	struct buffer logical;		/* the logical line so far */
	bool comment;			/* … is one */
	bool at_start;			/* nothing of the line was read yet */
	bool folded;			/* the line continues the one before */
	bool carriage;			/* a CR, which may end the line */
	bool versioned;			/* `version: 1` may not come any more */
	struct entry *entry;		/* of the record under way */
	bool stopped;
	char error[LDIF_ERROR_MAX];	/* "" or a sentence; line is start */
};

void ldif_init(struct ldif *ldif, char *const *wanted,
    int (*take)(void *context, struct entry *entry), void *context);
void ldif_free(struct ldif *ldif);

/* 0; or -1: error says what, start in which line ("": take wanted to stop). */
int ldif_feed(struct ldif *ldif, const char *bytes, size_t len);
/* There are no more bytes. */
int ldif_finish(struct ldif *ldif);

#endif
