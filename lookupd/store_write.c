/*
 * Changes on the side in use: one transaction each, with the cookie.
 */
#include "lookupd/store_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The change of this area that is under way, or a refusal. */
static int
changing(struct store_area *area, char *error)
{
	if (area->store->write != NULL && area->store->changing == area)
		return 0;
	snprintf(error, STORE_ERROR_MAX, "store: no change of %s was begun",
	    area->name);
	return -1;
}

/* A failed step makes the commit fail. */
static int
step(struct store_area *area, int rc)
{
	if (rc != 0)
		area->store->change_failed = true;
	return rc;
}

int
store_change_begin(struct store_area *area, char *error)
{
	struct store *store = area->store;
	MDB_txn *txn;

	if (!area->open && store_area_tables(area, error) != 0)
		return -1;
	if (store_write_begin(store, &txn, error) != 0)
		return -1;
	store->write = txn;
	store->changing = area;
	store->change_failed = false;
	area->state_serial = 0;
	if (store_area_load(area, txn, error) != 0) {
		store_change_abort(area);
		return -1;
	}
	if (area->state.usable)
		return 0;
	store_change_abort(area);
	snprintf(error, STORE_ERROR_MAX, "store: %s is not there yet",
	    area->name);
	return -1;
}

/* ---- one entry -------------------------------------------------------- */

static MDB_dbi
table(const struct store_area *area, enum store_table which)
{
	return area->tables[area->side][which];
}

/* 0 with the number, 1 when there is none, -1 with error. */
static int
number_of(struct store_area *area, const struct store_id *id,
    uint32_t *ret, char *error)
{
	struct store *store = area->store;
	MDB_val key = { STORE_ID_SIZE, (void *)id->bytes }, link;
	const uint8_t *bytes;
	int rc = mdb_get(store->write, table(area, TABLE_IDS), &key, &link);

	if (rc == MDB_NOTFOUND)
		return 1;
	if (rc != 0)
		return store_fail(store, rc, "reading an id", error);
	bytes = link.mv_data;
	if (link.mv_size != STORE_LINK_SIZE || store_get_u32(bytes + 4) !=
	    (uint32_t)store_checksum(id->bytes, STORE_ID_SIZE, bytes, 4))
		return store_broken(store, "an id does not fit its checksum",
		    error);
	*ret = store_get_u32(bytes);
	return 0;
}

/* The keys of what is stored, into old_hashes; *ret_same: it is the record
 * at hand. */
static int
old_keys(struct store_area *area, uint32_t number, bool *ret_same,
    char *error)
{
	struct store *store = area->store;
	struct entry *entry;
	const char *why;
	MDB_val value = { 0, NULL };
	int rc = store_entry_get(area, store->write, number, &value, error);

	if (rc > 0)
		return store_broken(store, "an id leads nowhere", error);
	if (rc != 0)
		return -1;
	*ret_same = value.mv_size == area->record.len &&
	    memcmp(value.mv_data, area->record.data, value.mv_size) == 0;
	entry = store_record_get(value.mv_data, value.mv_size, number,
	    &area->names, &why);
	if (entry == NULL)
		return store_broken(store, why, error);
	rc = store_keys_of(&area->keys, entry, &area->old_hashes);
	entry_free(entry);
	if (rc == 0)
		return 0;
	snprintf(error, STORE_ERROR_MAX, "store: out of memory");
	return -1;
}

static int
put_id(struct store_area *area, const struct store_id *id, char *error)
{
	uint8_t link[STORE_LINK_SIZE];
	MDB_val key = { STORE_ID_SIZE, (void *)id->bytes };
	MDB_val value = { sizeof(link), link };
	int rc;

	if (area->next_number > STORE_NUMBER_MAX) {
		snprintf(error, STORE_ERROR_MAX, "store: %s has used up its "
		    "numbers and needs a refresh", area->name);
		return -1;
	}
	store_put_u32(link, area->next_number);
	store_put_u32(link + 4, (uint32_t)store_checksum(id->bytes,
	    STORE_ID_SIZE, link, 4));
	rc = mdb_put(area->store->write, table(area, TABLE_IDS), &key, &value,
	    0);
	if (rc != 0)
		return store_fail(area->store, rc, "writing an id", error);
	area->next_number++;
	return 0;
}

static int
put_entry(struct store_area *area, const struct store_id *id,
    const struct entry *entry, char *error)
{
	struct buffer *record = &area->record;
	uint32_t number = area->next_number;
	bool same = false;
	int known = number_of(area, id, &number, error);

	if (known < 0)
		return -1;
	buffer_clear(record);
	store_record_put(record, number, entry, &area->names);
	if (record->failed ||
	    store_keys_of(&area->keys, entry, &area->hashes) != 0) {
		snprintf(error, STORE_ERROR_MAX, "store: out of memory, or an "
		    "entry too large");
		return -1;
	}
	area->old_hashes.count = 0;
	if (known == 0 && old_keys(area, number, &same, error) != 0)
		return -1;
	if (same)
		return 0;
	if (known > 0 && put_id(area, id, error) != 0)
		return -1;
	if (store_entry_put(area, area->store->write, area->side, area->per,
	    number, record->data, record->len, error) != 0)
		return -1;
	if (store_change_keys(area, number, &area->old_hashes, &area->hashes, false,
	    error) != 0)
		return -1;
	return store_change_keys(area, number, &area->hashes, &area->old_hashes,
	    true, error);
}

