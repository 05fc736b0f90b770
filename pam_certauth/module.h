/*
 * What the module does in the two phases that decide something.  Safe inside
 * any program: no globals, no signals, no environment (the process's or
 * PAM's), no select(2), nothing said to the user but one question; every
 * descriptor is close-on-exec and closed again.
 */
#ifndef PAM_CERTAUTH_MODULE_H
#define PAM_CERTAUTH_MODULE_H

#include <security/pam_modules.h>

enum module_phase { MODULE_AUTH, MODULE_ACCOUNT };

/*
 * Options, caller, PAM_USER and the one question checked, lookupd asked, the
 * verdict as a PAM code of the outcome table.  Never PAM_USER_UNKNOWN;
 * PAM_SUCCESS for the verdict `active` alone; PAM_IGNORE in the account phase
 * alone, for somebody whom an option of an evidence=status line names.
 */
int module_decide(pam_handle_t *pamh, enum module_phase phase, int flags,
    int argc, const char **argv);

#endif
