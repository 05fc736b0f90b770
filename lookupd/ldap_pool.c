/*
 * The searches of a pool.  All work is done at the end of the loop's turn,
 * in one place: done is thus never called from inside ldap_pool_search, and
 * requests that came in one turn are sent together.
 */
#include "lookupd/ldap_pool.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/deadline.h"
#include "common/verdict.h"
#include "daemon/log.h"
#include "lookupd/ldap_pool_parts.h"

/* A search is sent at most this often; what was lost on connections that fell
 * together counts once. */
#define TRIES_MAX 2
/* Stands for "a result we cannot use" beside LDAP's own codes. */
#define CODE_DEFECT (-2)

void
pool_work(struct ldap_pool *pool)
{
	if (!pool->closing)
		event_active(pool->work, EV_TIMEOUT, 0);
}

static void
forget_answer(struct ldap_search *search)
{
	while (search->count > 0)
		entry_free(search->entries[--search->count]);
	search->seen = 0;
	search->defect = NULL;
	search->truncated = false;
}

/* The end of a search that is in no list any more. reason NULL: answered. */
static void
complete(struct ldap_search *search, const char *reason, const char *detail)
{
	search->reason = reason;
	if (reason != NULL)
		forget_answer(search);
	if (detail != NULL)
		snprintf(search->detail, sizeof(search->detail), "%s",
		    detail);
	search->done(search->context, search);
}

static void
wait_again(struct ldap_pool *pool, struct ldap_search *search)
{
	forget_answer(search);
	search->since_us = deadline_now_us();
	TAILQ_INSERT_HEAD(&pool->waiting, search, link);
	pool->waiting_count++;
}

static void
stop_waiting(struct ldap_pool *pool, struct ldap_search *search)
{
	TAILQ_REMOVE(&pool->waiting, search, link);
	pool->waiting_count--;
}

static bool
may_try_again(const struct ldap_pool *pool, const struct ldap_search *search)
{
	return !pool->closing && search->only == NULL &&
	    search->tries < TRIES_MAX && deadline_left(search->deadline) > 0;
}

/*
 * A server that goes takes all its connections with it, and the loss of each is
 * noticed by itself: what was sent again over one that was begun before the
 * first was lost has not been tried twice.
 */
static void
count_loss(struct ldap_search *search, const struct loss *loss)
{
	if (search->lost_with == NULL) {
		search->lost_with = loss->server;
		search->lost_us = deadline_now_us();
	} else if (search->lost_with == loss->server &&
	    loss->begun_us < search->lost_us && search->tries > 1) {
		search->tries--;
	}
}

void
pool_searches_lost(struct ldap_pool *pool, struct ldap_searches *list,
    const struct ldap_connection *connection, const struct loss *loss)
{
	struct ldap_search *search, *next;

	for (search = TAILQ_FIRST(&pool->waiting); search != NULL;
	    search = next) {
		next = TAILQ_NEXT(search, link);
		if (search->only == NULL || search->only != connection)
			continue;
		stop_waiting(pool, search);
		TAILQ_INSERT_TAIL(list, search, link);
	}
	while ((search = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, search, link);
		count_loss(search, loss);
		if (may_try_again(pool, search))
			wait_again(pool, search);
		else
			complete(search, pool->closing ? REASON_STOPPING :
			    REASON_DIRECTORY, loss->why);
	}
	pool_work(pool);
}

static void
log_code(struct ldap_pool *pool, const struct ldap_search *search)
{
	unsigned long more = 0;
	int code = search->defect != NULL ? CODE_DEFECT : search->code;

	if (!ldap_error_due(&pool->meter, code, deadline_now(), &more)) {
		log_debug("realm %s: %s: base \"%s\": %s (%d)",
		    pool->realm->name, search->server, search->base,
		    ldap_error_text(search->code), search->code);
		return;
	}
	log_error("realm %s: %s cannot be used as it answers a search: "
	    "%s (%d)%s%s%s%s; base \"%s\", filter %s (%lu more unsaid)",
	    pool->realm->name, search->server, ldap_error_text(search->code),
	    search->code, search->detail[0] != '\0' ? ": " : "",
	    search->detail, search->defect != NULL ? ": " : "",
	    search->defect != NULL ? search->defect : "", search->base,
	    search->filter, more);
}

