/*
 * From a host name, or a path, to a connected blocking socket.  Part of
 * establishing a connection (ldap_establish.h); blocks.
 */
#ifndef LOOKUPD_LDAP_DIAL_H
#define LOOKUPD_LDAP_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ldapi:/// without a path; Debian's slapd listens there. */
#define LDAP_DIAL_PATH "/run/slapd/ldapi"

/*
 * Connect before the deadline: to the Unix socket `path`, or to each address
 * of a host in turn.  A close-on-exec descriptor, or -1 with a sentence in
 * error (len bytes).  Only getaddrinfo(3) may take longer than the deadline.
 */
int ldap_dial_path(const char *path, int64_t deadline, char *error,
    size_t len);
int ldap_dial_host(const char *host, int port, int64_t deadline,
    char *error, size_t len);

/* Is the other end of this socket on this machine, by its address? */
bool ldap_dial_loopback(int fd);

#endif
