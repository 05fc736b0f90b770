/*
 * Chunks: records in slots, changed one by one, and what is damaged.
 */
#include "tests/unit/store_stage.h"

#include "lookupd/store_chunk.h"

#define PER_MOST 48

/* What should be in a slot: version 0 is nothing. */
static void
make_record(struct buffer *out, unsigned number, unsigned version)
{
	char mail[64];
	struct entry *entry;

	buffer_clear(out);
	if (version == 0)
		return;
	snprintf(mail, sizeof(mail), "%.*s%u@x", (int)(version % 40),
	    "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd", number);
	entry = stage_entry("dc=x", mail, NULL, "active");
	store_record_put(out, number, entry, &stage_names);
	entry_free(entry);
}

static void
check_all(const char *name, const struct buffer *chunk, unsigned per,
    const unsigned *versions)
{
	struct buffer record;
	const void *got;
	size_t len;
	uint64_t count = 0, right = 0;

	buffer_init(&record, STORE_RECORD_MAX);
	for (unsigned i = 0; i < per && chunk->len > 0; i++) {
		int rc = store_chunk_find(chunk->data, chunk->len, per, i,
		    &got, &len);

		make_record(&record, 3 * per + i, versions[i]);
		right += versions[i] != 0;
		row_check(rc == (versions[i] == 0) && (rc != 0 ||
		    (len == record.len && memcmp(got, record.data, len) == 0)),
		    name, "slot %u of %u: %d", i, per, rc);
	}
	if (right > 0)
		row_check(store_chunk_sound(chunk->data, chunk->len, per, 3,
		    &count) && count == right, name, "%u slots: not sound, or "
		    "%d of %d", per, (int)count, (int)right);
	buffer_free(&record);
}

static void
test_changes(void **state)
{
	unsigned versions[PER_MOST], random = 1;
	struct buffer old, chunk, record, swap;

	buffer_init(&old, 1 << 20);
	buffer_init(&chunk, 1 << 20);
	buffer_init(&record, STORE_RECORD_MAX);
	for (unsigned per = 1; per <= PER_MOST; per += 5) {
		memset(versions, 0, sizeof(versions));
		buffer_clear(&old);
		for (unsigned i = 0; i < 300; i++) {
			unsigned slot = (random = random * 1103515245 +
			    12345) >> 8;
			unsigned version = slot >> 12;

			slot %= per;
			if (i % 4 == 0 || i > 250)
				version = 0;
			versions[slot] = version;
			make_record(&record, 3 * per + slot, version);
			buffer_clear(&chunk);
			assert_int_equal(store_chunk_change(&chunk, old.data,
			    old.len, per, slot, record.data, record.len), 0);
			swap = old;
			old = chunk;
			chunk = swap;
			check_all("changed", &old, per, versions);
		}
		for (unsigned slot = 0; slot < per; slot++) {
			buffer_clear(&chunk);
			assert_int_equal(store_chunk_change(&chunk, old.data,
			    old.len, per, slot, NULL, 0), 0);
			swap = old;
			old = chunk;
			chunk = swap;
		}
		row_check(old.len == 0, "emptied", "%zu bytes", old.len);
	}
	buffer_free(&old);
	buffer_free(&chunk);
	buffer_free(&record);
	rows_end();
}

/* Whatever byte is another one, and wherever it ends. */
static void
test_damage(void **state)
{
	struct buffer chunk, record, changed;
	const void *got;
	uint64_t count = 0;
	size_t len;

	buffer_init(&chunk, 1 << 16);
	buffer_init(&changed, 1 << 16);
	buffer_init(&record, STORE_RECORD_MAX);
	store_chunk_begin(&chunk, 6);
	for (unsigned i = 1; i < 5; i += 3) {
		make_record(&record, 6 + i, 1);
		store_chunk_add(&chunk, 6, i, record.data, record.len);
	}
	assert_true(store_chunk_sound(chunk.data, chunk.len, 6, 1, &count));
	assert_int_equal(count, 2);
	assert_false(store_chunk_sound(chunk.data, chunk.len, 6, 2, &count));
	for (size_t at = 0; at < chunk.len * 8; at++) {
		chunk.data[at / 8] ^= (char)(1 << at % 8);
		row_check(!store_chunk_sound(chunk.data, chunk.len, 6, 1,
		    &count), "another bit", "%zu", at);
		for (unsigned i = 0; i < 6; i++) {
			int rc = store_chunk_find(chunk.data, chunk.len, 6, i,
			    &got, &len);

			row_check(rc != 0 || (const char *)got + len <=
			    chunk.data + chunk.len, "outside", "%zu", at);
		}
		buffer_clear(&changed);
		(void)store_chunk_change(&changed, chunk.data, chunk.len, 6, 2,
		    record.data, record.len);
		chunk.data[at / 8] ^= (char)(1 << at % 8);
	}
	for (len = 0; len < chunk.len; len++)
		row_check(!store_chunk_sound(chunk.data, len, 6, 1, &count),
		    "cut", "at %zu", len);
	buffer_free(&chunk);
	buffer_free(&changed);
	buffer_free(&record);
	rows_end();
}

static void
test_per(void **state)
{
	assert_int_equal(store_chunk_per(0, 0), CHUNK_PER_USUAL);
	assert_int_equal(store_chunk_per(176 * 10, 10), 20);
	assert_int_equal(store_chunk_per(8 * 10, 10), CHUNK_PER_MOST);
	assert_int_equal(store_chunk_per(1000000, 10), 1);
	assert_int_equal(store_chunk_per(3596, 1), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_per),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
