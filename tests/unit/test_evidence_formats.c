/*
 * Envoy's and Traefik's ways to write a certificate; and what the proxies'
 * verification results mean.
 */
#include "config.h"

#include "common/verdict.h"
#include "tests/unit/evidence_rows.h"

#define XFCC "X-Forwarded-Client-Cert"
#define TRAEFIK "X-Forwarded-Tls-Client-Cert"
#define BY "By=spiffe://cluster/ns/x;Hash=468ed33be74eee6556d90c0149c1309e;"
#define HOP(cert) BY "Cert=\"" cert "\";Subject=\"CN=x\\,Cert=y,O=\\\"z\""

static void
test_xfcc(void **state)
{
	static const struct evidence_rules rules = { EVIDENCE_XFCC, XFCC,
		NULL, EVIDENCE_VERIFIED };
	static const struct row rows[] = {
		{ "envoy", { "x-forwarded-client-cert", BY "Cert=\"" PEM
		    "\";Subject=\"CN=user1,OU=Support\";URI=;DNS=a.example" },
		    EVIDENCE_CERT, PEM },
		{ "alone", { XFCC, "Cert=\"" PEM "\"" }, EVIDENCE_CERT, PEM },
		{ "unquoted", { XFCC, "Cert=" PEM }, EVIDENCE_CERT, PEM },
		{ "key in capitals", { XFCC, "HASH=00;CERT=\"" PEM "\"" },
		    EVIDENCE_CERT, PEM },
		{ "chain behind it", { XFCC, "Cert=\"" PEM "\";Chain=\"" PEM
		    PEM "\"" }, EVIDENCE_CERT, PEM },
		{ "two hops, the last one's", { XFCC, "Cert=\"first\"," BY
		    "Cert=\"" PEM "\"" }, EVIDENCE_CERT, PEM },
		{ "two hops with a space", { XFCC, "Cert=\"first\", Cert=\""
		    PEM "\"" }, EVIDENCE_CERT, PEM },
		{ "a quote in a subject", { XFCC,
		    "Subject=\"CN=\\\"x\\\",Cert=\\\"y\";Cert=\"" PEM "\"" },
		    EVIDENCE_CERT, PEM },
		{ "comma in a subject", { XFCC,
		    "Cert=\"" PEM "\";Subject=\"CN=x,Cert=y;Cert=z\"" },
		    EVIDENCE_CERT, PEM },

		{ "names of the last hop's", { XFCC, HOP("first") "," HOP(PEM)
		    ";URI=;DNS=a.example;DNS=b.example" }, EVIDENCE_CERT,
		    PEM },
		{ "three hops", { XFCC, HOP("first") "," HOP("second") ","
		    HOP(PEM) }, EVIDENCE_CERT, PEM },
		{ "a proxy with two names", { XFCC, "By=urn:a;" BY "Cert=\""
		    PEM "\"" }, EVIDENCE_CERT, PEM },
		{ "a hop with its chain", { XFCC, "Cert=\"a\";Chain=\"a\";"
		    "subject=\"CN=x,Cert=y\"," HOP(PEM) }, EVIDENCE_CERT,
		    PEM },

		/* What Envoy makes of a certificate with such a name. */
		{ "an element in the URI", { XFCC, HOP("mine")
		    ";URI=x,Hash=0;Cert=\"" PEM "\"" }, EVIDENCE_REFUSED,
		    NULL },
		{ "an element in the DNS name", { XFCC, HOP("mine")
		    ";URI=;DNS=x,Cert=\"" PEM "\"" }, EVIDENCE_REFUSED, NULL },
		{ "an element in the second DNS name", { XFCC, HOP("mine")
		    ";DNS=a.example;DNS=x, Cert=\"" PEM "\";URI=y" },
		    EVIDENCE_REFUSED, NULL },
		{ "the URI begins with the comma", { XFCC, HOP("mine")
		    ";URI=,Hash=0;Cert=\"" PEM "\"" }, EVIDENCE_REFUSED,
		    NULL },
		{ "the URI begins with a quote", { XFCC, HOP("mine")
		    ";URI=\"x\",Hash=0;Cert=\"" PEM "\"" }, EVIDENCE_REFUSED,
		    NULL },
		{ "two elements in the URI", { XFCC, HOP("mine")
		    ";URI=x,Hash=0,By=y;Cert=\"" PEM "\"" },
		    EVIDENCE_REFUSED, NULL },
		{ "unquoted, in the URI", { XFCC, HOP("mine")
		    ";uri=x,Hash=0;cert=" PEM }, EVIDENCE_REFUSED, NULL },
		{ "in the URI, where Envoy sends no certificate", { XFCC,
		    "By=y;Hash=0;URI=x;Cert=\"" PEM "\"" }, EVIDENCE_REFUSED,
		    NULL },
		{ "a subject without quotes", { XFCC, "Cert=\"mine\";"
		    "Subject=CN=x,Cert=\"" PEM "\"" }, EVIDENCE_REFUSED,
		    NULL },
		{ "a key that Envoy does not have", { XFCC, HOP("mine")
		    ";Email=x,Cert=\"" PEM "\"" }, EVIDENCE_REFUSED, NULL },
		{ "an empty certificate in the URI", { XFCC, HOP("mine")
		    ";URI=x,Cert=\"\"" }, EVIDENCE_REFUSED, NULL },
		/* Told from those by nobody. */
		{ "an honest hop with names", { XFCC, HOP("first")
		    ";URI=spiffe://a/b;DNS=a.example," HOP(PEM) },
		    EVIDENCE_REFUSED, NULL },
		{ "an honest hop without names", { XFCC, HOP("first") ";URI=,"
		    HOP(PEM) }, EVIDENCE_REFUSED, NULL },

		{ "nothing", { NULL }, EVIDENCE_NO_CERT, NULL },
		{ "empty", { XFCC, "" }, EVIDENCE_NO_CERT, NULL },
		{ "empty certificate", { XFCC, "Cert=\"\"" },
		    EVIDENCE_NO_CERT, NULL },
		{ "empty, unquoted", { XFCC, "Cert=;Hash=1" },
		    EVIDENCE_NO_CERT, NULL },

		{ "no certificate in the last", { XFCC, "Cert=\"" PEM "\"," BY
		    "URI=x" }, EVIDENCE_REFUSED, NULL },
		{ "no certificate at all", { XFCC, "Hash=0" },
		    EVIDENCE_REFUSED, NULL },
		{ "two in one element", { XFCC, "Cert=\"" PEM "\";cert=\"" PEM
		    "\"" }, EVIDENCE_REFUSED, NULL },
		{ "two headers", { XFCC, "Cert=\"" PEM "\"",
		    "x-forwarded-client-cert", "Cert=\"" PEM "\"" },
		    EVIDENCE_REFUSED, NULL },
		{ "another header", { XFCC, "Cert=\"" PEM "\"", "X-SSL-Cert",
		    PEM }, EVIDENCE_REFUSED, NULL },

		{ "open quote before", { XFCC, "X=\"," BY "Cert=\"" PEM "\"" },
		    EVIDENCE_BAD_CERT, NULL },
		{ "open quote, own certificate", { XFCC,
		    "Cert=\"mine\",X=\"," BY "Cert=\"" PEM "\"" },
		    EVIDENCE_BAD_CERT, NULL },
		{ "backslash at the end of theirs", { XFCC, "X=\"\\," BY
		    "Cert=\"" PEM "\"" }, EVIDENCE_BAD_CERT, NULL },
		{ "quote inside", { XFCC, "X=a\"b,Cert=\"" PEM "\"" },
		    EVIDENCE_BAD_CERT, NULL },
		{ "quote not closed", { XFCC, "Cert=\"" PEM },
		    EVIDENCE_BAD_CERT, NULL },
		{ "text after the quote", { XFCC, "Cert=\"" PEM "\"x" },
		    EVIDENCE_BAD_CERT, NULL },
		{ "a pair after the quote", { XFCC, "X=\"a\"xy=z;Cert=\"" PEM
		    "\"" }, EVIDENCE_BAD_CERT, NULL },
		{ "no pair", { XFCC, PEM "x" }, EVIDENCE_BAD_CERT, NULL },
		{ "no key", { XFCC, "=x;Cert=\"" PEM "\"" },
		    EVIDENCE_BAD_CERT, NULL },
		{ "comma at the end", { XFCC, "Cert=\"" PEM "\"," },
		    EVIDENCE_BAD_CERT, NULL },
		{ "semicolon at the end", { XFCC, "Cert=\"" PEM "\";" },
		    EVIDENCE_BAD_CERT, NULL },
		{ "a space in it", { XFCC, "Cert=\"a b\"" },
		    EVIDENCE_BAD_CERT, NULL },
		{ "half an escape", { XFCC, "Cert=\"a%2\"" },
		    EVIDENCE_BAD_CERT, NULL },
		{ "RFC 9440", { XFCC, ":" DER ":" }, EVIDENCE_REFUSED,
		    NULL },
	};

	CHECK(&rules, rows);
}

