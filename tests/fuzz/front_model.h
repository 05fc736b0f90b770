/*
 * What fuzz_front knows to be true, and what it demands of a reply.  The
 * directory of the model has one fixed truth for each name, told by its first
 * letter: names with an `a' are admissible, all others are not.  (What is in
 * the store changes: front_store.h.)
 *
 *   a  may log in; with `d' as second letter as administrator too; `aa…' is
 *      an alias of the account `ab…'
 *   l  locked          t  two accounts    m  more than were sent
 *   d  domain locked   x  no domain       r  an unreadable status
 *   everything else: no account
 */
#ifndef FUZZ_FRONT_MODEL_H
#define FUZZ_FRONT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/protocol.h"

#define MODEL_NAME_MAX 256
#define MODEL_CACHE_MS 30000		/* cache_positive of the live realms */
#define MODEL_TOLD_MAX 1024
#define MODEL_REALMS 3			/* the third one: front_store.h */

enum model_verb { ASK_LOOKUP, ASK_EXPLAIN, ASK_FLUSH, ASK_STATUS, ASK_STATS,
	ASK_HELP, ASK_RELOAD, ASK_VERBS };

/* One line that was sent by a client who keeps to the grammar. */
struct question {
	enum model_verb verb;
	unsigned id;
	unsigned uid;
	int service, realm, evidence;	/* positions in the tables; -1 none */
	bool is_certificate, need_admin, user_given;
	char user[MODEL_NAME_MAX];
	char names[2][MODEL_NAME_MAX];
	size_t name_count;
	int64_t until_ms;		/* the certificate's end */
	int64_t sent_ms;
	uint64_t sent, floor[MODEL_REALMS];
};

extern const char *const model_services[], *const model_realms[],
    *const model_evidences[];
#define MODEL_SERVICES 6		/* the last one is not configured */
#define MODEL_EVIDENCES 3

void model_begin(void);
/* The next moment: things are ordered by it. */
uint64_t model_now(void);
/* Append the reply that is true for this name, which was asked for at. */
void model_put_truth(struct buffer *out, uint64_t id, const char *realm,
    const char *name, uint64_t at);
/* Room for one more truth? */
bool model_room(void);
/* What was asked before that moment may not be believed by who asks from now
 * on.  realm -1: all. */
void model_forget(int realm, uint64_t at);
void model_stamp(struct question *question);
/* Abort unless this last line may be the answer; question NULL: to bytes
 * that the model does not understand, from this uid. */
void model_check(const struct question *question, unsigned uid,
    const char *line, size_t len);
void model_require(bool holds, const char *what);

#endif
