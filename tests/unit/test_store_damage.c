/*
 * Data files that are damaged, cut short, foreign, of another version or from
 * before the machine stopped: noticed, said, built anew, never believed.
 */
#include "tests/unit/store_stage.h"

#include "lookupd/store_parts.h"

#define USERS 5

/* ---- every byte of every record --------------------------------------- */

static char *
read_all(const struct stage *stage, size_t *ret_len)
{
	struct stat status;
	int fd = open(stage->file, O_RDONLY | O_CLOEXEC);
	char *data;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	data = malloc((size_t)status.st_size);
	assert_non_null(data);
	assert_int_equal(read(fd, data, (size_t)status.st_size),
	    status.st_size);
	close(fd);
	*ret_len = (size_t)status.st_size;
	return data;
}

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
	data = read_all(&stage, &len);
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

/* ---- the file as a whole ---------------------------------------------- */

/* A writer says so, and begins anew with something that works. */
static void
check_anew(struct stage *stage, const char *name, const char *sentence)
{
	struct store_state known;

	if (!row_check(stage_open(stage, STORE_WRITER), name, "%s",
	    stage->error))
		return;
	row_check(stage->anew && strstr(stage->error, sentence) != NULL, name,
	    "anew %d, \"%s\" instead of \"%s\"", stage->anew, stage->error,
	    sentence);
	row_check(store_state(stage->area, &known, stage->error) == 0 &&
	    !known.usable, name, "it is believed: %s", stage->error);
	row_check(stage_fill(stage, USERS, "anew", "c"), name, "%s",
	    stage->error);
	stage_finds(stage, "user1@example.com", "user1:anew");
	stage_close(stage);
}

static void
test_truncated(void **state)
{
	struct stage stage;
	struct stat status;
	char name[32];

	stage_set(&stage);
	for (int i = 0; i < 12; i++) {
		off_t lengths[12] = { 0, 1, 100, 4095, 4096, 8191, 8192, 12288,
			0, 0, 0, 0 };

		must(stage_open(&stage, STORE_WRITER));
		must(stage_fill(&stage, 500, "active", "c"));
		stage_close(&stage);
		assert_int_equal(stat(stage.file, &status), 0);
		lengths[8] = status.st_size / 2;
		lengths[9] = status.st_size - 8192;
		lengths[10] = status.st_size - 4096;
		lengths[11] = status.st_size - 1;
		snprintf(name, sizeof(name), "%lld of %lld",
		    (long long)lengths[i], (long long)status.st_size);
		assert_int_equal(truncate(stage.file, lengths[i]), 0);
		check_anew(&stage, name, "it is ");
	}
	rows_end();
	stage_strike(&stage);
}

static void
test_truncated_while_open(void **state)
{
	struct stage stage;

	stage_set(&stage);
	must(stage_open(&stage, STORE_WRITER));
	must(stage_fill(&stage, 500, "active", "c"));
	assert_false(store_stale_handle(stage.store));
	assert_int_equal(truncate(stage.file, 8192), 0);
	assert_true(store_stale_handle(stage.store));
	assert_non_null(strstr(stage_found(&stage, "user1@example.com"),
	    "cut short"));
	assert_true(store_damaged(stage.store));
	assert_false(stage_change(&stage, 1, "x", "c"));
	stage_close(&stage);
	check_anew(&stage, "after it", "it is ");
	rows_end();
	stage_strike(&stage);
}

