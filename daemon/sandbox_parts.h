/*
 * Private to sandbox*.c.
 */
#ifndef DAEMON_SANDBOX_PARTS_H
#define DAEMON_SANDBOX_PARTS_H

#include <stdint.h>

#include "daemon/sandbox.h"

/* The sanitizers' run time opens files, maps terabytes and traces itself. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_WIDE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_WIDE 1
#endif
#endif
#ifndef SANDBOX_WIDE
#define SANDBOX_WIDE 0
#endif

/* For whom a row of the table is. */
#define ROLE_FRONT 1U
#define ROLE_DIRECTORY 2U
#define ROLE_HOOK 4U
#define ROLE_FRONT_SYSLOG 8U		/* a front that logs to syslog */
#define ROLE_FRONT_STORE 16U		/* a front with a store, under Landlock */
#define ROLE_DIRECTORY_STORE 32U	/* a directory process with a store */
#define ROLE_SANITIZED 64U
#define ROLE_ALL (ROLE_FRONT | ROLE_DIRECTORY | ROLE_HOOK)

enum sandbox_compare {
	ANY = 0,
	EQUAL,			/* argument == value */
	MASKED,			/* (argument & mask) == value */
	OURSELVES		/* argument == our process id */
};

/* System calls, if their arguments are so.  Rows of one name add up. */
struct sandbox_call {
	unsigned roles;
	const char *names;	/* with spaces between */
	struct {
		enum sandbox_compare how;
		unsigned argument;
		uint64_t value, mask;
	} conditions[2];
};

extern const struct sandbox_call sandbox_calls[];	/* to a NULL name */
extern const char sandbox_deadly[];		/* names */

/* Each: 1 in force, 0 the kernel lacks it, -1 with error. */
int sandbox_seccomp(unsigned roles, char *error);
int sandbox_landlock(const struct sandbox *sandbox, int *ret_abi,
    char *error);

#endif
