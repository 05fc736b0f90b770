/*
 * The settings of the hook's listeners: what is good, and what is complained
 * about; and where a loopback address is.
 */
#include "config.h"

#include "hook/hook_config.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hook/loopback.h"
#include "tests/unit/rows.h"

#define LISTENER(text) "{ mode = \"required\"; service = \"x\"; " text " }"
#define NGINX "evidence = \"nginx-escaped\"; "
#define UNIX_ONE "socket = \"/tmp/a\"; "
#define TCP_ONE "address = \"127.0.0.1:8090\"; "
#define SECRET "secret_file = \"/tmp/s\"; "
#define ZIMBRA "personality = \"zimbra\"; "
#define URL "zimbra_url = \"https://mail.example.com\"; "
#define KEYS "preauth_keys = [ \"example.com:/tmp/k\" ]; "
#define TRUST "verify_header = \"\"; trust_proxy_verified = true; "

static const struct {
	const char *name, *listeners;
	const char *want;		/* in the first problem; NULL: good */
} rows[] = {
	{ "socket", LISTENER(UNIX_ONE NGINX), NULL },
	{ "address", LISTENER(TCP_ONE SECRET NGINX), NULL },
	{ "address, six", LISTENER("address = \"[::1]:8090\"; " SECRET NGINX),
	    NULL },
	{ "socket with secret", LISTENER(UNIX_ONE SECRET NGINX), NULL },
	{ "xfcc", LISTENER(TCP_ONE SECRET TRUST "evidence = \"xfcc\";"),
	    NULL },
	{ "traefik", LISTENER(TCP_ONE SECRET TRUST "evidence = \"traefik\";"),
	    NULL },
	{ "verify_value", LISTENER(UNIX_ONE "evidence = \"rfc9440\"; "
	    "verify_value = \"0\";"), NULL },
	{ "health", "{ socket = \"/tmp/a\"; service = \"x\"; "
	    "personality = \"health\"; }", NULL },
	{ "page", LISTENER(UNIX_ONE NGINX "personality = \"page\"; "
	    "login_url = \"/login?a=b&c=d\"; contact = \"<us>\";"), NULL },
	{ "zimbra", LISTENER(UNIX_ONE NGINX ZIMBRA URL KEYS), NULL },
	{ "zimbra, admin", LISTENER(UNIX_ONE NGINX ZIMBRA KEYS "need = "
	    "\"admin\"; zimbra_admin_url = \"https://m:7071\";"), NULL },
	{ "two", LISTENER(UNIX_ONE NGINX) ", "
	    LISTENER(TCP_ONE SECRET NGINX), NULL },

	{ "neither", LISTENER(NGINX), "either socket or address" },
	{ "both", LISTENER(UNIX_ONE TCP_ONE SECRET NGINX),
	    "either socket or address" },
	{ "address without secret", LISTENER(TCP_ONE NGINX),
	    "needs a secret_file" },
	{ "address with peers", LISTENER(TCP_ONE SECRET NGINX
	    "peers = [ \"root\" ];"), "peers are for a socket" },
	{ "address with group", LISTENER(TCP_ONE SECRET NGINX
	    "socket_group = \"root\";"), "socket_group is for a socket" },
	{ "another's address", LISTENER("address = \"192.0.2.1:80\"; " SECRET
	    NGINX), "must be like" },
	{ "every address", LISTENER("address = \"0.0.0.0:80\"; " SECRET
	    NGINX), "must be like" },
	{ "no port", LISTENER("address = \"127.0.0.1\"; " SECRET NGINX),
	    "must be like" },
	{ "twice", LISTENER(TCP_ONE SECRET NGINX) ", "
	    LISTENER(TCP_ONE SECRET NGINX), "is another listener's" },
	{ "relative secret", LISTENER(UNIX_ONE NGINX
	    "secret_file = \"s\";"), "secret_file" },
	{ "secret in the evidence's header", LISTENER(UNIX_ONE SECRET NGINX
	    "secret_header = \"X-SSL-Cert\";"), "are the same" },
	{ "verify_value none", LISTENER(UNIX_ONE NGINX
	    "verify_value = \"NONE\";"), "verify_value" },
	{ "verify_value failed", LISTENER(UNIX_ONE NGINX
	    "verify_value = \"FAILED:x\";"), "verify_value" },
	{ "verify_value with a space", LISTENER(UNIX_ONE NGINX
	    "verify_value = \"a b\";"), "verify_value" },
	{ "xfcc, verified by whom", LISTENER(UNIX_ONE
	    "evidence = \"xfcc\"; verify_header = \"\";"),
	    "trust_proxy_verified" },
	{ "trusted and verified", LISTENER(UNIX_ONE NGINX
	    "trust_proxy_verified = true;"), "trust_proxy_verified" },
	{ "no mode", "{ socket = \"/tmp/a\"; service = \"x\"; " NGINX " }",
	    "'mode' is missing" },
	{ "no evidence", LISTENER(UNIX_ONE), "'evidence' is missing" },
	{ "page without evidence", LISTENER(UNIX_ONE
	    "personality = \"page\";"), "'evidence' is missing" },
	{ "login_url, script", LISTENER(UNIX_ONE NGINX
	    "login_url = \"javascript:alert(1)\";"), "login_url" },
	{ "login_url, elsewhere", LISTENER(UNIX_ONE NGINX
	    "login_url = \"//evil.example\";"), "login_url" },
	{ "login_url, clear text", LISTENER(UNIX_ONE NGINX
	    "login_url = \"http://m/\";"), "login_url" },
	{ "zimbra without keys", LISTENER(UNIX_ONE NGINX ZIMBRA URL),
	    "needs preauth_keys" },
	{ "zimbra without url", LISTENER(UNIX_ONE NGINX ZIMBRA KEYS),
	    "needs zimbra_url" },
	{ "zimbra, admin without url", LISTENER(UNIX_ONE NGINX ZIMBRA URL KEYS
	    "admin_path = \"/admin\";"), "zimbra_admin_url" },
	{ "zimbra with a path", LISTENER(UNIX_ONE NGINX ZIMBRA KEYS
	    "zimbra_url = \"https://m/zimbra\";"), "zimbra_url" },
	{ "zimbra, clear text", LISTENER(UNIX_ONE NGINX ZIMBRA KEYS
	    "zimbra_url = \"http://m\";"), "zimbra_url" },
	{ "key of no domain", LISTENER(UNIX_ONE NGINX ZIMBRA URL
	    "preauth_keys = [ \"/tmp/k\" ];"), "preauth_keys" },
	{ "unknown format", LISTENER(UNIX_ONE "evidence = \"pem\";"),
	    "evidence" },
};

