/*
 * The inside of the store, for store*.c alone: the only part that knows LMDB.
 *
 *   folder/accounts.mdb        the data, mapped by all
 *   folder/accounts.mdb-lock   LMDB's own
 *   folder/guard               locks of ours: byte 0 while the data file is
 *                              opened or replaced, byte 1 the writer's life
 *
 * The table "store" holds the record of the environment and one record for
 * each area; each side of an area has the tables entries, ids and keys:
 *
 *   entries   chunk (4, native)                 -> records (store_chunk.h)
 *   ids       id (16)                           -> number (4), checksum (4)
 *   keys      bucket (4, native)                -> links (store_bucket.h)
 */
#ifndef LOOKUPD_STORE_PARTS_H
#define LOOKUPD_STORE_PARTS_H

#include <lmdb.h>
#include <sys/types.h>

#include "common/buffer.h"
#include "lookupd/store.h"
#include "lookupd/store_bucket.h"
#include "lookupd/store_chunk.h"
#include "lookupd/store_key.h"
#include "lookupd/store_record.h"

#define STORE_DATA_FILE "accounts.mdb"
#define STORE_GUARD_FILE "guard"
/* Another one is not believed, and built anew. */
#define STORE_VERSION 3
#define STORE_BOOT_SIZE 16
/* Tables of 64 realms, and one. */
#define STORE_TABLES_MAX 800
/* Of one bucket: who has so many entries under one name has other troubles. */
#define STORE_BUCKET_MAX (64 * 1024 * 1024)
/* As large as it may ever become; address space, not disk. */
#define STORE_MAP_SIZE (64ULL << 30)
#define STORE_MAP_LEAST (256ULL << 20)

enum store_table { TABLE_ENTRIES, TABLE_IDS, TABLE_KEYS, TABLES };

#define STORE_NAME_MAX 96		/* of an area, and of a table */
#define STORE_LINK_SIZE 8		/* in ids: number and checksum */

/* The record of the environment. */
struct store_meta {
	uint64_t seed;
	uint8_t boot[STORE_BOOT_SIZE];
	bool orderly;			/* closed in order */
};

/*
 * Where the values of an area's tables are at one moment, by their numbers:
 * pages do not change while a moment can be read, so who has been there once
 * need not go from the root again.  Each is one word, so that as many as can
 * be are at hand: how far from the store's origin, how long, and the lower bits
 * of the moment's number (store_place.c).
 */
struct store_places {
	uint64_t *list;			/* NULL: none are remembered */
	size_t count;
};
/* So many of an area are remembered; 8 MiB, of 16 million entries. */
#define STORE_PLACES_MAX (1U << 20)
/* These bits of a moment's number are never all 0. */
#define STORE_PLACE_MOMENT 0xfffU

struct store {
	enum store_role role;
	char *folder, *path;
	int guard;
	int file;			/* the data file, to be looked at */
	MDB_env *env;			/* NULL: nothing to be believed yet */
	MDB_dbi table;			/* "store" */
	uint64_t seed;
	off_t size_seen;		/* it never becomes shorter */
	bool damaged;
	MDB_txn *view;			/* reset while not in use */
	bool viewing;
	uint32_t view_serial;		/* another one: another moment; not 0 */
	const char *origin;		/* somewhere in the map */
	size_t view_txn;		/* its number with LMDB */
	MDB_txn *write;			/* a change is under way … */
	struct store_area *changing;	/* … of this area */
	bool change_failed;
	struct store_area *areas;
};

struct store_refresh;			/* store_refresh_parts.h */

struct store_area {
	struct store *store;
	struct store_area *next;
	char name[STORE_NAME_MAX];
	uint64_t definition;
	struct store_names names;	/* the profile's attributes */
	struct store_keys keys;
	bool open;			/* the tables are known */
	MDB_dbi tables[2][TABLES];
	/* as of view_serial */
	struct store_state state;
	unsigned side;			/* in use */
	unsigned bits;			/* of its buckets' numbers */
	unsigned per;			/* slots of its chunks */
	uint32_t next_number;
	uint32_t state_serial;
	struct store_places chunks, buckets;	/* of the side in use */
	struct store_wanted wanted;	/* what is being looked for */
	struct store_hashes hashes, old_hashes;	/* memory kept */
	struct buffer record, bucket;
	struct store_refresh *refresh;	/* begun, or NULL */
};

