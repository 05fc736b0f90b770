/*
 * What a search's result code means for us, and how often it is worth a log
 * line.  Hidden is not absent: only success, or the size limit exceeded with
 * two entries in hand, is an answer.  Every other code, noSuchObject
 * included, means that we could not ask.
 */
#ifndef LOOKUPD_LDAP_ERROR_H
#define LOOKUPD_LDAP_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Different codes told apart by one meter; the rest share a line. */
#define LDAP_ERROR_CODES_MAX 8
/* The same code again within this time is only counted. */
#define LDAP_ERROR_QUIET_MS (60 * 1000)

/* Zero is no answer, as everywhere. */
enum ldap_answer {
	ANSWER_FAILED = 0,	/* the directory cannot answer this */
	ANSWER_COMPLETE,
	ANSWER_TRUNCATED,	/* two entries, and there are more */
	ANSWER_ELSEWHERE	/* this connection is of no more use; another
				 * one may answer */
};

/* code: resultCode of the search; entries: how many had come before it. */
enum ldap_answer ldap_error_classify(int code, size_t entries);

/* A short text for the code. Static. */
const char *ldap_error_text(int code);

/* Zero-initialise. */
struct ldap_error_meter {
	struct {
		int code;
		int64_t said;		/* deadline_now(), 0: never */
		unsigned long more;	/* unsaid since */
	} items[LDAP_ERROR_CODES_MAX];
};

/* Is it time to log this code?  Then *ret_more is how many were not logged
 * since the last time. */
bool ldap_error_due(struct ldap_error_meter *meter, int code, int64_t now,
    unsigned long *ret_more);

#endif
