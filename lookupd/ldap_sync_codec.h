/*
 * The values of RFC 4533's controls and of its intermediate message, in BER.
 * Sans-I/O; decoding is strict: definite lengths, known tags in their order,
 * ids of exactly 16 bytes, cookies up to SYNC_COOKIE_MAX, nothing behind.
 *
 * What is decoded is borrowed from the value, which must be followed by one
 * readable byte (libldap ends every value with a NUL).
 */
#ifndef LOOKUPD_LDAP_SYNC_CODEC_H
#define LOOKUPD_LDAP_SYNC_CODEC_H

#include "lookupd/sync.h"

#define LDAP_SYNC_REQUEST_OID "1.3.6.1.4.1.4203.1.9.1.1"
#define LDAP_SYNC_STATE_OID "1.3.6.1.4.1.4203.1.9.1.2"
#define LDAP_SYNC_DONE_OID "1.3.6.1.4.1.4203.1.9.1.3"
#define LDAP_SYNC_INFO_OID "1.3.6.1.4.1.4203.1.9.1.4"

struct berval;

/* A request for refreshAndPersist; cookie of length 0: none.  0 and *ret is
 * the caller's (ber_memfree of bv_val), or -1. */
int ldap_sync_encode(const void *cookie, size_t len, struct berval *ret);

/* Each: NULL, and *ret is filled; or what is wrong. */
const char *ldap_sync_decode_state(const struct berval *value,
    struct sync_entry *ret);
const char *ldap_sync_decode_done(const struct berval *value,
    struct sync_done *ret);
const char *ldap_sync_decode_info(const struct berval *value,
    struct sync_info *ret);

#endif
