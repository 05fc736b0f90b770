/*
 * What an answer becomes for whoever asks at a listener.
 *
 *	http	a proxy that asks about a request (nginx auth_request and the
 *		like): status and header fields, never a body
 */
#ifndef HOOK_PERSONALITY_H
#define HOOK_PERSONALITY_H

#include "hook/answer.h"
#include "hook/listener_config.h"
#include "hook/reply.h"

/* Borrows from answer and options; reply_free ends it. */
void personality_reply(struct reply *reply,
    const struct listener_config *options, const struct answer *answer);

void reply_free(struct reply *reply);

#endif
