/*
 * One PAM call from its options to its code, in the order in which
 * module_decide reads.  Nothing is kept between calls.
 */
#include "config.h"

#include "pam_certauth/module.h"

#include <stdbool.h>
#include <string.h>

#include "common/deadline.h"
#include "common/outcome.h"
#include "pam_certauth/caller.h"
#include "pam_certauth/conversation.h"
#include "pam_certauth/login.h"
#include "pam_certauth/note.h"
#include "pam_certauth/passwd.h"

/* One call: who it is about, and whether PAM is to pass over it. */
struct call {
	pam_handle_t *pamh;
	const struct options *options;
	enum module_phase phase;
	unsigned flags;		/* the application's */
	char answer[CONVERSATION_ANSWER_MAX + 1];	/* to the prompt */
	bool ignore;		/* PAM_IGNORE, as the line asks for */
};

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
code_of(enum module_phase phase, enum verdict verdict)
{
	struct outcome outcome = outcome_of(verdict, NULL);

	return pam_code(phase == MODULE_AUTH ? outcome.auth :
	    outcome.account);
}

/* May this line say anything at all, here and in this phase? */
static enum verdict
may_speak(const struct call *call)
{
	const char *service;

	if (call->options->evidence == OPTIONS_EVIDENCE_STATUS) {
		if (call->phase == MODULE_ACCOUNT)
			return VERDICT_ACTIVE;
		pam_syslog(call->pamh, LOG_ERR, "evidence=status proves "
		    "nothing: it is for the account phase only");
		return VERDICT_REFUSED;
	}
	service = question_service(call->pamh);
	if (service == NULL) {
		pam_syslog(call->pamh, LOG_ERR, "PAM_SERVICE is unusable");
		return VERDICT_BAD_REQUEST;
	}
	if (!caller_may_claim(call->pamh, service))
		return VERDICT_REFUSED;
	if (call->phase == MODULE_AUTH && !call->options->trust_application) {
		pam_syslog(call->pamh, LOG_ERR, "evidence=%s in the auth "
		    "phase needs trust=application",
		    options_evidence_word(call->options->evidence));
		return VERDICT_REFUSED;
	}
	return VERDICT_ACTIVE;
}

/*
 * PAM_USER as the application set it.  It is not asked for: a name that was
 * typed is not a name from a certificate.  False when it may not be used;
 * with a prompt there need not be one.
 */
static bool
get_user(const struct call *call, const char **ret_user)
{
	const void *item = NULL;
	const char *user;

	*ret_user = NULL;
	if (pam_get_item(call->pamh, PAM_USER, &item) != PAM_SUCCESS)
		return false;
	user = item;
	if (user == NULL &&
	    call->options->evidence == OPTIONS_EVIDENCE_PROMPT)
		return true;
	if (user == NULL || *user == '\0') {
		note_refusal(call->pamh, call->options,
		    "the application gave no user");
		return false;
	}
	if (!note_is_printable(user, NOTE_NAME_MAX)) {
		note_refusal(call->pamh, call->options, "user %s: refused "
		    "reason=%s", note_name(user).text, REASON_BAD_IDENTITY);
		return false;
	}
	*ret_user = user;
	return true;
}

static bool
password_is_absent(const struct call *call)
{
	const void *item = NULL;
	const char *token;

	if (call->options->password_ignore)
		return true;
	/* an empty one is what we hope for */
	if ((call->flags & PAM_DISALLOW_NULL_AUTHTOK) != 0) {
		note_refusal(call->pamh, call->options, "the application "
		    "allows no empty password: it wants one typed");
		return false;
	}
	if (pam_get_item(call->pamh, PAM_AUTHTOK, &item) != PAM_SUCCESS)
		return false;
	token = item;
	if (token != NULL && *token != '\0') {
		note_refusal(call->pamh, call->options, "a password was "
		    "given: this is no certificate login");
		return false;
	}
	return conversation_is_empty(call->pamh, call->options);
}

/* What the application has to show besides PAM_USER. */
static bool
converse(struct call *call)
{
	switch (call->options->evidence) {
	case OPTIONS_EVIDENCE_NONE:
		return false;
	case OPTIONS_EVIDENCE_STATUS:
		return true;
	case OPTIONS_EVIDENCE_USER:
		return call->phase != MODULE_AUTH || password_is_absent(call);
	case OPTIONS_EVIDENCE_PROMPT:
		return conversation_name(call->pamh, call->options,
		    call->answer);
	}
	return false;
}

