/*
 * Programs in which no certificate can have taken part.
 *
 * In su, sudo, a login or a screen locker the name is typed, and whoever sits
 * there chooses the environment too; cron and atd ask about the owner of a
 * file.  A line that claims certificate evidence there is a mistake that would
 * let anybody in as anybody, so it is refused, whatever else it says.  So is
 * every set-id process: it was started by the very person it is to judge.
 */
#ifndef PAM_CERTAUTH_CALLER_H
#define PAM_CERTAUTH_CALLER_H

#include <security/pam_modules.h>

#include <stdbool.h>

/* May a line claim certificate evidence here?  False, having logged why. */
bool caller_may_claim(pam_handle_t *pamh, const char *service);

#endif
