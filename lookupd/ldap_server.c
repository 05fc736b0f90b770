/*
 * Failover by memory of failures.
 */
#include "lookupd/ldap_server.h"

#include <stdio.h>
#include <string.h>

void
ldap_servers_init(struct ldap_servers *servers, const struct realm *realm)
{
	memset(servers, 0, sizeof(*servers));
	while (realm->servers != NULL && servers->count < CONFIG_SERVERS_MAX &&
	    realm->servers[servers->count] != NULL) {
		servers->items[servers->count].uri =
		    realm->servers[servers->count];
		servers->count++;
	}
}

/* From when on this server may be connected to. */
static int64_t
allowed_from(const struct ldap_server *server, bool urgent)
{
	int64_t soon = server->tried_us + LDAP_SERVER_URGENT_US;

	if (server->backoff_us == 0)
		return 0;
	if (urgent && soon < server->bad_until_us)
		return soon;
	return server->bad_until_us;
}

struct ldap_server *
ldap_servers_pick(struct ldap_servers *servers, int64_t now_us, bool urgent,
    bool spare, int64_t *ret_wait_us)
{
	size_t i;

	*ret_wait_us = -1;
	for (i = 0; i < servers->count; i++) {
		struct ldap_server *server = &servers->items[i];
		int64_t wait_us = allowed_from(server, urgent) - now_us;

		if (server->stuck > 0 || (spare && server->pending > 0))
			continue;
		if (wait_us <= 0)
			return server;
		if (*ret_wait_us < 0 || wait_us < *ret_wait_us)
			*ret_wait_us = wait_us;
	}
	return NULL;
}

bool
ldap_servers_failed_since(const struct ldap_servers *servers,
    int64_t since_us)
{
	size_t i;

	for (i = 0; i < servers->count; i++) {
		if (servers->items[i].stuck == 0 &&
		    servers->items[i].failed_us <= since_us)
			return false;
	}
	return true;
}

bool
ldap_server_failed(struct ldap_server *server, int64_t now_us,
    const char *why)
{
	int64_t next = server->backoff_us * 2;
	bool same = strcmp(server->error, why) == 0;

	if (next < LDAP_SERVER_BACKOFF_MIN_US)
		next = LDAP_SERVER_BACKOFF_MIN_US;
	if (next > LDAP_SERVER_BACKOFF_MAX_US)
		next = LDAP_SERVER_BACKOFF_MAX_US;
	server->failed_us = now_us;
	server->backoff_us = next;
	/* up to an eighth less, so that many daemons do not come together;
	 * the low bits of the clock are random enough for that */
	server->bad_until_us = now_us + next - (now_us & 1023) * next / 8192;
	snprintf(server->error, sizeof(server->error), "%s", why);
	if (same && now_us - server->said_us < LDAP_SERVER_QUIET_US)
		return false;
	server->said_us = now_us;
	return true;
}

bool
ldap_server_good(struct ldap_server *server)
{
	bool was_bad = server->backoff_us != 0;

	server->backoff_us = 0;
	server->bad_until_us = 0;
	server->error[0] = '\0';
	return was_bad;
}
