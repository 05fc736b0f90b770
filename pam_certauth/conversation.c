/* See conversation.h. */
#include "config.h"

#include "pam_certauth/conversation.h"

#include <stdlib.h>
#include <string.h>

#include "pam_certauth/note.h"

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

/* One message; NULL when there is no answer to be had. */
static struct pam_response *
converse(pam_handle_t *pamh, int style, const char *text)
{
	const void *item = NULL;
	const struct pam_conv *conv;
	const struct pam_message message = { .msg_style = style,
	    .msg = text };
	const struct pam_message *messages = &message;
	struct pam_response *response = NULL;

	if (pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS)
		return NULL;
	conv = item;
	if (conv == NULL || conv->conv == NULL ||
	    conv->conv(1, &messages, &response, conv->appdata_ptr) !=
	    PAM_SUCCESS)
		return NULL;
	return response;
}

bool
conversation_is_empty(pam_handle_t *pamh, const struct options *options)
{
	struct pam_response *response = converse(pamh, PAM_PROMPT_ECHO_OFF,
	    "Password: ");
	bool empty;

	if (response == NULL) {
		note_refusal(pamh, options, "the application did not answer "
		    "the question for a password");
		return false;
	}
	empty = response->resp == NULL || *response->resp == '\0';
	free_response(response);
	if (!empty)
		note_refusal(pamh, options, "a password was given: this is "
		    "no certificate login");
	return empty;
}

bool
conversation_name(pam_handle_t *pamh, const struct options *options,
    char *answer)
{
	struct pam_response *response = converse(pamh, PAM_PROMPT_ECHO_ON,
	    options->prompt);
	const char *name = response != NULL ? response->resp : NULL;
	bool good = false;
	size_t len;

	if (name == NULL || *name == '\0') {
		note_refusal(pamh, options, "the application did not answer "
		    "the prompt with a name");
		goto out;
	}
	len = strnlen(name, CONVERSATION_ANSWER_MAX + 1);
	if (len > CONVERSATION_ANSWER_MAX) {
		note_refusal(pamh, options, "the answer to the prompt may "
		    "have been cut: more than %d bytes",
		    CONVERSATION_ANSWER_MAX);
		goto out;
	}
	if (!note_is_printable(name, CONVERSATION_ANSWER_MAX)) {
		note_refusal(pamh, options, "the answer %s to the prompt: "
		    "refused reason=%s", note_name(name).text,
		    REASON_BAD_IDENTITY);
		goto out;
	}
	memcpy(answer, name, len + 1);
	good = true;
out:
	free_response(response);
	return good;
}
