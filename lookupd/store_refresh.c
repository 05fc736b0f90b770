/*
 * A refresh: everything anew on the side that is not in use.
 *
 * Entries are numbered and appended as they come.  What was said of ids and
 * keys is spooled; at the end the ids are sorted, which shows entries that
 * were replaced or deleted meanwhile; those are taken out, and the keys of
 * all others are sorted and appended.  Appending fills pages, and no page is
 * written twice.
 */
#include "lookupd/store_refresh_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of records that are written in one transaction. */
#define BATCH_BYTES (1024 * 1024)
#define BATCH_MAX (BATCH_BYTES + STORE_RECORD_MAX + 8)

void
store_refresh_free(struct store_refresh *refresh)
{
	if (refresh == NULL)
		return;
	buffer_free(&refresh->batch);
	spool_free(refresh->ids);
	spool_free(refresh->keys);
	free(refresh->dead);
	free(refresh);
}

void
store_refresh_abandon(struct store_area *area)
{
	store_refresh_free(area->refresh);
	area->refresh = NULL;
}

int
store_refresh_give_up(struct store_area *area, const char *what, char *error)
{
	if (what != NULL)
		snprintf(error, STORE_ERROR_MAX, "store: %s: %s", what,
		    strerror(errno));
	store_refresh_abandon(area);
	return -1;
}

int
store_refresh_empty(struct store_area *area, unsigned side, char *error)
{
	MDB_txn *txn;
	int rc = 0;

	if (store_write_begin(area->store, &txn, error) != 0)
		return -1;
	for (unsigned table = 0; table < TABLES && rc == 0; table++)
		rc = mdb_drop(txn, area->tables[side][table], 0);
	if (rc == 0)
		return store_write_commit(area->store, txn, error);
	mdb_txn_abort(txn);
	return store_fail(area->store, rc, "emptying a side", error);
}

/* Which side is in use, as it is now. */
static int
reload(struct store_area *area, char *error)
{
	MDB_txn *txn;
	int rc;

	if (!area->open && store_area_tables(area, error) != 0)
		return -1;
	if (store_write_begin(area->store, &txn, error) != 0)
		return -1;
	area->state_serial = 0;
	rc = store_area_load(area, txn, error);
	mdb_txn_abort(txn);
	return rc;
}

int
store_refresh_begin(struct store_area *area, char *error)
{
	struct store_refresh *refresh;

	store_refresh_abandon(area);
	if (reload(area, error) != 0 ||
	    store_refresh_empty(area, area->side ^ 1, error) != 0)
		return -1;
	refresh = calloc(1, sizeof(*refresh));
	if (refresh != NULL) {
		area->refresh = refresh;
		refresh->side = area->side ^ 1;
		refresh->next_number = 1;
		buffer_init(&refresh->batch, BATCH_MAX);
		refresh->ids = spool_new(area->store->folder, ID_RECORD);
		refresh->keys = spool_new(area->store->folder, KEY_RECORD);
	}
	if (refresh == NULL || refresh->ids == NULL || refresh->keys == NULL)
		return store_refresh_give_up(area, "a file for a refresh", error);
	return 0;
}

/* ---- putting ---------------------------------------------------------- */

/* The chunk as it is so far; written before it, unless there are none. */
static int
put_chunk(struct store_area *area, MDB_txn *txn, uint32_t at, bool append)
{
	struct buffer *chunk = &area->bucket;
	MDB_val key = { sizeof(at), &at }, value = { chunk->len, chunk->data };
	int rc;

	if (chunk->failed)
		return ENOMEM;
	if (chunk->len == 0)
		return 0;
	rc = mdb_put(txn, area->tables[area->refresh->side][TABLE_ENTRIES],
	    &key, &value, append ? MDB_APPEND : 0);
	buffer_clear(chunk);
	return rc;
}

/* A new one; the first may go on with what the last batch ended with. */
static int
begin_chunk(struct store_area *area, MDB_txn *txn, uint32_t at, bool first,
    bool *ret_append)
{
	struct store_refresh *refresh = area->refresh;
	MDB_val key = { sizeof(at), &at }, old;
	int rc = !first ? MDB_NOTFOUND : mdb_get(txn,
	    area->tables[refresh->side][TABLE_ENTRIES], &key, &old);

	*ret_append = rc == MDB_NOTFOUND;
	if (rc == 0)
		buffer_put(&area->bucket, old.mv_data, old.mv_size);
	else
		store_chunk_begin(&area->bucket, refresh->per);
	return *ret_append ? 0 : rc;
}