void
pool_on_result(void *context, struct ldap_connection *connection,
    struct ldap_search *search)
{
	struct ldap_pool *pool = context;
	const struct slot *slot = slot_find(pool, connection);
	enum ldap_answer answer = search->defect != NULL ? ANSWER_FAILED :
	    ldap_error_classify(search->code, search->seen);

	if (slot != NULL)
		search->server = slot->server->uri;
	pool_work(pool);
	switch (answer) {
	case ANSWER_COMPLETE:
	case ANSWER_TRUNCATED:
		search->truncated = answer == ANSWER_TRUNCATED;
		complete(search, NULL, NULL);
		return;
	case ANSWER_ELSEWHERE:
		log_code(pool, search);
		ldap_connection_lose(connection, ldap_error_text(search->code),
		    true);
		if (may_try_again(pool, search))
			wait_again(pool, search);
		else
			complete(search, REASON_DIRECTORY, NULL);
		return;
	case ANSWER_FAILED:
		break;
	}
	log_code(pool, search);
	complete(search, REASON_DIRECTORY, search->defect);
}

/* A search whose deadline is over, or NULL; *next: the earliest other one. */
static struct ldap_search *
late(const struct ldap_pool *pool, int64_t now, int64_t *next)
{
	struct ldap_search *search;
	size_t i;

	*next = INT64_MAX;
	TAILQ_FOREACH(search, &pool->waiting, link) {
		if (search->deadline <= now)
			return search;
		if (search->deadline < *next)
			*next = search->deadline;
	}
	for (i = 0; i < pool->slot_count; i++) {
		if (pool->slots[i].connection == NULL)
			continue;
		search = ldap_connection_late(pool->slots[i].connection, now,
		    next);
		if (search != NULL)
			return search;
	}
	return NULL;
}

static void
expire(struct ldap_pool *pool, struct ldap_search *search)
{
	struct ldap_connection *connection = search->connection;

	if (connection == NULL) {
		stop_waiting(pool, search);
	} else {
		if (ldap_connection_heard(connection) < search->sent_us)
			ldap_connection_lose(connection,
			    "no answer to a search", true);
		ldap_connection_abandon(connection, search);
		pool_work(pool);
	}
	complete(search, REASON_DEADLINE, connection == NULL ?
	    "waited for a connection" : "no answer to a search");
}

/* The timer is set anew only when an earlier deadline comes, and is left as
 * it is when that search is answered: most are, long before. */
static int
expiry_arm(struct ldap_pool *pool, int64_t deadline)
{
	if (deadline >= pool->expires)
		return 0;
	if (loop_arm(pool->expiry, deadline_left(deadline)) != 0)
		return -1;
	pool->expires = deadline;
	return 0;
}

static void
on_expiry(evutil_socket_t fd, short what, void *context)
{
	struct ldap_pool *pool = context;
	struct ldap_search *search;
	int64_t next;

	(void)fd, (void)what;
	pool->expires = INT64_MAX;
	while ((search = late(pool, deadline_now(), &next)) != NULL)
		expire(pool, search);
	/* an armed timer takes no memory to arm again */
	(void)expiry_arm(pool, next);
}

/* Why this waiting search must be answered now, or NULL. */
static const char *
hopeless(struct ldap_pool *pool, const struct ldap_search *search,
    const char **ret_detail)
{
	*ret_detail = NULL;
	if (search->only != NULL) {
		if (slot_find(pool, search->only) != NULL &&
		    !ldap_connection_is_lost(search->only))
			return NULL;
		*ret_detail = "its connection is gone";
		return REASON_DIRECTORY;
	}
	if (pool->failing)
		return REASON_CANARY;
	if (slot_count_state(pool, SLOT_READY) > 0 ||
	    !ldap_servers_failed_since(&pool->servers, search->since_us))
		return NULL;
	*ret_detail = pool->servers.count > 1 ? "all servers have failed" :
	    pool->servers.items[0].error;
	return REASON_DIRECTORY;
}

