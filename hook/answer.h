/*
 * The answer to a proxy: which status and which header fields a verdict
 * becomes.  Pure.  The table is in certauth-hook(8).
 *
 * The proxy's configuration acts on the fields, and a careless one hands them
 * to the stranger.  So a field tells about the certificate, which the stranger
 * brought along, but not whether there is an account behind it or why that
 * may not log in: such reasons are in the log.
 */
#ifndef HOOK_ANSWER_H
#define HOOK_ANSWER_H

#include <stdbool.h>

#include "common/protocol.h"
#include "common/verdict.h"

#define ANSWER_REASON_HEADER "X-Certauth-Reason"
#define ANSWER_FALLBACK_HEADER "X-Certauth-Fallback"

/* Longest account name sent on, in bytes as received; written as %XX it is
 * three times that, which still fits the 4 KiB that nginx sets aside for the
 * head of a reply. */
#define ANSWER_ACCOUNT_MAX 1024

enum answer_mode { MODE_REQUIRED, MODE_OPTIONAL, MODE_OFF };

struct answer {
	int status;			/* 200, 401, 403 or 503 */
	const char *phrase;		/* static */
	const char *word;		/* X-Certauth-Reason, static; NULL: none */
	bool login;			/* X-Certauth-Fallback: login */
	char account[3 * ANSWER_ACCOUNT_MAX + 1];	/* "" unless active */
	/* for the log */
	enum verdict verdict;
	char reason[REASON_MAX + 1];	/* "" when there is none */
};

/* A verdict of our own.  reason may be NULL.  VERDICT_ACTIVE cannot be given
 * in this way, it becomes `unavailable`. */
void answer_verdict(struct answer *answer, enum answer_mode mode,
    enum verdict verdict, const char *reason);

/* 200 for a monitor, who is nobody: VERDICT_NONE. */
void answer_healthy(struct answer *answer);

/* The last line of lookupd's reply.  Anything that is not wholly understood
 * is `unavailable`: a word that is no verdict, an `active` without account. */
void answer_reply(struct answer *answer, enum answer_mode mode,
    const struct protocol_message *reply);

#endif
