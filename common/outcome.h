/*
 * What a verdict becomes: one table for PAM, HTTP, mail and exit codes.
 *
 * The rows are DESIGN's and certauth-protocol(7)'s table "OUTCOMES".  common/
 * knows neither libpam nor HTTP, so PAM codes are named here and mapped to
 * libpam's numbers in pam_certauth/ alone.
 */
#ifndef CERTAUTH_COMMON_OUTCOME_H
#define CERTAUTH_COMMON_OUTCOME_H

#include "common/verdict.h"

/* Zero is a refusal, as everywhere. */
enum outcome_pam {
	OUTCOME_SYSTEM_ERR = 0,
	OUTCOME_SUCCESS,
	OUTCOME_AUTH_ERR,
	OUTCOME_PERM_DENIED,
	OUTCOME_AUTHINFO_UNAVAIL
};

struct outcome {
	enum outcome_pam auth;		/* pam_sm_authenticate */
	enum outcome_pam account;	/* pam_sm_acct_mgmt */
	int http;			/* status of the hook's http personality */
	const char *mail;		/* Auth-Status of its mail personality */
	int exit_status;		/* certauthctl; 0 only for active */
};

/*
 * The outcome of a verdict.  reason may be NULL or unknown; it only selects
 * between the rows of `refused`.  Anything unforeseen, VERDICT_NONE included,
 * is the last row (SYSTEM_ERR, 503, exit 6).  Total, never fails.
 */
struct outcome outcome_of(enum verdict verdict, const char *reason);

/* "PAM_AUTH_ERR" and so on, for explain. Static. */
const char *outcome_pam_name(enum outcome_pam code);

#endif
