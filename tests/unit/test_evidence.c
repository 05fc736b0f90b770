/* What a proxy's headers are taken for, row by row of the wire formats. */
#include "config.h"

#include "hook/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "common/protocol.h"
#include "tests/unit/evidence_rows.h"

#define PEM_MAIL "-----BEGIN%20CERTIFICATE-----%0AMIIDmDCC+gIB/=%0A" \
	"-----END%20CERTIFICATE-----%0A"
#define PEM_LOWER "-----BEGIN%20CERTIFICATE-----%0aMIID+/%0a"
#define CADDY ":{http.request.tls.client.certificate_der_base64}:"

static const struct row escaped[] = {
	{ "nginx", { "X-SSL-Cert", PEM, "X-SSL-Verify", "SUCCESS" },
	    EVIDENCE_CERT, PEM },
	{ "other headers", { "Host", "x", "X-SSL-Verify", "SUCCESS",
	    "X-SSL-Cert", PEM, "X-SSL-Certx", "y" },
	    EVIDENCE_CERT, PEM },
	{ "case of names", { "x-ssl-cert", PEM, "X-Ssl-verify",
	    "SUCCESS" }, EVIDENCE_CERT, PEM },
	{ "literal + / =", { "X-SSL-Cert", PEM_MAIL, "X-SSL-Verify",
	    "SUCCESS" }, EVIDENCE_CERT, PEM_MAIL },
	{ "lower-case digits", { "X-SSL-Cert", PEM_LOWER,
	    "X-SSL-Verify", "SUCCESS" }, EVIDENCE_CERT, PEM_LOWER },

	{ "nothing", { NULL }, EVIDENCE_NO_CERT, NULL },
	{ "NONE", { "X-SSL-Verify", "NONE" }, EVIDENCE_NO_CERT, NULL },
	{ "NONE with certificate", { "X-SSL-Verify", "NONE",
	    "X-SSL-Cert", PEM }, EVIDENCE_NO_CERT, NULL },
	{ "no verify", { "X-SSL-Cert", PEM }, EVIDENCE_NO_CERT, NULL },
	{ "empty verify", { "X-SSL-Cert", PEM, "X-SSL-Verify", "" },
	    EVIDENCE_NO_CERT, NULL },

	{ "FAILED with a good certificate", { "X-SSL-Cert", PEM,
	    "X-SSL-Verify", "FAILED:unable to verify the first "
	    "certificate" }, EVIDENCE_BAD_CERT, NULL },
	{ "FAILED alone", { "X-SSL-Verify", "FAILED:x" },
	    EVIDENCE_BAD_CERT, NULL },
	{ "lower-case success", { "X-SSL-Cert", PEM, "X-SSL-Verify",
	    "success" }, EVIDENCE_BAD_CERT, NULL },
	{ "SUCCESS and more", { "X-SSL-Cert", PEM, "X-SSL-Verify",
	    "SUCCESS " }, EVIDENCE_BAD_CERT, NULL },
	{ "SUCCESS folded", { "X-SSL-Cert", PEM, "X-SSL-Verify",
	    "SUCCESS NONE" }, EVIDENCE_BAD_CERT, NULL },
	{ "haproxy's 0", { "X-SSL-Cert", PEM, "X-SSL-Verify", "0" },
	    EVIDENCE_BAD_CERT, NULL },

	{ "SUCCESS without certificate", { "X-SSL-Verify",
	    "SUCCESS" }, EVIDENCE_REFUSED, NULL },
	{ "SUCCESS, empty certificate", { "X-SSL-Verify", "SUCCESS",
	    "X-SSL-Cert", "" }, EVIDENCE_REFUSED, NULL },
	{ "certificate twice", { "X-SSL-Cert", PEM, "X-SSL-Cert", PEM,
	    "X-SSL-Verify", "SUCCESS" }, EVIDENCE_REFUSED, NULL },
	{ "certificate twice, one empty", { "X-SSL-Cert", "",
	    "x-ssl-cert", PEM, "X-SSL-Verify", "SUCCESS" },
	    EVIDENCE_REFUSED, NULL },
	{ "verify twice", { "X-SSL-Cert", PEM, "X-SSL-Verify",
	    "FAILED:x", "x-ssl-verify", "SUCCESS" },
	    EVIDENCE_REFUSED, NULL },
	{ "verify twice, equal", { "X-SSL-Cert", PEM, "X-SSL-Verify",
	    "SUCCESS", "X-SSL-Verify", "SUCCESS" },
	    EVIDENCE_REFUSED, NULL },
	{ "Client-Cert too", { "X-SSL-Cert", PEM, "X-SSL-Verify",
	    "SUCCESS", "client-cert", ":" DER ":" },
	    EVIDENCE_REFUSED, NULL },
	{ "Client-Cert alone", { "Client-Cert", ":" DER ":" },
	    EVIDENCE_REFUSED, NULL },
	{ "xfcc too", { "X-SSL-Cert", PEM, "X-SSL-Verify",
	    "SUCCESS", "X-Forwarded-Client-Cert", "By=x" },
	    EVIDENCE_REFUSED, NULL },
	{ "traefik too", { "X-SSL-Cert", PEM, "X-SSL-Verify",
	    "SUCCESS", "X-Forwarded-Tls-Client-Cert", DER },
	    EVIDENCE_REFUSED, NULL },
	{ "SSL-Client-Cert too", { "X-SSL-Cert", PEM, "X-SSL-Verify",
	    "SUCCESS", "SSL-Client-Cert", "x" },
	    EVIDENCE_REFUSED, NULL },
	{ "Auth-SSL-Cert too, empty", { "X-SSL-Cert", PEM,
	    "X-SSL-Verify", "SUCCESS", "Auth-SSL-Cert", "" },
	    EVIDENCE_REFUSED, NULL },

	{ "folded PEM", { "X-SSL-Cert", "-----BEGIN CERTIFICATE----- "
	    "MIID", "X-SSL-Verify", "SUCCESS" },
	    EVIDENCE_BAD_CERT, NULL },
	{ "tab", { "X-SSL-Cert", "MIID\tMIID", "X-SSL-Verify",
	    "SUCCESS" }, EVIDENCE_BAD_CERT, NULL },
	{ "line end", { "X-SSL-Cert", "MIID\nlookup", "X-SSL-Verify",
	    "SUCCESS" }, EVIDENCE_BAD_CERT, NULL },
	{ "DEL", { "X-SSL-Cert", "MIID\177", "X-SSL-Verify",
	    "SUCCESS" }, EVIDENCE_BAD_CERT, NULL },
	{ "high byte", { "X-SSL-Cert", "MIID\xc3\xa4",
	    "X-SSL-Verify", "SUCCESS" }, EVIDENCE_BAD_CERT, NULL },
	{ "not hex", { "X-SSL-Cert", "MIID%0G", "X-SSL-Verify",
	    "SUCCESS" }, EVIDENCE_BAD_CERT, NULL },
	{ "half an escape", { "X-SSL-Cert", "MIID%0", "X-SSL-Verify",
	    "SUCCESS" }, EVIDENCE_BAD_CERT, NULL },
	{ "a percent sign", { "X-SSL-Cert", "MIID%", "X-SSL-Verify",
	    "SUCCESS" }, EVIDENCE_BAD_CERT, NULL },
	{ "injected field", { "X-SSL-Cert", "MIID need=x",
	    "X-SSL-Verify", "SUCCESS" }, EVIDENCE_BAD_CERT, NULL },
};

