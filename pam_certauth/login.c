/* See login.h. */
#include "config.h"

#include "pam_certauth/login.h"

#include <string.h>

#include "pam_certauth/note.h"
#include "pam_certauth/passwd.h"

enum login_rank
login_rank(pam_handle_t *pamh, uid_t minimum, const char *name)
{
	uid_t uid = 0;

	if (minimum == 0)
		return LOGIN_FINE;
	switch (passwd_find(name, &uid)) {
	case PASSWD_ERROR:
		break;
	case PASSWD_ABSENT:
		return LOGIN_FINE;
	case PASSWD_FOUND:
	case PASSWD_OTHER_NAME:
		return uid < minimum ? LOGIN_BELOW : LOGIN_FINE;
	}
	pam_syslog(pamh, LOG_ERR, "the system cannot be asked about user %s",
	    note_name(name).text);
	return LOGIN_ERROR;
}

/* A name that is no path, no option and not two words, whatever the
 * directory lets people call themselves. */
static bool
is_account(const char *name)
{
	return *name != '-' && *name != '.' && strpbrk(name, "/ ") == NULL;
}

/* The machine's root is not the directory's to give: what is below 1 is never
 * set.  A name with '@' is not asked about for that alone. */
static uid_t
minimum_to_set(const struct options *options, const char *name)
{
	return options->minimum_uid == 0 && strchr(name, '@') == NULL ? 1 :
	    options->minimum_uid;
}

/* A name that programs use in paths and command lines. */
static bool
is_login(const char *name)
{
	return *name != '\0' && *name != '-' && *name != '.' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789._-") == strlen(name);
}

/* Does the login name alone lead to the account, and to no other? */
static enum verdict
confirm(pam_handle_t *pamh, const struct options *options, const char *login,
    const char *account, int64_t deadline)
{
	const struct question question = { .name = login, .user = account,
		.is_login = true, .deadline = deadline };
	struct client_reply reply;
	enum verdict verdict;
	const char *found;

	client_reply_init(&reply);
	verdict = question_ask(pamh, options, &question, &reply);
	found = protocol_text(&reply.message, "account");
	if (verdict == VERDICT_ACTIVE &&
	    (found == NULL || strcmp(found, account) != 0))
		verdict = VERDICT_AMBIGUOUS;
	client_reply_free(&reply);
	return verdict;
}

static enum verdict
find_login(pam_handle_t *pamh, const struct options *options,
    const char *account, char *login, int64_t deadline)
{
	size_t len = strcspn(account, "@");
	bool cut = account[len] != '\0';
	enum verdict verdict;

	memcpy(login, account, len);
	login[len] = '\0';
	if (!is_login(login)) {
		note_refusal(pamh, options, "account %s: no login name",
		    note_name(account).text);
		return VERDICT_REFUSED;
	}
	if (!cut)
		return VERDICT_ACTIVE;
	verdict = confirm(pamh, options, login, account, deadline);
	if (verdict != VERDICT_ACTIVE)
		note_refusal(pamh, options, "account %s: its login name does "
		    "not lead to it, or not to it alone",
		    note_name(account).text);
	/* the account itself is known */
	return verdict == VERDICT_UNKNOWN ? VERDICT_REFUSED : verdict;
}

enum verdict
login_set(pam_handle_t *pamh, const struct options *options,
    const struct client_reply *reply, int64_t deadline)
{
	const char *name = protocol_text(&reply->message, "account");
	enum verdict verdict;
	char login[NOTE_NAME_MAX + 1];

	if (options->set_user == OPTIONS_SET_USER_NEVER)
		return VERDICT_ACTIVE;
	if (name == NULL || !note_is_printable(name, NOTE_NAME_MAX)) {
		pam_syslog(pamh, LOG_ERR, "set_user: lookupd gave no name "
		    "that can be used");
		return VERDICT_BAD_REQUEST;
	}
	if (!is_account(name)) {
		note_refusal(pamh, options, "account %s: no user name",
		    note_name(name).text);
		return VERDICT_REFUSED;
	}
	if (options->set_user == OPTIONS_SET_USER_LOGIN) {
		verdict = find_login(pamh, options, name, login, deadline);
		if (verdict != VERDICT_ACTIVE)
			return verdict;
		name = login;
	}
	switch (login_rank(pamh, minimum_to_set(options, name), name)) {
	case LOGIN_ERROR:
		return VERDICT_UNAVAILABLE;
	case LOGIN_BELOW:
		note_refusal(pamh, options, "user %s: below minimum_uid, or "
		    "root", note_name(name).text);
		return VERDICT_REFUSED;
	case LOGIN_FINE:
		break;
	}
	if (pam_set_item(pamh, PAM_USER, name) != PAM_SUCCESS) {
		pam_syslog(pamh, LOG_ERR, "set_user: libpam does not take "
		    "the name");
		return VERDICT_BAD_REQUEST;
	}
	if (options->debug)
		pam_syslog(pamh, LOG_DEBUG, "the user is now %s",
		    note_name(name).text);
	return VERDICT_ACTIVE;
}
