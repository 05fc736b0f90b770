/*
 * PAM services in which a name is typed and no certificate can take part.
 * One list for the module, which refuses there, and for pam-lint, which says
 * so before.
 */
#ifndef CERTAUTH_CLIENT_SERVICES_H
#define CERTAUTH_CLIENT_SERVICES_H

#include <stdbool.h>

/* Is it one of them?  As libpam has it case does not count, and what stands
 * before a slash is but the folder of its file; none at all is one of them. */
bool services_are_typed(const char *service);

#endif
