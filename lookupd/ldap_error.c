/*
 * Result codes of searches.
 */
#include "lookupd/ldap_error.h"

#include <ldap.h>

enum ldap_answer
ldap_error_classify(int code, size_t entries)
{
	switch (code) {
	case LDAP_SUCCESS:
		/* a server that ignores the size limit */
		return entries > 2 ? ANSWER_TRUNCATED : ANSWER_COMPLETE;
	case LDAP_SIZELIMIT_EXCEEDED:
		return entries >= 2 ? ANSWER_TRUNCATED : ANSWER_FAILED;
	case LDAP_OPERATIONS_ERROR:
	case LDAP_STRONG_AUTH_REQUIRED:
	case LDAP_BUSY:
	case LDAP_UNAVAILABLE:
	case LDAP_UNWILLING_TO_PERFORM:
		return ANSWER_ELSEWHERE;
	default:
		return ANSWER_FAILED;
	}
}

const char *
ldap_error_text(int code)
{
	return ldap_err2string(code);
}

bool
ldap_error_due(struct ldap_error_meter *meter, int code, int64_t now,
    unsigned long *ret_more)
{
	size_t i;

	for (i = 0; i < LDAP_ERROR_CODES_MAX - 1; i++) {
		if (meter->items[i].said == 0 || meter->items[i].code == code)
			break;
	}
	if (meter->items[i].said != 0 &&
	    now - meter->items[i].said < LDAP_ERROR_QUIET_MS) {
		meter->items[i].more++;
		return false;
	}
	*ret_more = meter->items[i].more;
	meter->items[i].code = code;
	meter->items[i].said = now > 0 ? now : 1;
	meter->items[i].more = 0;
	return true;
}
