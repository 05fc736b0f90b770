/*
 * user= of a request: by which names may the expected account be called?
 * Part of decision.c, and called by it alone.
 */
#ifndef LOOKUPD_DECISION_USER_H
#define LOOKUPD_DECISION_USER_H

#include <stdbool.h>

#include "lookupd/decision.h"

/*
 * Is in->user (not NULL) a name of this account: its name, an address or
 * account name that was asked for, or a value the profile searches by?
 */
bool decision_is_user(const struct decision_input *in, const char *name,
    const struct entry *account);

#endif
