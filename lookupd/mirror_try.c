/*
 * Connect by a thread, then two reads: the root DSE, and the entry at the
 * root of the database.
 */
#include "lookupd/mirror_try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/deadline.h"
#include "common/text.h"
#include "lookupd/ldap_connect.h"
#include "lookupd/ldap_sync_codec.h"

#define CSN_ATTRIBUTE "contextCSN"
#define CONTEXTS_ATTRIBUTE "namingContexts"
#define CONTROLS_ATTRIBUTE "supportedControl"
/* A thread that was cut short has this long to say what it was doing. */
#define LAST_WORDS_MS 100

enum try_stage { TRY_CONNECTING, TRY_CANCELLED, TRY_ROOT, TRY_CONTEXT,
	TRY_OVER };

struct mirror_try {
	struct event_base *base;
	enum try_stage stage;
	const char *search_base;
	struct ldap_connect *connect;
	struct event *event;		/* of connect */
	struct event *timer;
	struct event *over;		/* tells how it ended, from the loop */
	struct ldap_sync *link;
	const char *security;
	char *context_dn;
	struct mirror_found found;
	struct mirror_try_events events;
	void *context;
	char why[LDAP_ESTABLISH_ERROR_MAX];
};

static char csn_name[] = CSN_ATTRIBUTE;
static char contexts_name[] = CONTEXTS_ATTRIBUTE;
static char controls_name[] = CONTROLS_ATTRIBUTE;
char *const mirror_csn_attributes[] = { csn_name, NULL };
static char *const root_attributes[] = { contexts_name, controls_name, NULL };

/* The end, told with nothing of the connection on the stack. */
static void
finish(struct mirror_try *try, const char *why)
{
	if (try->stage == TRY_OVER)
		return;
	try->stage = TRY_OVER;
	snprintf(try->why, sizeof(try->why), "%s", why != NULL ? why : "");
	event_del(try->event);
	event_del(try->timer);
	event_active(try->over, EV_TIMEOUT, 0);
}

static void
on_over(evutil_socket_t fd, short what, void *context)
{
	struct mirror_try *try = context;
	struct mirror_found found;

	(void)fd, (void)what;
	if (try->link == NULL || try->why[0] != '\0') {
		try->events.failed(try->context, try->why);
		return;
	}
	found = try->found;		/* the callee frees the try */
	found.link = try->link;
	found.security = try->security;
	found.context = try->context_dn;
	try->link = NULL;
	try->context_dn = NULL;
	try->events.found(try->context, &found);
}

/* ---- the connection, while it is ours --------------------------------- */

/* Is this DN below the other one, or the same?  As text: a spelling we do
 * not recognise costs a comparison, nothing else. */
static bool
is_below(const char *dn, const struct value *top)
{
	size_t len = strlen(dn);

	return len >= top->len && (len == top->len || top->len == 0 ||
	    dn[len - top->len - 1] == ',') &&
	    text_same_nocase(dn + len - top->len, top->len, top->data,
	    top->len);
}

static bool
offers_sync(const struct entry *root)
{
	const struct attribute *controls = root == NULL ? NULL :
	    entry_get(root, CONTROLS_ATTRIBUTE);
	size_t i;

	for (i = 0; controls != NULL && i < controls->count; i++) {
		if (strcmp(controls->values[i].data, LDAP_SYNC_REQUEST_OID) ==
		    0)
			return true;
	}
	/* what is not shown may be there */
	return controls == NULL;
}

/* The longest naming context above the base, or the base. */
static char *
context_of(const struct entry *root, const char *base)
{
	const struct attribute *contexts = root == NULL ? NULL :
	    entry_get(root, CONTEXTS_ATTRIBUTE);
	const char *best = base;
	size_t i, best_len = 0;

	for (i = 0; contexts != NULL && i < contexts->count; i++) {
		const struct value *value = &contexts->values[i];

		if (value->len > best_len && is_below(base, value)) {
			best = value->data;
			best_len = value->len;
		}
	}
	return strdup(best);
}

bool
mirror_csns_of(const struct entry *entry, struct sync_csns *ret)
{
	const struct attribute *csns = entry == NULL ? NULL :
	    entry_get(entry, CSN_ATTRIBUTE);
	size_t i;

	ret->count = 0;
	for (i = 0; csns != NULL && i < csns->count; i++) {
		if (sync_csns_add(ret, csns->values[i].data,
		    csns->values[i].len) != 0)
			return false;
	}
	return ret->count > 0;
}

