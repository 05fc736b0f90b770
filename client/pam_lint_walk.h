/*
 * What a stack can come to: every way through it, with the rules of libpam's
 * dispatcher, each module saying yes or no as it likes.
 *
 * Asked for are the ways that let somebody in although pam_certauth did not
 * say `active`: because it was never asked, or its answer was lost.
 */
#ifndef CERTAUTH_PAM_LINT_WALK_H
#define CERTAUTH_PAM_LINT_WALK_H

#include "client/pam_lint_stack.h"

#define LINT_STATES_MAX 4096	/* ways looked at; some stacks have many */

/* What was lost on the way. */
enum lint_loss {
	LINT_NOT_ASKED = 0,
	LINT_NO_LOSS,		/* it admitted */
	LINT_REFUSAL,
	LINT_OUTAGE,		/* authinfo_unavail */
	LINT_FAULT,		/* system_err, module_unknown */
	LINT_LOSSES
};

/* Why the line that is to blame went on as it did. */
enum lint_cause { LINT_YES, LINT_NEW_PASSWORD, LINT_NO };

/* One way in; entry is the line to blame. */
typedef void lint_way(void *context, enum lint_loss loss,
    const struct lint_entry *entry, enum lint_cause cause);

/* Is the line one of pam_certauth?  Is it the module of that name? */
bool lint_is_ours(const struct lint_entry *entry);
bool lint_is_module(const struct lint_entry *entry, const char *name);

/* Look at all ways; each pair of loss and line is reported once.  0; -1 when
 * there are too many, or no memory. */
int lint_walk(const struct lint_chain *chain, enum lint_type type,
    lint_way *way, void *context);

#endif
