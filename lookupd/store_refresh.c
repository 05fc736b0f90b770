/*
 * A refresh: everything anew on the side that is not in use.
 *
 * Entries are numbered and appended as they come.  What was said of ids and
 * keys is spooled; at the end the ids are sorted, which shows entries that
 * were replaced or deleted meanwhile; those are taken out, and the keys of
 * all others are sorted and appended.  Appending fills pages, and no page is
 * written twice.
 */
#include "lookupd/store_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lookupd/store_record.h"
#include "lookupd/store_spool.h"

/* Bytes of records that are written in one transaction. */
#define BATCH_BYTES (1024 * 1024)
#define BATCH_MAX (BATCH_BYTES + STORE_RECORD_MAX + 8)

/* In the spool of ids: id, number (big-endian: the last one counts), and
 * whether it was put or deleted. */
#define ID_RECORD (STORE_ID_SIZE + 4 + 1)
/* In the spool of keys: a link, big-endian, so that sorted as bytes they are
 * in the order of the table. */
#define KEY_RECORD sizeof(uint64_t)

enum stage { STAGE_PUTTING, STAGE_IDS, STAGE_DEAD, STAGE_KEYS, STAGE_DONE };

struct store_refresh {
	unsigned side;
	enum stage stage;
	unsigned heap;			/* the next of the stage */
	uint32_t next_number;
	uint64_t key_count;
	unsigned bits;			/* of the buckets, from their count */
	struct buffer batch;		/* length, number, record; repeated */
	size_t batch_count;
	struct spool *ids, *keys;
	uint32_t *dead;			/* numbers of entries to be taken out */
	size_t dead_count, dead_capacity;
};

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

/* The refresh is over, too: it has a hole. */
static int
give_up(struct store_area *area, const char *what, char *error)
{
	if (what != NULL)
		snprintf(error, STORE_ERROR_MAX, "store: %s: %s", what,
		    strerror(errno));
	store_refresh_abandon(area);
	return -1;
}

static int
empty(struct store_area *area, unsigned side, char *error)
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
	    empty(area, area->side ^ 1, error) != 0)
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
		return give_up(area, "a file for a refresh", error);
	return 0;
}

/* ---- putting ---------------------------------------------------------- */

static int
write_batch(struct store_area *area, char *error)
{
	struct store_refresh *refresh = area->refresh;
	struct buffer *batch = &refresh->batch;
	MDB_dbi table = area->tables[refresh->side][TABLE_ENTRIES];
	MDB_txn *txn;
	size_t at = 0;
	int rc = 0;

	if (batch->len == 0)
		return 0;
	if (store_write_begin(area->store, &txn, error) != 0)
		return -1;
	while (at < batch->len && rc == 0) {
		uint32_t len = store_get_u32(batch->data + at);
		uint32_t number = store_get_u32(batch->data + at + 4);
		MDB_val key = { sizeof(number), &number };
		MDB_val value = { len, batch->data + at + 8 };

		rc = mdb_put(txn, table, &key, &value, MDB_APPEND);
		at += 8 + len;
	}
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
	store_record_put(batch, number, entry, area->attributes);
	errno = ENOMEM;
	if (batch->failed || batch->len - start > STORE_RECORD_MAX ||
	    store_keys_of(&area->keys, entry, &area->hashes) != 0 ||
	    spool_id(refresh, id, number, true) != 0 ||
	    spool_keys(area, number) != 0)
		return give_up(area, "an entry", error);
	store_put_u32(batch->data + start, (uint32_t)(batch->len - start -
	    sizeof(head)));
	store_put_u32(batch->data + start + 4, number);
	if (++refresh->batch_count < STORE_BATCH_ENTRIES &&
	    batch->len < BATCH_BYTES)
		return 0;
	return write_batch(area, error) == 0 ? 0 : give_up(area, NULL, error);
}

int
store_refresh_delete(struct store_area *area, const struct store_id *id,
    char *error)
{
	struct store_refresh *refresh = area->refresh;

	if (putting(area, error) != 0)
		return -1;
	if (spool_id(refresh, id, refresh->next_number++, false) != 0)
		return give_up(area, "a deleted entry", error);
	return 0;
}

/* ---- ids -------------------------------------------------------------- */

