/*
 * The configuration of one listener: which proxy is at its socket, what that
 * proxy sends, and what lookupd is asked in its name.
 */
#ifndef HOOK_LISTENER_CONFIG_H
#define HOOK_LISTENER_CONFIG_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "daemon/settings.h"
#include "hook/evidence.h"

#define LISTENER_PEERS_MAX 64
#define LISTENER_NAME_MAX 64		/* services and realms, as in lookupd */
#define LISTENER_HEADER_MAX 64		/* header names */

struct listener_config {
	/* as written */
	char *socket;
	char *socket_group;		/* NULL: the user's */
	char **peers;			/* users, uids, "@group"s */
	int mode;			/* enum answer_mode */
	int format;			/* enum evidence_format */
	char *evidence_header;
	char *verify_header;		/* "": none, and then
					 * trust_proxy_verified */
	bool trust_proxy_verified;
	char *client_header;		/* "": none */
	char *account_header;
	char *service;
	char *realm;			/* "": the service's first */
	int need;			/* 1: admin */
	char *admin_path;		/* NULL: none */
	/* made of it */
	bool need_admin;
	gid_t group;			/* (gid_t)-1: leave it alone */
	uid_t peer_uids[LISTENER_PEERS_MAX];
	size_t peer_uid_count;
	gid_t peer_gids[LISTENER_PEERS_MAX];
	size_t peer_gid_count;
	struct evidence_rules rules;	/* borrows from above */
};

/*
 * Read a group of `listeners`; every error is added to problems.  Something
 * to be freed is returned even then, unless memory is short.
 */
struct listener_config *listener_config_read(
    const struct settings_node *node, struct problems *problems);
void listener_config_free(struct listener_config *listener); /* NULL-safe */

/* Print its effective settings. */
void listener_config_dump(const struct listener_config *listener,
    FILE *stream);

#endif
