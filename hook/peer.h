/* Who may be at the other end of a listener's socket. */
#ifndef HOOK_PEER_H
#define HOOK_PEER_H

#include <stdbool.h>

#include "hook/listener_config.h"

/*
 * Root, our own user, and the users and groups of the listener's peers; as
 * the kernel says (SO_PEERCRED, SO_PEERGROUPS), of this connected socket.
 * False also when it says nothing.  *ret_uid is who it is, or
 * UNIX_SOCKET_NO_UID.
 */
bool peer_may(const struct listener_config *options, int fd, uid_t *ret_uid);

#endif
