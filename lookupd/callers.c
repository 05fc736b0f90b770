#include "lookupd/callers.h"

#include <stdlib.h>
#include <unistd.h>

/* Supplementary groups looked at; NGROUPS_MAX is 65536, nobody's are. */
#define GROUPS_MAX 1024

/* Ours.  It was given up for good before anybody could ask, so the kernel, two
 * calls for each line, need not be asked again. */
static uid_t
own_uid(void)
{
	static bool known;
	static uid_t uid;

	if (!known)
		uid = geteuid();
	known = true;
	return uid;
}

bool
caller_privileged(const struct unix_peer *peer)
{
	return peer->uid == 0 || peer->uid == own_uid();
}

static bool
in_group(const struct unix_peer *peer, int fd, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int n;

	if (peer->gid == gid)
		return true;
	n = unix_socket_peer_groups(fd, groups, GROUPS_MAX);
	for (int i = 0; i < n; i++) {
		if (groups[i] == gid)
			return true;
	}
	return false;
}

bool
caller_may(const struct service *service, const struct unix_peer *peer,
    int fd)
{
	if (caller_privileged(peer))
		return true;
	for (size_t i = 0; i < service->caller_count; i++) {
		const struct caller *caller = &service->callers[i];

		if (caller->group ? in_group(peer, fd, caller->gid) :
		    caller->uid == peer->uid)
			return true;
	}
	return false;
}

bool
caller_known(const struct config *config, const struct unix_peer *peer,
    int fd)
{
	if (caller_privileged(peer))
		return true;
	for (size_t i = 0; i < config->service_count; i++) {
		if (caller_may(config->services[i], peer, fd))
			return true;
	}
	return false;
}

struct charge *
callers_charge(struct callers *callers, uid_t uid)
{
	struct charge *charge;

	for (charge = callers->charges; charge != NULL; charge = charge->next) {
		if (charge->uid == uid)
			return charge;
	}
	if (callers->count == CALLERS_MAX)
		return NULL;
	charge = calloc(1, sizeof(*charge));
	if (charge == NULL)
		return NULL;
	charge->uid = uid;
	charge->next = callers->charges;
	callers->charges = charge;
	callers->count++;
	return charge;
}

void
callers_sweep(struct callers *callers)
{
	struct charge **at = &callers->charges, *charge;

	while ((charge = *at) != NULL) {
		if (charge->connections > 0 || charge->requests > 0 ||
		    charge->withheld > 0) {
			at = &charge->next;
			continue;
		}
		*at = charge->next;
		callers->count--;
		free(charge);
	}
}

void
callers_free(struct callers *callers)
{
	struct charge *charge;

	while ((charge = callers->charges) != NULL) {
		callers->charges = charge->next;
		free(charge);
	}
	callers->count = 0;
}