static void
put_file(const struct stage *stage, const void *bytes, size_t len)
{
	int fd = open(stage->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

static void
test_foreign(void **state)
{
	struct stage stage;
	static unsigned char noise[65536];
	size_t len;
	char *data;

	stage_set(&stage);
	put_file(&stage, "hello\n", 6);
	check_anew(&stage, "text", "no data file");
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (unsigned char)(i * 7919 >> 3);
	put_file(&stage, noise, sizeof(noise));
	check_anew(&stage, "noise", "no data file");
	/* pages of noise behind sound first ones: whatever LMDB does, it does
	 * it elsewhere */
	data = read_all(&stage, &len);
	assert_true(len > 12 * 4096);
	memcpy(data + 8192, noise, len - 8192 < sizeof(noise) ? len - 8192 :
	    sizeof(noise));
	put_file(&stage, data, len);
	free(data);
	check_anew(&stage, "noise behind the head", "it is ");
	rows_end();
	stage_strike(&stage);
}

/* ---- version, boot and order ------------------------------------------ */

/* Where /proc is hidden, every boot would look like the one before. */
static void
test_boot_unknown(void **state)
{
	uint8_t none[STORE_BOOT_SIZE] = { 0 }, one[STORE_BOOT_SIZE] = { 1 };

	assert_true(store_boot_same(one, one));
	assert_false(store_boot_same(none, one));
	assert_false(store_boot_same(one, none));
	assert_false(store_boot_same(none, none));
}

static void
set_meta(struct stage *stage, const struct store_meta *meta, int version)
{
	MDB_val key = { 11, (void *)"environment" }, value;
	char bytes[128];
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi table;
	int rc;

	env = store_env_open(stage->file, STORE_WRITER, &rc);
	assert_non_null(env);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "store", 0, &table), 0);
	if (meta != NULL)
		assert_int_equal(store_meta_put(txn, table, meta), 0);
	assert_int_equal(mdb_get(txn, table, &key, &value), 0);
	if (version >= 0) {
		memcpy(bytes, value.mv_data, value.mv_size);
		store_put_u32(bytes + 16, (uint32_t)version);
		value.mv_data = bytes;
		assert_int_equal(mdb_put(txn, table, &key, &value, 0), 0);
	}
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void
test_boot(void **state)
{
	static const struct {
		const char *name;
		bool orderly, same_boot;
		const char *anew;
	} rows[] = {
		{ "in order, this boot", true, true, NULL },
		{ "in order, another boot", true, false, NULL },
		{ "killed, this boot", false, true, NULL },
		{ "killed, another boot", false, false, "before the machine" },
	};
	struct stage stage;
	struct store_meta meta = { .seed = 5 };

	for (size_t i = 0; i < 4; i++) {
		stage_set(&stage);
		must(stage_open(&stage, STORE_WRITER));
		stage_close(&stage);
		meta.orderly = rows[i].orderly;
		store_boot_id(meta.boot);
		meta.boot[3] ^= !rows[i].same_boot;
		set_meta(&stage, &meta, -1);
		must(stage_open(&stage, STORE_WRITER));
		row_check(stage.anew == (rows[i].anew != NULL), rows[i].name,
		    "anew %d: %s", stage.anew, stage.error);
		if (rows[i].anew != NULL)
			row_check(strstr(stage.error, rows[i].anew) != NULL,
			    rows[i].name, "said: %s", stage.error);
		stage_strike(&stage);
	}
	stage_set(&stage);
	must(stage_open(&stage, STORE_WRITER));
	stage_close(&stage);
	set_meta(&stage, NULL, STORE_VERSION + 1);
	check_anew(&stage, "another version", "another version");
	rows_end();
	stage_strike(&stage);
}

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
	assert_int_equal(store_key_wanted(&stage.area->keys, &stage_keys[0],
	    "user1@example.com", 17, &wanted), 0);
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
		assert_int_equal(store_key_wanted(&stage.area->keys,
		    &stage_keys[0], "x@y", 3, &wanted), 0);
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

static void
test_folder(void **state)
{
	struct stage stage;

	stage_set(&stage);
	assert_int_equal(chmod(stage.folder, 0770), 0);
	assert_false(stage_open(&stage, STORE_WRITER));
	assert_non_null(strstr(stage.error, "nobody else"));
	assert_int_equal(chmod(stage.folder, 0700), 0);
	must(stage_open(&stage, STORE_WRITER));
	stage_strike(&stage);
	assert_false(stage_open(&stage, STORE_WRITER));
	assert_false(stage_open(&stage, STORE_READER));
	assert_non_null(strstr(stage.error, stage.folder));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_truncated_while_open),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_flipped_links),
		cmocka_unit_test(test_boot),
		cmocka_unit_test(test_boot_unknown),
		cmocka_unit_test(test_wrong_links),
		cmocka_unit_test(test_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
