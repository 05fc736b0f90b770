/*
 * One moment of the store after the other.
 */
#include "lookupd/store_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* ---- is it still the one? --------------------------------------------- */

static bool
is_replaced(const struct store *store)
{
	struct stat status;

	return fstat(store->file, &status) == 0 && status.st_nlink == 0;
}

bool
store_stale_handle(struct store *store)
{
	struct stat status;

	if (fstat(store->file, &status) != 0 || status.st_nlink == 0 ||
	    status.st_size < store->size_seen)
		return true;
	store->size_seen = status.st_size;
	return false;
}

/* ---- views ------------------------------------------------------------ */

/* The numbers of moments begin again, and in places much sooner: none of
 * before is taken for one of them. */
static void
next_serial(struct store *store)
{
	if ((++store->view_serial & STORE_PLACE_MOMENT) != 0)
		return;
	store->view_serial++;
	for (struct store_area *area = store->areas; area != NULL;
	    area = area->next) {
		store_place_forget(area);
		area->state_serial = 0;
	}
}

/* The newest moment there is. */
static int
view(struct store *store, char *error)
{
	size_t moment;
	int rc;

	for (struct store_area *area = store->areas; area != NULL;
	    area = area->next) {
		if (!area->open && store_area_tables(area, error) != 0)
			return -1;
	}
	rc = store->view == NULL ?
	    mdb_txn_begin(store->env, NULL, MDB_RDONLY, &store->view) :
	    mdb_txn_renew(store->view);
	if (rc != 0)
		return store_fail(store, rc, "reading", error);
	moment = mdb_txn_id(store->view);
	if (store->view_serial == 0 || moment != store->view_txn)
		next_serial(store);
	store->view_txn = moment;
	store->viewing = true;
	return 0;
}

static int
undamaged(struct store *store, char *error)
{
	return store->damaged ? store_broken(store,
	    "nothing is believed any more", error) : 0;
}

int
store_view_begin(struct store *store, char *error)
{
	if (store->viewing)
		return 0;
	if (store->env == NULL) {
		snprintf(error, STORE_ERROR_MAX, "store: nothing to be "
		    "believed yet");
		return -1;
	}
	if (undamaged(store, error) != 0)
		return -1;
	if (store_stale_handle(store)) {
		if (store->role == STORE_WRITER || !is_replaced(store))
			return store_broken(store, "replaced, or cut short",
			    error);
		/* no damage of the one that is there now */
		snprintf(error, STORE_ERROR_MAX, "store: replaced");
		return -1;
	}
	return view(store, error);
}

int
store_view_renew(struct store *store, char *error)
{
	MDB_envinfo info;

	if (!store->viewing)
		return store_view_begin(store, error);
	if (undamaged(store, error) != 0)
		return -1;
	if (mdb_env_info(store->env, &info) == 0 &&
	    info.me_last_txnid == store->view_txn)
		return 0;
	store_view_end(store);
	return view(store, error);
}

uint32_t
store_view_moment(const struct store *store)
{
	return store->view_serial;
}

void
store_view_end(struct store *store)
{
	if (store->viewing)
		mdb_txn_reset(store->view);
	store->viewing = false;
}
