/*
 * What a session may say depends on its stage; one function per message
 * decides, sync_gather.c holds what is not yet made.
 */
#include "lookupd/sync.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lookupd/sync_cookie.h"
#include "lookupd/sync_gather.h"

/* resultCodes that mean something here (RFC 4511, RFC 4533). */
enum {
	RESULT_SUCCESS = 0,
	RESULT_PROTOCOL_ERROR = 2,
	RESULT_TIME_LIMIT = 3,
	RESULT_SIZE_LIMIT = 4,
	RESULT_ADMIN_LIMIT = 11,
	RESULT_UNWILLING = 53,
	RESULT_REFRESH_REQUIRED = 4096
};

struct sync {
	const struct sync_effects *effects;
	void *context;
	enum sync_stage stage;
	bool ending;			/* the search is over */
	bool doubt_deletes;
	bool fresh_cookie;		/* not yet committed */
	uint8_t cookie[SYNC_COOKIE_MAX];
	size_t cookie_len;
	uint64_t told;
	struct sync_gather gather;
	char error[SYNC_ERROR_MAX];
};

struct sync *
sync_new(const struct sync_effects *effects, void *context)
{
	struct sync *sync = calloc(1, sizeof(*sync));

	if (sync != NULL) {
		sync->effects = effects;
		sync->context = context;
	}
	return sync;
}

void
sync_free(struct sync *sync)
{
	if (sync != NULL)
		sync_lost(sync);
	free(sync);
}

void
sync_lost(struct sync *sync)
{
	if (sync->stage == SYNC_REFRESH || sync->stage == SYNC_CHECK)
		sync->effects->refresh_abandon(sync->context);
	sync_gather_clear(&sync->gather);
	sync->stage = SYNC_IDLE;
}

