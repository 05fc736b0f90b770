/*
 * Verdicts and reasons: the two words every answer of certauth consists of.
 *
 * Written down in certauth-protocol(7), which is the only list; this header
 * is compared with it by tests/manual-check.  "No", "do not know" and "could
 * not ask" stay different values from here to the exit code.  Memory that was
 * merely zeroed reads as VERDICT_NONE, which nobody may take for an answer.
 */
#ifndef CERTAUTH_COMMON_VERDICT_H
#define CERTAUTH_COMMON_VERDICT_H

#include <stddef.h>

/* A reason is a word of [a-z0-9-]; profiles may bring their own. */
#define REASON_MAX 32

enum verdict {
	VERDICT_NONE = 0,	/* no answer; never sent */
	VERDICT_ACTIVE,		/* the only one that admits */
	VERDICT_BLOCKED,
	VERDICT_UNKNOWN,
	VERDICT_AMBIGUOUS,
	VERDICT_REFUSED,
	VERDICT_UNAVAILABLE,
	VERDICT_BAD_REQUEST
};

/*
 * X(symbol, verdict, word): every reason the programs themselves give.
 * A profile's `block` rules add more to VERDICT_BLOCKED, as data.
 */
#define REASON_LIST(X)                                       \
	X(BAD_ENTRY, BLOCKED, "bad-entry")                   \
	X(NO_DOMAIN, BLOCKED, "no-domain")                   \
	X(NO_RULE, BLOCKED, "no-rule")                       \
	X(OTHER_DOMAIN, BLOCKED, "other-domain")             \
	X(SERVICE, BLOCKED, "service")                       \
	X(UNTRUSTED, REFUSED, "untrusted")                   \
	X(EXPIRED, REFUSED, "expired")                       \
	X(NOT_YET_VALID, REFUSED, "not-yet-valid")           \
	X(REVOKED, REFUSED, "revoked")                       \
	X(WRONG_PURPOSE, REFUSED, "wrong-purpose")           \
	X(BAD_CERT, REFUSED, "bad-cert")                     \
	X(NO_CERT, REFUSED, "no-cert")                       \
	X(NO_ADDRESS, REFUSED, "no-address")                 \
	X(BAD_IDENTITY, REFUSED, "bad-identity")             \
	X(TOO_MANY, REFUSED, "too-many")                     \
	X(WRONG_USER, REFUSED, "wrong-user")                 \
	X(NOT_ADMIN, REFUSED, "not-admin")                   \
	X(EVIDENCE, REFUSED, "evidence")                     \
	X(CALLER, REFUSED, "caller")                         \
	X(OFF, REFUSED, "off")                               \
	X(LIMIT, REFUSED, "limit")                           \
	X(DIRECTORY, UNAVAILABLE, "directory")               \
	X(HIDDEN, UNAVAILABLE, "hidden")                     \
	X(STALE, UNAVAILABLE, "stale")                       \
	X(BUSY, UNAVAILABLE, "busy")                         \
	X(DEADLINE, UNAVAILABLE, "deadline")                 \
	X(CANARY, UNAVAILABLE, "canary")                     \
	X(STOPPING, UNAVAILABLE, "stopping")                 \
	X(INTERNAL, UNAVAILABLE, "internal")                 \
	X(SYNTAX, BAD_REQUEST, "syntax")                     \
	X(TOO_LONG, BAD_REQUEST, "too-long")                 \
	X(UNKNOWN_VERB, BAD_REQUEST, "unknown-verb")         \
	X(UNKNOWN_FIELD, BAD_REQUEST, "unknown-field")       \
	X(REPEATED_FIELD, BAD_REQUEST, "repeated-field")     \
	X(MISSING_FIELD, BAD_REQUEST, "missing-field")       \
	X(BAD_VALUE, BAD_REQUEST, "bad-value")               \
	X(NOT_PERMITTED, BAD_REQUEST, "not-permitted")

#define REASON_DECLARE(symbol, verdict, word) extern const char REASON_##symbol[];
REASON_LIST(REASON_DECLARE)
#undef REASON_DECLARE

/* The word on the wire, e.g. "blocked"; "none" for VERDICT_NONE. Static. */
const char *verdict_word(enum verdict verdict);

/*
 * The verdict spelled by exactly these bytes, else VERDICT_NONE.  "none"
 * itself is not a verdict one can receive and gives VERDICT_NONE, too.
 */
enum verdict verdict_parse(const char *word, size_t len);

/*
 * The verdict that one of the programs' own reasons belongs to, VERDICT_NONE
 * for a word that is not in REASON_LIST (it may be a profile's).
 */
enum verdict reason_verdict(const char *reason);

/* 1 if the word is 1 to REASON_MAX bytes of [a-z0-9-] and contains no
 * verdict word (a client that searches a line for "active" must not find it
 * in a refusal), else 0. */
int reason_word_ok(const char *word);

#endif
