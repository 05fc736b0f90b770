/*
 * The third realm of fuzz_front: its accounts are in a store, written by
 * another process, as the directory process does it, when the script says so;
 * and what was true there at which moment.
 *
 * It has three accounts, ab, ac and ad@example.com, whose states are two bits
 * each of a byte; the alias aa@example.com belongs to one of them, or nobody,
 * by the upper two.
 */
#ifndef FUZZ_FRONT_STORE_H
#define FUZZ_FRONT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "lookupd/config.h"
#include "tests/fuzz/front_model.h"

#define STORED_REALM 2			/* in the model's tables */
#define STORED_CANARY "la@example.com"
#define STORED_STALE_S 20		/* max_stale */
#define STORED_STEPS_MAX 1024		/* of one run */

enum stored_step {
	STORED_CHANGE,			/* one transaction, to this state */
	STORED_CONTACT,			/* the server was heard of */
	STORED_REFRESH,
	STORED_LET_IN,			/* a refresh with a canary let in */
	STORED_FORGET,			/* not to be believed any more */
	STORED_STEPS
};

/* Once: the writer, and the realm in its folder.  It ends with this process. */
void stored_init(const char *folder, const struct config *config);
/* As each run begins: all there, and just heard of. */
void stored_begin(void);
/* It is committed when this returns. */
void stored_step(enum stored_step step, unsigned state);

/* Was that the truth, at some moment since the question was sent, and the user
 * it named one of the account's addresses?  Or, without a question, in this run
 * at all. */
bool stored_was_active(const struct question *question, const char *identity,
    const char *account);
/* … and that it is not the account of anybody who may log in? */
bool stored_was_refused(const struct question *question);

#endif
