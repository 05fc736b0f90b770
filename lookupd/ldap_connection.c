/*
 * libldap's asynchronous half.  The socket is non-blocking; ldap_result is
 * always called with a zero timeout, until nothing of what was read is left;
 * the loop calls again while the socket has more.  Requests of one turn of
 * the loop leave together, at its end.
 */
#include "lookupd/ldap_connection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ldap.h>

#include "common/deadline.h"
#include "lookupd/ldap_backlog.h"
#include "lookupd/ldap_entry.h"

#define WHY_MAX 160

struct ldap_connection {
	LDAP *ld;
	struct ldap_backlog *backlog;
	struct event *readable, *writable, *flush, *gone;
	struct ldap_searches searches;
	size_t outstanding;
	int64_t heard_us;
	bool stuck;			/* a request is half written */
	bool lost, blame;
	char why[WHY_MAX];
	struct ldap_connection_events events;
	void *context;
};

static struct ldap_search *
find_search(struct ldap_connection *connection, int msgid)
{
	struct ldap_search *search;

	TAILQ_FOREACH(search, &connection->searches, link) {
		if (search->msgid == msgid)
			return search;
	}
	return NULL;
}

static void
take_off(struct ldap_connection *connection, struct ldap_search *search)
{
	TAILQ_REMOVE(&connection->searches, search, link);
	connection->outstanding--;
	search->connection = NULL;
}

void
ldap_connection_lose(struct ldap_connection *connection, const char *why,
    bool blame)
{
	if (connection->lost)
		return;
	connection->lost = true;
	connection->blame = blame;
	snprintf(connection->why, sizeof(connection->why), "%s", why);
	event_del(connection->readable);
	event_del(connection->writable);
	event_del(connection->flush);
	event_active(connection->gone, EV_TIMEOUT, 0);
}

static void
on_gone(evutil_socket_t fd, short what, void *context)
{
	struct ldap_connection *connection = context;

	(void)fd, (void)what;
	connection->events.lost(connection->context, connection,
	    connection->why, connection->blame);
}

static void
take_entry(struct ldap_connection *connection, struct ldap_search *search,
    LDAPMessage *message)
{
	struct entry *entry;

	search->seen++;
	if (search->count == LDAP_SEARCH_ENTRIES || search->defect != NULL)
		return;
	search->defect = ldap_entry_read(connection->ld, message,
	    search->attributes, &entry);
	if (search->defect == NULL)
		search->entries[search->count++] = entry;
}

static void
take_result(struct ldap_connection *connection, struct ldap_search *search,
    LDAPMessage *message)
{
	char *text = NULL;
	int code = LDAP_OTHER;

	if (ldap_parse_result(connection->ld, message, &code, NULL, &text,
	    NULL, NULL, 0) != LDAP_SUCCESS) {
		search->defect = "a result cannot be decoded";
		code = LDAP_OTHER;
	}
	snprintf(search->detail, sizeof(search->detail), "%s",
	    text != NULL ? text : "");
	ldap_memfree(text);
	search->code = code;
	take_off(connection, search);
	connection->events.result(connection->context, connection, search);
}

static void
take_message(struct ldap_connection *connection, LDAPMessage *message)
{
	int msgid = ldap_msgid(message);
	struct ldap_search *search = find_search(connection, msgid);

	connection->heard_us = deadline_now_us();
	if (msgid == 0) {
		ldap_connection_lose(connection,
		    "the server says it ends the session", false);
		return;
	}
	if (search == NULL)
		return;		/* abandoned meanwhile */
	switch (ldap_msgtype(message)) {
	case LDAP_RES_SEARCH_ENTRY:
		take_entry(connection, search, message);
		break;
	case LDAP_RES_SEARCH_REFERENCE:
		if (!search->ignore_references && search->defect == NULL)
			search->defect = "the server refers to another one";
		break;
	case LDAP_RES_SEARCH_RESULT:
		take_result(connection, search, message);
		break;
	default:		/* an intermediate response asks nothing */
		break;
	}
}

