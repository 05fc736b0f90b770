/*
 * The name with which the program goes on: whether it may be one of the
 * machine's own users, and what it becomes with set_user=.
 */
#ifndef PAM_CERTAUTH_LOGIN_H
#define PAM_CERTAUTH_LOGIN_H

#include <security/pam_modules.h>

#include "pam_certauth/question.h"

/* Against a smallest uid, as minimum_uid= says it. */
enum login_rank {
	LOGIN_ERROR = 0,	/* could not ask */
	LOGIN_BELOW,
	LOGIN_FINE		/* not below, no user of this machine, or the
				 * minimum is 0 */
};

enum login_rank login_rank(pam_handle_t *pamh, uid_t minimum,
    const char *name);

/*
 * Put the account of an `active` reply, or its login name, into PAM_USER as
 * set_user= says.  ACTIVE when that is done, or nothing is to be done;
 * anything else is the verdict instead, and PAM_USER is as it was.  It never
 * becomes a path, an option, or a user of this machine with uid 0.
 *
 * The login name is the account's name up to its '@'.  In a directory of
 * several domains that part may be several people's: lookupd is asked again,
 * and must find this very account by the login name alone.
 */
enum verdict login_set(pam_handle_t *pamh, const struct options *options,
    const struct client_reply *reply, int64_t deadline);

#endif
