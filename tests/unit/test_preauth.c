/*
 * Zimbra's pre-authentication: the public vector, links, and accounts that
 * are not signed for; keys by domain.
 */
#include "config.h"

#include "hook/preauth.h"

#include <string.h>

#include "common/secret.h"
#include "hook/domain_keys.h"
#include "tests/unit/rows.h"

#define KEY "6b7ead4bd425836e8cf0079cd6c1a05acc127acd07c8ee4b61023e19250e929c"

static struct buffer key;

static int
set_key(void **state)
{
	buffer_init(&key, SECRET_MAX);
	return buffer_puts(&key, KEY) == 0 ? preauth_init() : -1;
}

static int
free_key(void **state)
{
	buffer_wipe(&key);
	return 0;
}

static void
test_vector(void **state)
{
	static const char text[] = "john.doe@domain.com|name|0|1135280708088";
	char mac[PREAUTH_HEX];
	struct buffer empty;

	assert_int_equal(preauth_sign(&key, text, sizeof(text) - 1, mac), 0);
	assert_string_equal(mac, "b248f6cfd027edd45c5369f8490125204772f844");
	buffer_init(&empty, 8);
	assert_int_equal(preauth_sign(&empty, text, sizeof(text) - 1, mac),
	    -1);
	assert_string_equal(mac, "");
}

static void
test_links(void **state)
{
	static const struct {
		const char *name, *account;
		bool admin;
		int64_t now;
		const char *want;
	} rows[] = {
		{ "the vector", "john.doe@domain.com", false, 1135280708088,
		    "https://m/service/preauth?account=john.doe@domain.com"
		    "&by=name&timestamp=1135280708088&expires=0"
		    "&preauth=b248f6cfd027edd45c5369f8490125204772f844" },
		/* printf 'john.doe@domain.com|1|name|0|1135280708088' |
		 *     openssl dgst -sha1 -hmac KEY */
		{ "administrator", "john.doe@domain.com", true, 1135280708088,
		    "https://m/service/preauth?account=john.doe@domain.com"
		    "&by=name&admin=1&timestamp=1135280708088&expires=0"
		    "&preauth=41bf4175f3c0eb368527849882032a8150383eb1" },
		{ "odd characters", "a+b&admin=1#%?@d", false, 1,
		    "https://m/service/preauth?account=a%2Bb%26admin%3D1%23"
		    "%25%3F@d&by=name&timestamp=1&expires=0&preauth=0d1e63c5910629c3b22c9aac10424bb7bd65cc1b" },
		{ "bar", "a|name|0|1@d", false, 1, NULL },
		{ "space", "a b@d", false, 1, NULL },
		/* whose key would that be, and whose mailbox? */
		{ "two domains", "victim@b.example@a.example", false, 1,
		    NULL },
		{ "two domains, administrator", "a@b@c", true, 1, NULL },
		{ "line end", "a\r\nLocation: x@d", false, 1, NULL },
		{ "nothing", "", false, 1, NULL },
	};
	struct buffer out;
	size_t i;

	buffer_init(&out, PREAUTH_URL_MAX);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int rc;

		buffer_clear(&out);
		rc = preauth_put(&out, "https://m", &key, rows[i].account,
		    strlen(rows[i].account), rows[i].admin, rows[i].now);
		if (rows[i].want == NULL)
			row_check(rc == -1 && out.len == 0, rows[i].name,
			    "got %s", buffer_text(&out));
		else
			row_check(rc == 0 && strcmp(buffer_text(&out),
			    rows[i].want) == 0, rows[i].name,
			    "want %s\ngot %s", rows[i].want,
			    buffer_text(&out));
	}
	buffer_free(&out);
	rows_end();
}

/* The longest account fits, one byte more is refused. */
static void
test_long(void **state)
{
	char account[PREAUTH_ACCOUNT_MAX + 1];
	struct buffer out;

	memset(account, '\xff', sizeof(account));
	buffer_init(&out, PREAUTH_URL_MAX);
	assert_int_equal(preauth_put(&out, "https://m", &key, account,
	    PREAUTH_ACCOUNT_MAX, true, INT64_MAX), 0);
	assert_int_equal(preauth_put(&out, "https://m", &key, account,
	    PREAUTH_ACCOUNT_MAX + 1, true, 1), -1);
	buffer_free(&out);
	buffer_init(&out, 64);		/* no room */
	assert_int_equal(preauth_put(&out, "https://m", &key, account, 3,
	    false, 1), -1);
	assert_int_equal(out.len, 0);
	buffer_free(&out);
}

static void
test_keys(void **state)
{
	static const struct {
		const char *name;
		const char *words[4];
		const char *bad;	/* NULL: good */
	} rows[] = {
		{ "none", { NULL }, NULL },
		{ "two", { "a.example:/x", "b.example:/x", NULL }, NULL },
		{ "twice", { "a.example:/x", "A.Example:/y", NULL },
		    "A.Example:/y" },
		{ "no path", { "a.example", NULL }, "a.example" },
		{ "relative", { "a.example:x", NULL }, "a.example:x" },
		{ "no domain", { ":/x", NULL }, ":/x" },
		{ "an address", { "a@b:/x", NULL }, "a@b:/x" },
	};
	struct domain_keys keys;
	const char *bad;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int rc = domain_keys_init(&keys,
		    (char *const *)rows[i].words, &bad);

		row_check((rc == 0) == (rows[i].bad == NULL) &&
		    (rc == 0 || (bad != NULL && strcmp(bad, rows[i].bad) ==
		    0)), rows[i].name, "got %d, %s", rc,
		    bad == NULL ? "" : bad);
		domain_keys_free(&keys);
	}
	rows_end();
}

static void
test_find(void **state)
{
	static const struct {
		const char *account;
		bool want;
	} rows[] = {
		{ "x@a.example", true }, { "x@A.EXAMPLE", true },
		{ "x@y@a.example", true }, { "x@b.a.example", false },
		{ "x@xa.example", false }, { "x@a.exampl", false },
		{ "a.example", false }, { "x@", false }, { "", false },
		{ "x@a.example@b", false },
	};
	char word[] = "a.example:/key", *words[] = { word, NULL };
	struct domain_keys keys;
	const char *bad;
	size_t i;

	assert_int_equal(domain_keys_init(&keys, words, &bad), 0);
	assert_null(domain_keys_find(&keys, "x@a.example", 11));
	assert_int_equal(buffer_puts(&keys.items[0].key, KEY), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct buffer *got = domain_keys_find(&keys,
		    rows[i].account, strlen(rows[i].account));

		row_check((got != NULL && got->len == sizeof(KEY) - 1) ==
		    rows[i].want, rows[i].account, "want %d", rows[i].want);
	}
	domain_keys_free(&keys);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, set_key, free_key);
}
