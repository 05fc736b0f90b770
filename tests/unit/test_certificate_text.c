/*
 * The spellings of a `cert=` value, and what is none; and CA files.
 */
#include "lookupd/certificate.h"

#include <stdlib.h>
#include <string.h>

#include "tests/tools/mkcert_lib.h"
#include "tests/unit/rows.h"

static struct mkcert made, leaf, no_sign;
static uint8_t *der;
static char *pem, *leaf_pem, *no_sign_pem;
static size_t der_len, pem_len, leaf_len, no_sign_len;

static int
setup(void **state)
{
	static const char *const words[] = { "cn=Test CA", NULL };
	static const char *const no_sign_words[] = { "cn=No", "ku=cRLSign",
		NULL };
	char error[MKCERT_ERROR_MAX];

	assert_int_equal(certificate_init(), 0);
	/* base64 must hold + and /, or the spellings do not differ. */
	do {
		mkcert_free(&made);
		free(pem);
		assert_int_equal(mkcert_make(&made, NULL, true, words, error),
		    0);
		pem = mkcert_pem(&made, &pem_len);
		assert_non_null(pem);
	} while (strchr(pem, '+') == NULL || strchr(pem, '/') == NULL);
	der = mkcert_der(&made, &der_len);
	assert_int_equal(mkcert_make(&leaf, &made, false, words, error), 0);
	assert_int_equal(mkcert_make(&no_sign, NULL, true, no_sign_words,
	    error), 0);
	leaf_pem = mkcert_pem(&leaf, &leaf_len);
	no_sign_pem = mkcert_pem(&no_sign, &no_sign_len);
	return der == NULL || leaf_pem == NULL || no_sign_pem == NULL;
}

static int
teardown(void **state)
{
	mkcert_free(&made);
	mkcert_free(&leaf);
	mkcert_free(&no_sign);
	free(der);
	free(pem);
	free(leaf_pem);
	free(no_sign_pem);
	return 0;
}

/* The PEM with every byte of `which` (and of the controls, if asked) as %XX;
 * from malloc. */
static char *
escape(const char *text, const char *which, bool controls, const char *format)
{
	char *out = malloc(3 * strlen(text) + 1), *to = out;

	assert_non_null(out);
	for (; *text != '\0'; text++) {
		if (strchr(which, *text) != NULL || (controls && *text <= ' '))
			to += snprintf(to, 4, strcmp(format, "%x") == 0 ?
			    "%%%02x" : "%%%02X", (unsigned)*text);
		else
			*to++ = *text;
	}
	*to = '\0';
	return out;
}

