/*
 * A walk over everything in a store: does every record fit its checksum, and
 * are there as many as there should be?
 */
#include "lookupd/store_parts.h"

#include <stdio.h>
#include <string.h>

#include "lookupd/store_record.h"

static const char damaged[] = "a record does not fit its checksum";

static bool
sound(enum store_table table, unsigned bits, const MDB_val *key,
    const MDB_val *value)
{
	const uint8_t *bytes = value->mv_data;
	uint32_t number;

	switch (table) {
	case TABLE_ENTRIES:
		if (key->mv_size != sizeof(number))
			return false;
		memcpy(&number, key->mv_data, sizeof(number));
		return store_record_sound(bytes, value->mv_size, number);
	case TABLE_IDS:
		return key->mv_size == STORE_ID_SIZE &&
		    value->mv_size == STORE_LINK_SIZE &&
		    store_get_u32(bytes + 4) == (uint32_t)store_checksum(
		    key->mv_data, key->mv_size, bytes, 4);
	case TABLE_KEYS:
		if (key->mv_size != sizeof(number))
			return false;
		memcpy(&number, key->mv_data, sizeof(number));
		return store_bucket_sound(bytes, value->mv_size, number, bits);
	case TABLES:
		break;
	}
	return false;
}

static const char *
check_table(MDB_txn *txn, const char *area, unsigned side, unsigned bits,
    enum store_table table, uint64_t *ret_count)
{
	char name[STORE_NAME_MAX];
	const char *wrong = NULL;
	MDB_val key, value;
	MDB_cursor *cursor;
	MDB_stat stat;
	MDB_dbi dbi;
	int rc;

	store_area_table_name(name, area, side, table);
	*ret_count = 0;
	if (mdb_dbi_open(txn, name, store_area_table_flags(table), &dbi) != 0 ||
	    mdb_stat(txn, dbi, &stat) != 0 ||
	    mdb_cursor_open(txn, dbi, &cursor) != 0)
		return "a table is missing";
	while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0 &&
	    wrong == NULL) {
		if (!sound(table, bits, &key, &value))
			wrong = damaged;
		++*ret_count;
	}
	mdb_cursor_close(cursor);
	if (wrong == NULL && (rc != MDB_NOTFOUND ||
	    *ret_count != stat.ms_entries))
		wrong = "a table is not whole";
	return wrong;
}

static const char *
check_area(MDB_txn *txn, const MDB_val *key, const MDB_val *value,
    bool thoroughly)
{
	char area[STORE_NAME_MAX];
	struct store_state state;
	uint64_t definition, count, ids = 0, keys;
	uint32_t next;
	unsigned side, bits;
	const char *wrong;

	if (key->mv_size >= sizeof(area) || store_state_decode(value->mv_data,
	    value->mv_size, key->mv_data, key->mv_size, &state, &side, &bits,
	    &next,
	    &definition) != 0)
		return "the record of an area cannot be read";
	if (!state.usable || !thoroughly)
		return NULL;
	memcpy(area, key->mv_data, key->mv_size);
	area[key->mv_size] = '\0';
	wrong = check_table(txn, area, side, bits, TABLE_ENTRIES, &count);
	if (wrong == NULL)
		wrong = check_table(txn, area, side, bits, TABLE_IDS, &ids);
	if (wrong == NULL)
		wrong = check_table(txn, area, side, bits, TABLE_KEYS, &keys);
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
