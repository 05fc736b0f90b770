/*
 * certauthctl: people's way of asking lookupd.
 *
 * A thin client: one command is one line of certauth-protocol(7), and the
 * exit code is the outcome table's.  It decides nothing, and neither decodes
 * nor verifies a certificate.  pam-lint alone asks nobody (pam_lint.h).
 */
#ifndef CERTAUTH_CTL_H
#define CERTAUTH_CTL_H

#include <stdio.h>

/* Nothing was asked: wrong usage, or a file that cannot be sent. */
#define CTL_EXIT_USAGE 64

/*
 * The whole program.  Answers go to out, everything else to err; the result
 * is the exit code.  0 only for `active`, or for `ok` where nothing is
 * decided.
 */
int ctl_run(int argc, char **argv, FILE *out, FILE *err);

#endif