static int
delete_entry(struct store_area *area, const struct store_id *id, char *error)
{
	struct store *store = area->store;
	uint32_t number = 0;
	MDB_val id_key = { STORE_ID_SIZE, (void *)id->bytes };
	bool same;
	int rc, known = number_of(area, id, &number, error);

	if (known != 0)
		return known > 0 ? 0 : -1;
	area->hashes.count = 0;
	buffer_clear(&area->record);
	if (old_keys(area, number, &same, error) != 0 ||
	    store_change_keys(area, number, &area->old_hashes, &area->hashes, false,
	    error) != 0 ||
	    store_entry_put(area, store->write, area->side, area->per, number,
	    NULL, 0, error) != 0)
		return -1;
	rc = mdb_del(store->write, table(area, TABLE_IDS), &id_key, NULL);
	return rc == 0 ? 0 : store_fail(store, rc, "deleting", error);
}

int
store_change_put(struct store_area *area, const struct store_id *id,
    const struct entry *entry, char *error)
{
	if (changing(area, error) != 0)
		return -1;
	return step(area, put_entry(area, id, entry, error));
}

int
store_change_delete(struct store_area *area, const struct store_id *id,
    char *error)
{
	if (changing(area, error) != 0)
		return -1;
	return step(area, delete_entry(area, id, error));
}

/* The ids that are to go, one after the other. */
static int
collect(struct store_area *area, bool (*keep)(void *context,
    const struct store_id *id), void *context, struct buffer *gone,
    char *error)
{
	MDB_val key, value;
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(area->store->write, table(area, TABLE_IDS),
	    &cursor);

	if (rc != 0)
		return store_fail(area->store, rc, "reading ids", error);
	while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
		struct store_id id;

		if (key.mv_size != STORE_ID_SIZE)
			break;
		memcpy(id.bytes, key.mv_data, STORE_ID_SIZE);
		if (!keep(context, &id))
			buffer_put(gone, id.bytes, STORE_ID_SIZE);
	}
	mdb_cursor_close(cursor);
	if (rc == 0)
		return store_broken(area->store, "an id has another length",
		    error);
	return rc == MDB_NOTFOUND ? 0 :
	    store_fail(area->store, rc, "reading ids", error);
}

int
store_change_keep(struct store_area *area, bool (*keep)(void *context,
    const struct store_id *id), void *context, char *error)
{
	struct buffer gone;
	struct store_id id;
	int rc;

	if (changing(area, error) != 0)
		return -1;
	buffer_init(&gone, SIZE_MAX / 2);
	rc = collect(area, keep, context, &gone, error);
	if (rc == 0 && gone.failed) {
		snprintf(error, STORE_ERROR_MAX, "store: out of memory");
		rc = -1;
	}
	for (size_t at = 0; rc == 0 && at < gone.len; at += STORE_ID_SIZE) {
		memcpy(id.bytes, gone.data + at, STORE_ID_SIZE);
		rc = delete_entry(area, &id, error);
	}
	buffer_free(&gone);
	return step(area, rc);
}

/* ---- the end of a change ---------------------------------------------- */

static int
save(struct store_area *area, const void *cookie, size_t cookie_len,
    int64_t now_us, char *error)
{
	struct store *store = area->store;
	MDB_stat stat;
	int rc = mdb_stat(store->write, table(area, TABLE_IDS), &stat);

	if (rc != 0)
		return store_fail(store, rc, "counting", error);
	if (cookie != NULL && cookie_len > STORE_COOKIE_MAX) {
		snprintf(error, STORE_ERROR_MAX, "store: a cookie of more than "
		    "%d bytes", STORE_COOKIE_MAX);
		return -1;
	}
	area->state.entries = stat.ms_entries;
	area->state.contact_us = area->state.changed_us = now_us;
	if (cookie != NULL) {
		memcpy(area->state.cookie, cookie, cookie_len);
		area->state.cookie_len = cookie_len;
	}
	return store_area_save(area, store->write, error);
}

int
store_change_commit(struct store_area *area, const void *cookie,
    size_t cookie_len, int64_t now_us, char *error)
{
	struct store *store = area->store;
	MDB_txn *txn = store->write;

	if (changing(area, error) != 0)
		return -1;
	if (store->change_failed)
		snprintf(error, STORE_ERROR_MAX, "store: a step of the change "
		    "failed");
	if (store->change_failed ||
	    save(area, cookie, cookie_len, now_us, error) != 0) {
		store_change_abort(area);
		return -1;
	}
	store->write = NULL;
	store->changing = NULL;
	area->state_serial = 0;
	return store_write_commit(store, txn, error);
}

void
store_change_abort(struct store_area *area)
{
	struct store *store = area->store;

	if (store->write == NULL || store->changing != area)
		return;
	mdb_txn_abort(store->write);
	store->write = NULL;
	store->changing = NULL;
	area->state_serial = 0;
}

/* ---- only the record of the area -------------------------------------- */

static int
rewrite(struct store_area *area, bool usable, int64_t contact_us,
    char *error)
{
	MDB_txn *txn;

	if (store_write_begin(area->store, &txn, error) != 0)
		return -1;
	area->state_serial = 0;
	if (store_area_load(area, txn, error) != 0) {
		mdb_txn_abort(txn);
		return -1;
	}
	if (!area->state.usable) {	/* nothing to be said of it */
		mdb_txn_abort(txn);
		return 0;
	}
	area->state.usable = usable;
	if (usable)
		area->state.contact_us = contact_us;
	if (store_area_save(area, txn, error) != 0) {
		mdb_txn_abort(txn);
		return -1;
	}
	return store_write_commit(area->store, txn, error);
}

int
store_contact(struct store_area *area, int64_t now_us, char *error)
{
	return rewrite(area, true, now_us, error);
}

int
store_forget(struct store_area *area, char *error)
{
	return rewrite(area, false, 0, error);
}
