/*
 * One entry message, decoded: an entry with the attributes asked for, or the
 * reason why the whole result must not be used.
 */
#ifndef LOOKUPD_LDAP_ENTRY_H
#define LOOKUPD_LDAP_ENTRY_H

#include "lookupd/entry.h"

struct ldap;
struct ldapmsg;

/* asked: the attributes of the search, NULL-ended: each is there under the name
 * it was asked for by, and what came under others is wrong; NULL, or none: all, as
 * they are called.  NULL, and *ret is the caller's to free; or what is wrong. */
const char *ldap_entry_read(struct ldap *ld, struct ldapmsg *message,
    char *const *asked, struct entry **ret);

#endif
