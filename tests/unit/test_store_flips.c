/*
 * Every bit that stands in a data file and is another one, is noticed or does
 * no harm: never another answer.
 */
#include "tests/unit/store_stage.h"

#include "lookupd/store_parts.h"

#define USERS 5

/* ---- every byte of every record --------------------------------------- */

/* In the record and in all copies of it that stand in pages given back. */
static void
flip(const struct stage *stage, const char *data, size_t len,
    const char *record, size_t size, size_t at)
{
	const char *copy = memmem(data, len, record, size);
	int fd = open(stage->file, O_RDWR | O_CLOEXEC);

	assert_non_null(copy);
	for (; copy != NULL; copy = memmem(copy + 1,
	    len - (size_t)(copy + 1 - data), record, size)) {
		off_t offset = copy - data + (off_t)at;
		unsigned char byte;

		assert_int_equal(pread(fd, &byte, 1, offset), 1);
		byte ^= 0x10;
		assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
	}
	close(fd);
}

/* What a reader says of all users: right, or an error; of keys alone also
 * nothing. */
static void
check_reader(struct stage *stage, const char *what, size_t at, bool is_key)
{
	char value[32], right[32];

	if (!stage_open(stage, STORE_READER))
		return;
	for (unsigned i = 0; i < USERS; i++) {
		const char *got;

		snprintf(value, sizeof(value), "user%u@example.com", i);
		snprintf(right, sizeof(right), "user%u:active", i);
		got = stage_found(stage, value);
		row_check(strcmp(got, right) == 0 ||
		    strncmp(got, "store:", 6) == 0 ||
		    (is_key && got[0] == '\0'), what, "byte %zu: %s gives "
		    "\"%s\"", at, value, got);
	}
	stage_close(stage);
}

/* Each record stands in the file as its key and its value, side by side. */
static void
flip_records(struct stage *stage, MDB_txn *txn, const char *name,
    const char *data, size_t len, unsigned *records)
{
	bool ids = strstr(name, "ids") != NULL;
	MDB_val key, value;
	MDB_cursor *cursor;
	MDB_dbi table;

	assert_int_equal(mdb_dbi_open(txn, name,
	    ids ? 0 : MDB_INTEGERKEY, &table), 0);
	assert_int_equal(mdb_cursor_open(txn, table, &cursor), 0);
	while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
		size_t size = key.mv_size + value.mv_size;
		char *both = malloc(size);

		assert_non_null(both);
		memcpy(both, key.mv_data, key.mv_size);
		memcpy(both + key.mv_size, value.mv_data, value.mv_size);
		++*records;
		for (size_t i = 0; i < size; i++) {
			flip(stage, data, len, both, size, i);
			row_check(store_inspect(stage->file, true) != NULL,
			    name, "byte %zu of %zu: not noticed", i, size);
			check_reader(stage, name, i,
			    strstr(name, "keys") != NULL);
			flip(stage, data, len, both, size, i);
		}
		free(both);
	}
	mdb_cursor_close(cursor);
}

