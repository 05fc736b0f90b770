/*
 * The store: what mirrored directories and LDIF files say, in one LMDB
 * environment, written by the directory process, read by the front.
 *
 * An area holds the entries of one kind (accounts, or domains) of one realm.
 * It has two sides.  One is in use; a refresh is written to the other, in
 * batches, and the last batch makes it the one in use, in one transaction:
 * whoever dies in between, no reader ever sees half a refresh.  Afterwards
 * each change is one transaction that also writes the cookie after it.
 *
 * A side has three tables: entries by number, numbers by id (the entryUUID,
 * or a digest of the DN), numbers by key (a keyed hash of attribute and
 * value, folded as the weakest comparison we make; duplicates are kept).
 * Every record carries a checksum over its key and its value, and a found
 * entry is looked at again: does it contain what was asked for?  What does
 * not fit is damage: said, answered `unavailable`, and built anew.
 *
 * Nothing is flushed to the disk at each change: a process that is killed
 * loses nothing, because the pages are the kernel's.  A machine that stops
 * may, so an environment that was not closed in order before this boot
 * (kernel.random.boot_id) is not believed and built anew.
 *
 * This is the only part that knows LMDB.  No thread, no clock of its own:
 * times are arguments, microseconds since 1970.
 */
#ifndef LOOKUPD_STORE_H
#define LOOKUPD_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lookupd/entry.h"
#include "lookupd/profile.h"

#define STORE_ERROR_MAX 512
#define STORE_ID_SIZE 16
#define STORE_COOKIE_MAX 4096		/* bytes; a longer one is an error */
#define STORE_SERVER_MAX 256		/* of the URI in a side's state */
/* One transaction of a refresh: bounded, so that memory is. */
#define STORE_BATCH_ENTRIES 2000

struct store;			/* an open environment */
struct store_area;		/* an open area of it */

enum store_role { STORE_READER, STORE_WRITER };
enum store_kind { STORE_ACCOUNTS, STORE_DOMAINS };

struct store_id {
	uint8_t bytes[STORE_ID_SIZE];
};

/*
 * Open the environment in this folder, which must exist, belong to us and be
 * nobody else's to write.  A writer creates it, and replaces one that is
 * truncated, foreign, of another version, damaged, or from before a boot it
 * was not closed for; *ret_anew then says so with a sentence in error.  A
 * reader opens what is there or creates it empty, and finds out by itself
 * (store_stale_handle) that a writer has replaced it.
 * NULL with a sentence in error (STORE_ERROR_MAX bytes).
 */
struct store *store_open(const char *folder, enum store_role role,
    bool *ret_anew, char *error);
/* A writer flushes and marks an orderly end. NULL-safe. */
void store_close(struct store *store);

/* The environment was replaced or cut short under us: this process must open
 * it again (it ends, and its parent starts another). */
bool store_stale_handle(struct store *store);

/* Something was read that cannot be right: nothing is believed any more.  A
 * reader tells the writer, who discards the environment and ends; the next
 * one begins anew, and the reader's handle is stale. */
bool store_damaged(const struct store *store);
void store_discard(struct store *store);

/*
 * An area.  definition: a hash of everything that decides what is in it
 * (profile, base, filter, attributes); what is in use under another
 * definition is not used.  profile must outlive the area: its keys are what
 * is indexed.  NULL when out of memory, or with too many areas.
 */
struct store_area *store_area_open(struct store *store, const char *realm,
    enum store_kind kind, const struct profile *profile, uint64_t definition);
void store_area_close(struct store_area *area);		/* NULL-safe */

/* "accounts" or "domains"; static. */
const char *store_kind_word(enum store_kind kind);

/*
 * A writer removes the areas that wanted() does not know by their names, realm,
 * "/" and the kind's word, so that their pages are used again; none of them is
 * open.  1; 0 when there are no such; -1 with a sentence in error, and all are
 * still there.
 */
int store_prune(struct store *store, bool (*wanted)(const void *context,
    const char *area), const void *context, char *error);