static int
bury(struct store_refresh *refresh, uint32_t number)
{
	if (refresh->dead_count == refresh->dead_capacity) {
		size_t capacity = refresh->dead_capacity == 0 ? 64 :
		    2 * refresh->dead_capacity;
		uint32_t *grown = realloc(refresh->dead,
		    capacity * sizeof(*grown));

		if (grown == NULL)
			return -1;
		refresh->dead = grown;
		refresh->dead_capacity = capacity;
	}
	refresh->dead[refresh->dead_count++] = number;
	return 0;
}

/* Of one id the last word counts; what was put before is dead. */
static int
put_ids(struct store_area *area, MDB_txn *txn, const uint8_t *records,
    size_t count)
{
	struct store_refresh *refresh = area->refresh;
	MDB_dbi table = area->tables[refresh->side][TABLE_IDS];
	uint8_t link[STORE_LINK_SIZE];
	MDB_val value = { sizeof(link), link };
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		const uint8_t *record = records + i * ID_RECORD;
		uint32_t number = store_get_u32_ordered(record + STORE_ID_SIZE);
		bool put = record[STORE_ID_SIZE + 4] == 1;
		bool last = i + 1 == count || memcmp(record,
		    record + ID_RECORD, STORE_ID_SIZE) != 0;
		MDB_val key = { STORE_ID_SIZE, (void *)record };

		if (put && !last)
			rc = bury(refresh, number) == 0 ? 0 : ENOMEM;
		if (!put || !last)
			continue;
		store_put_u32(link, number);
		store_put_u32(link + 4, (uint32_t)store_checksum(record,
		    STORE_ID_SIZE, link, 4));
		rc = mdb_put(txn, table, &key, &value, MDB_APPEND);
	}
	return rc;
}

/* ---- the dead, and keys ----------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int
take_out_dead(struct store_area *area, char *error)
{
	struct store_refresh *refresh = area->refresh;
	MDB_dbi table = area->tables[refresh->side][TABLE_ENTRIES];
	MDB_txn *txn;
	int rc = 0;

	if (refresh->dead_count == 0)
		return 0;
	qsort(refresh->dead, refresh->dead_count, sizeof(*refresh->dead),
	    compare);
	if (store_write_begin(area->store, &txn, error) != 0)
		return -1;
	for (size_t i = 0; i < refresh->dead_count && rc == 0; i++) {
		MDB_val key = { sizeof(uint32_t), &refresh->dead[i] };

		rc = mdb_del(txn, table, &key, NULL);
	}
	if (rc == 0)
		return store_write_commit(area->store, txn, error);
	mdb_txn_abort(txn);
	return store_fail(area->store, rc, "taking out entries", error);
}

static int
put_bucket(struct store_area *area, MDB_txn *txn, uint32_t number)
{
	struct buffer *bucket = &area->bucket;
	MDB_val key = { sizeof(number), &number };
	MDB_val value = { bucket->len, bucket->data };
	int rc;

	if (bucket->failed)
		return ENOMEM;
	if (bucket->len == 0)
		return 0;
	rc = mdb_put(txn, area->tables[area->refresh->side][TABLE_KEYS], &key,
	    &value, MDB_APPEND);
	buffer_clear(bucket);
	return rc;
}

/* A heap of the spool holds whole buckets, in order. */
static int
put_keys(struct store_area *area, MDB_txn *txn, const uint8_t *records,
    size_t count)
{
	struct store_refresh *refresh = area->refresh;
	uint8_t bytes[BUCKET_LINK_SIZE];
	uint32_t current = 0;
	int rc = 0;

	buffer_clear(&area->bucket);
	for (size_t i = 0; i < count && rc == 0; i++) {
		uint64_t link = store_get_u64_ordered(records + i * KEY_RECORD);
		uint32_t number = (uint32_t)link & STORE_NUMBER_MAX;
		uint32_t next = store_bucket_of(link, refresh->bits);

		if (refresh->dead_count > 0 && bsearch(&number, refresh->dead,
		    refresh->dead_count, sizeof(number), compare) != NULL)
			continue;
		if (next != current)
			rc = put_bucket(area, txn, current);
		current = next;
		store_bucket_put_link(bytes, link);
		buffer_put(&area->bucket, bytes, sizeof(bytes));
	}
	return rc == 0 ? put_bucket(area, txn, current) : rc;
}

/* ---- the end ---------------------------------------------------------- */

