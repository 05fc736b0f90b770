/*
 * Establishing a connection without ever blocking the loop: one short-lived
 * thread per attempt does the blocking work (ldap_establish.h), the loop
 * waits for a descriptor to become readable.  Both sides hold a reference to
 * the attempt, and a mutex says who owns what, so that a result that comes
 * too late is thrown away by the thread and nothing is freed twice.
 */
#ifndef LOOKUPD_LDAP_CONNECT_H
#define LOOKUPD_LDAP_CONNECT_H

#include <stdint.h>

#include "lookupd/config.h"
#include "lookupd/ldap_establish.h"

/* A thread's stack: getaddrinfo(3) and a handshake need a fraction. */
#define LDAP_CONNECT_STACK (512 * 1024)

struct ldap_connect;

/* Start an attempt on one of the realm's servers.  NULL with errno set. */
struct ldap_connect *ldap_connect_start(const struct realm *realm,
    const char *uri, int64_t deadline);

/* Readable once the thread is through. Borrowed. */
int ldap_connect_fd(const struct ldap_connect *connect);

/*
 * The result, once: a handle in blocking mode, owned by the caller, with
 * *ret_security a static text; or NULL with a sentence in error
 * (LDAP_ESTABLISH_ERROR_MAX bytes).
 */
struct ldap *ldap_connect_take(struct ldap_connect *connect,
    const char **ret_security, char *error);

/* Give up: the socket is shut down, so that a blocked handshake or bind ends
 * at once.  A thread in getaddrinfo(3) goes on; ldap_connect_fd tells when
 * it, too, is through. */
void ldap_connect_cancel(struct ldap_connect *connect);

/* Drop the loop's reference, at any time (includes cancelling). NULL-safe. */
void ldap_connect_free(struct ldap_connect *connect);

#endif