/* What is known of the side in use. */
struct store_state {
	bool usable;			/* complete, of this definition */
	uint64_t entries;
	int64_t contact_us;		/* the last confirmed contact */
	int64_t changed_us;		/* the last change, 0: none */
	int64_t refreshed_us;		/* when the refresh was complete */
	char server[STORE_SERVER_MAX + 1];	/* who said it */
	uint8_t cookie[STORE_COOKIE_MAX];
	size_t cookie_len;
};
/* 0; -1 with a sentence in error: the store is damaged. */
int store_state(struct store_area *area, struct store_state *ret, char *error);
/* The same within a view, not copied: borrowed until it ends. NULL with
 * error. */
const struct store_state *store_look(struct store_area *area, char *error);

/* ---- reading ---------------------------------------------------------- */

/*
 * A view: all reads in it see the same moment.  It must be ended before waiting
 * for long, else the file grows.  0, or -1 with error.
 */
int store_view_begin(struct store *store, char *error);
void store_view_end(struct store *store);
/*
 * For who keeps a view for some milliseconds: the newest moment, which costs
 * nothing when it is the one that is seen already.  What was borrowed before is
 * gone.  The file is not looked at again, as beginning does.
 */
int store_view_renew(struct store *store, char *error);
/* Which moment a view shows: another number than the one before's.  Never 0. */
uint32_t store_view_moment(const struct store *store);

/*
 * Entries that contain the value under one of the keys, as one search with a
 * size limit of two would find them: at most two, allocated, the caller's;
 * *ret_more when there are others.  0; -1 with error: damaged.
 */
int store_find(struct store_area *area, const struct filter_key *keys,
    size_t key_count, const char *value, size_t len,
    struct entry *ret[2], size_t *ret_count, bool *ret_more, char *error);

/* ---- writing: a refresh ----------------------------------------------- */

/*
 * Begin anew on the side that is not in use. 0 or -1 with error.  Entries are
 * written as they come; ids and keys are spooled to a file, and sorted and
 * written at the end, so that every page is written once.
 */
int store_refresh_begin(struct store_area *area, char *error);
/* Put one entry; commits by itself every STORE_BATCH_ENTRIES.  An id that was
 * put before is replaced. */
int store_refresh_put(struct store_area *area, const struct store_id *id,
    const struct entry *entry, char *error);
int store_refresh_delete(struct store_area *area, const struct store_id *id,
    char *error);
/* How many were put and then replaced or deleted; known when store_refresh_step
 * is done. */
size_t store_refresh_replaced(const struct store_area *area);
/*
 * A share of the sorting and writing that finish would do at once (a second
 * for a million entries), for who has others to serve: call it until
 * *ret_done, then finish.  Nothing can be put any more.
 */
int store_refresh_step(struct store_area *area, bool *ret_done, char *error);
/* What is left, then cookie and swap in one transaction; then the old side is
 * emptied. */
int store_refresh_finish(struct store_area *area, const void *cookie,
    size_t cookie_len, const char *server, int64_t now_us, char *error);
/* Forget what was begun; what is in use stays. */
void store_refresh_abandon(struct store_area *area);

/* ---- writing: changes on the side in use ------------------------------ */

/*
 * One transaction: begin, any number of puts and deletes, commit with the
 * cookie after them (cookie NULL: the old one stays).  now_us is also the
 * contact.  A failed put makes the commit fail; abort undoes.  One at a time
 * in a store, whatever the area, and ended before returning to the loop: a
 * refresh of another area cannot go on meanwhile.
 */
int store_change_begin(struct store_area *area, char *error);
int store_change_put(struct store_area *area, const struct store_id *id,
    const struct entry *entry, char *error);
int store_change_delete(struct store_area *area, const struct store_id *id,
    char *error);
/* Present phase: delete every id for which keep says false. */
int store_change_keep(struct store_area *area,
    bool (*keep)(void *context, const struct store_id *id), void *context,
    char *error);
int store_change_commit(struct store_area *area, const void *cookie,
    size_t cookie_len, int64_t now_us, char *error);
void store_change_abort(struct store_area *area);

/* We heard of the server (a heartbeat): nothing has changed. */
int store_contact(struct store_area *area, int64_t now_us, char *error);

/* What is in use is no longer believed (and says so to readers at once). */
int store_forget(struct store_area *area, char *error);

/*
 * Every few seconds: pages that only a dead reader held are given back.  Dirty
 * ones are left to the kernel, which writes them without our waiting: what was
 * not closed in order before a machine stopped is not believed anyway.
 */
void store_sync(struct store *store);

#endif
