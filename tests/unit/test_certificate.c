/*
 * One certificate a row: made as its words say, then read; the reason and
 * the identities expected.  The CAs are made once.
 */
#include "lookupd/certificate.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/tools/mkcert_lib.h"
#include "tests/unit/certificate_rows.h"
#include "tests/unit/rows.h"

static struct mkcert issuers[ISSUERS];
static struct certificate_ca *files[FILES];

static void
make(enum issuer which, const struct mkcert *by, const char *const *words)
{
	char error[MKCERT_ERROR_MAX] = "";

	if (mkcert_make(&issuers[which], by, true, words, error) != 0)
		fail_msg("CA %d: %s", (int)which, error);
}

/* A CA file of one or two certificates. */
static void
load(enum file which, enum issuer first, enum issuer second)
{
	char error[256], *a, *b = NULL, *both;
	size_t a_len, b_len = 0;

	a = mkcert_pem(&issuers[first], &a_len);
	assert_non_null(a);
	if (second != SELF)
		b = mkcert_pem(&issuers[second], &b_len);
	both = malloc(a_len + b_len);
	assert_non_null(both);
	memcpy(both, a, a_len);
	if (b_len > 0)
		memcpy(both + a_len, b, b_len);
	files[which] = certificate_ca_load("ca.pem", both, a_len + b_len,
	    error);
	if (files[which] == NULL)
		fail_msg("CA file %d: %s", (int)which, error);
	assert_int_equal(certificate_ca_count(files[which]),
	    second == SELF ? 1 : 2);
	free(a);
	free(b);
	free(both);
}

static int
setup(void **state)
{
#define WORDS(...) (const char *const[]){ __VA_ARGS__, NULL }
	assert_int_equal(certificate_init(), 0);
	make(CA, NULL, WORDS("cn=Test CA"));
	make(NAMESAKE, NULL, WORDS("cn=Test CA"));
	make(INTERMEDIATE, &issuers[CA], WORDS("cn=Inter", "pathlen=0"));
	make(SERVER_CA, &issuers[CA], WORDS("cn=Web", "eku=serverAuth"));
	make(TOO_DEEP, &issuers[INTERMEDIATE], WORDS("cn=Sub"));
	make(OLD_CA, NULL, WORDS("cn=Test CA", "notafter=-1"));
	make(WEAK_CA, NULL, WORDS("cn=Weak", "key=rsa1024"));
	make(RSA_CA, NULL, WORDS("cn=RSA", "key=rsa2048"));
	make(OLD_INTER, &issuers[CA], WORDS("cn=Old", "notafter=-1"));
	make(YOUNG_CA, NULL, WORDS("cn=Young", "notbefore=+3"));
	load(FILE_YOUNG, YOUNG_CA, SELF);
	load(FILE_CA, CA, SELF);
	load(FILE_BOTH, CA, INTERMEDIATE);
	load(FILE_INTER, INTERMEDIATE, SELF);
	load(FILE_SERVER, CA, SERVER_CA);
	load(FILE_DEEP, CA, TOO_DEEP);
	load(FILE_OLD, OLD_CA, SELF);
	load(FILE_WEAK, WEAK_CA, SELF);
	load(FILE_RSA, RSA_CA, SELF);
	load(FILE_OLD_INTER, CA, OLD_INTER);
	return 0;
}

static int
teardown(void **state)
{
	size_t i;

	for (i = 0; i < ISSUERS; i++)
		mkcert_free(&issuers[i]);
	for (i = 0; i < FILES; i++)
		certificate_ca_free(files[i]);
	return 0;
}

/* "san-email=a@b.c cn=User" */
static void
print_identities(const struct identities *set, char *ret, size_t size)
{
	size_t i, at = 0;
	int n;

	ret[0] = '\0';
	for (i = 0; i < set->count && at < size; i++) {
		n = snprintf(ret + at, size - at, "%s%s=%s", i == 0 ? "" : " ",
		    identity_source_name(set->items[i].source),
		    set->items[i].name.text);
		at += n > 0 ? (size_t)n : 0;
	}
}

