/*
 * An open environment: who may open and replace it, and its transactions.
 */
#include "lookupd/store_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- failures --------------------------------------------------------- */

int
store_fail(struct store *store, int rc, const char *what, char *error)
{
	switch (rc) {
	case MDB_PAGE_NOTFOUND:
	case MDB_CORRUPTED:
	case MDB_PANIC:
	case MDB_VERSION_MISMATCH:
	case MDB_INVALID:
	case MDB_CURSOR_FULL:
	case MDB_BAD_VALSIZE:
	case MDB_INCOMPATIBLE:
		store->damaged = true;
		break;
	default:
		break;
	}
	snprintf(error, STORE_ERROR_MAX, "store: %s: %s", what,
	    mdb_strerror(rc));
	return -1;
}

int
store_broken(struct store *store, const char *why, char *error)
{
	store->damaged = true;
	snprintf(error, STORE_ERROR_MAX, "store: damaged: %s", why);
	return -1;
}

bool
store_damaged(const struct store *store)
{
	return store->damaged;
}

/* ---- opening ---------------------------------------------------------- */

enum guard_byte { GUARD_OPENING = 0, GUARD_WRITER = 1 };

/* Locks of the process: who inspects the file for us does not inherit them,
 * and may outlive us. */
static int
guard(const struct store *store, enum guard_byte byte, short type, bool wait)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET,
		.l_start = (off_t)byte, .l_len = 1 };
	int rc;

	do {
		rc = fcntl(store->guard, wait ? F_SETLKW : F_SETLK,
		    &lock);
	} while (rc != 0 && errno == EINTR);
	return rc;
}

static bool
same_file(const char *path, const struct stat *seen)
{
	struct stat status;

	return stat(path, &status) == 0 && status.st_ino == seen->st_ino &&
	    status.st_dev == seen->st_dev;
}

/* With the guard: the data file is there and sound afterwards. */
static int
make_sound(struct store *store, const char *wrong, bool *ret_anew,
    char *error)
{
	char made[STORE_ERROR_MAX];

	if (wrong == NULL)
		return 0;
	if (store_file_create(store->path, made) != 0) {
		memcpy(error, made, sizeof(made));
		return -1;
	}
	*ret_anew = true;
	snprintf(error, STORE_ERROR_MAX, "%.300s: %s", store->path, wrong);
	return 0;
}

/* Alone, a writer looks at everything, without keeping readers waiting; then
 * with the guard he replaces what is not to be believed. */
static int
prepare_writer(struct store *store, bool *ret_anew, char *error)
{
	struct stat seen;
	const char *wrong = "there is none yet";
	bool there;

	if (guard(store, GUARD_OPENING, F_WRLCK, true) != 0 ||
	    guard(store, GUARD_WRITER, F_WRLCK, false) != 0) {
		snprintf(error, STORE_ERROR_MAX, "%.300s: another process "
		    "writes this store", store->folder);
		return -1;
	}
	(void)guard(store, GUARD_OPENING, F_UNLCK, false);
	there = stat(store->path, &seen) == 0;
	if (there)
		wrong = store_inspect(store->path, true);
	if (guard(store, GUARD_OPENING, F_WRLCK, true) != 0) {
		snprintf(error, STORE_ERROR_MAX, "%.300s/%s: %s", store->folder,
		    STORE_GUARD_FILE, strerror(errno));
		return -1;
	}
	/* a reader may have made it meanwhile */
	if (!there && stat(store->path, &seen) == 0)
		wrong = store_inspect(store->path, true);
	return make_sound(store, wrong, ret_anew, error);
}

/* A reader makes what is not there, and may replace what nobody writes. */
static int
prepare_reader(struct store *store, bool *ret_anew, bool *ret_usable,
    char *error)
{
	struct stat seen;
	const char *wrong = "there is none yet";
	bool there, alone;

	if (guard(store, GUARD_OPENING, F_WRLCK, true) != 0) {
		snprintf(error, STORE_ERROR_MAX, "%.300s/%s: %s", store->folder,
		    STORE_GUARD_FILE, strerror(errno));
		return -1;
	}
	alone = guard(store, GUARD_WRITER, F_WRLCK, false) == 0;
	there = stat(store->path, &seen) == 0;
	if (there)
		wrong = store_inspect(store->path, false);
	*ret_usable = wrong == NULL || !there || alone;
	if (*ret_usable && make_sound(store, wrong, ret_anew, error) != 0)
		return -1;
	if (alone)
		(void)guard(store, GUARD_WRITER, F_UNLCK, false);
	if (!*ret_usable)
		snprintf(error, STORE_ERROR_MAX, "%.300s: %s; waiting for the "
		    "writer to replace it", store->path, wrong);
	return 0;
}