static void
test_traefik(void **state)
{
	static const struct evidence_rules rules = { EVIDENCE_TRAEFIK,
		TRAEFIK, NULL, EVIDENCE_VERIFIED };
	static const struct row rows[] = {
		{ "traefik", { "X-Forwarded-Tls-Client-Cert", DER },
		    EVIDENCE_CERT, DER },
		{ "with the chain", { TRAEFIK, DER ",MIIAAAA=,MIIBBBB=" },
		    EVIDENCE_CERT, DER },
		{ "before 2.9.2", { TRAEFIK, "MII%2Bb%2Fc%3D,MIIA%3D" },
		    EVIDENCE_CERT, "MII%2Bb%2Fc%3D" },
		{ "plus and slash", { TRAEFIK, "MII+b/c==" },
		    EVIDENCE_CERT, "MII+b/c==" },
		{ "the info header is not read", { TRAEFIK, DER,
		    "X-Forwarded-Tls-Client-Cert-Info", "Subject%3Dx" },
		    EVIDENCE_CERT, DER },

		{ "nothing", { NULL }, EVIDENCE_NO_CERT, NULL },
		{ "empty", { TRAEFIK, "" }, EVIDENCE_NO_CERT, NULL },

		{ "comma first", { TRAEFIK, "," DER }, EVIDENCE_BAD_CERT,
		    NULL },
		{ "PEM", { TRAEFIK, PEM }, EVIDENCE_BAD_CERT, NULL },
		{ "colons", { TRAEFIK, ":" DER ":" }, EVIDENCE_BAD_CERT,
		    NULL },
		{ "a pad inside", { TRAEFIK, "MI=ID" }, EVIDENCE_BAD_CERT,
		    NULL },
		{ "a pad inside, escaped", { TRAEFIK, "MI%3dID" },
		    EVIDENCE_BAD_CERT, NULL },
		{ "three pads", { TRAEFIK, "MII===" }, EVIDENCE_BAD_CERT,
		    NULL },
		{ "pads only", { TRAEFIK, "==" }, EVIDENCE_BAD_CERT, NULL },
		{ "another escape", { TRAEFIK, "MI%41D" }, EVIDENCE_BAD_CERT,
		    NULL },
		{ "half an escape", { TRAEFIK, "MIID%2" }, EVIDENCE_BAD_CERT,
		    NULL },
		{ "rubbish in the chain", { TRAEFIK, DER ",x y" },
		    EVIDENCE_BAD_CERT, NULL },
		{ "a space", { TRAEFIK, DER ", " DER }, EVIDENCE_BAD_CERT,
		    NULL },
		{ "twice", { TRAEFIK, DER, TRAEFIK, DER }, EVIDENCE_REFUSED,
		    NULL },
		{ "nginx's header too", { TRAEFIK, DER, "X-SSL-Cert", PEM },
		    EVIDENCE_REFUSED, NULL },
	};

	CHECK(&rules, rows);
}

