/*
 * The consumer of RFC 4533 (LDAP content synchronisation) as a machine: what
 * a provider says goes in, what the store has to do comes out.  No I/O, no
 * clock, no library.
 *
 * A session begins without a cookie or with one.
 *
 * Without: everything is told anew and goes to the side of the store that is
 * not in use; it becomes the one in use when the provider says that this was
 * all, and never before.
 *
 * With one (resuming): changes since then are gathered in memory and made in
 * one transaction when the provider says that these were all.  It tells what
 * is gone either by naming it (delete phase), or by naming all that is left
 * (present phase): what neither phase names goes only in the second case.
 * More changes than SYNC_GATHER_* are no resumption any more: SYNC_AGAIN.
 * So is an entry said to be unchanged that the store does not have.
 *
 * Afterwards (persist) changes are gathered until sync_flush, then made in
 * one transaction together with the last cookie that came with them.  An
 * entry comes whole: attributes that are gone are not in it, and its DN is
 * the new one; what left the filter comes as deleted.
 */
#ifndef LOOKUPD_SYNC_H
#define LOOKUPD_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lookupd/entry.h"

#define SYNC_ID_SIZE 16
#define SYNC_COOKIE_MAX 4096		/* bytes; a longer one is an error */
/* Changes gathered of one session that resumes; more than this is sooner
 * read anew, within bounded memory. */
#define SYNC_GATHER_MAX 10000
#define SYNC_GATHER_BYTES (16 * 1024 * 1024)
/* Ids a present phase may name: 16 bytes each. */
#define SYNC_PRESENT_MAX (16 * 1024 * 1024)
#define SYNC_ERROR_MAX 512

struct sync_id {
	uint8_t bytes[SYNC_ID_SIZE];
};

/* Borrowed bytes; data NULL: there are none. */
struct sync_bytes {
	const void *data;
	size_t len;
};

/* ---- what a provider says (ldap_sync_codec.h decodes it) --------------- */

enum sync_state { SYNC_PRESENT = 0, SYNC_ADD = 1, SYNC_MODIFY = 2,
	SYNC_DELETE = 3 };

/* Sync State: about one entry. */
struct sync_entry {
	enum sync_state state;
	struct sync_id id;
	struct sync_bytes cookie;
};

/* Sync Done: with the end of the search. */
struct sync_done {
	struct sync_bytes cookie;
	bool deletes;			/* refreshDeletes */
};

enum sync_form { SYNC_NEW_COOKIE, SYNC_REFRESH_DELETE, SYNC_REFRESH_PRESENT,
	SYNC_ID_SET };

/* Sync Info: about the session, or about many entries. */
struct sync_info {
	enum sync_form form;
	struct sync_bytes cookie;
	bool done;			/* refreshDone, of a phase */
	bool deletes;			/* refreshDeletes, of an id set */
	const uint8_t *set;		/* elements: 04 10 and 16 bytes each */
	size_t count;
};
#define SYNC_ELEMENT_SIZE (2 + SYNC_ID_SIZE)

/* ---- what the store has to do ----------------------------------------- */

/* Each returns 0, or -1: the store cannot, and has said why. */
struct sync_effects {
	int (*refresh_begin)(void *context);
	int (*refresh_put)(void *context, const struct sync_id *id,
	    const struct entry *entry);
	int (*refresh_delete)(void *context, const struct sync_id *id);
	/* May the refresh be finished?  Called once the provider says that it
	 * was all.  0: yes; 1: sync_confirm will be called. */
	int (*refresh_check)(void *context);
	int (*refresh_finish)(void *context, const void *cookie, size_t len);
	void (*refresh_abandon)(void *context);

	int (*change_begin)(void *context);
	int (*change_put)(void *context, const struct sync_id *id,
	    const struct entry *entry);
	int (*change_delete)(void *context, const struct sync_id *id);
	/* Delete every id for which keep says false. */
	int (*change_keep)(void *context,
	    bool (*keep)(void *keep_context, const struct sync_id *id),
	    void *keep_context);
	/* cookie NULL: the one before stays. */
	int (*change_commit)(void *context, const void *cookie, size_t len);
	void (*change_abort)(void *context);
};

/* ---- the machine ------------------------------------------------------ */

enum sync_stage {
	SYNC_IDLE = 0,			/* no session */
	SYNC_REFRESH,			/* everything anew, beside */
	SYNC_CHECK,			/* all told; refresh_check is asked */
	SYNC_RESUME,			/* changes since the cookie */
	SYNC_PERSIST			/* up to date, changes as they occur */
};

/* What a call leads to.  All but SYNC_GOES_ON end the session: the machine
 * is idle, what was not committed is forgotten, the caller hangs up. */
enum sync_outcome {
	SYNC_GOES_ON = 0,
	SYNC_AGAIN,			/* at once, without a cookie */
	SYNC_OVER,			/* the provider ended it in order */
	SYNC_LIMITED,			/* a limit of the provider's: no refresh */
	SYNC_FAILED			/* sync_error says why */
};

struct sync;

/* effects must outlive it.  NULL when out of memory. */
struct sync *sync_new(const struct sync_effects *effects, void *context);
void sync_free(struct sync *sync);	/* NULL-safe; as sync_lost */

/* A session begins; cookie of length 0: everything anew. */
enum sync_outcome sync_start(struct sync *sync, const void *cookie,
    size_t len);

/*
 * A resumption that names what was deleted, and not what is left, is not
 * believed when anything has changed: SYNC_AGAIN.  slapd's session log leaves
 * out a deletion whose number is greater than the last one it told, as
 * happens while several clients change things at once; what it leaves out is
 * never told again.
 */
void sync_doubt_deletes(struct sync *sync, bool doubt);

/* An entry message.  entry: taken over, also on failure; NULL is allowed
 * where the state carries none (present, delete). */
enum sync_outcome sync_take_entry(struct sync *sync,
    const struct sync_entry *state, struct entry *entry);
enum sync_outcome sync_take_info(struct sync *sync,
    const struct sync_info *info);
/* The end of the search: its resultCode, and Sync Done or NULL. */
enum sync_outcome sync_take_result(struct sync *sync, int code,
    const struct sync_done *done);

/* refresh_check has been answered: the refresh may be finished. */
enum sync_outcome sync_confirm(struct sync *sync);

/* No message is waiting: make what was gathered. */
enum sync_outcome sync_flush(struct sync *sync);

/* The connection is gone. */
void sync_lost(struct sync *sync);

enum sync_stage sync_stage(const struct sync *sync);
/* The last cookie, committed or not; borrowed until the next call. */
const void *sync_cookie(const struct sync *sync, size_t *ret_len);
/* Entries told in this stage of the session. */
uint64_t sync_told(const struct sync *sync);
/* A sentence about the last SYNC_FAILED, SYNC_LIMITED or SYNC_AGAIN. */
const char *sync_error(const struct sync *sync);

#endif