/* -1 always: the sentence, and whether it means damage. */
int store_fail(struct store *store, int rc, const char *what, char *error);
int store_broken(struct store *store, const char *why, char *error);

/* store_file.c: opening, inspecting, replacing the data file. */
int store_file_path(struct store *store, const char *folder, char *error);
/* Is the data file to be believed?  NULL, or a sentence why not. Opens it in
 * a process of its own: what is damaged may crash who reads it. */
const char *store_inspect(const char *path, bool thoroughly);
MDB_env *store_env_open(const char *path, enum store_role role, int *ret_rc);
int store_meta_get(MDB_txn *txn, MDB_dbi table, struct store_meta *ret);
int store_meta_put(MDB_txn *txn, MDB_dbi table, const struct store_meta *meta);
void store_boot_id(uint8_t *ret);	/* zeros: it cannot be read */
/* The same one, and known at all? */
bool store_boot_same(const uint8_t *then, const uint8_t *now);
/* A new, empty data file in its place. 0 or -1 with error. */
int store_file_create(const char *path, char *error);
/* store_check.c: walk over everything; NULL, or a sentence. */
const char *store_check(MDB_env *env, bool thoroughly);

/* store_area.c: the record of an area. */
size_t store_state_encode(const struct store_area *area, unsigned side,
    uint32_t next_number, const struct store_state *state, uint8_t *out);
#define STORE_STATE_SIZE (64 + STORE_SERVER_MAX + STORE_COOKIE_MAX)
/* What readers and writers of the tables must know. */
struct store_layout {
	unsigned side, bits, per;
	uint32_t next_number;
	uint64_t definition;
};
/* 0, -1 damaged. */
int store_state_decode(const void *data, size_t len, const char *name,
    size_t name_len, struct store_state *ret, struct store_layout *ret_layout);
/* The state within a transaction into the area. 0 or -1 with error. */
int store_area_load(struct store_area *area, MDB_txn *txn, char *error);
int store_area_save(struct store_area *area, MDB_txn *txn, char *error);
/* The tables' names: existing ones (reader), or made (writer). */
int store_area_tables(struct store_area *area, char *error);
unsigned store_area_table_flags(enum store_table table);
void store_area_table_name(char *name, const char *area, unsigned side,
    enum store_table table);

/*
 * store_entry.c: the record of an entry, within a transaction.  0; 1 when there
 * is none; -1 with error.
 */
int store_entry_get(struct store_area *area, MDB_txn *txn, uint32_t number,
    MDB_val *ret, char *error);
/* The same from a chunk at hand. */
int store_entry_in(struct store_area *area, const MDB_val *chunk,
    uint32_t number, MDB_val *ret, char *error);
/* Write it, or take it out (len 0), on a side with so many slots. 0 or -1 with
 * error. */
int store_entry_put(struct store_area *area, MDB_txn *txn, unsigned side,
    unsigned per, uint32_t number, const void *record, size_t len,
    char *error);

/* store_place.c: what mdb_get says of this number in the view, on the side in
 * use. */
int store_place_chunk(struct store_area *area, uint32_t number, MDB_val *ret);
int store_place_bucket(struct store_area *area, uint32_t number, MDB_val *ret);
/* Is it known without asking LMDB? */
bool store_place_chunk_known(const struct store_area *area, uint32_t number,
    MDB_val *ret);
bool store_place_bucket_known(const struct store_area *area, uint32_t number,
    MDB_val *ret);
/* Nothing is remembered any more. */
void store_place_forget(struct store_area *area);

/* store_link.c: within a change, the keys of `from` that are not in `but` are
 * put or deleted. 0 or -1 with error. */
int store_change_keys(struct store_area *area, uint32_t number,
    const struct store_hashes *from, const struct store_hashes *but,
    bool put, char *error);

/* store_refresh.c */
void store_refresh_free(struct store_refresh *refresh);

/* store_write.c: a transaction of its own. 0 or -1 with error. */
int store_write_begin(struct store *store, MDB_txn **ret, char *error);
int store_write_commit(struct store *store, MDB_txn *txn, char *error);

#endif