/* Send what can be sent; true when a search goes on waiting. */
static bool
dispatch(struct ldap_pool *pool)
{
	struct ldap_search *search, *next;
	struct ldap_connection *connection;
	const char *reason, *detail;
	bool left = false;

	for (search = TAILQ_FIRST(&pool->waiting); search != NULL;
	    search = next) {
		next = TAILQ_NEXT(search, link);
		reason = hopeless(pool, search, &detail);
		if (reason != NULL) {
			stop_waiting(pool, search);
			complete(search, reason, detail);
			continue;
		}
		connection = search->only != NULL ? search->only :
		    slot_pick(pool);
		if (connection == NULL) {
			left = true;
			continue;
		}
		stop_waiting(pool, search);
		if (ldap_connection_send(connection, search) == 0) {
			search->tries++;
			continue;
		}
		if (next != NULL)
			TAILQ_INSERT_BEFORE(next, search, link);
		else
			TAILQ_INSERT_TAIL(&pool->waiting, search, link);
		pool->waiting_count++;
		left = left || search->only == NULL;
	}
	return left;
}

static void
on_work(evutil_socket_t fd, short what, void *context)
{
	struct ldap_pool *pool = context;

	(void)fd, (void)what;
	slot_open_needed(pool, dispatch(pool));
}

static void
on_retry(evutil_socket_t fd, short what, void *context)
{
	(void)fd, (void)what;
	pool_work(context);
}

static void
on_recheck(evutil_socket_t fd, short what, void *context)
{
	(void)fd, (void)what;
	slot_recheck(context);
}

struct ldap_pool *
ldap_pool_new(struct event_base *base, const struct realm *realm,
    ldap_pool_check *check, void *context)
{
	struct ldap_pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		return NULL;
	pool->base = base;
	pool->realm = realm;
	pool->check = check;
	pool->check_context = context;
	TAILQ_INIT(&pool->openings);
	TAILQ_INIT(&pool->waiting);
	ldap_servers_init(&pool->servers, realm);
	pool->slot_count = realm->connections > 0 ?
	    (size_t)realm->connections : 1;
	pool->slots = calloc(pool->slot_count, sizeof(*pool->slots));
	pool->work = event_new(base, -1, 0, on_work, pool);
	pool->expiry = event_new(base, -1, 0, on_expiry, pool);
	pool->expires = INT64_MAX;
	pool->retry = event_new(base, -1, 0, on_retry, pool);
	pool->recheck = event_new(base, -1, 0, on_recheck, pool);
	if (pool->slots == NULL || pool->work == NULL ||
	    pool->expiry == NULL || pool->retry == NULL ||
	    pool->recheck == NULL) {
		ldap_pool_free(pool);
		return NULL;
	}
	pool_work(pool);
	return pool;
}

void
ldap_pool_free(struct ldap_pool *pool)
{
	struct ldap_search *search;

	if (pool == NULL)
		return;
	pool->closing = true;
	if (pool->slots != NULL)
		slot_free_all(pool);
	while ((search = TAILQ_FIRST(&pool->waiting)) != NULL) {
		stop_waiting(pool, search);
		complete(search, REASON_STOPPING, NULL);
	}
	if (pool->work != NULL)
		event_free(pool->work);
	if (pool->expiry != NULL)
		event_free(pool->expiry);
	if (pool->retry != NULL)
		event_free(pool->retry);
	if (pool->recheck != NULL)
		event_free(pool->recheck);
	free(pool->slots);
	free(pool);
}

int
ldap_pool_search(struct ldap_pool *pool, struct ldap_search *search)
{
	if (pool->closing || pool->waiting_count >= LDAP_POOL_WAITING_MAX)
		return -1;
	search->pool = pool;
	search->connection = NULL;
	search->reason = NULL;
	search->code = -1;
	search->server = NULL;
	search->detail[0] = '\0';
	search->tries = 0;
	search->lost_with = NULL;
	search->count = 0;
	forget_answer(search);
	search->since_us = deadline_now_us();
	if (expiry_arm(pool, search->deadline) != 0)
		return -1;
	TAILQ_INSERT_TAIL(&pool->waiting, search, link);
	pool->waiting_count++;
	pool_work(pool);
	return 0;
}

bool
ldap_pool_failing(const struct ldap_pool *pool)
{
	return pool->failing;
}
