/*
 * Did a request leave whole?  libldap keeps what a non-blocking socket did
 * not take and tells nobody; the rest is written by some later ldap_result,
 * which nobody would call while the server has nothing to say.  So a layer
 * on top of libldap's socket buffer watches how writes end.
 */
#ifndef LOOKUPD_LDAP_BACKLOG_H
#define LOOKUPD_LDAP_BACKLOG_H

#include <stdbool.h>

struct ldap;

/* From now on *stuck is true while a write is unfinished; it must live as
 * long as the handle.  0 or -1. */
int ldap_backlog_watch(struct ldap *ld, bool *stuck);

#endif
