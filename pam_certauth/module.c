/*
 * One PAM call from its options to its code, in the order in which
 * module_decide reads.  Nothing is kept between calls.
 */
#include "config.h"

#include "pam_certauth/module.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <security/pam_ext.h>

#include "client/client.h"
#include "common/deadline.h"
#include "common/outcome.h"
#include "common/text.h"
#include "pam_certauth/options.h"

#define USER_MAX 254		/* an address; names are no longer either */
#define RHOST_MAX 64		/* client= takes no more */
#define REQUEST_MAX 4096	/* all of it escaped is less than 1.5 KiB */

/* PAM_USER as it may be logged: escaped. */
struct shown {
	char text[4 * USER_MAX + 8];
};

static struct shown
show(const char *user)
{
	struct shown shown;
	struct buffer out;

	buffer_init(&out, sizeof(shown.text) - 1);
	text_escape(&out, user, strlen(user), USER_MAX);
	snprintf(shown.text, sizeof(shown.text), "%s", buffer_text(&out));
	buffer_free(&out);
	return shown;
}

static int
pam_code(enum outcome_pam code)
{
	switch (code) {
	case OUTCOME_SYSTEM_ERR:
		break;
	case OUTCOME_SUCCESS:
		return PAM_SUCCESS;
	case OUTCOME_AUTH_ERR:
		return PAM_AUTH_ERR;
	case OUTCOME_PERM_DENIED:
		return PAM_PERM_DENIED;
	case OUTCOME_AUTHINFO_UNAVAIL:
		return PAM_AUTHINFO_UNAVAIL;
	}
	return PAM_SYSTEM_ERR;
}

static int
code_of(enum module_phase phase, enum verdict verdict, const char *reason)
{
	struct outcome outcome = outcome_of(verdict, reason);

	return pam_code(phase == MODULE_AUTH ? outcome.auth :
	    outcome.account);
}

/* May this line say anything at all in this phase? */
static bool
phase_allowed(pam_handle_t *pamh, const struct options *options,
    enum module_phase phase)
{
	if (phase == MODULE_ACCOUNT)
		return true;
	if (options->evidence == OPTIONS_EVIDENCE_STATUS) {
		pam_syslog(pamh, LOG_ERR, "evidence=status proves nothing: "
		    "it is for the account phase only");
		return false;
	}
	if (!options->trust_application) {
		pam_syslog(pamh, LOG_ERR, "evidence=user in the auth phase "
		    "needs trust=application");
		return false;
	}
	return true;
}

static const char *
get_text(pam_handle_t *pamh, int item)
{
	const void *value = NULL;

	if (pam_get_item(pamh, item, &value) != PAM_SUCCESS)
		return NULL;
	return value;
}

static bool
is_printable(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len == 0 || len > max)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] >= 0x7f)
			return false;
	return true;
}

/*
 * PAM_USER as the application set it.  It is not asked for: a name that was
 * typed is not a name from a certificate.
 */
static const char *
get_user(pam_handle_t *pamh)
{
	const char *user = get_text(pamh, PAM_USER);

	if (user == NULL || *user == '\0') {
		pam_syslog(pamh, LOG_NOTICE, "the application gave no user");
		return NULL;
	}
	if (!is_printable(user, USER_MAX)) {
		pam_syslog(pamh, LOG_NOTICE, "user %s: refused reason=%s",
		    show(user).text, REASON_BAD_IDENTITY);
		return NULL;
	}
	return user;
}

static void
free_response(struct pam_response *response)
{
	if (response == NULL)
		return;
	if (response->resp != NULL) {
		explicit_bzero(response->resp, strlen(response->resp));
		free(response->resp);
	}
	free(response);
}

/*
 * Ask for a password and hope for none.  Dovecot, for one, calls PAM alike
 * for SASL EXTERNAL (with an empty password) and for a typed name and
 * password; only the second has something to answer here.  After a failed
 * conversation nobody knows what the answer would have been, and *response
 * is not to be touched.
 */
static bool
conversation_is_empty(pam_handle_t *pamh)
{
	const void *item = NULL;
	const struct pam_conv *conv;
	const struct pam_message message = { .msg_style =
	    PAM_PROMPT_ECHO_OFF, .msg = "Password: " };
	const struct pam_message *messages = &message;
	struct pam_response *response = NULL;
	bool empty;

	if (pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS)
		return false;
	conv = item;
	if (conv == NULL || conv->conv == NULL ||
	    conv->conv(1, &messages, &response, conv->appdata_ptr) !=
	    PAM_SUCCESS || response == NULL) {
		pam_syslog(pamh, LOG_NOTICE, "the application did not answer "
		    "the question for a password");
		return false;
	}
	empty = response->resp == NULL || *response->resp == '\0';
	free_response(response);
	if (!empty)
		pam_syslog(pamh, LOG_NOTICE, "a password was given: this is "
		    "no certificate login");
	return empty;
}