/* Bytes that libldap or its TLS library has already read. */
static bool
data_ready(LDAP *ld)
{
	Sockbuf *sockbuf = NULL;

	return ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sockbuf) ==
	    LDAP_OPT_SUCCESS && sockbuf != NULL &&
	    ber_sockbuf_ctrl(sockbuf, LBER_SB_OPT_DATA_READY, NULL) > 0;
}

/* Send what is held back, or wait for room when not all of it fits. */
static enum ldap_flush
flush(struct ldap_connection *connection)
{
	enum ldap_flush how = ldap_backlog_flush(connection->backlog);

	connection->stuck = how == FLUSH_STUCK;
	if (how == FLUSH_STUCK && event_add(connection->writable, NULL) != 0)
		ldap_connection_lose(connection, "out of memory", false);
	return how;
}

/* Something was given to libldap to send. */
static void
flush_soon(struct ldap_connection *connection)
{
	if (ldap_backlog_held(connection->backlog) < LDAP_BACKLOG_HOLD ||
	    flush(connection) == FLUSH_BROKEN)
		event_active(connection->flush, EV_WRITE, 0);
}

/* Take what has come; false when that was nothing. */
static bool
drain(struct ldap_connection *connection)
{
	LDAPMessage *message;
	struct timeval zero;
	int i, type, code = 0;

	ldap_backlog_fill(connection->backlog);
	for (i = 0; i < LDAP_CONNECTION_DRAIN_MAX; i++) {
		message = NULL;
		memset(&zero, 0, sizeof(zero));
		type = ldap_result(connection->ld, LDAP_RES_ANY, LDAP_MSG_ONE,
		    &zero, &message);
		if (type == 0) {
			if (data_ready(connection->ld))
				continue;
			return i > 0;
		}
		if (type < 0) {
			ldap_get_option(connection->ld, LDAP_OPT_RESULT_CODE,
			    &code);
			ldap_connection_lose(connection, code ==
			    LDAP_SERVER_DOWN ? "the server closed it" :
			    ldap_err2string(code), false);
			return false;
		}
		take_message(connection, message);
		ldap_msgfree(message);
		if (connection->lost || !data_ready(connection->ld))
			return true;
	}
	event_active(connection->readable, EV_READ, 0);
	return true;
}

static void
on_readable(evutil_socket_t fd, short what, void *context)
{
	(void)fd, (void)what;
	(void)drain(context);
}

/* By the loop: on a broken connection, what was said before counts. */
static void
flush_now(struct ldap_connection *connection)
{
	int number, i = 0;

	if (flush(connection) != FLUSH_BROKEN)
		return;
	number = errno;
	while (!connection->lost && i++ < LDAP_CONNECTION_DRAIN_MAX &&
	    drain(connection))
		;
	ldap_connection_lose(connection, number != 0 ? strerror(number) :
	    "a request cannot be sent", false);
}

static void
on_flush(evutil_socket_t fd, short what, void *context)
{
	struct ldap_connection *connection = context;

	(void)fd, (void)what;
	/* While it is stuck, `writable' sends all of it. */
	if (!connection->stuck)
		flush_now(connection);
}

static void
on_writable(evutil_socket_t fd, short what, void *context)
{
	struct ldap_connection *connection = context;

	(void)fd, (void)what;
	flush_now(connection);
	if (!connection->stuck && !connection->lost)
		connection->events.writable(connection->context);
}

