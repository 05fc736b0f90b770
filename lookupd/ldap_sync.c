/*
 * libldap's asynchronous half, for one session.
 */
#include "lookupd/ldap_sync_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lookupd/ldap_sync_codec.h"

/* A read that brings fewer messages is the last of its tick. */
#define FEW 8

/* Wait for the socket, or look at it from time to time, or neither. 0 or -1. */
static int
listen_to(struct ldap_sync *sync, bool readable, bool pacing)
{
	int status = 0;

	if (sync->pacing && !pacing)
		ldap_pace_stop(sync->pace);
	sync->pacing = pacing;
	if (pacing)
		status = ldap_pace_start(sync->pace);
	if (!readable)
		event_del(sync->readable);
	else if (event_add(sync->readable, NULL) != 0)
		status = -1;
	return status;
}

void
ldap_sync_lose(struct ldap_sync *sync, const char *why)
{
	if (sync->lost)
		return;
	sync->lost = true;
	snprintf(sync->why, sizeof(sync->why), "%s", why);
	(void)listen_to(sync, false, false);
	event_del(sync->writable);
	event_active(sync->gone, EV_TIMEOUT, 0);
}

bool
ldap_sync_is_lost(const struct ldap_sync *sync)
{
	return sync->lost;
}

static void
on_gone(evutil_socket_t fd, short what, void *context)
{
	struct ldap_sync *sync = context;

	(void)fd, (void)what;
	sync->events.lost(sync->context, sync->why);
}

/* ---- the socket ------------------------------------------------------- */

/* Bytes that libldap or its TLS library has already read. */
static bool
data_ready(LDAP *ld)
{
	Sockbuf *sockbuf = NULL;

	return ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sockbuf) ==
	    LDAP_OPT_SUCCESS && sockbuf != NULL &&
	    ber_sockbuf_ctrl(sockbuf, LBER_SB_OPT_DATA_READY, NULL) > 0;
}

static void
closed(struct ldap_sync *sync)
{
	int code = 0;

	ldap_get_option(sync->ld, LDAP_OPT_RESULT_CODE, &code);
	ldap_sync_lose(sync, code == LDAP_SERVER_DOWN ?
	    "the server closed the connection" : ldap_err2string(code));
}

/* What one read of the socket brings, and at most LDAP_SYNC_DRAIN_MAX; the
 * number of messages. */
static int
drain(struct ldap_sync *sync)
{
	LDAPMessage *message;
	struct timeval zero;
	int i, type, taken = 0;

	ldap_backlog_fill(sync->backlog);
	for (i = 0; i < LDAP_SYNC_DRAIN_MAX; i++) {
		message = NULL;
		memset(&zero, 0, sizeof(zero));
		type = ldap_result(sync->ld, LDAP_RES_ANY, LDAP_MSG_ONE,
		    &zero, &message);
		if (type == 0) {
			if (data_ready(sync->ld))
				continue;
			return taken;
		}
		if (type < 0) {
			closed(sync);
			return taken;
		}
		taken++;
		ldap_sync_take(sync, message);
		ldap_msgfree(message);
		if (sync->lost || sync->paused || !data_ready(sync->ld))
			return taken;
	}
	event_active(sync->readable, EV_READ, 0);
	return taken;
}

/* From now on at a pace, or no more. */
static void
set_pace(struct ldap_sync *sync, bool pacing)
{
	if (sync->lost || sync->paused || sync->pacing == pacing)
		return;
	if (listen_to(sync, !pacing, pacing) != 0)
		ldap_sync_lose(sync, "out of memory");
}

/* When nothing has come, or the last of many, the next one is waited for. */
static void
on_tick(void *context)
{
	struct ldap_sync *sync = context;
	int all = 0, taken;

	do {
		taken = drain(sync);
		all += taken;
	} while (taken >= FEW && all < LDAP_SYNC_DRAIN_MAX && !sync->lost &&
	    !sync->paused);
	set_pace(sync, sync->many && all > 0);
	if (!sync->lost && all > 0)
		sync->events.turn(sync->context);
}

static void
on_readable(evutil_socket_t fd, short what, void *context)
{
	struct ldap_sync *sync = context;

	(void)fd, (void)what;
	if (sync->lost || sync->paused)
		return;
	(void)drain(sync);
	set_pace(sync, sync->many);
	if (!sync->lost)
		sync->events.turn(sync->context);
}

static void
flush(struct ldap_sync *sync)
{
	enum ldap_flush how = ldap_backlog_flush(sync->backlog);

	sync->stuck = how == FLUSH_STUCK;
	if (how == FLUSH_BROKEN)
		ldap_sync_lose(sync, "a request cannot be sent");
	else if (how == FLUSH_STUCK && event_add(sync->writable, NULL) != 0)
		ldap_sync_lose(sync, "out of memory");
}

