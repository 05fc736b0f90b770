/*
 * The verbs of certauth-protocol(7): which fields each takes, who may use
 * it, and what `help` says.  Declared once; pure.
 */
#ifndef LOOKUPD_VERBS_H
#define LOOKUPD_VERBS_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/protocol.h"

enum verb {
	VERB_NONE = 0,
	VERB_LOOKUP,
	VERB_EXPLAIN,
	VERB_STATUS,
	VERB_STATS,
	VERB_FLUSH,
	VERB_RELOAD,
	VERB_HELP
};

/* What is wrong with a request. */
struct verb_error {
	const char *reason;	/* REASON_* of bad-request */
	const char *field;	/* name of the field, or NULL; borrowed */
};

/*
 * The verb of a message whose word, field names and id are in order, else
 * VERB_NONE with *error.  privileged: the caller is root or our own uid.
 */
enum verb verb_of(const struct protocol_message *message, bool privileged,
    struct verb_error *error);

/* The id= to be echoed: NULL when there is none that is in order. Borrowed. */
const char *verb_id(const struct protocol_message *message);

/* Append the detail lines of `help`. */
void verbs_help(struct buffer *out, bool privileged);

#endif
