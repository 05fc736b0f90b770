/*
 * The bytes between libldap and its socket, in both directions.
 *
 * libldap reads a message in two or three calls and writes each request by
 * itself; under load that is most of what a search costs us, and it wakes
 * the server once for each.  A layer on top of libldap's socket buffer reads
 * ahead, and holds requests back until they are flushed together.
 *
 * libldap also tells nobody when a non-blocking socket took only half a
 * request; here it is known: ldap_backlog_flush says so.
 */
#ifndef LOOKUPD_LDAP_BACKLOG_H
#define LOOKUPD_LDAP_BACKLOG_H

#include <stddef.h>

/* Read at once: some forty entries as they usually are. */
#define LDAP_BACKLOG_READ (16 * 1024)
/* From so many bytes on requests are worth sending without waiting for
 * others. */
#define LDAP_BACKLOG_HOLD (16 * 1024)
/* One request that is longer than this fails in libldap. */
#define LDAP_BACKLOG_WRITE_MAX (1024 * 1024)

struct ldap;
struct ldap_backlog;

enum ldap_flush {
	FLUSH_DONE = 0,
	FLUSH_STUCK,		/* the rest when the socket is writable */
	FLUSH_BROKEN		/* errno says why, or is 0 */
};

/* From now on between the handle, which does not block, and its socket.
 * Owned by the caller, freed after the handle.  NULL when it fails. */
struct ldap_backlog *ldap_backlog_new(struct ldap *ld);
void ldap_backlog_free(struct ldap_backlog *backlog);	/* NULL-safe */

/* The socket is readable: read ahead, so that libldap need not look. */
void ldap_backlog_fill(struct ldap_backlog *backlog);

/* Bytes that are held back. */
size_t ldap_backlog_held(const struct ldap_backlog *backlog);

/* Send what is held back.  While it is stuck, the handle must be given
 * nothing more to send: only the same bytes may follow half a TLS record. */
enum ldap_flush ldap_backlog_flush(struct ldap_backlog *backlog);

#endif
