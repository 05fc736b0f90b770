/*
 * The end of a refresh: ids and keys sorted and appended, and the swap.
 */
#include "lookupd/store_refresh_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
put_ids(struct store_area *area, MDB_cursor *end, const uint8_t *records,
    size_t count)
{
	struct store_refresh *refresh = area->refresh;
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
		rc = mdb_cursor_put(end, &key, &value, MDB_APPEND);
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
	MDB_txn *txn;
	int rc = 0;

	if (refresh->dead_count == 0)
		return 0;
	qsort(refresh->dead, refresh->dead_count, sizeof(*refresh->dead),
	    compare);
	if (store_write_begin(area->store, &txn, error) != 0)
		return -1;
	for (size_t i = 0; i < refresh->dead_count && rc == 0; i++)
		rc = store_entry_put(area, txn, refresh->side, refresh->per,
		    refresh->dead[i], NULL, 0, error);
	if (rc == 0)
		return store_write_commit(area->store, txn, error);
	mdb_txn_abort(txn);
	return -1;
}

static int
put_bucket(struct store_area *area, MDB_cursor *end, uint32_t number)
{
	struct buffer *bucket = &area->bucket;
	MDB_val key = { sizeof(number), &number };
	MDB_val value = { bucket->len, bucket->data };
	int rc;

	if (bucket->failed)
		return ENOMEM;
	if (bucket->len == 0)
		return 0;
	rc = mdb_cursor_put(end, &key, &value, MDB_APPEND);
	buffer_clear(bucket);
	return rc;
}

/* A heap of the spool holds whole buckets, in order. */
static int
put_keys(struct store_area *area, MDB_cursor *end, const uint8_t *records,
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
			rc = put_bucket(area, end, current);
		current = next;
		store_bucket_put_link(bytes, link);
		buffer_put(&area->bucket, bytes, sizeof(bytes));
	}
	return rc == 0 ? put_bucket(area, end, current) : rc;
}

/* ---- the end ---------------------------------------------------------- */

/* A cursor stays at the end, where mdb_put would look for it each time. */
static int
append(struct store_area *area, MDB_txn *txn, const uint8_t *records,
    size_t count)
{
	struct store_refresh *refresh = area->refresh;
	bool ids = refresh->stage == STAGE_IDS;
	MDB_cursor *end;
	int rc = mdb_cursor_open(txn, area->tables[refresh->side][ids ?
	    TABLE_IDS : TABLE_KEYS], &end);

	if (rc != 0)
		return rc;
	rc = ids ? put_ids(area, end, records, count) :
	    put_keys(area, end, records, count);
	mdb_cursor_close(end);
	return rc;
}

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
	rc = append(area, txn, records, count);
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
		rc = store_refresh_write_batch(area, error);
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
		return store_refresh_give_up(area, NULL, error);
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
	rc = mdb_stat(txn, area->tables[refresh->side][TABLE_IDS], &stat);
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
	area->per = refresh->per == 0 ? CHUNK_PER_USUAL : refresh->per;
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
		return store_refresh_give_up(area, "a cookie", error);
	}
	while (!done) {
		if (store_refresh_step(area, &done, error) != 0)
			return -1;
	}
	old = area->refresh->side ^ 1;
	if (swap(area, cookie, cookie_len, server, now_us, error) != 0)
		return store_refresh_give_up(area, NULL, error);
	store_refresh_abandon(area);
	/* it is done; what cannot be emptied now is when another one begins */
	(void)store_refresh_empty(area, old, error);
	return 0;
}
