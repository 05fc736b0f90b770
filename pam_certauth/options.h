/*
 * The arguments of a line in /etc/pam.d: pam_certauth(8) describes them.
 *
 * A pure parser: argv in, struct out.  An unknown argument, a malformed value
 * or an option given twice is an error, because an option that was overlooked
 * is a rule that is not applied.
 */
#ifndef PAM_CERTAUTH_OPTIONS_H
#define PAM_CERTAUTH_OPTIONS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_ERROR_MAX 256
#define OPTIONS_NAME_MAX 64		/* of a service or realm */
#define OPTIONS_PROMPT_MAX 64
#define OPTIONS_SOCKET_MAX 107		/* sun_path without its NUL */
#define OPTIONS_TIMEOUT_MAX 60		/* seconds somebody waits at a login */
#define OPTIONS_TIMEOUT 8		/* lookupd answers within 2.5 */

/* Zero claims nothing, and is refused. */
enum options_evidence {
	OPTIONS_EVIDENCE_NONE = 0,
	OPTIONS_EVIDENCE_USER,		/* PAM_USER is from a certificate */
	OPTIONS_EVIDENCE_STATUS,	/* PAM_USER is an account's name */
	OPTIONS_EVIDENCE_PROMPT		/* the answer to a prompt is such */
};

/* What PAM_USER becomes once somebody is admitted. */
enum options_set_user {
	OPTIONS_SET_USER_NEVER = 0,
	OPTIONS_SET_USER_ACCOUNT,	/* the account's name */
	OPTIONS_SET_USER_LOGIN		/* the same without its domain */
};

struct options {
	enum options_evidence evidence;
	bool trust_application;	/* a certificate also in the auth phase */
	bool password_ignore;
	bool need_admin;
	bool debug;
	bool quiet;
	bool ignore_unknown_user;	/* evidence=status alone */
	enum options_set_user set_user;
	uid_t minimum_uid;		/* 0: all */
	char prompt[OPTIONS_PROMPT_MAX + 1];	/* evidence=prompt alone */
	char service[OPTIONS_NAME_MAX + 1];	/* "": PAM_SERVICE */
	char realm[OPTIONS_NAME_MAX + 1];	/* "": the service's first */
	char socket[OPTIONS_SOCKET_MAX + 1];
	int64_t timeout_ms;
	uid_t server_uid;	/* or UNIX_SOCKET_NO_UID */
};

/*
 * Parse the arguments into *ret, beginning with the defaults.  0; or -1 with
 * a sentence in error (OPTIONS_ERROR_MAX bytes, printable) that names the
 * argument, and *ret then admits nobody: its evidence is NONE.
 */
int options_parse(int argc, const char **argv, struct options *ret,
    char *error);

/* The word of evidence=; static. */
const char *options_evidence_word(enum options_evidence evidence);

#endif
