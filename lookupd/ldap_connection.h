/*
 * One established connection in the loop thread: many searches in flight,
 * none of them ever waited for.  Knows libldap's asynchronous calls and
 * nothing of pools, servers or verdicts.
 *
 * A struct ldap_search lies in the memory of whoever asks and is in exactly
 * one place: waiting in the pool, or sent on one connection.
 */
#ifndef LOOKUPD_LDAP_CONNECTION_H
#define LOOKUPD_LDAP_CONNECTION_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/loop.h"
#include "lookupd/entry.h"

/* Two are enough to know that it is not one. */
#define LDAP_SEARCH_ENTRIES 2
#define LDAP_SEARCH_DETAIL_MAX 256
/* Messages taken from one connection before others have their turn. */
#define LDAP_CONNECTION_DRAIN_MAX 256

struct ldap;
struct ldap_connection;
struct ldap_pool;
struct ldap_server;

struct ldap_search {
	/* What to ask; borrowed until done is called. */
	const char *base;
	const char *filter;
	char *const *attributes;
	bool ignore_references;
	int64_t deadline;
	struct ldap_connection *only;	/* over this connection, or NULL */
	/* Called once, from the loop, never from inside ldap_pool_search. */
	void (*done)(void *context, struct ldap_search *search);
	void *context;

	/* The answer.  reason NULL: entries are complete, or truncated.  The
	 * callee of done takes or frees the entries. */
	const char *reason;
	struct entry *entries[LDAP_SEARCH_ENTRIES];
	size_t count;
	bool truncated;
	int code;			/* resultCode, -1: none came */
	const char *server;		/* URI of who answered; or NULL */
	char detail[LDAP_SEARCH_DETAIL_MAX];	/* diagnostic, or why */

	/* Private to ldap_pool.c and ldap_connection.c. */
	TAILQ_ENTRY(ldap_search) link;
	struct ldap_pool *pool;
	struct ldap_connection *connection;	/* NULL: waiting */
	int msgid;
	size_t seen;			/* entries that came, kept or not */
	const char *defect;		/* why the result must not be used */
	int64_t since_us, sent_us;
	const struct ldap_server *lost_with;	/* first; NULL: with none */
	int64_t lost_us;
	unsigned tries;
};
TAILQ_HEAD(ldap_searches, ldap_search);

struct ldap_connection_events {
	/* A search has its resultCode; it is no longer on the connection.
	 * The callee must not free the connection. */
	void (*result)(void *context, struct ldap_connection *connection,
	    struct ldap_search *search);
	/* It can take searches again after ldap_connection_full. */
	void (*writable)(void *context);
	/* It is of no more use; called once, last, with nothing of the
	 * connection on the stack: the callee takes the searches off and
	 * frees it.  blame: the server is to be avoided for a while. */
	void (*lost)(void *context, struct ldap_connection *connection,
	    const char *why, bool blame);
};

/* Takes over the handle, also on failure (NULL). */
struct ldap_connection *ldap_connection_new(struct event_base *base,
    struct ldap *ld, const struct ldap_connection_events *events,
    void *context);
/* No search may be on it. Unbinds and closes. NULL-safe. */
void ldap_connection_free(struct ldap_connection *connection);

/* Send; 0, or -1: not sent, and either full or about to be lost. */
int ldap_connection_send(struct ldap_connection *connection,
    struct ldap_search *search);

/* Take a sent search off again; the server is told. */
void ldap_connection_abandon(struct ldap_connection *connection,
    struct ldap_search *search);

/* Declare it lost; events->lost follows from the loop. */
void ldap_connection_lose(struct ldap_connection *connection,
    const char *why, bool blame);
bool ldap_connection_is_lost(const struct ldap_connection *connection);

/* A request is half written: nothing more can be sent for now. */
bool ldap_connection_full(const struct ldap_connection *connection);
size_t ldap_connection_outstanding(const struct ldap_connection *connection);
/* A sent search whose deadline is over, or NULL; lowers *next to the
 * deadlines of the others. */
struct ldap_search *ldap_connection_late(
    const struct ldap_connection *connection, int64_t now, int64_t *next);
/* When something was last received, deadline_now_us(). */
int64_t ldap_connection_heard(const struct ldap_connection *connection);

/* Take off all searches, appending them to *list. */
void ldap_connection_detach(struct ldap_connection *connection,
    struct ldap_searches *list);

#endif
