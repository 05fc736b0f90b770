/* See caller.h. */
#include "config.h"

#include "pam_certauth/caller.h"

#include <errno.h>
#include <sys/auxv.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_ext.h>

#include "client/services.h"

/* AT_SECURE stays set when a program has made itself root altogether (sudo);
 * the ids tell of those that became set-id otherwise. */
static bool
is_set_id(void)
{
	uid_t uid, euid, saved_uid;
	gid_t gid, egid, saved_gid;

	errno = 0;
	return getauxval(AT_SECURE) != 0 || errno != 0 ||
	    getresuid(&uid, &euid, &saved_uid) != 0 ||
	    getresgid(&gid, &egid, &saved_gid) != 0 ||
	    uid != euid || uid != saved_uid ||
	    gid != egid || gid != saved_gid;
}

bool
caller_may_claim(pam_handle_t *pamh, const char *service)
{
	if (services_are_typed(service)) {
		pam_syslog(pamh, LOG_ERR, "certificate evidence is refused "
		    "in the service %.64s", service);
		return false;
	}
	if (is_set_id()) {
		pam_syslog(pamh, LOG_ERR, "certificate evidence is refused "
		    "in a set-id process");
		return false;
	}
	return true;
}