static void
write_config(const char *path, const char *listeners)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "listeners = ( %s );\n", listeners);
	assert_int_equal(fclose(file), 0);
}

static void
test_listeners(void **state)
{
	char path[] = "/tmp/ca.XXXXXX";
	int fd = mkstemp(path);
	size_t i;

	assert_true(fd != -1);
	close(fd);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hook_config *config;
		struct problems problems;
		const char *got;

		write_config(path, rows[i].listeners);
		problems_init(&problems);
		config = hook_config_read(path, &problems);
		got = problems.count == 0 ? "" : problems_text(&problems, 0);
		if (rows[i].want == NULL)
			row_check(config != NULL, rows[i].name,
			    "is refused: %s", got);
		else
			row_check(config == NULL &&
			    strstr(got, rows[i].want) != NULL, rows[i].name,
			    "want \"%s\", got \"%s\"", rows[i].want, got);
		problems_free(&problems);
		hook_config_unref(config);
	}
	unlink(path);
	rows_end();
}

/* Load the secrets; is one complained about, and how? NULL: none is. */
static void
complains(struct hook_config *config, const char *want)
{
	struct problems problems;
	bool as_expected;
	int rc;

	problems_init(&problems);
	rc = hook_config_load(config, &problems);
	if (want == NULL)
		as_expected = rc == 0 && problems.count == 0;
	else
		as_expected = rc == -1 && problems.count == 1 &&
		    strncmp(problems_text(&problems, 0), want, strlen(want)) ==
		    0;
	row_check(as_expected, want == NULL ? "good" : want, "got %d, %s", rc,
	    problems.count == 0 ? "" : problems_text(&problems, 0));
	problems_free(&problems);
}