/* One heap of ids or keys, in one transaction. */
static int
write_heap(struct store_area *area, char *error)
{
	struct store_refresh *refresh = area->refresh;
	bool ids = refresh->stage == STAGE_IDS;
	uint8_t *records;
	size_t count;
	MDB_txn *txn;
	int rc;

	if (spool_sorted(ids ? refresh->ids : refresh->keys, refresh->heap,
	    &records, &count) != 0) {
		snprintf(error, STORE_ERROR_MAX, "store: sorting: %s",
		    strerror(errno));
		return -1;
	}
	rc = count == 0 ? 0 : store_write_begin(area->store, &txn, error);
	if (rc != 0 || count == 0) {
		free(records);
		return rc;
	}
	rc = ids ? put_ids(area, txn, records, count) :
	    put_keys(area, txn, records, count);
	free(records);
	if (rc == 0)
		return store_write_commit(area->store, txn, error);
	mdb_txn_abort(txn);
	return store_fail(area->store, rc, "writing ids or keys", error);
}

static int
step(struct store_area *area, char *error)
{
	struct store_refresh *refresh = area->refresh;
	int rc = 0;

	switch (refresh->stage) {
	case STAGE_PUTTING:
		rc = write_batch(area, error);
		refresh->stage = STAGE_IDS;
		refresh->heap = 0;
		break;
	case STAGE_IDS:
	case STAGE_KEYS:
		rc = write_heap(area, error);
		if (++refresh->heap == SPOOL_HEAPS)
			refresh->stage++;
		break;
	case STAGE_DEAD:
		rc = take_out_dead(area, error);
		refresh->bits = store_bucket_bits(refresh->key_count);
		refresh->stage = STAGE_KEYS;
		refresh->heap = 0;
		break;
	case STAGE_DONE:
		break;
	}
	return rc;
}

int
store_refresh_step(struct store_area *area, bool *ret_done, char *error)
{
	if (area->refresh == NULL) {
		snprintf(error, STORE_ERROR_MAX, "store: no refresh of %s was "
		    "begun", area->name);
		return -1;
	}
	if (step(area, error) != 0)
		return give_up(area, NULL, error);
	*ret_done = area->refresh->stage == STAGE_DONE;
	return 0;
}

size_t
store_refresh_replaced(const struct store_area *area)
{
	return area->refresh == NULL ? 0 : area->refresh->dead_count;
}

/* The record of the area says so: from now on this side is the one in use. */
static int
swap(struct store_area *area, const void *cookie, size_t cookie_len,
    const char *server, int64_t now_us, char *error)
{
	struct store_refresh *refresh = area->refresh;
	struct store_state *state = &area->state;
	MDB_stat stat;
	MDB_txn *txn;
	int rc;

	if (store_write_begin(area->store, &txn, error) != 0)
		return -1;
	area->state_serial = 0;
	rc = mdb_stat(txn, area->tables[refresh->side][TABLE_ENTRIES], &stat);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return store_fail(area->store, rc, "counting", error);
	}
	memset(state, 0, sizeof(*state));
	state->usable = true;
	state->entries = stat.ms_entries;
	state->contact_us = state->refreshed_us = now_us;
	snprintf(state->server, sizeof(state->server), "%s", server);
	if (cookie_len > 0)
		memcpy(state->cookie, cookie, cookie_len);
	state->cookie_len = cookie_len;
	area->side = refresh->side;
	area->bits = refresh->bits;
	area->next_number = refresh->next_number;
	if (store_area_save(area, txn, error) == 0)
		return store_write_commit(area->store, txn, error);
	mdb_txn_abort(txn);
	return -1;
}

int
store_refresh_finish(struct store_area *area, const void *cookie,
    size_t cookie_len, const char *server, int64_t now_us, char *error)
{
	bool done = false;
	unsigned old;

	if (cookie_len > STORE_COOKIE_MAX) {
		errno = EMSGSIZE;
		return give_up(area, "a cookie", error);
	}
	while (!done) {
		if (store_refresh_step(area, &done, error) != 0)
			return -1;
	}
	old = area->refresh->side ^ 1;
	if (swap(area, cookie, cookie_len, server, now_us, error) != 0)
		return give_up(area, NULL, error);
	store_refresh_abandon(area);
	return empty(area, old, error);
}
