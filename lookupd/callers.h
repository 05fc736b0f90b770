/*
 * Callers: who may ask, and what each of them uses up.
 *
 * Identity comes from the kernel alone (SO_PEERCRED, SO_PEERGROUPS).  Root
 * and the daemon's own uid may ask in every service's name; everybody else
 * only where a service lists him.  Connections and waiting requests are
 * charged to the uid, so that one caller cannot use up another's share.
 */
#ifndef LOOKUPD_CALLERS_H
#define LOOKUPD_CALLERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/unix_socket.h"
#include "lookupd/config.h"

/* Different uids that may have open connections at a time.  Unlisted uids
 * are refused before they are counted. */
#define CALLERS_MAX 1024

/* What one uid uses. */
struct charge {
	uid_t uid;
	size_t connections;
	size_t requests;		/* waiting for the directory */
	int64_t refusal_second;		/* audit: refusals logged in it … */
	unsigned refusals;
	unsigned withheld;		/* … and those only counted */
	struct charge *next;
};

struct callers {
	struct charge *charges;
	size_t count;
};

/* Root or our own uid. */
bool caller_privileged(const struct unix_peer *peer);

/* May this peer ask at all, in whose name ever? fd: its socket. */
bool caller_known(const struct config *config, const struct unix_peer *peer,
    int fd);

/* May it ask in the name of this service? */
bool caller_may(const struct service *service, const struct unix_peer *peer,
    int fd);

/* The charge of a uid, made when absent; NULL when there are too many. */
struct charge *callers_charge(struct callers *callers, uid_t uid);
/* Drop charges that are all zero. */
void callers_sweep(struct callers *callers);
void callers_free(struct callers *callers);

#endif
