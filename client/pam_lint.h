/*
 * certauthctl pam-lint: what is wrong with a PAM service that has lines of
 * pam_certauth.
 *
 * Reads the files of /etc/pam.d and nothing else; asks nobody and changes
 * nothing.  It sees what the files say, not what other modules do inside.
 */
#ifndef CERTAUTH_PAM_LINT_H
#define CERTAUTH_PAM_LINT_H

#include <stdio.h>

#include "client/pam_lint_stack.h"

#define LINT_EXIT_WARNINGS 1
#define LINT_EXIT_UNREADABLE 2

/* Warnings about a service that was read, a line each, to out; how many. */
unsigned lint_warn(const struct lint_stack *stack, const char *service,
    FILE *out);

/*
 * The command: folder NULL is what libpam reads (/etc/pam.d, /usr/lib/pam.d,
 * and /etc/pam.conf where there is no such folder).  The exit status.
 */
int lint_run(const char *folder, const char *service, FILE *out, FILE *err);

#endif
