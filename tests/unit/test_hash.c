/*
 * The hash: what hash.h promises of it, at every length.
 */
#include "lookupd/hash.h"

#include <stdlib.h>

#include "tests/unit/rows.h"

#define LONGEST 200

static uint64_t
chance(void)
{
	static uint64_t random = 1;

	random = random * 6364136223846793005ULL + 1442695040888963407ULL;
	return random ^ random >> 29;
}

static void
fill(unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (unsigned char)(chance() >> 24);
}

/* Texts that differ within one aligned group of eight never have one hash:
 * each bit, and many other differences. */
static void
test_one_group(void **state)
{
	unsigned char bytes[LONGEST], other[LONGEST];

	for (size_t len = 1; len <= LONGEST; len++) {
		uint64_t seed = chance(), hash;

		fill(bytes, len);
		hash = hash_bytes(seed, bytes, len);
		for (size_t bit = 0; bit < 8 * len; bit++) {
			bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
			row_check(hash_bytes(seed, bytes, len) != hash, "bit",
			    "%zu of %zu bytes", bit, len);
			bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
		}
		for (size_t at = 0; at < len; at += 8) {
			size_t group = len - at < 8 ? len - at : 8;

			memcpy(other, bytes, len);
			fill(other + at, group);
			row_check((hash_bytes(seed, other, len) == hash) ==
			    (memcmp(other, bytes, len) == 0), "group",
			    "at %zu of %zu bytes", at, len);
		}
	}
	rows_end();
}

/* Groups that change places, or are there once more. */
static void
test_order(void **state)
{
	unsigned char bytes[LONGEST + 8], other[LONGEST];

	for (size_t len = 16; len <= LONGEST; len += 8) {
		fill(bytes, len);
		for (size_t a = 0; a < len; a += 8) {
			for (size_t b = a + 8; b < len; b += 8) {
				memcpy(other, bytes, len);
				memcpy(other + a, bytes + b, 8);
				memcpy(other + b, bytes + a, 8);
				row_check(hash_bytes(5, other, len) !=
				    hash_bytes(5, bytes, len), "order",
				    "%zu and %zu of %zu bytes", a, b, len);
			}
		}
	}
	memset(bytes, 0, sizeof(bytes));
	for (size_t a = 0; a <= LONGEST; a++) {
		for (size_t b = 0; b < a; b++)
			row_check(hash_bytes(5, bytes, a) !=
			    hash_bytes(5, bytes, b), "zeros", "%zu, %zu", a, b);
	}
	rows_end();
}

/* Of bytes and seed alone: not of where they stand, nor of what is around
 * them.  In memory of their own, so that reading beyond is seen. */
static void
test_nothing_else(void **state)
{
	unsigned char around[LONGEST + 16];

	for (size_t len = 0; len <= LONGEST; len++) {
		unsigned char *exact = malloc(len == 0 ? 1 : len);
		uint64_t hash;

		assert_non_null(exact);
		fill(exact, len);
		hash = hash_bytes(len, exact, len);
		for (size_t shift = 0; shift < 8; shift++) {
			fill(around, sizeof(around));
			memcpy(around + shift, exact, len);
			row_check(hash_bytes(len, around + shift, len) == hash,
			    "shifted", "%zu bytes by %zu", len, shift);
		}
		row_check(hash_bytes(len + 1, exact, len) != hash, "seed",
		    "%zu bytes", len);
		free(exact);
	}
	rows_end();
}

/* Names that differ in a digit go to all of 256 rows, whichever byte of their
 * hash it is that says which. */
static void
test_spread(void **state)
{
	char name[128];

	for (int before = 0; before < 100; before += 33) {
		unsigned counts[8][256] = { { 0 } };

		for (unsigned i = 0; i < 256 * 40; i++) {
			int len = snprintf(name, sizeof(name),
			    "%.*suser%u@example.com", before, "long.long."
			    "long.long.long.long.long.long.long.long.long."
			    "long.long.long.long.long.long.long.long.long.", i);
			uint64_t hash = hash_bytes(3, name, (size_t)len);

			for (size_t byte = 0; byte < 8; byte++)
				counts[byte][hash >> 8 * byte & 255]++;
		}
		for (size_t byte = 0; byte < 8; byte++) {
			for (size_t i = 0; i < 256; i++)
				row_check(counts[byte][i] > 10 &&
				    counts[byte][i] < 80, "spread",
				    "%u of 40, byte %zu, %d before",
				    counts[byte][i], byte, before);
		}
	}
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_group),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_nothing_else),
		cmocka_unit_test(test_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
