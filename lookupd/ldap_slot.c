/*
 * The connections of a pool: opened when needed, checked, replaced.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/deadline.h"
#include "daemon/log.h"
#include "lookupd/ldap_pool_parts.h"

/* A thread that was cut short has this long to say what it was doing. */
#define LAST_WORDS_MS 100
/* A connection that ends before this age is the server's fault. */
#define YOUNG_US (1000 * 1000LL)

static void
set_state(struct slot *slot, enum slot_state state)
{
	slot->state = state;
	slot->since_us = deadline_now_us();
}

static void
clear(struct slot *slot)
{
	memset(slot, 0, sizeof(*slot));
	set_state(slot, SLOT_EMPTY);
}

struct slot *
slot_find(struct ldap_pool *pool, const struct ldap_connection *connection)
{
	size_t i;

	for (i = 0; i < pool->slot_count; i++) {
		if (connection != NULL &&
		    pool->slots[i].connection == connection)
			return &pool->slots[i];
	}
	return NULL;
}

size_t
slot_count_state(const struct ldap_pool *pool, enum slot_state state)
{
	size_t i, count = 0;

	for (i = 0; i < pool->slot_count; i++)
		count += pool->slots[i].state == state;
	return count;
}

struct ldap_connection *
slot_pick(struct ldap_pool *pool)
{
	struct ldap_connection *best = NULL;
	size_t i, least = LDAP_POOL_OUTSTANDING_MAX;

	for (i = 0; i < pool->slot_count; i++) {
		struct ldap_connection *connection = pool->slots[i].connection;

		if (pool->slots[i].state != SLOT_READY ||
		    ldap_connection_is_lost(connection) ||
		    ldap_connection_full(connection) ||
		    ldap_connection_outstanding(connection) >= least)
			continue;
		best = connection;
		least = ldap_connection_outstanding(connection);
	}
	return best;
}

void
slot_server_failed(struct ldap_pool *pool, struct ldap_server *server,
    const char *why)
{
	if (ldap_server_failed(server, deadline_now_us(), why))
		log_warning("realm %s: %s: %s", pool->realm->name,
		    server->uri, why);
	else
		log_debug("realm %s: %s: still: %s", pool->realm->name,
		    server->uri, why);
}

static void
start_check(struct ldap_pool *pool, struct slot *slot)
{
	if (pool->check == NULL) {
		ldap_pool_checked(pool, slot->connection, CHECK_PASSED);
		return;
	}
	slot->checking = true;
	pool->check(pool->check_context, pool, slot->connection);
}

static void
arm_recheck(struct ldap_pool *pool)
{
	if (pool->check != NULL)
		loop_arm(pool->recheck, pool->failing ?
		    LDAP_POOL_RECHECK_MS :
		    pool->realm->canary_interval * 1000);
}

void
ldap_pool_checked(struct ldap_pool *pool,
    const struct ldap_connection *connection, enum ldap_check outcome)
{
	struct slot *slot = pool->closing ? NULL :
	    slot_find(pool, connection);
	bool was_failing = pool->failing;

	if (slot == NULL)
		return;
	slot->checking = false;
	switch (outcome) {
	case CHECK_PASSED:
		if (slot->state != SLOT_READY) {
			set_state(slot, SLOT_READY);
			log_info("realm %s: %s: connected, %s",
			    pool->realm->name, slot->server->uri,
			    slot->security);
		}
		if (ldap_server_good(slot->server))
			log_notice("realm %s: %s: serves again",
			    pool->realm->name, slot->server->uri);
		pool->failing = slot_count_state(pool, SLOT_HELD) > 0;
		break;
	case CHECK_FAILED:
		set_state(slot, SLOT_HELD);
		pool->failing = true;
		break;
	case CHECK_BROKEN:
		ldap_connection_lose(slot->connection,
		    "its canaries could not be asked for", true);
		break;
	}
	if (was_failing != pool->failing)
		log_notice("realm %s: %s", pool->realm->name, pool->failing ?
		    "answers nothing but `unavailable reason=canary'" :
		    "the canaries are blocked again");
	if (was_failing != pool->failing ||
	    !event_pending(pool->recheck, EV_TIMEOUT, NULL))
		arm_recheck(pool);
	pool_work(pool);
}