static int
put_records(struct store_area *area, MDB_txn *txn)
{
	struct store_refresh *refresh = area->refresh;
	const char *data = refresh->batch.data;
	size_t end = refresh->batch.len;
	uint32_t current = 0, len, number;
	bool append = true;
	int rc = 0;

	buffer_clear(&area->bucket);
	for (size_t at = 0; at < end && rc == 0; at += 8 + len) {
		len = store_get_u32(data + at);
		number = store_get_u32(data + at + 4);
		if (at == 0 || number / refresh->per != current) {
			rc = put_chunk(area, txn, current, append);
			current = number / refresh->per;
			if (rc == 0)
				rc = begin_chunk(area, txn, current, at == 0,
				    &append);
		}
		store_chunk_add(&area->bucket, refresh->per,
		    number % refresh->per, data + at + 8, len);
	}
	return rc == 0 ? put_chunk(area, txn, current, append) : rc;
}

int
store_refresh_write_batch(struct store_area *area, char *error)
{
	struct store_refresh *refresh = area->refresh;
	struct buffer *batch = &refresh->batch;
	MDB_txn *txn;
	int rc;

	if (batch->len == 0)
		return 0;
	if (refresh->per == 0)
		refresh->per = store_chunk_per(batch->len - 8 *
		    refresh->batch_count, refresh->batch_count);
	if (store_write_begin(area->store, &txn, error) != 0)
		return -1;
	rc = put_records(area, txn);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return store_fail(area->store, rc, "writing entries", error);
	}
	buffer_clear(batch);
	refresh->batch_count = 0;
	return store_write_commit(area->store, txn, error);
}

static int
putting(struct store_area *area, char *error)
{
	struct store_refresh *refresh = area->refresh;

	if (refresh != NULL && refresh->stage == STAGE_PUTTING &&
	    refresh->next_number <= STORE_NUMBER_MAX)
		return 0;
	snprintf(error, STORE_ERROR_MAX, "store: no refresh of %s was begun, "
	    "or it is at its end", area->name);
	return -1;
}

static int
spool_id(struct store_refresh *refresh, const struct store_id *id,
    uint32_t number, bool put)
{
	uint8_t record[ID_RECORD];

	memcpy(record, id->bytes, STORE_ID_SIZE);
	store_put_u32_ordered(record + STORE_ID_SIZE, number);
	record[STORE_ID_SIZE + 4] = put;
	return spool_add(refresh->ids, record);
}

static int
spool_keys(struct store_area *area, uint32_t number)
{
	uint8_t record[KEY_RECORD];

	for (size_t i = 0; i < area->hashes.count; i++) {
		store_put_u64_ordered(record, area->hashes.hashes[i] | number);
		if (spool_add(area->refresh->keys, record) != 0)
			return -1;
	}
	area->refresh->key_count += area->hashes.count;
	return 0;
}

int
store_refresh_put(struct store_area *area, const struct store_id *id,
    const struct entry *entry, char *error)
{
	struct store_refresh *refresh = area->refresh;
	struct buffer *batch;
	uint8_t head[8] = { 0 };
	uint32_t number;
	size_t start;

	if (putting(area, error) != 0)
		return -1;
	batch = &refresh->batch;
	number = refresh->next_number++;
	start = batch->len;
	buffer_put(batch, head, sizeof(head));
	store_record_put(batch, number, entry, &area->names);
	errno = ENOMEM;
	if (batch->failed || batch->len - start > STORE_RECORD_MAX ||
	    store_keys_of(&area->keys, entry, &area->hashes) != 0 ||
	    spool_id(refresh, id, number, true) != 0 ||
	    spool_keys(area, number) != 0)
		return store_refresh_give_up(area, "an entry", error);
	store_put_u32(batch->data + start, (uint32_t)(batch->len - start -
	    sizeof(head)));
	store_put_u32(batch->data + start + 4, number);
	if (++refresh->batch_count < STORE_BATCH_ENTRIES &&
	    batch->len < BATCH_BYTES)
		return 0;
	return store_refresh_write_batch(area, error) == 0 ? 0 :
	    store_refresh_give_up(area, NULL, error);
}

int
store_refresh_delete(struct store_area *area, const struct store_id *id,
    char *error)
{
	struct store_refresh *refresh = area->refresh;

	if (putting(area, error) != 0)
		return -1;
	if (spool_id(refresh, id, refresh->next_number++, false) != 0)
		return store_refresh_give_up(area, "a deleted entry", error);
	return 0;
}
