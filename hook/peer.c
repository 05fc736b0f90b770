/* The other end of a socket: see the header. */
#include "hook/peer.h"

#include <unistd.h>

#include "common/unix_socket.h"

/* A peer is in no more groups than that, for us. */
#define GROUPS_MAX 256

static bool
is_listed_group(const struct listener_config *options, gid_t gid)
{
	size_t i;

	for (i = 0; i < options->peer_gid_count; i++)
		if (options->peer_gids[i] == gid)
			return true;
	return false;
}

/* Apart from peer_may, which is asked for every request: its array. */
static bool
is_in_listed_group(const struct listener_config *options, int fd)
{
	gid_t groups[GROUPS_MAX];
	int i, count = unix_socket_peer_groups(fd, groups, GROUPS_MAX);

	for (i = 0; i < count; i++)
		if (is_listed_group(options, groups[i]))
			return true;
	return false;
}

bool
peer_may(const struct listener_config *options, int fd, uid_t *ret_uid)
{
	struct unix_peer peer;
	size_t i;

	*ret_uid = UNIX_SOCKET_NO_UID;
	if (unix_socket_peer(fd, &peer) == -1)
		return false;
	*ret_uid = peer.uid;
	if (peer.uid == 0)
		return true;
	for (i = 0; i < options->peer_uid_count; i++)
		if (options->peer_uids[i] == peer.uid)
			return true;
	if (peer.uid == geteuid())
		return true;
	if (options->peer_gid_count == 0)
		return false;
	return is_listed_group(options, peer.gid) ||
	    is_in_listed_group(options, fd);
}
