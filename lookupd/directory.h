/*
 * The directory process: holds the bind secrets, resolves host names, does
 * TLS and speaks LDAP.  It has no client socket.  It answers `find` lines
 * from the front (find.h) by driving resolve.h over pooled connections
 * (ldap_pool.h), one pool per realm.
 *
 * A connection serves only after the canaries of its realm were found
 * blocked over that very connection; they are looked at again every
 * canary_interval seconds.  While one reads as admissible, every find of the
 * realm is `unavailable reason=canary`.
 */
#ifndef LOOKUPD_DIRECTORY_H
#define LOOKUPD_DIRECTORY_H

#include "lookupd/config.h"

/*
 * Run until told to stop (SIGTERM, or the control descriptor's end of file).
 * control: a SOCK_SEQPACKET pair's end towards the parent, over which the
 * front's end of a socket pair arrives as SCM_RIGHTS (a message 'F'), again
 * after each restart of the front; 'R' brings a new configuration (handover.h;
 * answered 'r' when it was good, 'e' when not: the log says why, the old one
 * stays), and 'N' takes that back, because the front has refused it; this
 * process sends 'K' when it is ready to answer.  config: a reference, taken
 * over.  The exit status.
 */
int directory_run(struct config *config, int control);

#endif
