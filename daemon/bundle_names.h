/*
 * The names of a configuration, by way of a bundle: users and groups in it
 * are numbers already; one that is being collected asks the name service and
 * keeps the answer, and without a bundle there is the name service alone.
 */
#ifndef DAEMON_BUNDLE_NAMES_H
#define DAEMON_BUNDLE_NAMES_H

#include <sys/types.h>

#include "daemon/bundle.h"

/* Of a name or a number.  0; -1 when there is none, or memory is short. */
int bundle_uid(struct bundle *bundle, const char *name, uid_t *ret);
int bundle_gid(struct bundle *bundle, const char *name, gid_t *ret);

#endif