/* All that failed; or else one that serves, in turn. */
void
slot_recheck(struct ldap_pool *pool)
{
	size_t i, at;

	for (i = 0; i < pool->slot_count; i++) {
		struct slot *slot = &pool->slots[i];

		if (slot->state == SLOT_HELD && !slot->checking &&
		    !ldap_connection_is_lost(slot->connection))
			start_check(pool, slot);
	}
	for (i = 0; i < pool->slot_count &&
	    slot_count_state(pool, SLOT_HELD) == 0; i++) {
		struct slot *slot;

		at = (pool->check_next + i) % pool->slot_count;
		slot = &pool->slots[at];
		if (slot->state != SLOT_READY || slot->checking ||
		    ldap_connection_is_lost(slot->connection))
			continue;
		pool->check_next = at + 1;
		start_check(pool, slot);
		break;
	}
	arm_recheck(pool);
}

static void
on_writable(void *context)
{
	pool_work(context);
}

static void
on_lost(void *context, struct ldap_connection *connection, const char *why,
    bool blame)
{
	struct ldap_pool *pool = context;
	struct slot *slot = slot_find(pool, connection);
	struct ldap_searches list = TAILQ_HEAD_INITIALIZER(list);
	struct ldap_server *server = slot != NULL ? slot->server : NULL;
	struct loss loss = { .server = server,
		.begun_us = slot != NULL ? slot->begun_us : INT64_MAX };
	char text[160];

	snprintf(text, sizeof(text), "%s", why);
	if (server != NULL) {
		if (deadline_now_us() - slot->since_us < YOUNG_US)
			blame = true;
		clear(slot);
		if (blame)
			slot_server_failed(pool, server, text);
		else
			log_info("realm %s: %s: connection lost: %s",
			    pool->realm->name, server->uri, text);
	}
	ldap_connection_detach(connection, &list);
	loss.why = text;
	pool_searches_lost(pool, &list, connection, &loss);
	ldap_connection_free(connection);
}

static const struct ldap_connection_events connection_events = {
	.result = pool_on_result,
	.writable = on_writable,
	.lost = on_lost,
};

static void
opening_free(struct opening *opening)
{
	TAILQ_REMOVE(&opening->pool->openings, opening, link);
	if (opening->event != NULL)
		event_free(opening->event);
	ldap_connect_free(opening->connect);
	free(opening);
}

/* The thread is through: its slot gets a connection, or is empty again. */
static void
opened(struct opening *opening)
{
	struct ldap_pool *pool = opening->pool;
	struct slot *slot = opening->slot;
	char error[LDAP_ESTABLISH_ERROR_MAX];
	const char *security = NULL;
	struct ldap *ld;

	opening->server->pending--;
	slot->opening = NULL;
	ld = ldap_connect_take(opening->connect, &security, error);
	if (ld != NULL) {
		slot->connection = ldap_connection_new(pool->base, ld,
		    &connection_events, pool);
		if (slot->connection == NULL)
			snprintf(error, sizeof(error), "out of memory");
	}
	if (slot->connection == NULL) {
		clear(slot);
		slot_server_failed(pool, opening->server, error);
		return;
	}
	slot->security = security;
	set_state(slot, SLOT_CHECKING);
	if (opening->cancelled)		/* its socket is shut down */
		ldap_connection_lose(slot->connection, "too slow", true);
	else
		start_check(pool, slot);
}

static void
on_opening(evutil_socket_t fd, short what, void *context)
{
	struct opening *opening = context;
	struct ldap_pool *pool = opening->pool;
	struct timeval wait = { .tv_usec = LAST_WORDS_MS * 1000 };

	(void)fd;
	pool_work(pool);
	if ((what & EV_READ) != 0) {
		if (opening->slot != NULL)
			opened(opening);
		else
			opening->server->stuck--;
		opening_free(opening);
		return;
	}
	if (!opening->cancelled) {
		opening->cancelled = true;
		ldap_connect_cancel(opening->connect);
		event_add(opening->event, &wait);
		return;
	}
	/* only the resolver cannot be interrupted */
	opening->server->pending--;
	opening->server->stuck++;
	slot_server_failed(pool, opening->server,
	    "its name is not resolved in time");
	clear(opening->slot);
	opening->slot = NULL;
	event_add(opening->event, NULL);
}

