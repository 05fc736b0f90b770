/*
 * libldap's asynchronous half, for one session.
 */
#include "lookupd/ldap_sync.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldap.h>

#include "lookupd/ldap_backlog.h"
#include "lookupd/ldap_entry.h"
#include "lookupd/ldap_sync_codec.h"

#define WHY_MAX 1024

struct ldap_sync {
	LDAP *ld;
	struct ldap_backlog *backlog;
	struct event *readable, *writable, *gone;
	struct ldap_sync_events events;
	void *context;
	char *const *attributes;	/* of the session; borrowed */
	char *const *asked;		/* of the read; borrowed */
	bool ignore_references;
	int sync_id, read_id, count_id;	/* 0: none under way */
	struct entry *answer;		/* of the read, until its result */
	uint64_t counted;
	bool paused, stuck, lost;
	char why[WHY_MAX];
};

void
ldap_sync_lose(struct ldap_sync *sync, const char *why)
{
	if (sync->lost)
		return;
	sync->lost = true;
	snprintf(sync->why, sizeof(sync->why), "%s", why);
	event_del(sync->readable);
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

/* ---- messages --------------------------------------------------------- */

/* The control of that OID among these, or NULL. */
static const LDAPControl *
find_control(LDAPControl **controls, const char *oid)
{
	size_t i;

	for (i = 0; controls != NULL && controls[i] != NULL; i++) {
		if (strcmp(controls[i]->ldctl_oid, oid) == 0)
			return controls[i];
	}
	return NULL;
}

/* An entry, or a reference, with its state. */
static void
take_state(struct ldap_sync *sync, LDAPMessage *message, bool reference)
{
	LDAPControl **controls = NULL;
	const LDAPControl *control;
	struct sync_entry state = { .state = SYNC_PRESENT };
	struct entry *entry = NULL;
	const char *defect = NULL;

	if ((reference ? ldap_parse_reference(sync->ld, message, NULL,
	    &controls, 0) : ldap_get_entry_controls(sync->ld, message,
	    &controls)) != LDAP_SUCCESS)
		defect = "the controls of an entry cannot be decoded";
	control = find_control(controls, LDAP_SYNC_STATE_OID);
	if (defect == NULL && control == NULL)
		defect = "the server tells entries without a Sync State "
		    "control: it does not do RFC 4533";
	if (defect == NULL)
		defect = ldap_sync_decode_state(&control->ldctl_value,
		    &state);
	if (defect == NULL && reference && !sync->ignore_references)
		defect = "the server refers to another one";
	if (defect == NULL && !reference &&
	    (state.state == SYNC_ADD || state.state == SYNC_MODIFY))
		defect = ldap_entry_read(sync->ld, message, sync->attributes,
		    &entry);
	if (defect != NULL)
		ldap_sync_lose(sync, defect);
	else if (!reference)
		sync->events.entry(sync->context, &state, entry);
	ldap_controls_free(controls);
}

static void
take_info(struct ldap_sync *sync, LDAPMessage *message)
{
	struct sync_info info;
	struct berval *value = NULL;
	const char *defect = NULL;
	char *oid = NULL;

	if (ldap_parse_intermediate(sync->ld, message, &oid, &value, NULL,
	    0) != LDAP_SUCCESS)
		defect = "an intermediate message cannot be decoded";
	else if (oid != NULL && value != NULL &&
	    strcmp(oid, LDAP_SYNC_INFO_OID) == 0) {
		defect = ldap_sync_decode_info(value, &info);
		if (defect == NULL)
			sync->events.info(sync->context, &info);
	}
	if (defect != NULL)
		ldap_sync_lose(sync, defect);
	ldap_memfree(oid);
	ber_bvfree(value);
}

static void
take_result(struct ldap_sync *sync, LDAPMessage *message)
{
	LDAPControl **controls = NULL;
	const LDAPControl *control;
	struct sync_done done;
	const char *defect = NULL;
	char *text = NULL;
	int code = LDAP_OTHER;

	sync->sync_id = 0;
	if (ldap_parse_result(sync->ld, message, &code, NULL, &text, NULL,
	    &controls, 0) != LDAP_SUCCESS)
		defect = "a result cannot be decoded";
	control = find_control(controls, LDAP_SYNC_DONE_OID);
	if (defect == NULL && control != NULL)
		defect = ldap_sync_decode_done(&control->ldctl_value, &done);
	if (defect != NULL)
		ldap_sync_lose(sync, defect);
	else
		sync->events.result(sync->context, code,
		    control != NULL ? &done : NULL, text != NULL ? text : "");
	ldap_memfree(text);
	ldap_controls_free(controls);
}

static void
take_answer(struct ldap_sync *sync, LDAPMessage *message)
{
	struct entry *entry = NULL;
	int code = LDAP_OTHER;

	switch (ldap_msgtype(message)) {
	case LDAP_RES_SEARCH_ENTRY:
		entry_free(sync->answer);
		sync->answer = NULL;
		/* one that cannot be read is one that is not there */
		if (ldap_entry_read(sync->ld, message, sync->asked, &entry) ==
		    NULL)
			sync->answer = entry;
		break;
	case LDAP_RES_SEARCH_RESULT:
		(void)ldap_parse_result(sync->ld, message, &code, NULL, NULL,
		    NULL, NULL, 0);
		entry = sync->answer;
		sync->answer = NULL;
		sync->read_id = 0;
		sync->events.answer(sync->context, code, entry);
		break;
	default:
		break;
	}
}

static void
take_counted(struct ldap_sync *sync, LDAPMessage *message)
{
	int code = LDAP_OTHER;

	if (ldap_msgtype(message) == LDAP_RES_SEARCH_ENTRY)
		sync->counted++;
	if (ldap_msgtype(message) != LDAP_RES_SEARCH_RESULT)
		return;
	(void)ldap_parse_result(sync->ld, message, &code, NULL, NULL, NULL,
	    NULL, 0);
	sync->count_id = 0;
	sync->events.counted(sync->context, code, sync->counted);
}

static void
take_message(struct ldap_sync *sync, LDAPMessage *message)
{
	int id = ldap_msgid(message);

	if (id == 0) {
		ldap_sync_lose(sync, "the server says it ends the session");
	} else if (id == sync->read_id) {
		take_answer(sync, message);
	} else if (id == sync->count_id) {
		take_counted(sync, message);
	} else if (id == sync->sync_id) {
		switch (ldap_msgtype(message)) {
		case LDAP_RES_SEARCH_ENTRY:
			take_state(sync, message, false);
			break;
		case LDAP_RES_SEARCH_REFERENCE:
			take_state(sync, message, true);
			break;
		case LDAP_RES_INTERMEDIATE:
			take_info(sync, message);
			break;
		case LDAP_RES_SEARCH_RESULT:
			take_result(sync, message);
			break;
		default:
			break;
		}
	}
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

static void
drain(struct ldap_sync *sync)
{
	LDAPMessage *message;
	struct timeval zero;
	int i, type;

	ldap_backlog_fill(sync->backlog);
	for (i = 0; i < LDAP_SYNC_DRAIN_MAX; i++) {
		message = NULL;
		memset(&zero, 0, sizeof(zero));
		type = ldap_result(sync->ld, LDAP_RES_ANY, LDAP_MSG_ONE,
		    &zero, &message);
		if (type == 0) {
			if (data_ready(sync->ld))
				continue;
			return;
		}
		if (type < 0) {
			closed(sync);
			return;
		}
		take_message(sync, message);
		ldap_msgfree(message);
		if (sync->lost || sync->paused || !data_ready(sync->ld))
			return;
	}
	event_active(sync->readable, EV_READ, 0);
}

static void
on_readable(evutil_socket_t fd, short what, void *context)
{
	struct ldap_sync *sync = context;

	(void)fd, (void)what;
	if (sync->lost || sync->paused)
		return;
	drain(sync);
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
		event_del(sync->readable);
	} else if (event_add(sync->readable, NULL) != 0) {
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
	sync->asked = attributes;
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
