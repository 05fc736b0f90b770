/* See question.h. */
#include "config.h"

#include "pam_certauth/question.h"

#include <string.h>

#include "pam_certauth/note.h"

#define RHOST_MAX 64		/* client= takes no more */
#define REQUEST_MAX 4096	/* all of it escaped is less than 2.5 KiB */

/* 0 with *ret_text NULL when there is none or it cannot be used; -1 when
 * libpam does not say. */
static int
get_text(pam_handle_t *pamh, int item, size_t max, const char **ret_text)
{
	const void *value = NULL;

	*ret_text = NULL;
	if (pam_get_item(pamh, item, &value) != PAM_SUCCESS)
		return -1;
	if (value != NULL && note_is_printable(value, max))
		*ret_text = value;
	return 0;
}

const char *
question_service(pam_handle_t *pamh)
{
	const char *service;

	return get_text(pamh, PAM_SERVICE, OPTIONS_NAME_MAX, &service) == 0 ?
	    service : NULL;
}

static int
put(pam_handle_t *pamh, const struct options *options,
    const struct question *question, struct buffer *request)
{
	bool asserted = options->evidence != OPTIONS_EVIDENCE_STATUS;
	bool address = asserted && !question->is_login &&
	    strchr(question->name, '@') != NULL;
	const char *service = *options->service != '\0' ? options->service :
	    question_service(pamh);
	const char *rhost;

	if (service == NULL ||
	    get_text(pamh, PAM_RHOST, RHOST_MAX, &rhost) != 0)
		return -1;
	protocol_begin(request, "lookup");
	protocol_put_text(request, "evidence", asserted ? "asserted" :
	    "none");
	protocol_put_text(request, "service", service);
	if (*options->realm != '\0')
		protocol_put_text(request, "realm", options->realm);
	if (options->need_admin)
		protocol_put_text(request, "need", "admin");
	protocol_put_text(request, address ? "email" : "account",
	    question->name);
	if (question->user != NULL)
		protocol_put_text(request, "user", question->user);
	if (rhost != NULL)
		protocol_put_text(request, "client", rhost);
	protocol_end(request);
	return request->failed ? -1 : 0;
}

/* Refusals are told to the log alone; the user hears nothing. */
static void
log_answer(pam_handle_t *pamh, const struct options *options,
    const char *name, const struct client_reply *reply)
{
	const char *word = reply->ok ? "ok is no verdict" :
	    verdict_word(reply->verdict);
	const char *mark = *reply->reason != '\0' ? " reason=" : "";

	/* who is passed over is logged by whoever does that */
	if (reply->verdict == VERDICT_UNKNOWN && options->ignore_unknown_user)
		return;
	if (reply->verdict != VERDICT_ACTIVE)
		note_refusal(pamh, options, "user %s: %s%s%s",
		    note_name(name).text, word, mark, reply->reason);
	else if (options->debug)
		pam_syslog(pamh, LOG_DEBUG, "user %s: %s%s%s",
		    note_name(name).text, word, mark, reply->reason);
}

enum verdict
question_ask(pam_handle_t *pamh, const struct options *options,
    const struct question *question, struct client_reply *reply)
{
	char error[CLIENT_ERROR_MAX];
	enum verdict verdict = VERDICT_BAD_REQUEST;
	struct buffer request;

	buffer_init(&request, REQUEST_MAX);
	if (put(pamh, options, question, &request) != 0) {
		pam_syslog(pamh, LOG_ERR, "the question cannot be put: "
		    "PAM_SERVICE is unusable, or no memory");
		goto out;
	}
	if (options->debug)
		pam_syslog(pamh, LOG_DEBUG, "asking %s about user %s",
		    options->socket, note_name(question->name).text);
	if (client_ask(options->socket, options->server_uid, &request,
	    question->deadline, reply, error) != 0) {
		pam_syslog(pamh, LOG_ERR, "lookupd cannot be asked: %s",
		    error);
		verdict = VERDICT_UNAVAILABLE;
	} else {
		log_answer(pamh, options, question->name, reply);
		verdict = reply->verdict;
	}
out:
	buffer_free(&request);
	return verdict;
}
