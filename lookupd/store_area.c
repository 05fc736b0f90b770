/*
 * Areas: their tables, and the record that says which side is in use.
 */
#include "lookupd/store_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const table_names[TABLES] = { "entries", "ids", "keys" };

/* ---- the record of an area -------------------------------------------- */

#define FIXED 52

size_t
store_state_encode(const struct store_area *area, unsigned side,
    uint32_t next_number, const struct store_state *state, uint8_t *out)
{
	size_t server = strlen(state->server), len = FIXED;

	out[0] = state->usable;
	out[1] = (uint8_t)side;
	out[2] = (uint8_t)area->bits;
	out[3] = (uint8_t)area->per;
	store_put_u32(out + 4, next_number);
	store_put_u64(out + 8, area->definition);
	store_put_u64(out + 16, state->entries);
	store_put_u64(out + 24, (uint64_t)state->contact_us);
	store_put_u64(out + 32, (uint64_t)state->changed_us);
	store_put_u64(out + 40, (uint64_t)state->refreshed_us);
	out[48] = (uint8_t)(server & 0xff);
	out[49] = (uint8_t)(server >> 8);
	out[50] = (uint8_t)(state->cookie_len & 0xff);
	out[51] = (uint8_t)(state->cookie_len >> 8);
	memcpy(out + len, state->server, server);
	len += server;
	memcpy(out + len, state->cookie, state->cookie_len);
	len += state->cookie_len;
	store_put_u64(out + len, store_checksum(area->name,
	    strlen(area->name), out, len));
	return len + STORE_CHECKSUM_SIZE;
}

int
store_state_decode(const void *data, size_t len, const char *name,
    size_t name_len, struct store_state *ret, struct store_layout *ret_layout)
{
	const uint8_t *in = data;
	size_t server, cookie;

	if (len < FIXED + STORE_CHECKSUM_SIZE)
		return -1;
	len -= STORE_CHECKSUM_SIZE;
	server = in[48] | (size_t)in[49] << 8;
	cookie = in[50] | (size_t)in[51] << 8;
	if (store_get_u64(in + len) != store_checksum(name, name_len, in,
	    len) || in[0] > 1 || in[1] > 1 ||
	    in[2] < BUCKET_BITS_LEAST || in[2] > BUCKET_BITS_MOST ||
	    in[3] == 0 || in[3] > CHUNK_PER_MOST || server > STORE_SERVER_MAX ||
	    cookie > STORE_COOKIE_MAX || len != FIXED + server + cookie)
		return -1;
	ret->usable = in[0] == 1;
	*ret_layout = (struct store_layout){ .side = in[1], .bits = in[2],
		.per = in[3], .next_number = store_get_u32(in + 4),
		.definition = store_get_u64(in + 8) };
	ret->entries = store_get_u64(in + 16);
	ret->contact_us = (int64_t)store_get_u64(in + 24);
	ret->changed_us = (int64_t)store_get_u64(in + 32);
	ret->refreshed_us = (int64_t)store_get_u64(in + 40);
	memcpy(ret->server, in + FIXED, server);
	ret->server[server] = '\0';
	memcpy(ret->cookie, in + FIXED + server, cookie);
	ret->cookie_len = cookie;
	return 0;
}

int
store_area_load(struct store_area *area, MDB_txn *txn, char *error)
{
	MDB_val key = { strlen(area->name), area->name }, value;
	struct store_layout layout;
	int rc = mdb_get(txn, area->store->table, &key, &value);

	if (rc == MDB_NOTFOUND) {
		memset(&area->state, 0, sizeof(area->state));
		area->side = 0;
		area->bits = BUCKET_BITS_LEAST;
		area->per = CHUNK_PER_USUAL;
		area->next_number = 1;
		return 0;
	}
	if (rc != 0)
		return store_fail(area->store, rc, area->name, error);
	if (store_state_decode(value.mv_data, value.mv_size, area->name,
	    key.mv_size, &area->state, &layout) != 0)
		return store_broken(area->store,
		    "the record of an area cannot be read", error);
	area->side = layout.side;
	area->bits = layout.bits;
	area->per = layout.per;
	area->next_number = layout.next_number;
	if (layout.definition != area->definition)
		area->state.usable = false;
	return 0;
}