static void
test_escaped(void **state)
{
	static const struct evidence_rules rules = { EVIDENCE_NGINX_ESCAPED,
		"X-SSL-Cert", "X-SSL-Verify", EVIDENCE_VERIFIED };

	CHECK(&rules, escaped);
}

static const struct row rfc9440[] = {
	{ "plain", { "client-cert", ":" DER ":" }, EVIDENCE_CERT,
	    DER },
	{ "unpadded", { "Client-Cert", ":MIID:" }, EVIDENCE_CERT,
	    "MIID" },
	{ "two pads", { "Client-Cert", ":MII+/w==:" }, EVIDENCE_CERT,
	    "MII+/w==" },
	{ "parameters", { "Client-Cert", ":MIID:;a=1; b" },
	    EVIDENCE_CERT, "MIID" },
	{ "chain is ignored", { "Client-Cert", ":MIID:",
	    "Client-Cert-Chain", ":AAAA:, :BBBB:" }, EVIDENCE_CERT,
	    "MIID" },
	{ "forged verify is not read", { "Client-Cert", ":MIID:",
	    "X-SSL-Verify", "NONE" }, EVIDENCE_CERT, "MIID" },

	{ "nothing", { NULL }, EVIDENCE_NO_CERT, NULL },
	{ "empty", { "Client-Cert", "" }, EVIDENCE_NO_CERT, NULL },
	{ "haproxy without certificate", { "Client-Cert", "::" },
	    EVIDENCE_NO_CERT, NULL },
	{ "Caddy's variable", { "Client-Cert", CADDY },
	    EVIDENCE_NO_CERT, NULL },
	{ "success without certificate, not read", { "X-SSL-Verify",
	    "SUCCESS" }, EVIDENCE_NO_CERT, NULL },

	{ "no colons", { "Client-Cert", DER }, EVIDENCE_BAD_CERT,
	    NULL },
	{ "no first colon", { "Client-Cert", DER ":" },
	    EVIDENCE_BAD_CERT, NULL },
	{ "no last colon", { "Client-Cert", ":" DER },
	    EVIDENCE_BAD_CERT, NULL },
	{ "one colon", { "Client-Cert", ":" }, EVIDENCE_BAD_CERT,
	    NULL },
	{ "only pads", { "Client-Cert", ":==:" }, EVIDENCE_BAD_CERT,
	    NULL },
	{ "three pads", { "Client-Cert", ":MII===:" },
	    EVIDENCE_BAD_CERT, NULL },
	{ "pad inside", { "Client-Cert", ":MI=D:" },
	    EVIDENCE_BAD_CERT, NULL },
	{ "url alphabet", { "Client-Cert", ":MI-_:" },
	    EVIDENCE_BAD_CERT, NULL },
	{ "percent", { "Client-Cert", ":MI%2B:" },
	    EVIDENCE_BAD_CERT, NULL },
	{ "space inside", { "Client-Cert", ":MI ID:" },
	    EVIDENCE_BAD_CERT, NULL },
	{ "space before", { "Client-Cert", " :MIID:" },
	    EVIDENCE_BAD_CERT, NULL },
	{ "rest", { "Client-Cert", ":MIID:x" }, EVIDENCE_BAD_CERT,
	    NULL },
	{ "rest after a space", { "Client-Cert", ":MIID: ;x" },
	    EVIDENCE_BAD_CERT, NULL },
	{ "odd parameters", { "Client-Cert", ":MIID:;a\xff" },
	    EVIDENCE_BAD_CERT, NULL },
	{ "another variable", { "Client-Cert", ":{x}:" },
	    EVIDENCE_BAD_CERT, NULL },
	{ "PEM", { "Client-Cert", PEM }, EVIDENCE_BAD_CERT, NULL },

	{ "two lines", { "Client-Cert", ":MIID:", "client-cert",
	    ":MIID:" }, EVIDENCE_REFUSED, NULL },
	{ "two items", { "Client-Cert", ":MIID:, :AAAA:" },
	    EVIDENCE_REFUSED, NULL },
	{ "two items after parameters", { "Client-Cert",
	    ":MIID:;a, :AAAA:" }, EVIDENCE_REFUSED, NULL },
	{ "a third colon", { "Client-Cert", ":MIID::" },
	    EVIDENCE_REFUSED, NULL },
	{ "X-SSL-Cert too", { "Client-Cert", ":MIID:", "X-SSL-Cert",
	    PEM }, EVIDENCE_REFUSED, NULL },
	{ "X-SSL-Cert alone", { "X-SSL-Cert", PEM },
	    EVIDENCE_REFUSED, NULL },
};

