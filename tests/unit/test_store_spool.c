/*
 * The spool: what is put comes out sorted, heap by heap, whatever its order,
 * size and number.
 */
#include "lookupd/store_spool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/rows.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* The order in which they come. */
enum order { SORTED, REVERSED, RANDOM };

static size_t record_size;

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, record_size);
}

static uint32_t
next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* `heaps' first bytes; of the first eight bytes `kinds' different ones; the
 * rest is the number, and for every seventh the one before again. */
static void
fill(uint8_t *record, size_t size, size_t i, unsigned heaps, unsigned kinds,
    uint32_t *seed)
{
	uint32_t kind = next(seed) % kinds;

	memset(record, 0x5a, size);
	record[0] = (uint8_t)(kind % heaps * (256 / heaps));
	for (unsigned byte = 0; byte < 4; byte++)
		record[3 + byte] = (uint8_t)(kind >> 8 * (3 - byte));
	for (unsigned byte = 0; byte < 4 && size > 12; byte++)
		record[8 + byte] = (uint8_t)((i - (i % 7 == 6)) >> 8 * byte);
}

/* All heaps, one after the other. */
static int
read_all(struct spool *spool, size_t size, uint8_t *out, size_t room)
{
	size_t at = 0;

	for (unsigned heap = 0; heap < SPOOL_HEAPS; heap++) {
		uint8_t *records;
		size_t count;

		if (spool_sorted(spool, heap, &records, &count) != 0 ||
		    at + count > room)
			return -1;
		memcpy(out + at * size, records, count * size);
		at += count;
		free(records);
	}
	return at == room ? 0 : -1;
}

static void
test_sorted(void **state)
{
	static const struct {
		const char *name;
		size_t size, count;
		unsigned heaps, kinds;
		enum order order;
	} rows[] = {
		{ "nothing", 8, 0, 1, 1, RANDOM },
		{ "one", 21, 1, 1, 1, RANDOM },
		{ "few", 21, 40, 2, 10, RANDOM },
		{ "keys", 8, 100000, 256, 1 << 22, RANDOM },
		{ "keys, one heap", 8, 30000, 1, 1 << 20, RANDOM },
		{ "ids", 21, 60000, 256, 1 << 22, RANDOM },
		{ "ids, one heap", 21, 60000, 1, 1 << 22, RANDOM },
		{ "ids, too many in one heap", 21, 270000, 1, 1 << 22, RANDOM },
		{ "ids, sorted", 21, 5000, 2, 1 << 22, SORTED },
		{ "ids, reversed", 21, 5000, 2, 1 << 22, REVERSED },
		{ "ids that begin alike", 21, 20000, 2, 3, RANDOM },
		{ "ids that all begin alike", 21, 5000, 1, 1, RANDOM },
		{ "as large as may be", SPOOL_RECORD_MAX, 3000, 4, 50, RANDOM },
	};
	char folder[] = "/tmp/ca.XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t size = rows[i].size, count = rows[i].count;
		uint8_t *want = malloc(count * size + 1);
		uint8_t *got = malloc(count * size + 1);
		struct spool *spool = spool_new(folder, size);
		uint32_t seed = 7;
		int failed = 0;

		assert_non_null(want);
		assert_non_null(got);
		assert_non_null(spool);
		for (size_t j = 0; j < count; j++)
			fill(want + j * size, size, j, rows[i].heaps,
			    rows[i].kinds, &seed);
		record_size = size;
		if (rows[i].order != RANDOM)
			qsort(want, count, size, compare);
		for (size_t j = 0; j < count; j++)
			failed |= spool_add(spool, want + size *
			    (rows[i].order == REVERSED ? count - 1 - j : j));
		row_check(failed == 0, rows[i].name, "not taken");
		qsort(want, count, size, compare);
		row_check(read_all(spool, size, got, count) == 0, rows[i].name,
		    "want %zu records", count);
		row_check(memcmp(want, got, count * size) == 0, rows[i].name,
		    "not sorted, or others");
		spool_free(spool);
		free(want);
		free(got);
	}
	rmdir(folder);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
