/*
 * One question to lookupd in the words of certauth-protocol(7), and its
 * answer in the log.
 */
#ifndef PAM_CERTAUTH_QUESTION_H
#define PAM_CERTAUTH_QUESTION_H

#include <security/pam_modules.h>

#include <stdbool.h>
#include <stdint.h>

#include "client/client.h"
#include "pam_certauth/options.h"

struct question {
	const char *name;	/* who is asked about */
	const char *user;	/* the account it must be, or NULL */
	bool is_login;		/* an account name, even with an '@' */
	int64_t deadline;
};

/*
 * Ask.  The verdict; UNAVAILABLE when there was no answer, BAD_REQUEST when
 * the question cannot be put.  *reply must have been initialised; the caller
 * frees it.
 */
enum verdict question_ask(pam_handle_t *pamh, const struct options *options,
    const struct question *question, struct client_reply *reply);

/* The service of PAM, NULL when it is unusable. */
const char *question_service(pam_handle_t *pamh);

#endif