static void
test_rfc9440(void **state)
{
	static const struct evidence_rules rules = { EVIDENCE_RFC9440,
		"Client-Cert", NULL, EVIDENCE_VERIFIED };
	static const struct evidence_rules verified = { EVIDENCE_RFC9440,
		"Client-Cert", "X-SSL-Verify", EVIDENCE_VERIFIED };
	static const struct row verified_rows[] = {
		{ "haproxy", { "client-cert", ":MIID:", "x-ssl-verify",
		    "SUCCESS" }, EVIDENCE_CERT, "MIID" },
		{ "haproxy, bad", { "client-cert", ":MIID:", "x-ssl-verify",
		    "FAILED:10" }, EVIDENCE_BAD_CERT, NULL },
		{ "haproxy, no verify", { "client-cert", ":MIID:" },
		    EVIDENCE_NO_CERT, NULL },
		{ "haproxy, no certificate", { "client-cert", "::",
		    "x-ssl-verify", "SUCCESS" }, EVIDENCE_NO_CERT, NULL },
	};

	CHECK(&rules, rfc9440);
	CHECK(&verified, verified_rows);
}

/* A header of its own name takes the place of the usual one. */
static void
test_names(void **state)
{
	static const struct evidence_rules rules = { EVIDENCE_NGINX_ESCAPED,
		"X-My-Cert", "X-My-Verify", EVIDENCE_VERIFIED };
	static const struct row rows[] = {
		{ "own names", { "X-My-Cert", PEM, "X-My-Verify",
		    "SUCCESS" }, EVIDENCE_CERT, PEM },
		{ "usual name too", { "X-My-Cert", PEM, "X-My-Verify",
		    "SUCCESS", "X-SSL-Cert", PEM }, EVIDENCE_REFUSED, NULL },
		{ "usual verify is not read", { "X-My-Cert", PEM,
		    "X-SSL-Verify", "SUCCESS" }, EVIDENCE_NO_CERT, NULL },
	};

	CHECK(&rules, rows);
}