/* Replace every LF; from malloc. */
static char *
with_line_ends(const char *text, const char *end)
{
	char *out = malloc(2 * strlen(text) + 1), *to = out;

	assert_non_null(out);
	for (; *text != '\0'; text++) {
		if (*text == '\n') {
			memcpy(to, end, strlen(end));
			to += strlen(end);
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
	return out;
}

/* base64 alone: the PEM without its first and last line and line ends. */
static char *
bare(void)
{
	char *out = with_line_ends(strchr(pem, '\n') + 1, "");

	*strstr(out, "-----END") = '\0';
	return out;
}

/* Decode, give the text back, compare. */
static void
accept(const char *name, char *text)
{
	uint8_t out[CERTIFICATE_DER_MAX];
	size_t len = 0;
	const char *wrong = certificate_decode_text(text, strlen(text), out,
	    &len);

	row_check(wrong == NULL && len == der_len &&
	    memcmp(out, der, der_len) == 0, name, "%zu of %zu bytes: %s", len,
	    der_len, wrong == NULL ? "accepted" : wrong);
	free(text);
}

static void
refuse_bytes(const char *name, char *text, size_t text_len)
{
	uint8_t out[CERTIFICATE_DER_MAX];
	size_t len = 12345;
	const char *wrong = certificate_decode_text(text, text_len, out, &len);

	row_check(wrong != NULL && len == 12345, name, "%s, length %zu",
	    wrong == NULL ? "accepted" : wrong, len);
	free(text);
}

static void
refuse(const char *name, char *text)
{
	refuse_bytes(name, text, strlen(text));
}

/* printf into malloc, for rows that put things around a good one. */
static char *__attribute__((format(printf, 1, 2)))
text_of(const char *format, ...)
{
	char *out = malloc(65536);
	va_list args;

	assert_non_null(out);
	va_start(args, format);
	vsnprintf(out, 65536, format, args);
	va_end(args);
	return out;
}

static void
test_accepted(void **state)
{
	char *base64 = bare(), *crlf = with_line_ends(pem, "\r\n");

	accept("base64 of DER", text_of("%s", base64));
	accept("escaped base64", escape(base64, "+/=", false, "%X"));
	accept("PEM", text_of("%s", pem));
	accept("PEM, CR LF", text_of("%s", crlf));
	accept("PEM, no last line end", text_of("%.*s", (int)pem_len - 1, pem));
	accept("PEM in one line", text_of("-----BEGIN CERTIFICATE-----\n%s\n"
	    "-----END CERTIFICATE-----\n", base64));
	accept("nginx http", escape(pem, "+/=", true, "%X"));
	accept("nginx mail", escape(pem, "%", true, "%X"));
	accept("Apache", escape(pem, "%", true, "%x"));
	accept("CR LF, escaped", escape(crlf, "+/=", true, "%x"));
	free(base64);
	free(crlf);
	rows_end();
}

static void
test_refused(void **state)
{
	char *base64 = bare(), *escaped = escape(pem, "+/=", true, "%X");
	char *begin = strchr(pem, '\n') + 1;
	size_t i;

	refuse("empty", text_of("%s", ""));
	refuse("only padding", text_of("===="));
	refuse("not DER", text_of("AAAA"));
	refuse("base64 and LF", text_of("%s\n", base64));
	refuse("base64, LF inside", text_of("%.64s\n%s", base64, base64 + 64));
	refuse("space before", text_of(" %s", base64));
	refuse("URL alphabet", text_of("%.8s-_%s", base64, base64 + 10));
	refuse("colons of RFC 9440", text_of(":%s:", base64));
	refuse("padding inside", text_of("%.8s=%s", base64, base64 + 9));
	refuse("padding behind", text_of("%s=", base64));
	refuse("more behind the padding", text_of("MA==%s", base64));
	refuse("a digit behind the padding", text_of("MA=A"));
	refuse("one digit", text_of("%.4sM", base64));
	refuse("cut padding", text_of("MAA"));
	refuse("unused bits of one byte", text_of("MB=="));
	refuse("unused bits of two bytes", text_of("MAB="));
	refuse("percent alone", text_of("%s%%", base64));
	refuse("percent and one digit", text_of("%s%%4", base64));
	refuse("percent and letters", text_of("%s%%zz", base64));
	refuse("escaped twice", escape(escaped, "%", false, "%X"));
	refuse("NUL escaped", text_of("%%00%s", base64));
	refuse_bytes("NUL", text_of("%s", base64), strlen(base64) + 1);
	refuse("two blocks", text_of("%s%s", pem, pem));
	refuse("text before", text_of("subject=x\n%s", pem));
	refuse("LF before", text_of("\n%s", pem));
	refuse("text behind", text_of("%sx", pem));
	refuse("empty line behind", text_of("%s\n", pem));
	refuse("NUL behind", text_of("%s%%00", pem));
	refuse("empty line inside", text_of("-----BEGIN CERTIFICATE-----\n\n%s",
	    begin));
	refuse("space in a line", text_of("-----BEGIN CERTIFICATE-----\n"
	    "%.8s %s", begin, begin + 8));
	refuse("CR alone", with_line_ends(pem, "\r"));
	refuse("folded header", with_line_ends(pem, "\n\t"));
	refuse("spaces for line ends", with_line_ends(pem, " "));
	refuse("no line ends", with_line_ends(pem, ""));
	refuse("no END", text_of("%.*s", (int)pem_len - 26, pem));
	refuse("no BEGIN", text_of("%s", begin));
	refuse("half a BEGIN", text_of("-----BEGIN CERT"));
	refuse("BEGIN only", text_of("-----BEGIN CERTIFICATE-----\n"));
	refuse("empty block", text_of("-----BEGIN CERTIFICATE-----\n"
	    "-----END CERTIFICATE-----\n"));
	refuse("a key", text_of("-----BEGIN PRIVATE KEY-----\n%s"
	    "-----END PRIVATE KEY-----\n", begin));
	refuse("TRUSTED CERTIFICATE", text_of(
	    "-----BEGIN TRUSTED CERTIFICATE-----\n%s", begin));
	refuse("X509 CERTIFICATE", text_of(
	    "-----BEGIN X509 CERTIFICATE-----\n%s", begin));
	refuse("END of another", text_of("%.*s-----END PUBLIC KEY-----\n",
	    (int)pem_len - 26, pem));
	refuse("padding, then a line", text_of("-----BEGIN CERTIFICATE-----\n"
	    "MA==\n%s", begin));
	for (i = 1; i < pem_len - 1; i++)
		refuse("cut PEM", text_of("%.*s", (int)i, pem));
	free(base64);
	free(escaped);
	rows_end();
}

/* Exactly the largest size is taken, and a byte more is not. */
static void
test_size(void **state)
{
	static const char hex[] = "AAAA";
	static char text[4 * CERTIFICATE_DER_MAX / 3 + 16];
	uint8_t *out = malloc(CERTIFICATE_DER_MAX);
	size_t len = 0, at;

	assert_non_null(out);
	memcpy(text, "MAAA", 4);
	for (at = 4; at + 4 < sizeof(text); at += 4)
		memcpy(text + at, hex, 4);
	/* 16384 = 3 * 5461 + 1 */
	at = (size_t)4 * 5461;
	memcpy(text + at, "AA==", 4);
	assert_null(certificate_decode_text(text, at + 4, out, &len));
	assert_int_equal(len, CERTIFICATE_DER_MAX);
	memcpy(text + at, "AAA=", 4);
	assert_non_null(certificate_decode_text(text, at + 4, out, &len));
	memcpy(text + at, "AAAA", 4);
	assert_non_null(certificate_decode_text(text, at + 4, out, &len));
	free(out);
}

static void
test_ca_file(void **state)
{
	const struct {
		const char *name;
		char *text;
		size_t count;		/* 0: refused */
		const char *said;
	} rows[] = {
		{ "one", text_of("%s", pem), 1, "" },
		{ "text around", text_of("My CA\n%s\nend\n", pem), 1, "" },
		{ "the same twice", text_of("%s%s", pem, pem), 2, "" },
		{ "empty", text_of("%s", ""), 0, "empty" },
		{ "no block", text_of("hello\n"), 0, "no certificate" },
		{ "leaf", text_of("%s", leaf_pem), 0, "block 1 (CN=Test CA)" },
		{ "CA and leaf", text_of("%s%s", pem, leaf_pem), 0,
		    "block 2 (CN=Test CA)" },
		{ "may not sign", text_of("%s", no_sign_pem), 0, "keyCertSign" },
		{ "a key", text_of("%s-----BEGIN PRIVATE KEY-----\nMAA=\n"
		    "-----END PRIVATE KEY-----\n", pem), 0,
		    "block 2 is not a CERTIFICATE" },
		{ "TRUSTED CERTIFICATE", text_of("-----BEGIN TRUSTED "
		    "CERTIFICATE-----\nMAA=\n-----END TRUSTED CERTIFICATE"
		    "-----\n"), 0, "not a CERTIFICATE" },
		{ "not DER", text_of("-----BEGIN CERTIFICATE-----\nMAAB\n"
		    "-----END CERTIFICATE-----\n"), 0, "not a well-formed" },
		{ "cut off", text_of("%s%.*s", pem, (int)pem_len - 40, pem), 0,
		    "block 2" },
		{ "not base64", text_of("-----BEGIN CERTIFICATE-----\n*\n"
		    "-----END CERTIFICATE-----\n"), 0, "block 1" },
	};
	struct certificate_ca *ca;
	char error[256];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(error, 'x', sizeof(error));
		ca = certificate_ca_load("/a/ca.pem", rows[i].text,
		    strlen(rows[i].text), error);
		row_check((ca == NULL ? 0 : certificate_ca_count(ca)) ==
		    rows[i].count && memchr(error, '\0', sizeof(error)) !=
		    NULL && strstr(error, rows[i].said) != NULL &&
		    (ca != NULL || strncmp(error, "/a/ca.pem: ", 11) == 0),
		    rows[i].name, "expected %zu and \"%s\", got \"%s\"",
		    rows[i].count, rows[i].said, error);
		certificate_ca_free(ca);
		free(rows[i].text);
	}
	certificate_ca_free(NULL);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_ca_file),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
