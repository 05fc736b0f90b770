/*
 * The two questions the module may put to the application, each in one
 * conversation of one message: strongSwan's and others' take no more, and
 * information or error messages, which some take for the end, are never sent.
 *
 * After a conversation that failed nobody knows what the answer would have
 * been: it counts as a refusal, and the reply is not touched.
 */
#ifndef PAM_CERTAUTH_CONVERSATION_H
#define PAM_CERTAUTH_CONVERSATION_H

#include <security/pam_modules.h>

#include <stdbool.h>

#include "pam_certauth/options.h"

/* OpenVPN keeps 127 bytes of a common name and says nothing of the rest: an
 * answer as long as that may be the beginning of another one. */
#define CONVERSATION_ANSWER_MAX 126

/*
 * Ask for a password and hope for none.  Dovecot, for one, calls PAM alike
 * for SASL EXTERNAL (with an empty password) and for a typed name and
 * password; only the second has something to answer here.
 */
bool conversation_is_empty(pam_handle_t *pamh, const struct options *options);

/*
 * Ask for the name, with echo and with the line's prompt.  True with answer
 * (CONVERSATION_ANSWER_MAX + 1 bytes) filled in: printable, neither empty nor
 * possibly cut.  False, having logged why.
 */
bool conversation_name(pam_handle_t *pamh, const struct options *options,
    char *answer);

#endif