static bool
password_is_absent(pam_handle_t *pamh, const struct options *options)
{
	const char *token = NULL;
	const void *item = NULL;

	if (options->password_ignore)
		return true;
	if (pam_get_item(pamh, PAM_AUTHTOK, &item) != PAM_SUCCESS)
		return false;
	token = item;
	if (token != NULL && *token != '\0') {
		pam_syslog(pamh, LOG_NOTICE, "a password was given: this is "
		    "no certificate login");
		return false;
	}
	return conversation_is_empty(pamh);
}

/* service= of the line, else PAM_SERVICE (libpam keeps it in lower case);
 * 0 or -1. */
static int
put_service(pam_handle_t *pamh, const struct options *options,
    struct buffer *request)
{
	const char *service = options->service;

	if (*service == '\0')
		service = get_text(pamh, PAM_SERVICE);
	if (service == NULL || !is_printable(service, OPTIONS_NAME_MAX))
		return -1;
	protocol_put_text(request, "service", service);
	return 0;
}

static int
put_request(pam_handle_t *pamh, const struct options *options,
    const char *user, struct buffer *request)
{
	bool asserted = options->evidence == OPTIONS_EVIDENCE_USER;
	bool address = asserted && strchr(user, '@') != NULL;
	const char *rhost = get_text(pamh, PAM_RHOST);

	protocol_begin(request, "lookup");
	protocol_put_text(request, "evidence", asserted ? "asserted" :
	    "none");
	if (put_service(pamh, options, request) != 0)
		return -1;
	if (*options->realm != '\0')
		protocol_put_text(request, "realm", options->realm);
	if (options->need_admin)
		protocol_put_text(request, "need", "admin");
	protocol_put_text(request, address ? "email" : "account", user);
	if (rhost != NULL && is_printable(rhost, RHOST_MAX))
		protocol_put_text(request, "client", rhost);
	protocol_end(request);
	return request->failed ? -1 : 0;
}

/* Refusals are told to the log alone; the user hears nothing. */
static void
log_answer(pam_handle_t *pamh, const struct options *options,
    const char *user, const struct client_reply *reply)
{
	int priority = LOG_NOTICE;

	if (reply->verdict == VERDICT_ACTIVE) {
		if (!options->debug)
			return;
		priority = LOG_DEBUG;
	}
	pam_syslog(pamh, priority, "user %s: %s%s%s", show(user).text,
	    reply->ok ? "ok is no verdict" : verdict_word(reply->verdict),
	    *reply->reason != '\0' ? " reason=" : "", reply->reason);
}

static int
ask(pam_handle_t *pamh, const struct options *options,
    enum module_phase phase, const char *user, const struct buffer *request)
{
	struct client_reply reply;
	char error[CLIENT_ERROR_MAX];
	int code;

	if (options->debug)
		pam_syslog(pamh, LOG_DEBUG, "asking %s about user %s",
		    options->socket, show(user).text);
	client_reply_init(&reply);
	if (client_ask(options->socket, options->server_uid, request,
	    deadline_in(options->timeout_ms), &reply, error) != 0) {
		pam_syslog(pamh, LOG_ERR, "lookupd cannot be asked: %s",
		    error);
		code = code_of(phase, VERDICT_UNAVAILABLE, reply.reason);
	} else {
		log_answer(pamh, options, user, &reply);
		code = code_of(phase, reply.verdict, reply.reason);
	}
	client_reply_free(&reply);
	return code;
}

int
module_decide(pam_handle_t *pamh, enum module_phase phase, int argc,
    const char **argv)
{
	struct options options;
	struct buffer request;
	char error[OPTIONS_ERROR_MAX];
	const char *user;
	int code;

	if (options_parse(argc, argv, &options, error) != 0) {
		pam_syslog(pamh, LOG_ERR, "%s", error);
		return code_of(phase, VERDICT_BAD_REQUEST, REASON_BAD_VALUE);
	}
	if (!phase_allowed(pamh, &options, phase))
		return code_of(phase, VERDICT_REFUSED, REASON_EVIDENCE);
	if (get_user(pamh) == NULL)
		return code_of(phase, VERDICT_REFUSED, REASON_BAD_IDENTITY);
	if (phase == MODULE_AUTH && !password_is_absent(pamh, &options))
		return code_of(phase, VERDICT_REFUSED, REASON_EVIDENCE);
	/* again: the conversation may have changed it */
	user = get_user(pamh);
	if (user == NULL)
		return code_of(phase, VERDICT_REFUSED, REASON_BAD_IDENTITY);
	buffer_init(&request, REQUEST_MAX);
	if (put_request(pamh, &options, user, &request) == 0) {
		code = ask(pamh, &options, phase, user, &request);
	} else {
		pam_syslog(pamh, LOG_ERR, "the question cannot be put: "
		    "PAM_SERVICE is unusable, or no memory");
		code = code_of(phase, VERDICT_BAD_REQUEST, REASON_INTERNAL);
	}
	buffer_free(&request);
	return code;
}
