/*
 * What is told of a decision's identities.  See decision_told.h.
 */
#include "lookupd/decision_told.h"

#include <stdio.h>
#include <string.h>

#include "common/buffer.h"
#include "common/text.h"

void
decision_name_others(const struct decision_input *in, struct decision *ret)
{
	struct buffer text;
	size_t i, j;

	buffer_init(&text, 64 * 1024);
	for (i = 0; i < in->identities->count; i++) {
		const struct findings *found = &in->findings[i];

		for (j = 0; j < found->account_count; j++) {
			if (text.len > 0)
				(void)buffer_puts(&text, " | ");
			text_escape(&text, found->accounts[j]->dn,
			    strlen(found->accounts[j]->dn),
			    DECISION_ACCOUNT_MAX);
		}
		if (found->more)
			(void)buffer_puts(&text, text.len > 0 ? " | ..." :
			    "...");
	}
	(void)snprintf(ret->others, sizeof(ret->others), "%.*s",
	    (int)(sizeof(ret->others) - 1), buffer_text(&text));
	buffer_free(&text);
}

void
decision_say_identity(const struct decision_input *in, size_t index,
    struct trace *trace)
{
	const struct identity *identity = &in->identities->items[index];
	const struct findings *found = &in->findings[index];

	trace_say(trace, "identity", "%s %s: %s%s%s",
	    identity_source_name(identity->source), identity->name.text,
	    found->account_count == 0 ? "no account" :
	    found->accounts[0]->dn,
	    found->account_count > 1 ? " and " : "",
	    found->account_count > 1 ? found->accounts[1]->dn : "");
	if (found->more)
		trace_say(trace, "identity", "%s %s: and further entries",
		    identity_source_name(identity->source), identity->name.text);
}
