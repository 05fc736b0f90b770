/*
 * One logical line of LDIF (RFC 2849), decoded by libldap: name and value.
 * What would make libldap open something else (`attribute:<`) is refused
 * before it is asked.
 */
#ifndef LOOKUPD_LDAP_LDIF_H
#define LOOKUPD_LDAP_LDIF_H

#include <stddef.h>

/* line: unfolded, NUL-ended, rewritten in place; name and value are in it.
 * NULL, or what is wrong. */
const char *ldap_ldif_line(char *line, const char **ret_name,
    const char **ret_value, size_t *ret_len);

#endif
