/* See talk.h. */
#include "tests/pam/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct talk talk;

void
talk_begin(const char *answer)
{
	memset(&talk, 0, sizeof(talk));
	talk.answer = answer;
}

int
talk_answer(int count, const struct pam_message **messages,
    struct pam_response **responses, void *context)
{
	(void)context;
	talk.calls++;
	talk.count = count;
	talk.style = messages[0]->msg_style;
	snprintf(talk.text, sizeof(talk.text), "%s", messages[0]->msg);
	*responses = calloc((size_t)count, sizeof(**responses));
	if (*responses == NULL)
		return PAM_BUF_ERR;
	(*responses)[0].resp = talk.answer != NULL ? strdup(talk.answer) :
	    NULL;
	return PAM_SUCCESS;
}
