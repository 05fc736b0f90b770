/* From an answer to a reply: see the header. */
#include "hook/personality.h"

#include <string.h>

static void
add(struct reply *reply, const char *name, const char *value)
{
	if (reply->count == REPLY_FIELDS_MAX)
		return;
	reply->fields[reply->count].name = name;
	reply->fields[reply->count++].value = value;
}

void
personality_reply(struct reply *reply, const struct listener_config *options,
    const struct answer *answer)
{
	memset(reply, 0, sizeof(*reply));
	buffer_init(&reply->body, REPLY_BODY_MAX);
	reply->status = answer->status;
	reply->phrase = answer->phrase;
	add(reply, "Cache-Control", "no-store");
	if (answer->word != NULL)
		add(reply, ANSWER_REASON_HEADER, answer->word);
	if (answer->login)
		add(reply, ANSWER_FALLBACK_HEADER, "login");
	if (answer->status == 200)
		add(reply, options->account_header, answer->account);
}

void
reply_free(struct reply *reply)
{
	buffer_free(&reply->body);
}
