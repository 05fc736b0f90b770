/*
 * A conversation that answers with one text, and remembers what it was asked.
 */
#ifndef CERTAUTH_TESTS_TALK_H
#define CERTAUTH_TESTS_TALK_H

#include <security/pam_appl.h>

extern struct talk {
	const char *answer;	/* NULL: none */
	int calls;
	int count, style;	/* of the last call: messages, and of the first */
	char text[80];		/* … of them */
} talk;

/* Forget everything; from now on this is the answer. */
void talk_begin(const char *answer);

/* For stack_call.conversation. */
int talk_answer(int count, const struct pam_message **messages,
    struct pam_response **responses, void *context);

#endif
