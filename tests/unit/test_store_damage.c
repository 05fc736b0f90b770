/*
 * Data files that are damaged, cut short, foreign, of another version or from
 * before the machine stopped: noticed, said, built anew, never believed.
 */
#include "tests/unit/store_stage.h"

#include "lookupd/store_parts.h"

#define USERS 5

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
	data = stage_file(&stage, &len);
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
	check_anew(&stage, "a later version", "another version");
	must(stage_open(&stage, STORE_WRITER));
	must(stage_fill(&stage, 3, "active", "c"));
	stage_close(&stage);
	set_meta(&stage, NULL, STORE_VERSION - 1);
	check_anew(&stage, "the version before", "another version");
	rows_end();
	stage_strike(&stage);
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
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_truncated_while_open),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_boot),
		cmocka_unit_test(test_boot_unknown),
		cmocka_unit_test(test_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