struct ldap_connection *
ldap_connection_new(struct event_base *base, struct ldap *ld,
    const struct ldap_connection_events *events, void *context)
{
	struct ldap_connection *connection = calloc(1, sizeof(*connection));
	int fd = -1, flags;

	if (connection == NULL) {
		ldap_unbind_ext(ld, NULL, NULL);
		return NULL;
	}
	connection->ld = ld;
	connection->events = *events;
	connection->context = context;
	connection->heard_us = deadline_now_us();
	TAILQ_INIT(&connection->searches);
	connection->backlog = ldap_backlog_new(ld);
	if (connection->backlog == NULL ||
	    ldap_get_option(ld, LDAP_OPT_DESC, &fd) != LDAP_OPT_SUCCESS ||
	    fd == -1 || (flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    (connection->readable = event_new(base, fd, EV_READ | EV_PERSIST,
	    on_readable, connection)) == NULL ||
	    (connection->writable = event_new(base, fd, EV_WRITE,
	    on_writable, connection)) == NULL ||
	    (connection->flush = event_new(base, -1, 0, on_flush,
	    connection)) == NULL ||
	    (connection->gone = event_new(base, -1, 0, on_gone,
	    connection)) == NULL ||
	    event_add(connection->readable, NULL) != 0) {
		ldap_connection_free(connection);
		return NULL;
	}
	return connection;
}

void
ldap_connection_free(struct ldap_connection *connection)
{
	if (connection == NULL)
		return;
	if (connection->readable != NULL)
		event_free(connection->readable);
	if (connection->writable != NULL)
		event_free(connection->writable);
	if (connection->flush != NULL)
		event_free(connection->flush);
	if (connection->gone != NULL)
		event_free(connection->gone);
	ldap_unbind_ext(connection->ld, NULL, NULL);
	ldap_backlog_free(connection->backlog);
	free(connection);
}

int
ldap_connection_send(struct ldap_connection *connection,
    struct ldap_search *search)
{
	struct timeval limit = { .tv_sec =
	    (deadline_left(search->deadline) + 999) / 1000 + 1 };
	int status;

	if (connection->lost || connection->stuck)
		return -1;
	status = ldap_search_ext(connection->ld, search->base,
	    LDAP_SCOPE_SUBTREE, search->filter, (char **)search->attributes,
	    0, NULL, NULL, &limit, LDAP_SEARCH_ENTRIES, &search->msgid);
	if (status != LDAP_SUCCESS || search->msgid <= 0) {
		ldap_connection_lose(connection, ldap_err2string(status),
		    false);
		return -1;
	}
	search->connection = connection;
	search->sent_us = deadline_now_us();
	TAILQ_INSERT_TAIL(&connection->searches, search, link);
	connection->outstanding++;
	flush_soon(connection);
	return 0;
}

void
ldap_connection_abandon(struct ldap_connection *connection,
    struct ldap_search *search)
{
	int msgid = search->msgid;

	take_off(connection, search);
	if (connection->lost)
		return;
	/* nothing but its other half may follow half a request */
	if (connection->stuck)
		ldap_connection_lose(connection,
		    "the server does not read", true);
	else if (ldap_abandon_ext(connection->ld, msgid, NULL, NULL) !=
	    LDAP_SUCCESS)
		ldap_connection_lose(connection,
		    "a search could not be abandoned", false);
	else
		flush_soon(connection);
}

bool
ldap_connection_is_lost(const struct ldap_connection *connection)
{
	return connection->lost;
}

bool
ldap_connection_full(const struct ldap_connection *connection)
{
	return connection->stuck;
}

size_t
ldap_connection_outstanding(const struct ldap_connection *connection)
{
	return connection->outstanding;
}

struct ldap_search *
ldap_connection_late(const struct ldap_connection *connection, int64_t now,
    int64_t *next)
{
	struct ldap_search *search;

	TAILQ_FOREACH(search, &connection->searches, link) {
		if (search->deadline <= now)
			return search;
		if (search->deadline < *next)
			*next = search->deadline;
	}
	return NULL;
}

int64_t
ldap_connection_heard(const struct ldap_connection *connection)
{
	return connection->heard_us;
}

void
ldap_connection_detach(struct ldap_connection *connection,
    struct ldap_searches *list)
{
	struct ldap_search *search;

	while ((search = TAILQ_FIRST(&connection->searches)) != NULL) {
		take_off(connection, search);
		TAILQ_INSERT_TAIL(list, search, link);
	}
}
