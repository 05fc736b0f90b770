/*
 * A walk over everything in a store: does every record fit its checksum, and
 * are there as many as there should be?
 */
#include "lookupd/store_parts.h"

#include <stdio.h>
#include <string.h>

static const char damaged[] = "a record does not fit its checksum";

static bool
sound(enum store_table table, const struct store_layout *layout,
    const MDB_val *key, const MDB_val *value, uint64_t *count)
{
	const uint8_t *bytes = value->mv_data;
	uint32_t number;

	switch (table) {
	case TABLE_ENTRIES:
		if (key->mv_size != sizeof(number))
			return false;
		memcpy(&number, key->mv_data, sizeof(number));
		return number <= STORE_NUMBER_MAX / layout->per &&
		    store_chunk_sound(bytes, value->mv_size, layout->per,
		    number, count);
	case TABLE_IDS:
		++*count;
		return key->mv_size == STORE_ID_SIZE &&
		    value->mv_size == STORE_LINK_SIZE &&
		    store_get_u32(bytes + 4) == (uint32_t)store_checksum(
		    key->mv_data, key->mv_size, bytes, 4);
	case TABLE_KEYS:
		if (key->mv_size != sizeof(number))
			return false;
		memcpy(&number, key->mv_data, sizeof(number));
		return store_bucket_sound(bytes, value->mv_size, number,
		    layout->bits);
	case TABLES:
		break;
	}
	return false;
}

static const char *
check_table(MDB_txn *txn, const char *area,
    const struct store_layout *layout, enum store_table table,
    uint64_t *ret_count)
{
	char name[STORE_NAME_MAX];
	const char *wrong = NULL;
	MDB_val key, value;
	MDB_cursor *cursor;
	size_t rows = 0;
	MDB_stat stat;
	MDB_dbi dbi;
	int rc;

	store_area_table_name(name, area, layout->side, table);
	*ret_count = 0;
	if (mdb_dbi_open(txn, name, store_area_table_flags(table), &dbi) != 0 ||
	    mdb_stat(txn, dbi, &stat) != 0 ||
	    mdb_cursor_open(txn, dbi, &cursor) != 0)
		return "a table is missing";
	while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0 &&
	    wrong == NULL) {
		if (!sound(table, layout, &key, &value, ret_count))
			wrong = damaged;
		rows++;
	}
	mdb_cursor_close(cursor);
	if (wrong == NULL && (rc != MDB_NOTFOUND ||
	    rows != stat.ms_entries))
		wrong = "a table is not whole";
	return wrong;
}

static const char *
check_area(MDB_txn *txn, const MDB_val *key, const MDB_val *value,
    bool thoroughly)
{
	char area[STORE_NAME_MAX];
	struct store_state state;
	struct store_layout layout;
	uint64_t count, ids = 0, keys;
	const char *wrong;

	if (key->mv_size >= sizeof(area) || store_state_decode(value->mv_data,
	    value->mv_size, key->mv_data, key->mv_size, &state, &layout) != 0)
		return "the record of an area cannot be read";
	if (!state.usable || !thoroughly)
		return NULL;
	memcpy(area, key->mv_data, key->mv_size);
	area[key->mv_size] = '\0';
	wrong = check_table(txn, area, &layout, TABLE_ENTRIES, &count);
	if (wrong == NULL)
		wrong = check_table(txn, area, &layout, TABLE_IDS, &ids);
	if (wrong == NULL)
		wrong = check_table(txn, area, &layout, TABLE_KEYS, &keys);
	if (wrong == NULL && (count != ids || count != state.entries))
		wrong = "there are not as many entries as there should be";
	return wrong;
}

const char *
store_check(MDB_env *env, bool thoroughly)
{
	const char *wrong = NULL;
	MDB_val key, value;
	MDB_cursor *cursor;
	MDB_txn *txn;
	MDB_dbi table;
	int rc;

	if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0)
		return "it cannot be read";
	if (mdb_dbi_open(txn, "store", 0, &table) != 0 ||
	    mdb_cursor_open(txn, table, &cursor) != 0) {
		mdb_txn_abort(txn);
		return "a table is missing";
	}
	while (wrong == NULL &&
	    (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
		/* areas have a slash in their names */
		if (memchr(key.mv_data, '/', key.mv_size) != NULL)
			wrong = check_area(txn, &key, &value, thoroughly);
	}
	if (wrong == NULL && rc != MDB_NOTFOUND)
		wrong = "a table is not whole";
	mdb_cursor_close(cursor);
	mdb_txn_abort(txn);
	return wrong;
}
