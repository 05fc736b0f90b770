/*
 * Links from keys to entries, on the side in use: buckets are read, changed
 * and written back.
 */
#include "lookupd/store_parts.h"

#include <stdio.h>

/* The bucket as it will be, in area->bucket. 0 or -1 with error. */
static int
change_bucket(struct store_area *area, const MDB_val *old, uint64_t link,
    bool put, char *error)
{
	struct buffer *bucket = &area->bucket;
	uint8_t bytes[BUCKET_LINK_SIZE];
	const uint8_t *links = old->mv_data;
	size_t len = old->mv_size, at, behind;

	if (len % BUCKET_LINK_SIZE != 0)
		return store_broken(area->store, "keys of another length",
		    error);
	at = behind = store_bucket_seek(links, len, link, area->bits);
	if (at < len && store_bucket_link(links + at) == link)
		behind += BUCKET_LINK_SIZE;
	else if (!put)
		return store_broken(area->store, "a key is missing", error);
	store_bucket_put_link(bytes, link);
	buffer_clear(bucket);
	if (at > 0)
		buffer_put(bucket, links, at);
	if (put)
		buffer_put(bucket, bytes, sizeof(bytes));
	if (behind < len)
		buffer_put(bucket, links + behind, len - behind);
	if (!bucket->failed)
		return 0;
	snprintf(error, STORE_ERROR_MAX, "store: out of memory, or too many "
	    "entries under one name");
	return -1;
}

static int
change_link(struct store_area *area, uint64_t link, bool put, char *error)
{
	MDB_txn *txn = area->store->write;
	MDB_dbi keys = area->tables[area->side][TABLE_KEYS];
	uint32_t number = store_bucket_of(link, area->bits);
	MDB_val key = { sizeof(number), &number }, value = { 0, NULL };
	int rc = mdb_get(txn, keys, &key, &value);

	if (rc != 0 && rc != MDB_NOTFOUND)
		return store_fail(area->store, rc, "reading keys", error);
	if (rc == MDB_NOTFOUND)
		value.mv_size = 0;
	if (change_bucket(area, &value, link, put, error) != 0)
		return -1;
	value = (MDB_val){ area->bucket.len, area->bucket.data };
	rc = value.mv_size == 0 ? mdb_del(txn, keys, &key, NULL) :
	    mdb_put(txn, keys, &key, &value, 0);
	return rc == 0 ? 0 : store_fail(area->store, rc, "writing keys",
	    error);
}

int
store_change_keys(struct store_area *area, uint32_t number,
    const struct store_hashes *from, const struct store_hashes *but,
    bool put, char *error)
{
	for (size_t i = 0; i < from->count; i++) {
		if (!store_hashes_contain(but, from->hashes[i]) &&
		    change_link(area, from->hashes[i] | number, put,
		    error) != 0)
			return -1;
	}
	return 0;
}