int
store_area_save(struct store_area *area, MDB_txn *txn, char *error)
{
	uint8_t bytes[STORE_STATE_SIZE];
	MDB_val key = { strlen(area->name), area->name };
	MDB_val value = { store_state_encode(area, area->side,
	    area->next_number, &area->state, bytes), bytes };
	int rc = mdb_put(txn, area->store->table, &key, &value, 0);

	return rc == 0 ? 0 : store_fail(area->store, rc, area->name, error);
}

const struct store_state *
store_look(struct store_area *area, char *error)
{
	struct store *store = area->store;
	uint32_t next_number = area->next_number;

	if (!store->viewing) {
		snprintf(error, STORE_ERROR_MAX, "store: no view was begun");
		return NULL;
	}
	if (area->state_serial == store->view_serial)
		return &area->state;
	/* what a change under way began with is what is seen, or it would go
	 * on with something older */
	if (store->changing == area &&
	    mdb_txn_id(store->view) + 1 != mdb_txn_id(store->write)) {
		snprintf(error, STORE_ERROR_MAX, "store: a change of %s is "
		    "under way", area->name);
		return NULL;
	}
	if (store_area_load(area, store->view, error) != 0)
		return NULL;
	if (store->changing == area)	/* numbers it gave are taken */
		area->next_number = next_number;
	if (!area->open)
		area->state.usable = false;
	area->state_serial = store->view_serial;
	return &area->state;
}

int
store_state(struct store_area *area, struct store_state *ret, char *error)
{
	struct store *store = area->store;
	bool mine = !store->viewing;
	const struct store_state *state;

	if (mine && store_view_begin(store, error) != 0)
		return -1;
	state = store_look(area, error);
	if (state != NULL)
		*ret = *state;
	if (mine)
		store_view_end(store);
	return state == NULL ? -1 : 0;
}

/* ---- tables ----------------------------------------------------------- */

unsigned
store_area_table_flags(enum store_table table)
{
	return table == TABLE_IDS ? 0 : MDB_INTEGERKEY;
}

void
store_area_table_name(char *name, const char *area, unsigned side,
    enum store_table table)
{
	snprintf(name, STORE_NAME_MAX, "%.80s/%u/%s", area, side,
	    table_names[table]);
}

int
store_area_tables(struct store_area *area, char *error)
{
	struct store *store = area->store;
	bool writer = store->role == STORE_WRITER;
	char name[STORE_NAME_MAX];
	MDB_txn *txn;
	int rc;

	if (writer) {
		if (store_write_begin(store, &txn, error) != 0)
			return -1;
	} else if ((rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY,
	    &txn)) != 0) {
		return store_fail(store, rc, area->name, error);
	}
	rc = 0;
	for (unsigned side = 0; side < 2; side++) {
		for (unsigned table = 0; table < TABLES && rc == 0; table++) {
			store_area_table_name(name, area->name, side, table);
			rc = mdb_dbi_open(txn, name,
			    store_area_table_flags((enum store_table)table) |
			    (writer ? MDB_CREATE : 0),
			    &area->tables[side][table]);
		}
	}
	if (rc == 0)
		rc = mdb_txn_commit(txn);
	else
		mdb_txn_abort(txn);
	area->open = rc == 0;
	/* a reader may come before the writer */
	if (rc == 0 || (rc == MDB_NOTFOUND && !writer))
		return 0;
	return store_fail(store, rc, area->name, error);
}

const char *
store_kind_word(enum store_kind kind)
{
	return kind == STORE_ACCOUNTS ? "accounts" : "domains";
}