/* The longest value passes, one byte more does not. */
static void
test_long(void **state)
{
	static const struct evidence_rules rules = { EVIDENCE_NGINX_ESCAPED,
		"X-SSL-Cert", NULL, EVIDENCE_VERIFIED };
	char *value = malloc(EVIDENCE_MAX + 2);
	const char *cert = NULL, *why = NULL;
	struct evidence evidence;
	size_t len = 0;

	assert_non_null(value);
	memset(value, 'A', EVIDENCE_MAX + 1);
	value[EVIDENCE_MAX + 1] = '\0';
	evidence_init(&evidence, &rules);
	evidence_take(&evidence, "X-SSL-Cert", value);
	assert_int_equal(evidence_find(&evidence, &cert, &len, &why),
	    EVIDENCE_BAD_CERT);
	value[EVIDENCE_MAX] = '\0';
	assert_int_equal(evidence_find(&evidence, &cert, &len, &why),
	    EVIDENCE_CERT);
	assert_int_equal(len, EVIDENCE_MAX);
	free(value);
}

/* Each byte at each place of values of each length; 'A' is a digit, too. */
static void
test_every_byte(void **state)
{
	char value[24], name[48];
	const char *cert, *why;
	size_t len, at, got;
	int c;

	for (len = 1; len < sizeof(value); len++)
		for (at = 0; at < len; at++)
			for (c = 1; c < 256; c++) {
				bool good = c == '%' ? len - at >= 3 :
				    c > 0x20 && c < 0x7F;

				memset(value, 'A', len);
				value[len] = '\0';
				value[at] = (char)c;
				snprintf(name, sizeof(name),
				    "%d at %zu of %zu", c, at, len);
				row_check((evidence_cut(
				    EVIDENCE_NGINX_ESCAPED, value, &cert,
				    &got, &why) == EVIDENCE_CERT) == good,
				    name, "want %d", good);
				if (at == 0)
					continue;
				value[at - 1] = '%';
				good = len - at >= 2 && ((c >= '0' &&
				    c <= '9') || (c >= 'A' && c <= 'F') ||
				    (c >= 'a' && c <= 'f'));
				row_check((evidence_cut(
				    EVIDENCE_NGINX_ESCAPED, value, &cert,
				    &got, &why) == EVIDENCE_CERT) == good,
				    name, "behind %%: want %d", good);
			}
	rows_end();
}

/* What is passed on must be a value of the protocol as it stands. */
static void
test_is_protocol_value(void **state)
{
	static const char *const values[] = { PEM, PEM_MAIL, PEM_LOWER, DER };
	struct protocol_message message;
	struct protocol_error error;
	char line[512];
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		int len = snprintf(line, sizeof(line), "lookup cert=%s",
		    values[i]);

		row_check(protocol_decode(line, (size_t)len, &message,
		    &error) == PROTOCOL_OK && message.count == 1, values[i],
		    "not a value");
	}
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escaped),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_rfc9440),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_is_protocol_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