/* Pass over the user, as the line asks for; but not without a word. */
static enum verdict
ignore(struct call *call, const char *user, const char *why)
{
	struct note_name shown = note_name(user);

	if (shown.text[0] == '\0')
		return VERDICT_UNAVAILABLE;
	pam_syslog(call->pamh, LOG_NOTICE, "user %s: ignored, %s", shown.text,
	    why);
	call->ignore = true;
	return VERDICT_REFUSED;
}

/* A user of this machine below minimum_uid is none of lookupd's business
 * where a password was checked, and nobody's whom a certificate names. */
static enum verdict
check_rank(struct call *call, const char *user)
{
	switch (user == NULL ? LOGIN_FINE :
	    login_rank(call->pamh, call->options->minimum_uid, user)) {
	case LOGIN_ERROR:
		break;
	case LOGIN_FINE:
		return VERDICT_ACTIVE;
	case LOGIN_BELOW:
		if (call->options->evidence == OPTIONS_EVIDENCE_STATUS)
			return ignore(call, user, "below minimum_uid");
		note_refusal(call->pamh, call->options, "user %s: below "
		    "minimum_uid", note_name(user).text);
		return VERDICT_REFUSED;
	}
	return VERDICT_UNAVAILABLE;
}

/* The directory does not know the name.  It may know the person by another
 * that the system has for him: EXAMPLE\bob, who is locked there as bob. */
static enum verdict
ignore_unknown(struct call *call, const char *user)
{
	uid_t uid;

	switch (passwd_find(user, &uid)) {
	case PASSWD_FOUND:
	case PASSWD_ABSENT:
		return ignore(call, user, "the directory does not know it");
	case PASSWD_OTHER_NAME:
		note_refusal(call->pamh, call->options, "user %s: unknown, "
		    "and the system has another name for it",
		    note_name(user).text);
		return VERDICT_UNKNOWN;
	case PASSWD_ERROR:
		break;
	}
	pam_syslog(call->pamh, LOG_ERR, "ignore_unknown_user: the system "
	    "cannot be asked about user %s", note_name(user).text);
	return VERDICT_UNAVAILABLE;
}

static enum verdict
ask(struct call *call, const char *user)
{
	bool prompted = call->options->evidence == OPTIONS_EVIDENCE_PROMPT;
	const struct question question = {
		.name = prompted ? call->answer : user,
		.user = prompted ? user : NULL,
		.deadline = deadline_in(call->options->timeout_ms) };
	struct client_reply reply;
	enum verdict verdict;

	client_reply_init(&reply);
	verdict = question_ask(call->pamh, call->options, &question, &reply);
	if (verdict == VERDICT_ACTIVE)
		verdict = login_set(call->pamh, call->options, &reply,
		    question.deadline);
	if (verdict == VERDICT_UNKNOWN && call->options->ignore_unknown_user)
		verdict = ignore_unknown(call, user);
	client_reply_free(&reply);
	return verdict;
}

static enum verdict
decide(struct call *call)
{
	const char *user;
	enum verdict verdict = may_speak(call);

	if (verdict != VERDICT_ACTIVE)
		return verdict;
	if (!get_user(call, &user) || !converse(call))
		return VERDICT_REFUSED;
	/* again: the conversation may have changed it */
	if (!get_user(call, &user))
		return VERDICT_REFUSED;
	verdict = check_rank(call, user);
	if (verdict == VERDICT_ACTIVE && *call->answer != '\0')
		verdict = check_rank(call, call->answer);
	return verdict == VERDICT_ACTIVE ? ask(call, user) : verdict;
}

int
module_decide(pam_handle_t *pamh, enum module_phase phase, int flags,
    int argc, const char **argv)
{
	struct options options;
	char error[OPTIONS_ERROR_MAX];
	struct call call = { .pamh = pamh, .options = &options,
		.phase = phase, .flags = (unsigned)flags };
	enum verdict verdict;

	if (options_parse(argc, argv, &options, error) != 0) {
		pam_syslog(pamh, LOG_ERR, "%s", error);
		return code_of(phase, VERDICT_BAD_REQUEST);
	}
	verdict = decide(&call);
	if (call.ignore && phase == MODULE_ACCOUNT)
		return PAM_IGNORE;
	return code_of(phase, verdict);
}
