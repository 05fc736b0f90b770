/*
 * One line of /etc/pam.d, read as libpam reads it.
 *
 * A pure decoder: bytes in, a struct out.  What libpam would log and then
 * treat as a module that always fails is not an error here but a line with
 * `wrong` set; so is what libpam silently reads otherwise than it looks.
 */
#ifndef CERTAUTH_PAM_LINT_LINE_H
#define CERTAUTH_PAM_LINT_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* libpam 1.5 reads into 1024 bytes and takes the rest for another line. */
#define LINT_LINE_MAX 1023

/* libpam's numbers: part of its ABI. */
enum lint_code {
	LINT_SUCCESS = 0,
	LINT_SYSTEM_ERR = 4,
	LINT_PERM_DENIED = 6,
	LINT_AUTH_ERR = 7,
	LINT_AUTHINFO_UNAVAIL = 9,
	LINT_USER_UNKNOWN = 10,
	LINT_NEW_AUTHTOK_REQD = 12,
	LINT_IGNORE = 25,
	LINT_MODULE_UNKNOWN = 28,
	LINT_CODES = 32
};

/* What a code does; above 0: jump over so many modules. */
enum lint_action {
	LINT_DO_IGNORE = 0,
	LINT_DO_OK = -1,
	LINT_DO_DONE = -2,
	LINT_DO_BAD = -3,
	LINT_DO_DIE = -4,
	LINT_DO_RESET = -5,
	LINT_DO_UNDEF = -6
};

enum lint_type {
	LINT_AUTH,
	LINT_ACCOUNT,
	LINT_SESSION,
	LINT_PASSWORD,
	LINT_TYPES
};

enum lint_kind {
	LINT_BROKEN = 0,	/* a module that always fails */
	LINT_MODULE,
	LINT_INCLUDE,
	LINT_SUBSTACK,
	LINT_INCLUDE_ALL	/* Debian's @include, of every type */
};

struct lint_line {
	char *text;		/* owned; what follows leads into it */
	const char *service;	/* of a pam.conf, else NULL */
	enum lint_type type;	/* LINT_TYPES when it is illegal, or @include */
	enum lint_kind kind;
	int actions[LINT_CODES];
	const char *control;	/* as written; "" for @include */
	const char *module;	/* path of it, or name of what is included;
				 * "" when there is none */
	const char *args;	/* each with a NUL; args_len bytes */
	size_t args_len;
	const char *wrong;	/* why libpam refuses it; static, or NULL */
};

enum lint_status {
	LINT_END = 0,
	LINT_LINE,
	LINT_TOO_LONG		/* or with a NUL; skipped */
};

/*
 * The next line at text[*at]: comments and blank lines left out, lines joined
 * that end in a backslash.  into has LINT_LINE_MAX + 1 bytes; *ret_number is
 * the line's number (*number counts on).
 */
enum lint_status lint_assemble(const char *text, size_t len, size_t *at,
    unsigned *number, char *into, unsigned *ret_number);

/* Decode an assembled line; with_service: of a pam.conf.  0; -1 without
 * memory, and *ret is then empty. */
int lint_parse(const char *line, bool with_service, struct lint_line *ret);
void lint_line_free(struct lint_line *line);

/* The next argument after arg (NULL: the first), or NULL. */
const char *lint_next_arg(const struct lint_line *line, const char *arg);

/* "auth" and so on; static. */
const char *lint_type_name(enum lint_type type);

#endif
