/*
 * Private to ldap_pool.c (searches), ldap_slot.c (connections) and
 * ldap_describe.c (their state in words).
 */
#ifndef LOOKUPD_LDAP_POOL_PARTS_H
#define LOOKUPD_LDAP_POOL_PARTS_H

#include "lookupd/ldap_connect.h"
#include "lookupd/ldap_error.h"
#include "lookupd/ldap_pool.h"
#include "lookupd/ldap_server.h"

/* A slot only ever moves to the next state or back to SLOT_EMPTY, except
 * between HELD and READY. */
enum slot_state {
	SLOT_EMPTY = 0,
	SLOT_CONNECTING,	/* a thread is at it: ->opening */
	SLOT_CHECKING,		/* connected, not yet to be used */
	SLOT_HELD,		/* failed its check */
	SLOT_READY
};

/* An attempt to connect; outlives its slot when its thread is stuck. */
struct opening {
	TAILQ_ENTRY(opening) link;
	struct ldap_pool *pool;
	struct slot *slot;		/* NULL: given up */
	struct ldap_server *server;
	struct ldap_connect *connect;
	struct event *event;
	bool cancelled;
};

struct slot {
	enum slot_state state;
	struct ldap_server *server;
	struct opening *opening;
	struct ldap_connection *connection;
	bool checking;
	int64_t begun_us;		/* connecting to the server */
	int64_t since_us;		/* of the state */
	const char *security;
};

struct ldap_pool {
	struct event_base *base;
	const struct realm *realm;
	struct ldap_servers servers;
	struct slot *slots;
	size_t slot_count;
	TAILQ_HEAD(, opening) openings;
	struct ldap_searches waiting;
	size_t waiting_count;
	struct event *work;		/* end of this turn of the loop */
	struct event *expiry;		/* a deadline may be over */
	int64_t expires;		/* when that is; INT64_MAX: not armed */
	struct event *retry;		/* a server may be tried again */
	struct event *recheck;
	ldap_pool_check *check;
	void *check_context;
	size_t check_next;		/* slot to be rechecked next */
	bool failing;
	bool closing;
	struct ldap_error_meter meter;
};

/* ldap_pool.c: do what there is to do, at the end of this turn. */
void pool_work(struct ldap_pool *pool);
/* A connection that is no more: whose it was, and since when. */
struct loss {
	const struct ldap_server *server;	/* NULL: not known, closing */
	int64_t begun_us;			/* connecting */
	const char *why;
};
/* What was under way over it: again elsewhere, or failed. */
void pool_searches_lost(struct ldap_pool *pool, struct ldap_searches *list,
    const struct ldap_connection *connection, const struct loss *loss);
void pool_on_result(void *context, struct ldap_connection *connection,
    struct ldap_search *search);

/* ldap_slot.c */
struct slot *slot_find(struct ldap_pool *pool,
    const struct ldap_connection *connection);
/* The least loaded connection that can take a search, or NULL. */
struct ldap_connection *slot_pick(struct ldap_pool *pool);
size_t slot_count_state(const struct ldap_pool *pool, enum slot_state state);
/* Open what is needed; waiting: searches wait for a connection. */
void slot_open_needed(struct ldap_pool *pool, bool waiting);
void slot_server_failed(struct ldap_pool *pool, struct ldap_server *server,
    const char *why);
void slot_recheck(struct ldap_pool *pool);
void slot_free_all(struct ldap_pool *pool);

#endif
