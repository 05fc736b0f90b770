/*
 * What the machine wants of the store.
 */
#include <string.h>

#include "lookupd/mirror_parts.h"
#include "lookupd/sync.h"

_Static_assert(SYNC_COOKIE_MAX == STORE_COOKIE_MAX, "one length of cookies");
_Static_assert(SYNC_ID_SIZE == STORE_ID_SIZE, "one length of ids");

static struct store_id
id_of(const struct sync_id *id)
{
	struct store_id same;

	memcpy(same.bytes, id->bytes, sizeof(same.bytes));
	return same;
}

/* A call's status; what went wrong is told. */
static int
told(struct mirror_session *session, int status, const char *error)
{
	if (status != 0)
		mirror_session_store_failed(session, error);
	return status;
}

static int
refresh_begin(void *context)
{
	struct mirror_session *session = context;
	char error[STORE_ERROR_MAX];

	if (mirror_refreshing(session) != 0)
		return -1;
	return told(session, store_refresh_begin(session->area, error),
	    error);
}

static int
refresh_put(void *context, const struct sync_id *id,
    const struct entry *entry)
{
	struct mirror_session *session = context;
	struct store_id same = id_of(id);
	char error[STORE_ERROR_MAX];

	return told(session, store_refresh_put(session->area, &same, entry,
	    error), error);
}

static int
refresh_delete(void *context, const struct sync_id *id)
{
	struct mirror_session *session = context;
	struct store_id same = id_of(id);
	char error[STORE_ERROR_MAX];

	return told(session, store_refresh_delete(session->area, &same,
	    error), error);
}

static int
refresh_check(void *context)
{
	return mirror_session_check(context);
}

static int
refresh_finish(void *context, const void *cookie, size_t len)
{
	struct mirror_session *session = context;
	char error[STORE_ERROR_MAX];
	int status = told(session, store_refresh_finish(session->area, cookie,
	    len, session->server->uri, mirror_wall_us(), error), error);

	/* at once: the other one's changes went to the side that was in use,
	 * and its cookie does not belong to this one */
	if (status == 0)
		mirror_arrived(session);
	return status;
}

static void
refresh_abandon(void *context)
{
	struct mirror_session *session = context;

	store_refresh_abandon(session->area);
}

static int
change_begin(void *context)
{
	struct mirror_session *session = context;
	char error[STORE_ERROR_MAX];

	return told(session, store_change_begin(session->area, error), error);
}

static int
change_put(void *context, const struct sync_id *id,
    const struct entry *entry)
{
	struct mirror_session *session = context;
	struct store_id same = id_of(id);
	char error[STORE_ERROR_MAX];

	return told(session, store_change_put(session->area, &same, entry,
	    error), error);
}

static int
change_delete(void *context, const struct sync_id *id)
{
	struct mirror_session *session = context;
	struct store_id same = id_of(id);
	char error[STORE_ERROR_MAX];

	return told(session, store_change_delete(session->area, &same,
	    error), error);
}

/* The store's question in the machine's words. */
struct keeper {
	bool (*keep)(void *context, const struct sync_id *id);
	void *context;
};

static bool
keep(void *context, const struct store_id *id)
{
	const struct keeper *keeper = context;
	struct sync_id same;

	memcpy(same.bytes, id->bytes, sizeof(same.bytes));
	return keeper->keep(keeper->context, &same);
}

static int
change_keep(void *context,
    bool (*machine_keep)(void *keep_context, const struct sync_id *id),
    void *keep_context)
{
	struct mirror_session *session = context;
	struct keeper keeper = { machine_keep, keep_context };
	char error[STORE_ERROR_MAX];

	return told(session, store_change_keep(session->area, keep, &keeper,
	    error), error);
}

static int
change_commit(void *context, const void *cookie, size_t len)
{
	struct mirror_session *session = context;
	char error[STORE_ERROR_MAX];

	return told(session, store_change_commit(session->area, cookie, len,
	    mirror_wall_us(), error), error);
}

static void
change_abort(void *context)
{
	struct mirror_session *session = context;

	store_change_abort(session->area);
}

const struct sync_effects mirror_store_effects = {
	.refresh_begin = refresh_begin,
	.refresh_put = refresh_put,
	.refresh_delete = refresh_delete,
	.refresh_check = refresh_check,
	.refresh_finish = refresh_finish,
	.refresh_abandon = refresh_abandon,
	.change_begin = change_begin,
	.change_put = change_put,
	.change_delete = change_delete,
	.change_keep = change_keep,
	.change_commit = change_commit,
	.change_abort = change_abort,
};
