/*
 * The children's sandboxes: daemon/sandbox.h with what the configuration adds
 * to a role.
 */
#ifndef LOOKUPD_CONFINE_H
#define LOOKUPD_CONFINE_H

#include "daemon/sandbox.h"
#include "lookupd/config.h"

/*
 * Close the sandbox of this process, and log what it is.  config: the one it
 * starts with; what is asked of the sandbox (its store) does not change by a
 * reload.  The store is open by then; it may be opened again later.  0
 * with a word for status in state (SANDBOX_STATE_MAX bytes); -1, logged.
 */
int confine(enum sandbox_role role, const struct config *config, char *state);

#endif
