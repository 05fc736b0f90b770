/*
 * The four stacks of a PAM service, as libpam puts them together: includes
 * and substacks followed, `other` in the place of what the service lacks.
 *
 * Reads nothing by itself: the caller gives a function that knows the files,
 * so that tests and the fuzzer need none.
 */
#ifndef CERTAUTH_PAM_LINT_STACK_H
#define CERTAUTH_PAM_LINT_STACK_H

#include "client/pam_lint_line.h"
#include "common/buffer.h"

#define LINT_FILE_MAX (64 * 1024)	/* bytes of one file */
#define LINT_PATH_MAX 256
#define LINT_LEVELS 16		/* libpam's own limit */
#define LINT_LOADS_MAX 256	/* files read for one service, with repeats */
#define LINT_ENTRIES_MAX 512	/* lines of one service */

struct lint_entry {
	struct lint_line line;
	char *file;		/* owned */
	unsigned number;
	int level;		/* of substacks */
	bool marker;		/* where a substack begins: not a module */
	const char *broken;	/* it always fails, because of this; static */
};

struct lint_chain {
	struct lint_entry **entries;	/* borrowed from the stack */
	size_t count;
};

struct lint_source {
	/*
	 * Append the file of that name (a service, or an absolute path; NULL
	 * is pam.conf) to *out, and write its path to path (LINT_PATH_MAX
	 * bytes).  0, or -1.
	 */
	int (*read)(void *context, const char *name, struct buffer *out,
	    char *path);
	void *context;
	bool conf;		/* one pam.conf for all services */
};

struct lint_stack {
	struct lint_entry *entries[LINT_ENTRIES_MAX];
	size_t count;
	struct lint_chain chains[LINT_TYPES];
	bool from_other[LINT_TYPES];
	bool has_service;	/* there is a file or line for it */
	const char *failed;	/* too much, or no memory; static, or NULL */

	unsigned loads;
};

/* Read a service.  0; -1 when it could not be read as a whole: ->failed. */
int lint_stack_read(const struct lint_source *source, const char *service,
    struct lint_stack *ret);
void lint_stack_free(struct lint_stack *stack);

#endif
