/*
 * Records of entries in their chunks.
 */
#include "lookupd/store_parts.h"

#include <stdio.h>

int
store_entry_in(struct store_area *area, const MDB_val *chunk, uint32_t number,
    MDB_val *ret, char *error)
{
	const void *record;
	int rc = store_chunk_find(chunk->mv_data, chunk->mv_size, area->per,
	    number % area->per, &record, &ret->mv_size);

	if (rc < 0)
		return store_broken(area->store, "a chunk cannot be read",
		    error);
	ret->mv_data = (void *)record;
	return rc;
}

int
store_entry_get(struct store_area *area, MDB_txn *txn, uint32_t number,
    MDB_val *ret, char *error)
{
	uint32_t at = number / area->per;
	MDB_val key = { sizeof(at), &at }, chunk;
	int rc = mdb_get(txn, area->tables[area->side][TABLE_ENTRIES], &key,
	    &chunk);

	if (rc == MDB_NOTFOUND)
		return 1;
	if (rc != 0)
		return store_fail(area->store, rc, "reading an entry", error);
	return store_entry_in(area, &chunk, number, ret, error);
}

int
store_entry_put(struct store_area *area, MDB_txn *txn, unsigned side,
    unsigned per, uint32_t number, const void *record, size_t len,
    char *error)
{
	struct buffer *chunk = &area->bucket;
	MDB_dbi table = area->tables[side][TABLE_ENTRIES];
	uint32_t at = number / per;
	MDB_val key = { sizeof(at), &at }, old = { 0, NULL }, value;
	int rc = mdb_get(txn, table, &key, &old);

	if (rc != 0 && rc != MDB_NOTFOUND)
		return store_fail(area->store, rc, "reading entries", error);
	if (rc == MDB_NOTFOUND && len == 0)
		return store_broken(area->store, "an entry is missing", error);
	buffer_clear(chunk);
	if (store_chunk_change(chunk, old.mv_data, rc == 0 ? old.mv_size : 0,
	    per, number % per, record, len) != 0)
		return store_broken(area->store, "a chunk cannot be read",
		    error);
	if (chunk->failed) {
		snprintf(error, STORE_ERROR_MAX, "store: out of memory");
		return -1;
	}
	value = (MDB_val){ chunk->len, chunk->data };
	rc = chunk->len == 0 ? mdb_del(txn, table, &key, NULL) :
	    mdb_put(txn, table, &key, &value, 0);
	return rc == 0 ? 0 : store_fail(area->store, rc, "writing an entry",
	    error);
}
