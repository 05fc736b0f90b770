/*
 * One certificate has one encoding: a good certificate cut, flipped,
 * lengthened and written as BER never qualifies.
 */
#include "lookupd/certificate_edge.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/tools/mkcert_lib.h"
#include "tests/unit/rows.h"

#define BYTES(text) text, sizeof(text) - 1

static struct certificate_ca *ca;
static uint8_t *good;
static size_t good_len;

static int
setup(void **state)
{
	static const char *const ca_words[] = { "cn=Test CA", NULL };
	static const char *const words[] = { "cn=User", "email=a@b.c",
		"san-email=a@b.c", NULL };
	struct mkcert issuer, leaf;
	char error[256], *pem;
	size_t len;

	assert_int_equal(certificate_init(), 0);
	assert_int_equal(mkcert_make(&issuer, NULL, true, ca_words, error), 0);
	assert_int_equal(mkcert_make(&leaf, &issuer, false, words, error), 0);
	pem = mkcert_pem(&issuer, &len);
	assert_non_null(pem);
	ca = certificate_ca_load("ca.pem", pem, len, error);
	assert_non_null(ca);
	good = mkcert_der(&leaf, &good_len);
	assert_non_null(good);
	free(pem);
	mkcert_free(&leaf);
	mkcert_free(&issuer);
	return 0;
}

static int
teardown(void **state)
{
	certificate_ca_free(ca);
	free(good);
	return 0;
}

static const char *
read_der(const uint8_t *der, size_t len)
{
	struct certificate got;
	char why[256];
	const char *reason = certificate_read(der, len, ca,
	    IDENTITY_DEFAULT_SET, (int64_t)time(NULL), &got, why, NULL);

	if (reason != NULL && got.identities.count != 0)
		fail_msg("refused %s, but there are identities", reason);
	return reason == NULL ? "none" : reason;
}

static void
test_cut_and_longer(void **state)
{
	uint8_t *copy = malloc(good_len + 2);
	const char *reason;
	char name[32];
	size_t i;

	assert_non_null(copy);
	assert_string_equal(read_der(good, good_len), "none");
	for (i = 0; i < good_len; i++) {
		/* An own block, so that reading past its end is seen. */
		uint8_t *cut = malloc(i == 0 ? 1 : i);

		assert_non_null(cut);
		memcpy(cut, good, i);
		reason = read_der(cut, i);
		snprintf(name, sizeof(name), "cut at %zu", i);
		row_check(strcmp(reason, REASON_BAD_CERT) == 0, name,
		    "expected bad-cert, got %s", reason);
		free(cut);
	}
	memcpy(copy, good, good_len);
	for (i = 0; i < 256; i++) {
		copy[good_len] = (uint8_t)i;
		copy[good_len + 1] = 0;
		reason = read_der(copy, good_len + 1 + i % 2);
		snprintf(name, sizeof(name), "0x%02zx behind it", i);
		row_check(strcmp(reason, REASON_BAD_CERT) == 0, name,
		    "expected bad-cert, got %s", reason);
	}
	free(copy);
	rows_end();
}