static int
open_slot(struct ldap_pool *pool, struct slot *slot,
    struct ldap_server *server)
{
	struct timeval wait = { .tv_sec = LDAP_POOL_CONNECT_MS / 1000,
		.tv_usec = LDAP_POOL_CONNECT_MS % 1000 * 1000 };
	struct opening *opening = calloc(1, sizeof(*opening));

	server->tried_us = deadline_now_us();
	if (opening == NULL) {
		slot_server_failed(pool, server, "out of memory");
		return -1;
	}
	opening->pool = pool;
	opening->slot = slot;
	opening->server = server;
	TAILQ_INSERT_TAIL(&pool->openings, opening, link);
	opening->connect = ldap_connect_start(pool->realm, server->uri,
	    deadline_in(LDAP_POOL_CONNECT_MS));
	if (opening->connect != NULL)
		opening->event = event_new(pool->base,
		    ldap_connect_fd(opening->connect), EV_READ, on_opening,
		    opening);
	if (opening->event == NULL || event_add(opening->event, &wait) != 0) {
		slot_server_failed(pool, server, strerror(errno));
		opening_free(opening);
		return -1;
	}
	server->pending++;
	slot->server = server;
	slot->opening = opening;
	set_state(slot, SLOT_CONNECTING);
	slot->begun_us = slot->since_us;
	return 0;
}

/*
 * One connection always; one more when all are loaded; and while an attempt
 * drags on and searches wait, another server beside it.
 */
void
slot_open_needed(struct ldap_pool *pool, bool waiting)
{
	int64_t now_us = deadline_now_us(), wait_us = -1, age;
	struct slot *empty = NULL;
	struct ldap_server *server;
	size_t i, pending = 0, ready = 0, held = 0;
	bool loaded = true, young = false;

	for (i = 0; i < pool->slot_count; i++) {
		struct slot *slot = &pool->slots[i];

		age = now_us - slot->since_us;
		if (slot->state == SLOT_EMPTY) {
			empty = empty == NULL ? slot : empty;
		} else if (slot->state == SLOT_READY) {
			ready++;
			loaded = loaded && ldap_connection_outstanding(
			    slot->connection) >= LDAP_POOL_LOADED;
		} else if (slot->state == SLOT_HELD) {
			held++;
		} else {
			pending++;
			if (age < LDAP_POOL_HEDGE_MS * 1000LL) {
				young = true;
				age = LDAP_POOL_HEDGE_MS * 1000LL - age;
				if (wait_us < 0 || age < wait_us)
					wait_us = age;
			}
		}
	}
	if (empty == NULL || held > 0 || (ready > 0 && (!loaded ||
	    pending > 0)) || (ready == 0 && pending > 0 && !waiting))
		return;
	if (young) {
		loop_arm(pool->retry, wait_us / 1000 + 1);
		return;
	}
	server = ldap_servers_pick(&pool->servers, now_us, waiting,
	    pending > 0, &wait_us);
	if (server == NULL) {
		if (wait_us >= 0)
			loop_arm(pool->retry, wait_us / 1000 + 1);
		return;
	}
	if (open_slot(pool, empty, server) != 0 || waiting)
		pool_work(pool);
}

void
slot_free_all(struct ldap_pool *pool)
{
	struct ldap_searches list = TAILQ_HEAD_INITIALIZER(list);
	const struct loss none = { .begun_us = INT64_MAX };
	size_t i;

	while (!TAILQ_EMPTY(&pool->openings))
		opening_free(TAILQ_FIRST(&pool->openings));
	for (i = 0; i < pool->slot_count; i++) {
		struct ldap_connection *connection =
		    pool->slots[i].connection;

		if (connection == NULL)
			continue;
		pool->slots[i].connection = NULL;
		ldap_connection_detach(connection, &list);
		pool_searches_lost(pool, &list, connection, &none);
		ldap_connection_free(connection);
	}
}
