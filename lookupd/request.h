/*
 * The life of a request, top to bottom:
 *
 *   line in -> decode -> who is asking, and may they ask this -> certificate
 *   verified and read into identities -> each identity found in the
 *   directory -> the decision -> audit -> line out
 *
 * One function per arrow; the order is request.c's, what a request claims is
 * read in request_claim.c, and its accounts are found in request_find.c.  What
 * is not a question about a person (status, flush, …) is in request_admin.c.
 */
#ifndef LOOKUPD_REQUEST_H
#define LOOKUPD_REQUEST_H

#include <stddef.h>

#include "common/protocol.h"
#include "lookupd/certificate_cache.h"
#include "lookupd/client.h"
#include "lookupd/decision.h"
#include "lookupd/finder.h"
#include "lookupd/memory.h"
#include "lookupd/store_foresee.h"
#include "lookupd/trust.h"
#include "lookupd/verbs.h"

/*
 * Large, and most of it is not needed by most: so what is not marked below is
 * zero at the start, what is marked is not touched.  The front keeps one for
 * the next line, because most are answered before that comes.
 */
struct request {
	struct front *front;
	struct client *client;
	size_t line_used;
	enum verb verb;
	int64_t start_us;
	int64_t deadline;
	struct event *timer;

	struct trust *trust;			/* one reference */
	struct service *service;
	struct realm *realm;
	uint64_t place;				/* trust_place() of both */
	int evidence;				/* enum evidence, -1 unknown */
	bool need_admin;
	const char *user;

	struct held *certificate;		/* one reference, or NULL */
	const struct identities *identities;	/* the certificate's, or names */
	size_t stocked;				/* findings from the stock: ours,
						 * without a source */
	size_t sources_used;
	size_t waiting;
	bool charged;
	struct trace *trace;			/* explain only */
	struct store_foreseen foreseen;		/* while it is set aside */
	struct ask *status;			/* status only */

	/* From here on nothing is zeroed. */
	struct protocol_message message;	/* leads into client->in */
	struct fields fields;			/* of the message */
	struct trace trace_memory;
	struct decision decision;
	struct identities names;		/* items up to count */
	/* Of each identity; written for as many as there are.  Sources, where
	 * others are asked than the stock. */
	struct findings findings[IDENTITIES_MAX];
	struct source {
		struct request *request;
		size_t index;
		struct shared *shared;		/* owns the findings, or NULL */
		struct waiter *waiter;
		struct ask *ask;		/* explain only */
	} sources[IDENTITIES_MAX];
};

/*
 * Set aside.  The store is larger than the processor's caches, and what a
 * search reads first has to be waited for twice.  So while others are to be
 * heard in the same turn of the loop, a lookup in the store is set aside when
 * all is known that it asks for, and gone on with behind the next one's line,
 * or at the end of the turn, before anything is waited for.  At most one is:
 * front->aside, or front->earlier while the next line is heard.  To everybody
 * else it is a request under way.
 */
/* Fetch for the one that was set aside; then go on with it. NULL-safe. */
void request_foresee(struct request *request);
void request_go_on(struct request *request, int64_t now_us);

/*
 * A line has arrived.  alone: nothing of this client's is behind it.  NULL: it
 * is answered, the reply stands in
 * client_out (nothing, for an empty line).  Else it is under way and
 * client_answered will be called.  line is rewritten in place and must stay
 * until then.  now_us: deadline_now_us(), read for this line or no longer ago
 * than this turn of the loop.
 */
struct request *request_begin(struct client *client, char *line, size_t len,
    bool alone, int64_t now_us);

/* The client's bytes have no end of line. */
void request_too_long(struct client *client);

/* The client is gone: forget everything. NULL-safe. */
void request_abandon(struct request *request);

/* How much of client->in the line takes up, consumed when answered. */
void request_owns_line(struct request *request, size_t used);
size_t request_line_used(const struct request *request);

/* The daemon cannot wait any longer (stopping): answer now. */
void request_give_up(struct request *request, const char *reason);

/*
 * request_claim.c.  Who is asking: NULL when service, realm and evidence are
 * in order, else the reason for `refused`; *ret_field names a value that was
 * not understood at all.
 */
const char *request_check_asker(struct request *request,
    const char **ret_field);
/* Fields that only qualify; the name of one that is malformed, or NULL. */
const char *request_check_fields(struct request *request);
/*
 * Set request->identities.  NULL; or the reason for not deciding; or NULL
 * with *ret_bad set to the reason for `bad-request` and *ret_field.
 */
const char *request_read_identities(struct request *request,
    const char **ret_bad, const char **ret_field);
/* The wall clock, microseconds since 1970. */
int64_t request_clock_us(void);

/* request_find.c: find the accounts and decide.  True when that is done
 * already, false when request_finish will be called. */
bool request_find(struct request *request);

/* The decision, of what was found, at this moment (request_clock_us); or
 * without it. */
void request_decide_now(struct request *request, int64_t clock_us);
void request_decide(struct request *request, enum verdict verdict,
    const char *reason);
/* Answer a request that had been under way, and free it. */
void request_finish(struct request *request);

/* request_admin.c: the verbs that decide nothing. True when answered at
 * once, false when request_finish_admin will be called. */
bool request_admin(struct request *request);
/* Answer `ok`, or bad-request with that reason; then resume the client. */
void request_finish_admin(struct request *request, const char *reason);
void request_put_ok(struct request *request);
void request_put_bad(struct client *client, const char *reason,
    const char *field, long long byte, const char *id);
void request_free(struct request *request);

#endif