/* A proxy with another word for it. */
static void
test_verify_value(void **state)
{
	static const struct evidence_rules rules = { EVIDENCE_RFC9440,
		"Client-Cert", "X-Verify", "0" };
	static const struct row rows[] = {
		{ "its word", { "Client-Cert", ":MIID:", "X-Verify", "0" },
		    EVIDENCE_CERT, "MIID" },
		{ "nginx's word", { "Client-Cert", ":MIID:", "X-Verify",
		    "SUCCESS" }, EVIDENCE_BAD_CERT, NULL },
		{ "another number", { "Client-Cert", ":MIID:", "X-Verify",
		    "10" }, EVIDENCE_BAD_CERT, NULL },
		{ "longer", { "Client-Cert", ":MIID:", "X-Verify", "00" },
		    EVIDENCE_BAD_CERT, NULL },
		{ "NONE", { "Client-Cert", ":MIID:", "X-Verify", "NONE" },
		    EVIDENCE_NO_CERT, NULL },
		{ "none", { "Client-Cert", ":MIID:" }, EVIDENCE_NO_CERT,
		    NULL },
		{ "verified, but nothing there", { "Client-Cert", "::",
		    "X-Verify", "0" }, EVIDENCE_NO_CERT, NULL },
	};

	CHECK(&rules, rows);
}