static void
test_flipped(void **state)
{
	uint8_t *copy = malloc(good_len);
	char name[32];
	size_t i;

	assert_non_null(copy);
	memcpy(copy, good, good_len);
	for (i = 0; i < 8 * good_len; i++) {
		copy[i / 8] ^= (uint8_t)(1U << i % 8);
		snprintf(name, sizeof(name), "byte %zu bit %zu", i / 8, i % 8);
		row_check(strcmp(read_der(copy, good_len), "none") != 0, name,
		    "it qualifies");
		copy[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	free(copy);
	rows_end();
}

/* What is done to one element of the copy. */
enum change { LONGER_LENGTH, INDEFINITE, FALSE_BEHIND, NULL_BEHIND, CHANGES };

struct copier {
	enum change change;
	size_t at, count;	/* the element to be changed; elements so far */
	bool changed;
};

/* Copy the elements of from, changing one, with all lengths around it put
 * right; the length of what was written to `to`. */
static size_t
copy_elements(struct copier *c, const uint8_t *from, size_t len, uint8_t *to)
{
	static const uint8_t behind[][3] = { { 0x01, 0x01, 0x00 },
		{ 0x05, 0x00, 0x00 } };
	size_t at = 0, out = 0, inner, size, number, digits;
	uint8_t *contents;
	bool here, constructed;

	while (at < len) {
		number = c->count++;
		constructed = (from[at] & 0x20) != 0;
		to[out++] = from[at++];
		inner = from[at++];
		if (inner >= 0x80)
			for (digits = inner & 0x7f, inner = 0; digits > 0;
			    digits--)
				inner = inner << 8 | from[at++];
		contents = malloc(inner * 2 + 64);
		assert_non_null(contents);
		size = inner;
		if (constructed)
			size = copy_elements(c, from + at, inner, contents);
		else
			memcpy(contents, from + at, inner);
		here = number == c->at && (c->change != INDEFINITE ||
		    constructed);
		c->changed = c->changed || here;
		if (here && c->change == INDEFINITE) {
			to[out++] = 0x80;
			contents[size++] = 0;
			contents[size++] = 0;
		} else {
			digits = size < 0x80 ? 0 : size < 0x100 ? 1 : 2;
			if (here && c->change == LONGER_LENGTH)
				digits++;
			if (digits > 0)
				to[out++] = (uint8_t)(0x80 | digits);
			else
				to[out++] = (uint8_t)size;
			for (; digits > 0; digits--)
				to[out++] = (uint8_t)(digits > 2 ? 0 :
				    size >> (8 * (digits - 1)));
		}
		memcpy(to + out, contents, size);
		out += size;
		free(contents);
		at += inner;
		if (here && c->change >= FALSE_BEHIND) {
			memcpy(to + out, behind[c->change - FALSE_BEHIND],
			    c->change == FALSE_BEHIND ? 3 : 2);
			out += c->change == FALSE_BEHIND ? 3 : 2;
		}
	}
	return out;
}

static void
test_ber(void **state)
{
	static const char *const names[] = { "longer length", "indefinite",
		"FALSE behind", "NULL behind" };
	uint8_t *copy = malloc(good_len * 2 + 64);
	struct copier c = { LONGER_LENGTH, SIZE_MAX, 0, false };
	const char *reason;
	char name[64];
	size_t elements, i, len;
	int change;

	assert_non_null(copy);
	assert_int_equal(copy_elements(&c, good, good_len, copy), good_len);
	assert_memory_equal(copy, good, good_len);
	elements = c.count;
	assert_in_range(elements, 40, 200);
	for (change = 0; change < CHANGES; change++) {
		for (i = 0; i < elements; i++) {
			c = (struct copier){ (enum change)change, i, 0, false };
			len = copy_elements(&c, good, good_len, copy);
			if (!c.changed)
				continue;
			reason = read_der(copy, len);
			snprintf(name, sizeof(name), "%s, element %zu",
			    names[change], i);
			/* An element more can be a parameter of an algorithm
			 * or "not critical"; the signature is wrong then. */
			row_check(strcmp(reason, change >= FALSE_BEHIND ?
			    reason : REASON_BAD_CERT) == 0 &&
			    strcmp(reason, "none") != 0, name,
			    "expected bad-cert, got %s", reason);
		}
	}
	free(copy);
	rows_end();
}

/* The BIT STRING at `at` (its count of unused bits) and ending before `end`:
 * bits that do not count are set, which only encoding it again can show. */
static void
set_unused_bits(size_t at, size_t end)
{
	uint8_t *copy = malloc(good_len);

	assert_non_null(copy);
	memcpy(copy, good, good_len);
	assert_int_equal(copy[at], 0);
	copy[at] = 7;
	copy[end - 1] |= 0x7f;
	assert_null(certificate_der_strict(copy, good_len));
	assert_string_equal(read_der(copy, good_len), REASON_BAD_CERT);
	free(copy);
}

static void
test_unused_bits(void **state)
{
	static const uint8_t point[] = { 0x03, 0x42, 0x00, 0x04 };
	size_t at = good_len - 2;

	/* the signature, last of all */
	while (good[at - 1] != good_len - at || good[at - 2] != 0x03)
		at--;
	set_unused_bits(at, good_len);
	/* the public key, inside what is signed: a point of P-256 */
	for (at = 0; memcmp(good + at, point, sizeof(point)) != 0; at++)
		assert_true(at + sizeof(point) < good_len);
	set_unused_bits(at + 2, at + 2 + 0x42);
}

static void
test_strict(void **state)
{
	static const struct {
		const char *name, *der;
		size_t len;
		bool good;
	} rows[] = {
		{ "NULL", BYTES("\x05\x00"), true },
		{ "empty SEQUENCE", BYTES("\x30\x00"), true },
		{ "nested", BYTES("\x30\x06\x30\x00\x31\x02\x05\x00"), true },
		{ "nothing", BYTES(""), false },
		{ "tag only", BYTES("\x30"), false },
		{ "two elements", BYTES("\x05\x00\x05\x00"), false },
		{ "zero tag", BYTES("\x00\x00"), false },
		{ "long tag", BYTES("\x1f\x81\x00\x00"), false },
		{ "long length", BYTES("\x04\x81\x01x"), false },
		{ "longer length", BYTES("\x04\x82\x00\x01x"), false },
		{ "indefinite", BYTES("\x30\x80\x00\x00"), false },
		{ "length of four bytes", BYTES("\x04\x84\x00\x00\x00\x01x"),
		    false },
		{ "huge length", BYTES("\x04\x83\xff\xff\xffx"), false },
		{ "length cut off", BYTES("\x04\x82\x01"), false },
		{ "past the end", BYTES("\x04\x02x"), false },
		{ "past the parent", BYTES("\x30\x02\x04\x01x"), false },
		{ "string in pieces", BYTES("\x24\x03\x04\x01x"), false },
		{ "primitive SEQUENCE", BYTES("\x10\x00"), false },
		{ "TRUE", BYTES("\x01\x01\xff"), true },
		{ "FALSE", BYTES("\x01\x01\x00"), true },
		{ "odd TRUE", BYTES("\x01\x01\x01"), false },
		{ "long TRUE", BYTES("\x01\x02\xff\xff"), false },
		{ "no TRUE", BYTES("\x01\x00"), false },
		{ "implicit", BYTES("\xa0\x02\x05\x00"), true },
	};
	uint8_t deep[200];
	const char *wrong;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		wrong = certificate_der_strict((const uint8_t *)rows[i].der,
		    rows[i].len);
		row_check((wrong == NULL) == rows[i].good, rows[i].name,
		    "expected %s, got %s", rows[i].good ? "good" : "a refusal",
		    wrong == NULL ? "good" : wrong);
	}
	for (i = 0; i < 50; i++) {
		deep[2 * i] = 0x30;
		deep[2 * i + 1] = (uint8_t)(2 * (50 - i) - 2);
	}
	row_check(certificate_der_strict(deep, 100) != NULL, "50 levels",
	    "good");
	row_check(certificate_der_strict(deep + 100 - 2 * 10, 20) == NULL,
	    "10 levels", "not good");
	memset(deep, 0, sizeof(deep));
	memcpy(deep, "\x04\x81\x80", 3);
	row_check(certificate_der_strict(deep, 3 + 128) == NULL, "128 bytes",
	    "not good");
	memcpy(deep, "\x04\x82\x00\x80", 4);
	row_check(certificate_der_strict(deep, 4 + 128) != NULL,
	    "128 bytes, longer length", "good");
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_and_longer),
		cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_ber),
		cmocka_unit_test(test_unused_bits),
		cmocka_unit_test(test_strict),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