static void
test_flips(void **state)
{
	static const char *const names[] = { "r/accounts/1/entries",
		"r/accounts/1/ids", "r/accounts/1/keys" };
	struct stage stage;
	unsigned records = 0;
	char *data, copy[80];
	size_t len;
	MDB_env *env;
	MDB_txn *txn;
	int rc, fd;

	stage_set(&stage);
	must(stage_open(&stage, STORE_WRITER));
	must(stage_fill(&stage, USERS, "active", "c"));
	stage_close(&stage);
	assert_null(store_inspect(stage.file, true));
	data = stage_file(&stage, &len);
	/* the records are listed from a copy: one file may be open once */
	snprintf(copy, sizeof(copy), "%s/copy", stage.folder);
	fd = open(copy, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
	env = store_env_open(copy, STORE_READER, &rc);
	assert_non_null(env);
	assert_int_equal(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
	for (size_t i = 0; i < 3; i++)
		flip_records(&stage, txn, names[i], data, len, &records);
	assert_true(records > 2 * USERS);
	mdb_txn_abort(txn);
	mdb_env_close(env);
	free(data);
	(void)unlink(copy);
	snprintf(copy, sizeof(copy), "%s/copy-lock", stage.folder);
	(void)unlink(copy);
	assert_null(store_inspect(stage.file, true));
	rows_end();
	stage_strike(&stage);
}

/* ---- links --------------------------------------------------------------- */

/* Two have one name.  Whatever bit of their links is another one, they never
 * read as one, nor as none. */
static void
test_flipped_links(void **state)
{
	struct stage stage;
	struct store_wanted wanted;
	struct entry *entry;
	struct store_id id = stage_id(USERS + 1);
	static uint8_t bytes[65536];
	uint32_t bucket;
	MDB_val key = { sizeof(bucket), &bucket }, value;
	MDB_txn *txn;
	size_t len, at;
	char name[32];

	stage_set(&stage);
	must(stage_open(&stage, STORE_WRITER));
	must(stage_fill(&stage, USERS, "active", "c"));
	entry = stage_entry("uid=twin", "user1@example.com", NULL, "locked");
	must(store_change_begin(stage.area, stage.error) == 0 &&
	    store_change_put(stage.area, &id, entry, stage.error) == 0 &&
	    store_change_commit(stage.area, NULL, 0, 5, stage.error) == 0);
	entry_free(entry);
	assert_true(store_key_wanted(&stage.area->keys, NULL,
	    "user1@example.com", 17, &wanted));
	bucket = store_bucket_of(wanted.hash, stage.area->bits);
	must(store_write_begin(stage.store, &txn, stage.error) == 0);
	assert_int_equal(mdb_get(txn, stage.area->tables[1][TABLE_KEYS], &key,
	    &value), 0);
	len = value.mv_size;
	assert_true(len <= sizeof(bytes));
	memcpy(bytes, value.mv_data, len);
	mdb_txn_abort(txn);
	at = store_bucket_seek(bytes, len, wanted.hash, stage.area->bits);
	for (size_t bit = 0; bit < (size_t)2 * BUCKET_LINK_SIZE * 8; bit++) {
		bytes[at + bit / 8] ^= (uint8_t)(1U << bit % 8);
		value = (MDB_val){ len, bytes };
		must(store_write_begin(stage.store, &txn, stage.error) == 0);
		assert_int_equal(mdb_put(txn,
		    stage.area->tables[1][TABLE_KEYS], &key, &value, 0), 0);
		must(store_write_commit(stage.store, txn, stage.error) == 0);
		snprintf(name, sizeof(name), "bit %zu", bit);
		row_check(strncmp(stage_found(&stage, "user1@example.com"),
		    "store:", 6) == 0, name, "%s", stage_found(&stage,
		    "user1@example.com"));
		stage.store->damaged = false;
		bytes[at + bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	rows_end();
	stage_strike(&stage);
}

/* A key that leads to an entry without it, and one that leads nowhere. */
static void
test_wrong_links(void **state)
{
	struct stage stage;
	struct store_wanted wanted;
	uint8_t link[BUCKET_LINK_SIZE];
	uint32_t bucket;
	MDB_val key = { sizeof(bucket), &bucket };
	MDB_val value = { sizeof(link), link };
	MDB_txn *txn;

	for (uint32_t number = 1; number < 100; number += 90) {
		stage_set(&stage);
		must(stage_open(&stage, STORE_WRITER));
		must(stage_fill(&stage, USERS, "active", "c"));
		assert_true(store_key_wanted(&stage.area->keys, NULL, "x@y", 3,
		    &wanted));
		bucket = store_bucket_of(wanted.hash, stage.area->bits);
		store_bucket_put_link(link, wanted.hash | number);
		must(store_write_begin(stage.store, &txn, stage.error) == 0);
		assert_int_equal(mdb_put(txn,
		    stage.area->tables[1][TABLE_KEYS], &key, &value, 0), 0);
		must(store_write_commit(stage.store, txn, stage.error) == 0);
		stage_finds(&stage, "x@y", number == 1 ? "store: damaged: a "
		    "key leads to an entry without it" : "store: damaged: a "
		    "key leads nowhere");
		assert_true(store_damaged(stage.store));
		/* and now nothing is believed any more */
		row_check(strncmp(stage_found(&stage, "user1@example.com"),
		    "store:", 6) == 0, "afterwards", "%s",
		    stage_found(&stage, "user1@example.com"));
		stage_strike(&stage);
	}
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_flipped_links),
		cmocka_unit_test(test_wrong_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
