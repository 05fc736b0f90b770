/*
 * The state of a pool in words, for people.
 */
#include <stdio.h>

#include "common/deadline.h"
#include "lookupd/ldap_pool_parts.h"

#define TEXT_MAX 1280

static const char *
state_word(enum slot_state state)
{
	switch (state) {
	case SLOT_EMPTY:
		break;
	case SLOT_CONNECTING:
		return "CONNECTING";
	case SLOT_CHECKING:
		return "CHECKING the canaries";
	case SLOT_HELD:
		return "HELD (canary)";
	case SLOT_READY:
		return "READY";
	}
	return "CLOSED";
}

static long long
seconds_since(int64_t us)
{
	return (long long)((deadline_now_us() - us) / 1000000);
}

static const char *
canary_word(const struct ldap_pool *pool)
{
	if (pool->check == NULL)
		return "no canary";
	if (pool->failing)
		return "canary NOT BLOCKED: every answer is unavailable";
	if (slot_count_state(pool, SLOT_READY) == 0)
		return "canary not looked at yet";
	return "canary blocked, as it must be";
}

static void
describe_idle(const struct ldap_server *server, const char *realm,
    char text[TEXT_MAX])
{
	if (server->backoff_us != 0)
		snprintf(text, TEXT_MAX, "realm %s: %s FAILED %lld s ago: %s",
		    realm, server->uri, seconds_since(server->failed_us),
		    server->error);
	else
		snprintf(text, TEXT_MAX, "realm %s: %s not connected", realm,
		    server->uri);
}

void
ldap_pool_describe(const struct ldap_pool *pool,
    void (*line)(void *context, const char *text), void *context)
{
	const char *realm = pool->realm->name;
	char text[TEXT_MAX];
	size_t i, j;

	snprintf(text, sizeof(text), "realm %s: %s, %zu waiting", realm,
	    canary_word(pool), pool->waiting_count);
	line(context, text);
	for (i = 0; i < pool->servers.count; i++) {
		const struct ldap_server *server = &pool->servers.items[i];
		bool used = false;

		for (j = 0; j < pool->slot_count; j++) {
			const struct slot *slot = &pool->slots[j];

			if (slot->server != server)
				continue;
			used = true;
			snprintf(text, sizeof(text), "realm %s: %s %s, %s, "
			    "for %lld s, %zu outstanding", realm, server->uri,
			    state_word(slot->state), slot->security != NULL ?
			    slot->security : "not connected",
			    seconds_since(slot->since_us),
			    slot->connection != NULL ?
			    ldap_connection_outstanding(slot->connection) : 0);
			line(context, text);
		}
		if (used)
			continue;
		describe_idle(server, realm, text);
		line(context, text);
	}
}