static void
test_failure(void **state)
{
	static const struct evidence_rules rules = { EVIDENCE_NGINX_ESCAPED,
		"X-SSL-Cert", "X-SSL-Verify", EVIDENCE_VERIFIED };
	static const char *const rows[][2] = {
		{ "FAILED:certificate has expired", REASON_EXPIRED },
		{ "FAILED:certificate is not yet valid",
		    REASON_NOT_YET_VALID },
		{ "FAILED:unable to get local issuer certificate",
		    REASON_UNTRUSTED },
		{ "FAILED:unable to verify the first certificate",
		    REASON_UNTRUSTED },
		{ "FAILED:self-signed certificate", REASON_UNTRUSTED },
		{ "FAILED:self-signed certificate in certificate chain",
		    REASON_UNTRUSTED },
		{ "FAILED:self signed certificate", REASON_UNTRUSTED },
		{ "FAILED:certificate revoked", REASON_REVOKED },
		{ "FAILED:unsuitable certificate purpose",
		    REASON_WRONG_PURPOSE },
		{ "FAILED:10", REASON_EXPIRED }, { "10", REASON_EXPIRED },
		{ "20", REASON_UNTRUSTED }, { "FAILED:23", REASON_REVOKED },
		{ "FAILED:2", REASON_UNTRUSTED },
		{ "FAILED:200", REASON_BAD_CERT },
		{ "FAILED:10 x", REASON_BAD_CERT },
		{ "FAILED:CRL has expired", REASON_BAD_CERT },
		{ "FAILED:something new", REASON_BAD_CERT },
		{ "FAILED:", REASON_BAD_CERT }, { "", REASON_BAD_CERT },
		{ "SUCCESS", REASON_BAD_CERT },
	};
	struct evidence evidence;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		evidence_init(&evidence, &rules);
		evidence_take(&evidence, "X-SSL-Verify", rows[i][0]);
		row_check(strcmp(evidence_failure(&evidence), rows[i][1]) ==
		    0, rows[i][0], "want %s, got %s", rows[i][1],
		    evidence_failure(&evidence));
	}
	evidence_take(&evidence, "X-SSL-Verify", "10");
	row_check(strcmp(evidence_failure(&evidence), REASON_BAD_CERT) == 0,
	    "twice", "got %s", evidence_failure(&evidence));
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xfcc),
		cmocka_unit_test(test_traefik),
		cmocka_unit_test(test_verify_value),
		cmocka_unit_test(test_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
