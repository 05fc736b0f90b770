/*
 * One connection to one server, from its URI to an authenticated session:
 * name resolution, connect, TLS, bind.  All of it blocks, so it runs in a
 * thread of its own (ldap_connect.h) that can be cut short by shutting down
 * the socket; libldap's own timeouts are not used, they spin.
 *
 * Before anything is asked: ldaps and StartTLS verify the server's
 * certificate against the realm's CA file (never the system's) and its name
 * against the URI; ldapi needs neither; plain ldap is taken only with
 * `tls = "none"` and only when the address really connected to is loopback,
 * and then no password is sent.
 */
#ifndef LOOKUPD_LDAP_ESTABLISH_H
#define LOOKUPD_LDAP_ESTABLISH_H

#include <stdint.h>

#include "lookupd/config.h"

#define LDAP_ESTABLISH_ERROR_MAX 768
#define LDAP_ESTABLISH_SECRET_MAX 1024	/* bytes of a bind password */

struct ldap;			/* libldap's LDAP */

/* What is to be connected to; copies, because the thread may outlive the
 * configuration it was started for. */
struct ldap_target {
	char *uri;
	int bind;		/* enum realm_bind */
	int tls;		/* enum realm_tls */
	char *bind_dn, *secret_file, *tls_ca, *tls_cert, *tls_key;
};

/*
 * Set up libldap for this process: no configuration file or environment is
 * read, TLS is initialised.  Once, before any thread. 0 or -1.
 */
int ldap_establish_init(void);

/*
 * Connect.  publish is called with each socket as soon as it is connected
 * and with -1 before it is closed; non-zero from it means: give up.
 * The handle, with *ret_security a static text for people; or NULL with a
 * sentence in error (LDAP_ESTABLISH_ERROR_MAX bytes).
 */
struct ldap *ldap_establish(const struct ldap_target *target,
    int64_t deadline, int (*publish)(void *context, int fd), void *context,
    const char **ret_security, char *error);

#endif