static void
on_answer(void *context, int code, struct entry *entry)
{
	struct mirror_try *try = context;

	if (try->stage == TRY_ROOT) {
		if (!offers_sync(entry)) {
			finish(try, "it does not offer RFC 4533 (slapd: "
			    "overlay syncprov; 389: plugins Content "
			    "Synchronization and Retro Changelog)");
		} else if ((try->context_dn = context_of(entry,
		    try->search_base)) == NULL) {
			finish(try, "out of memory");
		} else {
			try->stage = TRY_CONTEXT;
			(void)ldap_sync_read(try->link, try->context_dn, NULL,
			    mirror_csn_attributes);
		}
	} else if (try->stage == TRY_CONTEXT) {
		try->found.has_csns = code == 0 &&
		    mirror_csns_of(entry, &try->found.csns);
		finish(try, NULL);
	}
	entry_free(entry);
}

static void
on_lost(void *context, const char *why)
{
	struct mirror_try *try = context;

	/* also after it was found good, before that could be told */
	snprintf(try->why, sizeof(try->why), "%s", why);
	ldap_sync_free(try->link);
	try->link = NULL;
	if (try->stage != TRY_OVER)
		finish(try, why);
}

static void
on_turn(void *context)
{
	(void)context;
}

static const struct ldap_sync_events own_events = {
	.answer = on_answer, .turn = on_turn, .lost = on_lost,
};

/* ---- connecting ------------------------------------------------------- */

static void
on_connect(evutil_socket_t fd, short what, void *context)
{
	struct mirror_try *try = context;
	char error[LDAP_ESTABLISH_ERROR_MAX];
	struct ldap *ld;

	(void)fd, (void)what;
	if (try->stage == TRY_OVER)
		return;
	ld = ldap_connect_take(try->connect, &try->security, error);
	if (ld == NULL) {
		finish(try, error);
		return;
	}
	if (try->stage == TRY_CANCELLED) {	/* its socket is shut down */
		snprintf(error, sizeof(error), "too slow");
	} else {
		try->link = ldap_sync_new(try->base, ld, &own_events, try);
		ld = NULL;
		snprintf(error, sizeof(error), "out of memory");
	}
	if (try->link == NULL) {
		finish(try, error);
		return;
	}
	try->stage = TRY_ROOT;
	(void)ldap_sync_read(try->link, "", NULL, root_attributes);
}

static void
on_timer(evutil_socket_t fd, short what, void *context)
{
	struct mirror_try *try = context;

	(void)fd, (void)what;
	switch (try->stage) {
	case TRY_CONNECTING:
		try->stage = TRY_CANCELLED;
		ldap_connect_cancel(try->connect);
		loop_arm(try->timer, LAST_WORDS_MS);
		break;
	case TRY_CANCELLED:		/* only that cannot be cut short */
		finish(try, "its name is not resolved in time");
		break;
	case TRY_ROOT:
	case TRY_CONTEXT:
		finish(try, "it does not answer in time");
		break;
	case TRY_OVER:
		break;
	}
}

struct mirror_try *
mirror_try_start(struct event_base *base, const struct realm *realm,
    const char *uri, const char *search_base,
    const struct mirror_try_events *events, void *context)
{
	struct mirror_try *try = calloc(1, sizeof(*try));

	if (try == NULL)
		return NULL;
	try->base = base;
	try->search_base = search_base;
	try->events = *events;
	try->context = context;
	try->connect = ldap_connect_start(realm, uri,
	    deadline_in(MIRROR_TRY_MS));
	if (try->connect == NULL ||
	    (try->event = event_new(base, ldap_connect_fd(try->connect),
	    EV_READ, on_connect, try)) == NULL ||
	    (try->timer = event_new(base, -1, 0, on_timer, try)) == NULL ||
	    (try->over = event_new(base, -1, 0, on_over, try)) == NULL ||
	    event_add(try->event, NULL) != 0 ||
	    loop_arm(try->timer, MIRROR_TRY_MS) != 0) {
		mirror_try_free(try);
		return NULL;
	}
	return try;
}

void
mirror_try_free(struct mirror_try *try)
{
	if (try == NULL)
		return;
	if (try->event != NULL)
		event_free(try->event);
	if (try->timer != NULL)
		event_free(try->timer);
	if (try->over != NULL)
		event_free(try->over);
	ldap_connect_free(try->connect);
	ldap_sync_free(try->link);
	free(try->context_dn);
	free(try);
}
