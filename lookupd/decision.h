/*
 * The one decision function.  Pure: findings, rules, a clock value in; a
 * verdict out.  live, mirror, file and the canary all come through here.
 *
 * Order: every identity leads to the same single account, else unknown or
 * ambiguous -> the entry is sound (name, required attributes) -> the realm's
 * own domains -> the profile's rules on the account and its domains ->
 * the service's `require` -> need=admin -> user=.
 */
#ifndef LOOKUPD_DECISION_H
#define LOOKUPD_DECISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/verdict.h"
#include "lookupd/identity.h"
#include "lookupd/profile.h"
#include "lookupd/resolve.h"
#include "lookupd/trace.h"

#define DECISION_ACCOUNT_MAX 512	/* bytes of an account's name */

struct decision_input {
	const struct profile *profile;
	const struct identities *identities;
	const struct findings *findings;	/* one per identity, in order */
	int64_t now_us;
	int64_t lockout_s;
	bool exact;				/* local parts, as in resolve */
	char *const *domains;			/* own domains, lower case,
						 * NULL-terminated; NULL: any */
	const struct filter *require;		/* of the service, or NULL */
	bool need_admin;
	const char *user;			/* the account expected, or NULL */
};

/* Zeroed, it is no answer. */
struct decision {
	enum verdict verdict;
	char reason[REASON_MAX + 1];	/* "" with active, unknown, ambiguous */
	char account[DECISION_ACCOUNT_MAX + 1];	/* name; "" if none */
	size_t identity;		/* index of the identity first matched */
	char others[DECISION_ACCOUNT_MAX + 1];	/* ambiguous: DNs, for audit */
};

/* Decide.  *ret is always written; anything unforeseen is not active. */
void decision_make(const struct decision_input *input, struct decision *ret,
    struct trace *trace);

/*
 * The profile's ordered rules alone (rules.c): VERDICT_ACTIVE or
 * VERDICT_BLOCKED with the reason copied.  A block rule whose conditions are
 * True or Undefined blocks, an admit rule needs True; no match blocks with
 * REASON_NO_RULE.  A domain condition is tried on every domain: for block
 * one suffices, for admit all (and at least one) must be True.
 */
enum verdict rules_apply(const struct profile *profile,
    const struct entry *account, struct entry *const *domains,
    size_t domain_count, const struct filter_context *context,
    char *reason, struct trace *trace);

#endif
