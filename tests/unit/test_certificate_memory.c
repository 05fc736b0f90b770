/*
 * Every allocation of OpenSSL fails once while a certificate is read, and
 * from each on all of them: the answer is a refusal or the same identities,
 * never fewer of them and never a refusal with some.
 */
#include "lookupd/certificate.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "tests/tools/mkcert_lib.h"
#include "tests/unit/rows.h"

static long left = -1;		/* allocations until one fails; -1: never */
static bool all_after;

static bool
fails(void)
{
	if (left < 0)
		return false;
	if (left > 0) {
		left--;
		return false;
	}
	if (!all_after)
		left = -1;
	return true;
}

static void *
failing_malloc(size_t size, const char *file, int line)
{
	return fails() ? NULL : malloc(size);
}

static void *
failing_realloc(void *memory, size_t size, const char *file, int line)
{
	return fails() ? NULL : realloc(memory, size);
}

static void
plain_free(void *memory, const char *file, int line)
{
	free(memory);
}

static struct certificate_ca *
load(const struct mkcert *ca)
{
	struct certificate_ca *ret;
	char error[256], *pem;
	size_t len;

	pem = mkcert_pem(ca, &len);
	assert_non_null(pem);
	ret = certificate_ca_load("ca.pem", pem, len, error);
	assert_non_null(ret);
	free(pem);
	return ret;
}

static void
fail_each(const uint8_t *der, size_t len, const struct certificate_ca *ca,
    const struct certificate *good)
{
	struct certificate got;
	char why[256], name[64];
	const char *reason;
	bool reached = true;
	long i;

	for (i = 0; reached && i < 100000; i++) {
		left = i;
		reason = certificate_read(der, len, ca, IDENTITY_DEFAULT_SET,
		    (int64_t)time(NULL), &got, why, NULL);
		reached = all_after ? left == 0 : left < 0;
		left = -1;
		snprintf(name, sizeof(name), "allocation %ld%s", i,
		    all_after ? " and all after" : "");
		if (reason != NULL)
			row_check(got.identities.count == 0 &&
			    why[0] != '\0', name, "%s with %zu identities, "
			    "\"%s\"", reason, got.identities.count, why);
		else
			row_check(memcmp(&got.identities, &good->identities,
			    sizeof(got.identities)) == 0 &&
			    got.not_before == good->not_before &&
			    got.not_after == good->not_after, name,
			    "other identities or dates");
	}
	assert_in_range(i, 100, 99999);
}

static void
test_each(void **state)
{
	static const char *const ca_words[] = { "cn=Test CA", NULL };
	static const char *const words[] = { "email=a@b.c", "email=d@e.f",
		"san-email=g@h.i", "san-email=j@k.l", NULL };
	struct mkcert issuer, leaf;
	struct certificate_ca *ca;
	struct certificate good;
	char error[256], why[256];
	uint8_t *der;
	size_t len = 0;

	assert_int_equal(certificate_init(), 0);
	assert_int_equal(mkcert_make(&issuer, NULL, true, ca_words, error), 0);
	assert_int_equal(mkcert_make(&leaf, &issuer, false, words, error), 0);
	ca = load(&issuer);
	der = mkcert_der(&leaf, &len);
	assert_non_null(der);
	assert_null(certificate_read(der, len, ca, IDENTITY_DEFAULT_SET,
	    (int64_t)time(NULL), &good, why, NULL));
	assert_int_equal(good.identities.count, 4);
	fail_each(der, len, ca, &good);
	all_after = true;
	fail_each(der, len, ca, &good);
	certificate_ca_free(ca);
	free(der);
	mkcert_free(&leaf);
	mkcert_free(&issuer);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_each) };

	if (!CRYPTO_set_mem_functions(failing_malloc, failing_realloc, plain_free))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