/* Keep a descriptor of our own: it tells whether the file was replaced. */
static int
open_file(struct store *store, char *error)
{
	struct stat status;

	store->file = open(store->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (store->file >= 0 && fstat(store->file, &status) == 0 &&
	    same_file(store->path, &status)) {
		store->size_seen = status.st_size;
		return 0;
	}
	snprintf(error, STORE_ERROR_MAX, "%.300s: %s", store->path,
	    strerror(errno));
	return -1;
}

static int
mark(struct store *store, bool orderly, char *error)
{
	struct store_meta meta = { .seed = store->seed, .orderly = orderly };
	MDB_txn *txn;
	int rc;

	store_boot_id(meta.boot);
	if (store_write_begin(store, &txn, error) != 0)
		return -1;
	rc = store_meta_put(txn, store->table, &meta);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return store_fail(store, rc, "marking", error);
	}
	if (store_write_commit(store, txn, error) != 0)
		return -1;
	rc = mdb_env_sync(store->env, 1);
	return rc == 0 ? 0 : store_fail(store, rc, "flushing", error);
}

static int
open_env(struct store *store, char *error)
{
	struct store_meta meta;
	MDB_txn *txn;
	int rc, dead;

	store->env = store_env_open(store->path, store->role, &rc);
	if (store->env == NULL)
		return store_fail(store, rc, store->path, error);
	(void)mdb_reader_check(store->env, &dead);
	rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
	if (rc != 0)
		return store_fail(store, rc, store->path, error);
	rc = mdb_dbi_open(txn, "store", 0, &store->table);
	if (rc == 0)
		rc = store_meta_get(txn, store->table, &meta) == 0 ? 0 :
		    MDB_INVALID;
	if (rc != 0) {
		mdb_txn_abort(txn);
		return store_fail(store, rc, store->path, error);
	}
	mdb_txn_commit(txn);
	store->seed = meta.seed;
	return store->role == STORE_WRITER ? mark(store, false, error) : 0;
}

struct store *
store_open(const char *folder, enum store_role role, bool *ret_anew,
    char *error)
{
	struct store *store = calloc(1, sizeof(*store));
	char why[STORE_ERROR_MAX] = "out of memory";
	bool usable = true;
	int rc;

	*ret_anew = false;
	error[0] = '\0';
	if (store == NULL) {
		memcpy(error, why, sizeof(why));
		return NULL;
	}
	store->role = role;
	store->guard = store->file = -1;
	rc = store_file_path(store, folder, error);
	if (rc == 0)
		rc = role == STORE_WRITER ?
		    prepare_writer(store, ret_anew, error) :
		    prepare_reader(store, ret_anew, &usable, error);
	if (rc == 0)
		rc = open_file(store, why);
	if (rc == 0 && usable)
		rc = open_env(store, why);
	if (store->guard >= 0)
		(void)guard(store, GUARD_OPENING, F_UNLCK, false);
	if (rc == 0)
		return store;
	if (store->file >= 0 || error[0] == '\0')
		memcpy(error, why, sizeof(why));
	if (store->env != NULL)
		mdb_env_close(store->env);
	store->env = NULL;
	store_close(store);
	return NULL;
}

void
store_close(struct store *store)
{
	char error[STORE_ERROR_MAX];

	if (store == NULL)
		return;
	if (store->write != NULL)
		mdb_txn_abort(store->write);
	store->write = NULL;
	while (store->areas != NULL)
		store_area_close(store->areas);
	if (store->view != NULL)
		mdb_txn_abort(store->view);
	if (store->env != NULL) {
		if (store->role == STORE_WRITER && !store->damaged &&
		    mdb_env_sync(store->env, 1) == 0)
			(void)mark(store, true, error);
		mdb_env_close(store->env);
	}
	if (store->file >= 0)
		close(store->file);
	if (store->guard >= 0)
		close(store->guard);
	free(store->folder);
	free(store->path);
	free(store);
}

/* ---- for writers ------------------------------------------------------- */

void
store_discard(struct store *store)
{
	store->damaged = true;
	(void)unlink(store->path);
}

void
store_sync(struct store *store)
{
	int dead;

	if (store->env == NULL || store->write != NULL)
		return;
	(void)mdb_reader_check(store->env, &dead);
}

/* ---- transactions ----------------------------------------------------- */

int
store_write_begin(struct store *store, MDB_txn **ret, char *error)
{
	int rc;

	if (store->env == NULL || store->role != STORE_WRITER ||
	    store->damaged || store->write != NULL) {
		snprintf(error, STORE_ERROR_MAX, "store: %s",
		    store->write != NULL ? "a change is under way" :
		    "it cannot be written");
		return -1;
	}
	rc = mdb_txn_begin(store->env, NULL, 0, ret);
	return rc == 0 ? 0 : store_fail(store, rc, "writing", error);
}

/* The file is made as long as it says: pages given back before they were
 * written leave it shorter, and short is how a truncated one looks. */
int
store_write_commit(struct store *store, MDB_txn *txn, char *error)
{
	int rc = mdb_txn_commit(txn);
	MDB_envinfo info;
	MDB_stat stat;
	struct stat status;
	off_t needed;
	int fd;

	if (rc != 0)
		return store_fail(store, rc, "committing", error);
	if (mdb_env_info(store->env, &info) != 0 ||
	    mdb_env_stat(store->env, &stat) != 0 ||
	    fstat(store->file, &status) != 0)
		return 0;
	needed = (off_t)(info.me_last_pgno + 1) * (off_t)stat.ms_psize;
	if (status.st_size < needed && (mdb_env_get_fd(store->env, &fd) != 0 ||
	    ftruncate(fd, needed) != 0))
		store->size_seen = 0;
	return 0;
}