static void
check_row(const struct row *row)
{
	const char *expected = row->reason == NULL ? "none" : row->reason;
	const char *reason;
	struct certificate got;
	struct mkcert made;
	char error[MKCERT_ERROR_MAX] = "", why[256], names[8192];
	struct trace trace;
	uint8_t *der;
	size_t len = 0;

	if (!row_check(mkcert_make(&made, row->by == SELF ? NULL :
	    &issuers[row->by], row->ca, row->words, error) == 0, row->name,
	    "could not be made: %s", error))
		return;
	der = mkcert_der(&made, &len);
	assert_non_null(der);
	memset(&got, 0x5a, sizeof(got));
	trace_init(&trace);
	reason = certificate_read(der, len, files[row->file], row->sources,
	    (int64_t)time(NULL), &got, why, &trace);
	print_identities(&got.identities, names, sizeof(names));
	row_check(strcmp(reason == NULL ? "none" : reason, expected) == 0,
	    row->name, "expected %s, got %s (%s)", expected,
	    reason == NULL ? "none" : reason, why);
	row_check(strcmp(names, row->expected) == 0, row->name,
	    "expected \"%s\", got \"%s\"", row->expected, names);
	row_check((reason == NULL) == (why[0] == '\0'), row->name,
	    "why is \"%s\"", why);
	row_check(row->said == NULL || strstr(buffer_text(&trace.lines),
	    row->said) != NULL, row->name, "\"%s\" is not in the trace:\n%s",
	    row->said, buffer_text(&trace.lines));
	trace_free(&trace);
	free(der);
	mkcert_free(&made);
}

static void
test_rows(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
	rows_end();
}

/* A CA as a leaf; and what is told for the audit line. */
static void
test_ca_as_leaf(void **state)
{
	struct certificate got;
	uint8_t hash[CERTIFICATE_HASH], *der;
	char why[256];
	size_t len = 0;

	der = mkcert_der(&issuers[INTERMEDIATE], &len);
	assert_non_null(der);
	assert_string_equal(certificate_read(der, len, files[FILE_BOTH],
	    IDENTITY_DEFAULT_SET, (int64_t)time(NULL), &got, why, NULL),
	    REASON_WRONG_PURPOSE);
	assert_string_equal(got.issuer, "CN=Test CA");
	assert_int_equal(strlen(got.serial), 32);
	assert_int_equal(certificate_hash(der, len, hash), 0);
	assert_memory_equal(hash, got.hash, sizeof(hash));
	free(der);
}

/* Without CAs everything is refused. */
static void
test_no_ca(void **state)
{
	struct certificate got;
	uint8_t *der;
	char why[256];
	size_t len = 0;

	der = mkcert_der(&issuers[CA], &len);
	assert_non_null(der);
	assert_string_equal(certificate_read(der, len, NULL,
	    IDENTITY_DEFAULT_SET, (int64_t)time(NULL), &got, why, NULL),
	    REASON_UNTRUSTED);
	assert_string_not_equal(why, "");
	free(der);
}

/* A leaf of two days from now until after its CA's end; its DER. */
static uint8_t *
make_dated(enum issuer by, size_t *ret_len)
{
	struct mkcert made;
	char error[MKCERT_ERROR_MAX];
	uint8_t *der;

	assert_int_equal(mkcert_make(&made, &issuers[by], false,
	    WORDS("email=a@b.c", "notbefore=+2", "notafter=20000"), error), 0);
	der = mkcert_der(&made, ret_len);
	assert_non_null(der);
	mkcert_free(&made);
	return der;
}

/* The dates of a chain are those of its narrowest member, to the second. */
static void
test_dates(void **state)
{
	int64_t now = (int64_t)time(NULL), day = 24 * 3600;
	struct certificate got;
	char why[256];
	uint8_t *der;
	size_t len = 0;

#define AT(file, when) certificate_read(der, len, files[file], \
	    IDENTITY_DEFAULT_SET, when, &got, why, NULL)
	der = make_dated(CA, &len);
	assert_string_equal(AT(FILE_CA, now), REASON_NOT_YET_VALID);
	assert_null(AT(FILE_CA, now + 2 * day));
	/* from: the leaf's, two days from now less an hour; until: the CA's,
	 * 3650 days from its making. */
	assert_in_range(got.not_before, now + 2 * day - 3600 - 120,
	    now + 2 * day - 3600 + 1);
	assert_in_range(got.not_after, now + 3650 * day - 600,
	    now + 3650 * day + 1);
	assert_string_equal(AT(FILE_CA, got.not_before - 1),
	    REASON_NOT_YET_VALID);
	assert_null(AT(FILE_CA, got.not_before));
	assert_null(AT(FILE_CA, got.not_after - 1));
	assert_string_equal(AT(FILE_CA, got.not_after + 1), REASON_EXPIRED);
	assert_string_equal(AT(FILE_CA, INT64_C(1) << 37), REASON_EXPIRED);
	assert_string_equal(AT(FILE_CA, 0), REASON_NOT_YET_VALID);
	free(der);
	/* A CA that begins after its leaf. */
	der = make_dated(YOUNG_CA, &len);
	assert_string_equal(AT(FILE_YOUNG, now + 2 * day + day / 2),
	    REASON_NOT_YET_VALID);
	assert_null(AT(FILE_YOUNG, now + 3 * day));
	assert_in_range(got.not_before, now + 3 * day - 3600 - 120,
	    now + 3 * day - 3600 + 1);
	free(der);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_ca_as_leaf),
		cmocka_unit_test(test_no_ca),
		cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
