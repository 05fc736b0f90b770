/*
 * The outcome table.  Each row is written out whole, so that it can be laid
 * beside the manual's.
 */
#include "config.h"

#include "common/outcome.h"

#include <string.h>

#define MAIL_OK "OK"
#define MAIL_NO "[AUTHENTICATIONFAILED]"
#define MAIL_DOWN "[UNAVAILABLE]"

static const struct outcome unforeseen = { OUTCOME_SYSTEM_ERR,
	OUTCOME_SYSTEM_ERR, 503, MAIL_DOWN, 6 };

static int
is(const char *reason, const char *one)
{
	return reason != NULL && strcmp(reason, one) == 0;
}

static struct outcome
outcome_of_refused(const char *reason)
{
	static const struct outcome account = { OUTCOME_AUTH_ERR,
		OUTCOME_PERM_DENIED, 403, MAIL_NO, 4 };
	static const struct outcome installation = { OUTCOME_AUTH_ERR,
		OUTCOME_PERM_DENIED, 503, MAIL_DOWN, 4 };
	static const struct outcome certificate = { OUTCOME_AUTH_ERR,
		OUTCOME_PERM_DENIED, 401, MAIL_NO, 4 };

	if (is(reason, REASON_WRONG_USER) || is(reason, REASON_NOT_ADMIN) ||
	    is(reason, REASON_OFF) || is(reason, REASON_LIMIT))
		return account;
	if (is(reason, REASON_CALLER) || is(reason, REASON_EVIDENCE))
		return installation;
	return certificate;
}

struct outcome
outcome_of(enum verdict verdict, const char *reason)
{
	static const struct outcome active = { OUTCOME_SUCCESS,
		OUTCOME_SUCCESS, 200, MAIL_OK, 0 };
	static const struct outcome blocked = { OUTCOME_AUTH_ERR,
		OUTCOME_PERM_DENIED, 403, MAIL_NO, 1 };
	static const struct outcome unknown = { OUTCOME_AUTH_ERR,
		OUTCOME_PERM_DENIED, 403, MAIL_NO, 2 };
	static const struct outcome ambiguous = { OUTCOME_AUTH_ERR,
		OUTCOME_PERM_DENIED, 403, MAIL_NO, 3 };
	static const struct outcome unavailable = { OUTCOME_AUTHINFO_UNAVAIL,
		OUTCOME_AUTHINFO_UNAVAIL, 503, MAIL_DOWN, 5 };

	switch (verdict) {
	case VERDICT_ACTIVE:
		return active;
	case VERDICT_BLOCKED:
		return blocked;
	case VERDICT_UNKNOWN:
		return unknown;
	case VERDICT_AMBIGUOUS:
		return ambiguous;
	case VERDICT_REFUSED:
		return outcome_of_refused(reason);
	case VERDICT_UNAVAILABLE:
		return unavailable;
	case VERDICT_BAD_REQUEST:
	case VERDICT_NONE:
		break;
	}
	return unforeseen;
}

const char *
outcome_pam_name(enum outcome_pam code)
{
	switch (code) {
	case OUTCOME_SYSTEM_ERR:
		break;
	case OUTCOME_SUCCESS:
		return "PAM_SUCCESS";
	case OUTCOME_AUTH_ERR:
		return "PAM_AUTH_ERR";
	case OUTCOME_PERM_DENIED:
		return "PAM_PERM_DENIED";
	case OUTCOME_AUTHINFO_UNAVAIL:
		return "PAM_AUTHINFO_UNAVAIL";
	}
	return "PAM_SYSTEM_ERR";
}
