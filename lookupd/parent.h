/*
 * The parent: holds the listening socket, starts the two children, restarts
 * either, connects them to each other, passes stop and reload on, reports
 * readiness.  It reads no byte of a client and none of LDAP, and it makes no
 * OpenSSL, LDAP or libevent object: its children are forked from it.
 */
#ifndef LOOKUPD_PARENT_H
#define LOOKUPD_PARENT_H

#include "lookupd/config.h"

/*
 * Run until SIGTERM or SIGINT.  config: a reference, taken over.  listen_fd
 * stays the caller's.  The exit status.
 */
int parent_run(struct config *config, int listen_fd);

#endif
