/*
 * The hook's configuration: a few settings and its listeners.  Read whole,
 * checked whole, then immutable and reference-counted; a reload makes a new
 * one beside and swaps.  Described in certauth-hook.conf(5).
 */
#ifndef HOOK_CONFIG_H
#define HOOK_CONFIG_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "daemon/settings.h"
#include "hook/listener_config.h"

#define HOOK_DEFAULT_FILE SYSCONFDIR "/certauth/certauth-hook.conf"
#define HOOK_LISTENERS_MAX 64

struct hook_config {
	unsigned references;
	char *path;
	char *lookupd_socket;
	char *server_user;		/* NULL: root or our own */
	uid_t server_uid;		/* or UNIX_SOCKET_NO_UID */
	int64_t connections;		/* to lookupd */
	int64_t deadline_ms;		/* one answer, 2800 */
	int64_t refusals_per_address;	/* in a minute; 0: any number */
	int64_t refusals_per_certificate;
	char *user;
	bool syslog;
	int log_level;			/* enum log_level */
	const struct settings_node *listener_nodes;	/* while reading */
	struct listener_config *listeners[HOOK_LISTENERS_MAX];
	size_t listener_count;
};

/* Read the file; every error is added to problems, and NULL is returned if
 * there was any.  Opens nothing else.  One reference. */
struct hook_config *hook_config_read(const char *path,
    struct problems *problems);
struct hook_config *hook_config_ref(struct hook_config *config);
void hook_config_unref(struct hook_config *config);	/* NULL-safe */

/*
 * Read the secrets it names, as the hook's own user: before the configuration
 * is used, and before a sandbox closes.  0, or -1 with every error added to
 * problems.
 */
int hook_config_load(struct hook_config *config, struct problems *problems);

/* The listener of that socket or address, or NULL. Borrowed. */
const struct listener_config *hook_config_find(
    const struct hook_config *config, const char *place);

/* Print the effective configuration (certauth-hook -T). */
void hook_config_dump(const struct hook_config *config, FILE *stream);

#endif