struct store_area *
store_area_open(struct store *store, const char *realm, enum store_kind kind,
    const struct profile *profile, uint64_t definition)
{
	struct store_area *area = calloc(1, sizeof(*area));
	char error[STORE_ERROR_MAX];

	if (area == NULL)
		return NULL;
	area->store = store;
	area->definition = definition;
	store_names_init(&area->names, kind == STORE_ACCOUNTS ?
	    profile->account_attributes : profile->domain_attributes);
	snprintf(area->name, sizeof(area->name), "%.64s/%s", realm,
	    store_kind_word(kind));
	buffer_init(&area->record, STORE_RECORD_MAX);
	buffer_init(&area->bucket, STORE_BUCKET_MAX);
	store_keys_init(&area->keys, store->seed);
	if (kind == STORE_DOMAINS) {
		store_keys_add(&area->keys, profile->domain.name);
		store_keys_add(&area->keys, profile->domain.id);
	}
	for (size_t i = 0; kind == STORE_ACCOUNTS && i < KEY_KINDS; i++) {
		for (size_t j = 0; j < profile->keys[i].count; j++)
			store_keys_add(&area->keys,
			    profile->keys[i].items[j].attribute);
	}
	area->next = store->areas;
	store->areas = area;
	if (store->env == NULL || store->viewing ||
	    store_area_tables(area, error) == 0)
		return area;
	store_area_close(area);
	return NULL;
}

void
store_area_close(struct store_area *area)
{
	struct store_area **at;

	if (area == NULL)
		return;
	if (area->store->changing == area)
		store_change_abort(area);
	for (at = &area->store->areas; *at != area; at = &(*at)->next)
		;
	*at = area->next;
	store_refresh_free(area->refresh);
	store_place_forget(area);
	store_hashes_free(&area->hashes);
	store_hashes_free(&area->old_hashes);
	buffer_free(&area->record);
	buffer_free(&area->bucket);
	free(area);
}

/* ---- areas that nobody wants ------------------------------------------ */

/* The area that a table is of: what is before its side and kind. */
static bool
area_of_table(const MDB_val *table, char *name)
{
	const char *bytes = table->mv_data;
	size_t len = table->mv_size;

	for (int slashes = 0; len > 0 && slashes < 2;)
		slashes += bytes[--len] == '/';
	if (len == 0 || len >= STORE_NAME_MAX)
		return false;
	memcpy(name, bytes, len);
	name[len] = '\0';
	return true;
}

/* Remove the first table that is not wanted; its record goes with it, so that
 * who still reads finds an area that is not there yet. */
static int
prune_one(struct store *store, MDB_txn *txn, bool (*wanted)(const void *context,
    const char *area), const void *context)
{
	char area[STORE_NAME_MAX], name[STORE_NAME_MAX];
	MDB_val table, record;
	MDB_cursor *cursor;
	MDB_dbi tables, dbi;
	int rc = mdb_dbi_open(txn, NULL, 0, &tables);

	if (rc != 0 || (rc = mdb_cursor_open(txn, tables, &cursor)) != 0)
		return rc;
	while ((rc = mdb_cursor_get(cursor, &table, NULL, MDB_NEXT)) == 0) {
		if (area_of_table(&table, area) && !wanted(context, area))
			break;
	}
	if (rc == 0)
		snprintf(name, sizeof(name), "%.*s", (int)table.mv_size,
		    (const char *)table.mv_data);
	mdb_cursor_close(cursor);
	if (rc != 0 || (rc = mdb_dbi_open(txn, name, 0, &dbi)) != 0 ||
	    (rc = mdb_drop(txn, dbi, 1)) != 0)
		return rc;
	record = (MDB_val){ strlen(area), area };
	rc = mdb_del(txn, store->table, &record, NULL);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int
store_prune(struct store *store, bool (*wanted)(const void *context,
    const char *area), const void *context, char *error)
{
	bool any = false;
	MDB_txn *txn;
	int rc;

	if (store_write_begin(store, &txn, error) != 0)
		return -1;
	while ((rc = prune_one(store, txn, wanted, context)) == 0)
		any = true;
	if (rc == MDB_NOTFOUND && any)
		return store_write_commit(store, txn, error) == 0 ? 1 : -1;
	mdb_txn_abort(txn);
	return rc == MDB_NOTFOUND ? 0 : store_fail(store, rc, "pruning", error);
}
