/*
 * The configuration of one listener: where it is, which proxy is there, what
 * that proxy sends, and what lookupd is asked in its name.
 */
#ifndef HOOK_LISTENER_CONFIG_H
#define HOOK_LISTENER_CONFIG_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/buffer.h"
#include "daemon/settings.h"
#include "hook/domain_keys.h"
#include "hook/evidence.h"

#define LISTENER_PEERS_MAX 64
#define LISTENER_NAME_MAX 64		/* services and realms, as in lookupd */
#define LISTENER_HEADER_MAX 64		/* header names */
#define LISTENER_VALUE_MAX 64		/* verify_value */
#define LISTENER_URL_MAX 512
#define LISTENER_CONTACT_MAX 200

/* Shortest secret (bytes): 96 bits if it is base64, which nobody guesses over
 * a socket. */
#define LISTENER_SECRET_MIN 16

/* Who asks there, and is answered how: personality.h. */
enum personality {
	PERSONALITY_HTTP,
	PERSONALITY_PAGE,
	PERSONALITY_ZIMBRA,
	PERSONALITY_HEALTH
};

struct listener_config {
	/* as written */
	char *socket;			/* Unix; NULL: address */
	char *address;			/* loopback TCP; NULL: socket */
	char *socket_group;		/* NULL: the user's */
	char **peers;			/* users, uids, "@group"s */
	int personality;		/* enum personality */
	int mode;			/* enum answer_mode */
	int format;			/* enum evidence_format */
	char *evidence_header;
	char *verify_header;		/* "": none, and then
					 * trust_proxy_verified */
	char *verify_value;
	bool trust_proxy_verified;
	char *client_header;		/* "": none */
	char *secret_header;
	char *secret_file;		/* NULL: no secret; never with address */
	char *account_header;
	char *service;
	char *realm;			/* "": the service's first */
	int need;			/* 1: admin */
	char *admin_path;		/* NULL: none */
	char *login_url;		/* "": none */
	char *contact;			/* "": none */
	char *zimbra_url;		/* NULL: none */
	char *zimbra_admin_url;
	char **preauth_keys;		/* "DOMAIN:/PATH" */
	/* made of it */
	unsigned line;			/* where it begins in the file */
	const char *place;		/* socket or address */
	bool need_admin;
	gid_t group;			/* (gid_t)-1: leave it alone */
	uid_t peer_uids[LISTENER_PEERS_MAX];
	size_t peer_uid_count;
	gid_t peer_gids[LISTENER_PEERS_MAX];
	size_t peer_gid_count;
	struct evidence_rules rules;	/* borrows from above */
	struct buffer secret;		/* empty until listener_config_load */
	struct domain_keys keys;	/* of preauth_keys; likewise */
};

/*
 * Read a group of `listeners`; every error is added to problems.  Something
 * to be freed is returned even then, unless memory is short.
 */
struct listener_config *listener_config_read(
    const struct settings_node *node, struct problems *problems);
void listener_config_free(struct listener_config *listener); /* NULL-safe */

/*
 * Read the secrets it names: as the user who will need them at a reload, and
 * before a sandbox closes.  Every error is added to problems, as one of that
 * configuration file.
 */
void listener_config_load(struct listener_config *listener, const char *file,
    struct problems *problems);

/* Print its effective settings. */
void listener_config_dump(const struct listener_config *listener,
    FILE *stream);

#endif
