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

/* X(symbol, name, decides, flush): every field, and what takes it besides
 * id=, which all verbs do; the usual ones first. */
#define FIELD_LIST(X)                               \
	X(SERVICE, "service", true, false)          \
	X(EVIDENCE, "evidence", true, false)        \
	X(EMAIL, "email", true, true)               \
	X(CERT, "cert", true, false)                \
	X(ID, "id", false, false)                   \
	X(ACCOUNT, "account", true, true)           \
	X(REALM, "realm", true, false)              \
	X(USER, "user", true, false)                \
	X(NEED, "need", true, false)                \
	X(CLIENT, "client", true, false)            \
	X(DOMAIN, "domain", false, true)

enum field {
#define FIELD_SYMBOL(symbol, name, decides, flush) FIELD_##symbol,
	FIELD_LIST(FIELD_SYMBOL)
#undef FIELD_SYMBOL
	FIELDS
};

/* The fields of a request: NULL for one that was not given. Borrowed. */
struct fields {
	const struct protocol_field *at[FIELDS];
};

/* A value as a C string: NULL when absent or when it contains a NUL. */
const char *field_text(const struct fields *fields, enum field field);

/* What is wrong with a request. */
struct verb_error {
	const char *reason;	/* REASON_* of bad-request */
	const char *field;	/* name of the field, or NULL; borrowed */
};

/*
 * The verb of a message whose word, field names and id are in order, with its
 * fields; else VERB_NONE with *error.  privileged: the caller is root or our
 * own uid.
 */
enum verb verb_of(const struct protocol_message *message, bool privileged,
    struct fields *fields, struct verb_error *error);

/* The id= to be echoed: NULL when there is none that is in order. Borrowed. */
const char *verb_id(const struct protocol_message *message);

/* Append the detail lines of `help`. */
void verbs_help(struct buffer *out, bool privileged);

#endif