/* Secrets are read when told, and a bad file is an error that names it, its
 * listener's line, and leaves nothing of it. */
static void
test_load(void **state)
{
	char path[] = "/tmp/ca.XXXXXX", secret[] = "/tmp/ca.XXXXXX";
	char key[] = "/tmp/ca.XXXXXX";
	char text[512], of_secret[64], of_key[64];
	struct problems problems;
	struct hook_config *config;
	int fd = mkstemp(path), other = mkstemp(secret), third = mkstemp(key);
	const struct buffer *bytes;

	assert_true(fd != -1 && other != -1 && third != -1);
	snprintf(text, sizeof(text), LISTENER(TCP_ONE NGINX
	    "secret_file = \"%s\";") ",\n" LISTENER(UNIX_ONE NGINX ZIMBRA URL
	    "preauth_keys = [ \"a.example:%s\" ];"), secret, key);
	snprintf(of_secret, sizeof(of_secret), "%s:1: %s: ", path, secret);
	snprintf(of_key, sizeof(of_key), "%s:2: %s: ", path, key);
	write_config(path, text);
	problems_init(&problems);
	config = hook_config_read(path, &problems);
	assert_non_null(config);
	bytes = &config->listeners[0]->secret;
	assert_int_equal(bytes->len, 0);
	assert_null(domain_keys_find(&config->listeners[1]->keys,
	    "x@a.example", 11));
	assert_int_equal(hook_config_load(config, &problems), -1);
	row_check(problems.count == 2, "both at once", "%zu", problems.count);
	problems_free(&problems);
	assert_int_equal(write(other, "0123456789abcdef\n", 17), 17);
	complains(config, of_key);
	assert_int_equal(write(third, "0123456789abcdefgh", 18), 18);
	complains(config, NULL);
	assert_int_equal(bytes->len, 16);
	bytes = domain_keys_find(&config->listeners[1]->keys, "x@a.example",
	    11);
	assert_non_null(bytes);
	assert_int_equal(bytes->len, 18);
	assert_int_equal(fchmod(third, 0644), 0);
	complains(config, of_key);
	assert_null(domain_keys_find(&config->listeners[1]->keys,
	    "x@a.example", 11));
	assert_int_equal(fchmod(third, 0600), 0);
	assert_int_equal(fchmod(other, 0644), 0);
	complains(config, of_secret);
	assert_int_equal(config->listeners[0]->secret.len, 0);
	hook_config_unref(config);
	close(fd);
	close(other);
	close(third);
	unlink(path);
	unlink(secret);
	unlink(key);
	rows_end();
}

static void
test_loopback(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} addresses[] = {
		{ "127.0.0.1:1", true }, { "127.255.1.2:65535", true },
		{ "[::1]:80", true }, { "[0:0:0:0:0:0:0:1]:80", true },
		{ "127.0.0.1:0", false }, { "127.0.0.1:65536", false },
		{ "127.0.0.1:", false }, { "127.0.0.1", false },
		{ "127.1:80", false }, { "128.0.0.1:80", false },
		{ "0.0.0.0:80", false }, { "[::]:80", false },
		{ "[::ffff:127.0.0.1]:80", false }, { "::1:80", false },
		{ "[::1]80", false }, { "[::1:80", false }, { "[]:80", false },
		{ "localhost:80", false }, { ":80", false }, { "", false },
		{ "[", false }, { "127.0.0.1:8x", false },
		{ "127.0.0.1: 80", false }, { "127.0.0.1:-1", false },
	};
	struct loopback at;
	size_t i;

	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		row_check(loopback_parse(addresses[i].text, &at) ==
		    addresses[i].want, addresses[i].text, "want %d",
		    addresses[i].want);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listeners),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
