/*
 * What an answer becomes for whoever asks at a listener.
 *
 *	http	a proxy that asks about a request (nginx auth_request and the
 *		like): status and header fields, never a body
 *	page	a person: a page that says who is signed in, or what is wrong
 *	zimbra	a person on the way to Zimbra: a redirect that logs in there,
 *		to the login page where that is the fall-back, else a page
 *	health	a monitor: 200 or 503
 */
#ifndef HOOK_PERSONALITY_H
#define HOOK_PERSONALITY_H

#include <stdbool.h>
#include <time.h>

#include "hook/answer.h"
#include "hook/listener_config.h"
#include "hook/reply.h"

/*
 * admin: it was asked as an administrator.  message: lookupd's, or NULL.
 * Borrows from all of them; reply_free ends it.
 */
void personality_reply(struct reply *reply,
    const struct listener_config *options, bool admin,
    const struct answer *answer, const struct protocol_message *message,
    const struct timespec *now);

void reply_free(struct reply *reply);

#endif
