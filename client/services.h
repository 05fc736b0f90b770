/*
 * PAM services in which a name is typed and no certificate can take part.
 * One list for the module, which refuses there, and for pam-lint, which says
 * so before.
 */
#ifndef CERTAUTH_CLIENT_SERVICES_H
#define CERTAUTH_CLIENT_SERVICES_H

#include <stdbool.h>

/* Is it one of them?  Case does not count, as libpam has it; NULL is one. */
bool services_are_typed(const char *service);

#endif