static void
on_writable(evutil_socket_t fd, short what, void *context)
{
	struct ldap_sync *sync = context;

	(void)fd, (void)what;
	if (!sync->lost)
		flush(sync);
}

struct ldap_sync *
ldap_sync_new(struct event_base *base, struct ldap *ld,
    const struct ldap_sync_events *events, void *context)
{
	struct ldap_sync *sync = calloc(1, sizeof(*sync));
	int fd = -1, flags;

	if (sync == NULL) {
		ldap_unbind_ext(ld, NULL, NULL);
		return NULL;
	}
	sync->ld = ld;
	sync->events = *events;
	sync->context = context;
	sync->backlog = ldap_backlog_new(ld);
	if (sync->backlog == NULL ||
	    ldap_get_option(ld, LDAP_OPT_DESC, &fd) != LDAP_OPT_SUCCESS ||
	    fd == -1 || (flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    (sync->readable = event_new(base, fd, EV_READ | EV_PERSIST,
	    on_readable, sync)) == NULL ||
	    (sync->writable = event_new(base, fd, EV_WRITE, on_writable,
	    sync)) == NULL ||
	    (sync->gone = event_new(base, -1, 0, on_gone, sync)) == NULL ||
	    (sync->pace = ldap_pace_new(base, on_tick, sync)) == NULL ||
	    event_add(sync->readable, NULL) != 0) {
		ldap_sync_free(sync);
		return NULL;
	}
	return sync;
}

void
ldap_sync_free(struct ldap_sync *sync)
{
	if (sync == NULL)
		return;
	if (sync->readable != NULL)
		event_free(sync->readable);
	if (sync->writable != NULL)
		event_free(sync->writable);
	if (sync->gone != NULL)
		event_free(sync->gone);
	ldap_pace_free(sync->pace);
	ldap_unbind_ext(sync->ld, NULL, NULL);
	ldap_backlog_free(sync->backlog);
	entry_free(sync->answer);
	free(sync);
}

void
ldap_sync_pause(struct ldap_sync *sync, bool pause)
{
	if (sync->lost || sync->paused == pause)
		return;
	sync->paused = pause;
	if (pause) {
		(void)listen_to(sync, false, false);
	} else if (listen_to(sync, true, false) != 0) {
		ldap_sync_lose(sync, "out of memory");
	} else {			/* libldap may hold some already */
		event_active(sync->readable, EV_READ, 0);
	}
}

void
ldap_sync_attend(struct ldap_sync *sync,
    const struct ldap_sync_events *events, void *context)
{
	sync->events = *events;
	sync->context = context;
}

/* ---- requests --------------------------------------------------------- */

static int
send_search(struct ldap_sync *sync, const char *base, int scope,
    const char *filter, char *const *attributes, LDAPControl **controls,
    int *ret_id)
{
	int status;

	if (sync->lost || sync->stuck || *ret_id != 0)
		return -1;
	status = ldap_search_ext(sync->ld, base, scope, filter,
	    (char **)attributes, 0, controls, NULL, NULL, 0, ret_id);
	if (status != LDAP_SUCCESS || *ret_id <= 0) {
		*ret_id = 0;
		ldap_sync_lose(sync, ldap_err2string(status));
		return -1;
	}
	flush(sync);
	return sync->lost ? -1 : 0;
}

int
ldap_sync_search(struct ldap_sync *sync, const char *base,
    const char *filter, char *const *attributes, bool ignore_references,
    const void *cookie, size_t len)
{
	LDAPControl control = { .ldctl_oid = (char *)LDAP_SYNC_REQUEST_OID,
		.ldctl_iscritical = 1 };
	LDAPControl *controls[] = { &control, NULL };
	int status;

	if (ldap_sync_encode(cookie, len, &control.ldctl_value) != 0) {
		ldap_sync_lose(sync, "out of memory");
		return -1;
	}
	sync->many = true;
	sync->attributes = attributes;
	sync->ignore_references = ignore_references;
	status = send_search(sync, base, LDAP_SCOPE_SUBTREE, filter,
	    attributes, controls, &sync->sync_id);
	ber_memfree(control.ldctl_value.bv_val);
	return status;
}

int
ldap_sync_read(struct ldap_sync *sync, const char *dn, const char *filter,
    char *const *attributes)
{
	/* of the root DSE more may be told than was asked for */
	sync->asked = *dn == '\0' ? NULL : attributes;
	return send_search(sync, dn, LDAP_SCOPE_BASE, filter, attributes, NULL,
	    &sync->read_id);
}

int
ldap_sync_count(struct ldap_sync *sync, const char *base, const char *filter)
{
	static char none[] = LDAP_NO_ATTRS;
	static char *attributes[] = { none, NULL };

	sync->counted = 0;
	return send_search(sync, base, LDAP_SCOPE_SUBTREE, filter, attributes,
	    NULL, &sync->count_id);
}
