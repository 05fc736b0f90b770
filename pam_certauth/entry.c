/*
 * The six functions that libpam calls; nothing else is visible from outside
 * (pam_certauth.map).
 */
#include "config.h"

#include "pam_certauth/module.h"

#include <security/pam_modules.h>

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc,
    const char **argv)
{
	return module_decide(pamh, MODULE_AUTH, flags, argc, argv);
}

/* There are no credentials to set: whoever came so far was admitted. */
int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return PAM_SUCCESS;
}

int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return module_decide(pamh, MODULE_ACCOUNT, flags, argc, argv);
}

int
pam_sm_open_session(pam_handle_t *pamh, int flags, int argc,
    const char **argv)
{
	return PAM_SUCCESS;
}

int
pam_sm_close_session(pam_handle_t *pamh, int flags, int argc,
    const char **argv)
{
	return PAM_SUCCESS;
}

/* Certificates are not changed here. */
int
pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return PAM_SERVICE_ERR;
}
