/*
 * A configuration on its way from the parent, which may read files, to its
 * children: a bundle (daemon/bundle.h) in a sealed memory file, whose
 * descriptor goes with the control message 'R'.  Both children thus have the
 * same configuration, whatever happens to the files meanwhile.
 */
#ifndef LOOKUPD_HANDOVER_H
#define LOOKUPD_HANDOVER_H

#include "daemon/bundle.h"
#include "lookupd/config.h"

/*
 * Read the configuration at path and the client CA files of its realms; no
 * secret is among them.  The descriptor of the memory file (close-on-exec,
 * owned by the caller) and in *ret_config the configuration; -1 with problems
 * added.
 */
int handover_make(const char *path, struct config **ret_config,
    struct problems *problems);

/* What fd brings; fd stays the caller's.  NULL with a problem added. */
struct bundle *handover_take(int fd, struct problems *problems);

#endif