/* The session ends like this. */
static enum sync_outcome end(struct sync *sync, enum sync_outcome outcome,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

static enum sync_outcome
end(struct sync *sync, enum sync_outcome outcome, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(sync->error, sizeof(sync->error), format, args);
	va_end(args);
	sync_lost(sync);
	return outcome;
}

static enum sync_outcome
no_session(struct sync *sync)
{
	return end(sync, SYNC_FAILED, "no session has begun");
}

static enum sync_outcome
store_failed(struct sync *sync)
{
	return end(sync, SYNC_FAILED, "the store did not take it");
}

static void
take_cookie(struct sync *sync, const struct sync_bytes *cookie, bool whole)
{
	if (cookie->data == NULL)
		return;
	sync->cookie_len = sync_cookie_join(sync->cookie, sync->cookie_len,
	    cookie->data, cookie->len, !whole, sync->cookie);
	sync->fresh_cookie = true;
}

enum sync_outcome
sync_start(struct sync *sync, const void *cookie, size_t len)
{
	sync_lost(sync);
	sync->ending = false;
	sync->fresh_cookie = false;
	sync->told = 0;
	sync->error[0] = '\0';
	sync->cookie_len = 0;
	if (len > 0 && len <= SYNC_COOKIE_MAX) {
		memcpy(sync->cookie, cookie, len);
		sync->cookie_len = len;
		sync->stage = SYNC_RESUME;
		return SYNC_GOES_ON;
	}
	if (sync->effects->refresh_begin(sync->context) != 0)
		return store_failed(sync);
	sync->stage = SYNC_REFRESH;
	return SYNC_GOES_ON;
}

void
sync_doubt_deletes(struct sync *sync, bool doubt)
{
	sync->doubt_deletes = doubt;
}

/* All that was gathered, and the cookie after it, in one transaction. */
static enum sync_outcome
make(struct sync *sync)
{
	const struct sync_effects *effects = sync->effects;
	size_t i, unknown = 0;
	int status = effects->change_begin(sync->context);

	if (status != 0)
		return store_failed(sync);
	if (sync->gather.complete)
		status = sync_gather_keep(&sync->gather, effects->change_keep,
		    sync->context, &unknown);
	for (i = 0; i < sync->gather.count && status == 0 && unknown == 0;
	    i++) {
		const struct sync_change *change = &sync->gather.changes[i];

		status = change->entry != NULL ?
		    effects->change_put(sync->context, &change->id,
		    change->entry) :
		    effects->change_delete(sync->context, &change->id);
	}
	if (status != 0 || unknown > 0) {
		effects->change_abort(sync->context);
		return unknown == 0 ? store_failed(sync) : end(sync,
		    SYNC_AGAIN, "%zu entries are said to be unchanged that we "
		    "do not have", unknown);
	}
	if (effects->change_commit(sync->context, sync->fresh_cookie ?
	    sync->cookie : NULL, sync->fresh_cookie ? sync->cookie_len : 0)
	    != 0)
		return store_failed(sync);
	sync_gather_clear(&sync->gather);
	sync->fresh_cookie = false;
	return SYNC_GOES_ON;
}

/* The stage after a refresh has begun, or the session is over. */
static enum sync_outcome
arrive(struct sync *sync)
{
	sync->stage = SYNC_PERSIST;
	if (sync->ending)
		return end(sync, SYNC_OVER, "the server ended the session");
	return SYNC_GOES_ON;
}

enum sync_outcome
sync_confirm(struct sync *sync)
{
	if (sync->stage != SYNC_CHECK)
		return SYNC_GOES_ON;
	if (sync->effects->refresh_finish(sync->context, sync->cookie,
	    sync->cookie_len) != 0)
		return store_failed(sync);
	sync->fresh_cookie = false;
	return arrive(sync);
}

/* The provider says that the refresh stage is over. */
static enum sync_outcome
refreshed(struct sync *sync)
{
	enum sync_outcome outcome;
	int status;

	if (sync->stage == SYNC_REFRESH) {
		sync->stage = SYNC_CHECK;
		status = sync->effects->refresh_check(sync->context);
		if (status == 0)
			return sync_confirm(sync);
		return status > 0 ? SYNC_GOES_ON : store_failed(sync);
	}
	if (sync->doubt_deletes && sync->stage == SYNC_RESUME &&
	    !sync->gather.complete &&
	    (sync->gather.count > 0 || sync->fresh_cookie))
		return end(sync, SYNC_AGAIN, "it resumes from a session log, "
		    "which may leave out deletions");
	outcome = make(sync);
	return outcome == SYNC_GOES_ON ? arrive(sync) : outcome;
}

/* One entry is gone. */
static enum sync_outcome
gone(struct sync *sync, const struct sync_id *id)
{
	if (sync->stage == SYNC_REFRESH || sync->stage == SYNC_CHECK)
		return sync->effects->refresh_delete(sync->context, id) == 0 ?
		    SYNC_GOES_ON : store_failed(sync);
	if (sync_gather_change(&sync->gather, id, NULL) != 0)
		return end(sync, SYNC_FAILED, "out of memory");
	return SYNC_GOES_ON;
}

/* One entry is as it was. */
static enum sync_outcome
unchanged(struct sync *sync, const struct sync_id *id)
{
	switch (sync->stage) {
	case SYNC_RESUME:
		if (sync_gather_present(&sync->gather, id) != 0)
			return end(sync, SYNC_AGAIN, "too many entries are "
			    "named as unchanged");
		return SYNC_GOES_ON;
	case SYNC_PERSIST:
		return SYNC_GOES_ON;
	default:
		return end(sync, SYNC_FAILED, "an entry is named as unchanged "
		    "that was never told");
	}
}

/* One entry is like this now; takes it over. */
static enum sync_outcome
changed(struct sync *sync, const struct sync_id *id, struct entry *entry)
{
	int status;

	if (entry == NULL)
		return end(sync, SYNC_FAILED, "a change without its entry");
	sync->told++;
	if (sync->stage == SYNC_REFRESH || sync->stage == SYNC_CHECK) {
		status = sync->effects->refresh_put(sync->context, id, entry);
		entry_free(entry);
		return status == 0 ? SYNC_GOES_ON : store_failed(sync);
	}
	if (sync_gather_change(&sync->gather, id, entry) != 0)
		return end(sync, SYNC_FAILED, "out of memory");
	return SYNC_GOES_ON;
}

/* What was gathered is bounded. */
static enum sync_outcome
bound(struct sync *sync)
{
	if (!sync_gather_full(&sync->gather))
		return SYNC_GOES_ON;
	if (sync->stage == SYNC_PERSIST)
		return make(sync);
	return end(sync, SYNC_AGAIN, "more than %d changes since the cookie",
	    SYNC_GATHER_MAX);
}

enum sync_outcome
sync_take_entry(struct sync *sync, const struct sync_entry *state,
    struct entry *entry)
{
	enum sync_outcome outcome = SYNC_GOES_ON;

	if (sync->stage == SYNC_IDLE) {
		entry_free(entry);
		return no_session(sync);
	}
	take_cookie(sync, &state->cookie, false);
	switch (state->state) {
	case SYNC_ADD:
	case SYNC_MODIFY:
		outcome = changed(sync, &state->id, entry);
		entry = NULL;
		break;
	case SYNC_DELETE:
		outcome = gone(sync, &state->id);
		break;
	case SYNC_PRESENT:
		outcome = unchanged(sync, &state->id);
		break;
	}
	entry_free(entry);
	return outcome == SYNC_GOES_ON ? bound(sync) : outcome;
}

/* Its cookie comes last: part of a long one may be made before. */
static enum sync_outcome
take_set(struct sync *sync, const struct sync_info *info)
{
	enum sync_outcome outcome = SYNC_GOES_ON;
	struct sync_id id;
	size_t i;

	for (i = 0; i < info->count && outcome == SYNC_GOES_ON; i++) {
		memcpy(id.bytes, info->set + i * SYNC_ELEMENT_SIZE + 2,
		    SYNC_ID_SIZE);
		outcome = info->deletes ? gone(sync, &id) :
		    unchanged(sync, &id);
		if (outcome == SYNC_GOES_ON)
			outcome = bound(sync);
	}
	if (outcome == SYNC_GOES_ON)
		take_cookie(sync, &info->cookie, false);
	return outcome;
}

/* A provider that names nothing and means nothing by it would have us delete
 * everything. */
static const char none_present[] = "no entry is named as unchanged";

enum sync_outcome
sync_take_info(struct sync *sync, const struct sync_info *info)
{
	bool phase = info->form == SYNC_REFRESH_DELETE ||
	    info->form == SYNC_REFRESH_PRESENT;

	if (sync->stage == SYNC_IDLE)
		return no_session(sync);
	if (phase && (sync->stage == SYNC_PERSIST ||
	    sync->stage == SYNC_CHECK))
		return end(sync, SYNC_FAILED,
		    "a refresh ends that had ended before");
	if (info->form == SYNC_ID_SET)
		return take_set(sync, info);
	take_cookie(sync, &info->cookie, phase);
	switch (info->form) {
	case SYNC_NEW_COOKIE:
	case SYNC_ID_SET:
		return SYNC_GOES_ON;
	case SYNC_REFRESH_PRESENT:
		if (sync->stage == SYNC_RESUME &&
		    sync->gather.present_count == 0)
			return end(sync, SYNC_AGAIN, "%s", none_present);
		sync->gather.complete = sync->stage == SYNC_RESUME;
		break;
	case SYNC_REFRESH_DELETE:
		break;
	}
	return info->done ? refreshed(sync) : SYNC_GOES_ON;
}

/* The search ended with success: in the refresh stage that says it is over,
 * and how. */
static enum sync_outcome
take_done(struct sync *sync, const struct sync_done *done)
{
	if (done == NULL)
		return end(sync, SYNC_FAILED, "the server ended the session "
		    "without saying where");
	take_cookie(sync, &done->cookie, true);
	sync->ending = true;
	if (sync->stage == SYNC_CHECK)
		return SYNC_GOES_ON;
	if (sync->stage == SYNC_PERSIST)
		return refreshed(sync);
	if (sync->stage == SYNC_RESUME && !done->deletes &&
	    sync->gather.present_count == 0)
		return end(sync, SYNC_AGAIN, "%s", none_present);
	sync->gather.complete = sync->stage == SYNC_RESUME && !done->deletes;
	return refreshed(sync);
}

enum sync_outcome
sync_take_result(struct sync *sync, int code, const struct sync_done *done)
{
	switch (code) {
	case RESULT_SUCCESS:
		return sync->stage == SYNC_IDLE ? no_session(sync) :
		    take_done(sync, done);
	case RESULT_TIME_LIMIT:
		return end(sync, SYNC_LIMITED, "time limit exceeded (3)");
	case RESULT_SIZE_LIMIT:
		return end(sync, SYNC_LIMITED, "size limit exceeded (4)");
	case RESULT_ADMIN_LIMIT:
		return end(sync, SYNC_LIMITED, "admin limit exceeded (11)");
	case RESULT_REFRESH_REQUIRED:
		if (sync->stage == SYNC_RESUME || sync->stage == SYNC_PERSIST)
			return end(sync, SYNC_AGAIN, "the server asks for it "
			    "(e-syncRefreshRequired)");
		break;
	case RESULT_PROTOCOL_ERROR:
	case RESULT_UNWILLING:
		if (sync->stage == SYNC_RESUME)
			return end(sync, SYNC_AGAIN, "the server does not "
			    "take the cookie (%d)", code);
		break;
	default:
		break;
	}
	return end(sync, SYNC_FAILED, "the server ended the session (%d)",
	    code);
}

enum sync_outcome
sync_flush(struct sync *sync)
{
	if (sync->stage != SYNC_PERSIST ||
	    (sync->gather.count == 0 && !sync->fresh_cookie))
		return SYNC_GOES_ON;
	return make(sync);
}

enum sync_stage
sync_stage(const struct sync *sync)
{
	return sync->stage;
}

const void *
sync_cookie(const struct sync *sync, size_t *ret_len)
{
	*ret_len = sync->cookie_len;
	return sync->cookie;
}

uint64_t
sync_told(const struct sync *sync)
{
	return sync->told;
}

const char *
sync_error(const struct sync *sync)
{
	return sync->error;
}
