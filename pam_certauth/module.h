/*
 * What the module does in the two phases that decide something.  Safe inside
 * any program: no globals, no signals, no environment, no select(2), nothing
 * said to the user but one question; every descriptor is close-on-exec and
 * closed again.
 */
#ifndef PAM_CERTAUTH_MODULE_H
#define PAM_CERTAUTH_MODULE_H

#include <security/pam_modules.h>

enum module_phase { MODULE_AUTH, MODULE_ACCOUNT };

/*
 * Options, PAM_USER and (in the auth phase) the password checked, lookupd
 * asked, the verdict as a PAM code of the outcome table.  Never PAM_IGNORE,
 * never PAM_USER_UNKNOWN; PAM_SUCCESS for the verdict `active` alone.
 */
int module_decide(pam_handle_t *pamh, enum module_phase phase, int argc,
    const char **argv);

#endif
