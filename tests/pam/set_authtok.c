/*
 * A module that stands for one which asked for a password before ours: it
 * sets PAM_AUTHTOK to its first argument, or to nothing.
 */
#include "config.h"

#include <security/pam_modules.h>

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc,
    const char **argv)
{
	return pam_set_item(pamh, PAM_AUTHTOK, argc > 0 ? argv[0] : "");
}

int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return PAM_SUCCESS;
}
