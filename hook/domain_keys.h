/*
 * The pre-authentication keys of Zimbra's domains, one file for each.
 */
#ifndef HOOK_DOMAIN_KEYS_H
#define HOOK_DOMAIN_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"

/* Domains of one listener: more are more than one configuration file is good
 * for. */
#define DOMAIN_KEYS_MAX 256

/* Shortest key (bytes); Zimbra makes 64 digits. */
#define DOMAIN_KEYS_LEAST 16

struct domain_key {
	const char *domain;		/* borrowed, not NUL-terminated */
	size_t len;
	const char *path;		/* borrowed */
	struct buffer key;		/* empty until the file has been read
					 * into it: listener_config_load */
};

struct domain_keys {
	struct domain_key *items;
	size_t count;
};

/* Take "DOMAIN:/PATH"s, which must outlive it.  0; or -1 with the one that
 * is malformed or a domain's second in *ret_bad, NULL for no memory. */
int domain_keys_init(struct domain_keys *keys, char *const *words,
    const char **ret_bad);

/* Wipe and free; of zeroed memory, too. */
void domain_keys_free(struct domain_keys *keys);

/* The key of the domain behind an account's last '@', or NULL. */
const struct buffer *domain_keys_find(const struct domain_keys *keys,
    const char *account, size_t len);

#endif
