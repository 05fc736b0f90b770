/*
 * Buckets: what is looked for is found wherever it stands, and only there.
 */
#include "lookupd/store_bucket.h"

#include <stdlib.h>

#include "tests/unit/rows.h"

#include "lookupd/hash.h"

#define MOST 600

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Links of one bucket, ascending: spread as hashes are, or all at one end. */
static void
make(uint64_t *links, size_t count, unsigned bits, uint64_t number,
    unsigned crowd)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t rest = hash_bytes(7, &i, sizeof(i)) >> bits;

		if (crowd == 1)
			rest = i;
		if (crowd == 2)
			rest = (~0ULL >> bits) - i;
		links[i] = number << (64 - bits) | rest;
	}
	qsort(links, count, sizeof(*links), compare);
}

static void
check(unsigned bits, size_t count, unsigned crowd)
{
	static uint64_t links[MOST];
	static uint8_t bucket[MOST * BUCKET_LINK_SIZE];
	uint64_t number = (1ULL << bits) - 2;
	size_t len = count * BUCKET_LINK_SIZE, at;
	char name[64];

	snprintf(name, sizeof(name), "%u bits, %zu links, crowd %u", bits,
	    count, crowd);
	make(links, count, bits, number, crowd);
	for (size_t i = 0; i < count; i++)
		store_bucket_put_link(bucket + i * BUCKET_LINK_SIZE, links[i]);
	row_check(store_bucket_sound(bucket, len, (uint32_t)number, bits) ==
	    (count > 0), name, "sound?");
	for (size_t i = 0; i < count; i++) {
		at = store_bucket_seek(bucket, len, links[i], bits);
		row_check(at == i * BUCKET_LINK_SIZE, name, "link %zu at %zu",
		    i, at);
		at = store_bucket_seek(bucket, len, links[i] + 1, bits);
		row_check(at == (i + 1) * BUCKET_LINK_SIZE, name,
		    "behind link %zu: %zu", i, at);
	}
	if (count < 2)
		return;
	row_check(!store_bucket_sound(bucket, len, 1, bits), name,
	    "another bucket's");
	row_check(!store_bucket_sound(bucket, len - 1, (uint32_t)number, bits),
	    name, "cut");
	bucket[len - 5] ^= 1;
	row_check(!store_bucket_sound(bucket, len, (uint32_t)number, bits),
	    name, "a bit flipped");
	store_bucket_put_link(bucket + len - BUCKET_LINK_SIZE, links[0]);
	row_check(!store_bucket_sound(bucket, len, (uint32_t)number, bits),
	    name, "out of order");
}

static void
test_seek(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 3, 40, 41, MOST };

	for (unsigned bits = BUCKET_BITS_LEAST; bits <= BUCKET_BITS_MOST;
	    bits += 5) {
		for (size_t i = 0; i < 7; i++) {
			for (unsigned crowd = 0; crowd < 3; crowd++)
				check(bits, counts[i], crowd);
		}
	}
	rows_end();
}

static void
test_bits(void **state)
{
	assert_int_equal(store_bucket_bits(0), BUCKET_BITS_LEAST);
	assert_int_equal(store_bucket_bits(10000), BUCKET_BITS_LEAST);
	assert_int_equal(store_bucket_bits(4000000), 14);
	assert_int_equal(store_bucket_bits(UINT64_MAX), BUCKET_BITS_MOST);
	assert_int_equal(store_bucket_of(~0ULL, 8), 255);
	assert_int_equal(store_bucket_of(1ULL << 36, 28), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seek),
		cmocka_unit_test(test_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
