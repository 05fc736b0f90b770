/*
 * One certificate from DER to a struct certificate; see certificate.h.  What
 * is done in which order is certificate_read, at the end.
 */
#include "lookupd/certificate_edge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "common/text.h"

/* Certificates have 8 to 12; comparing them pair by pair is bounded by it. */
#define EXTENSIONS_MAX 64

/* RFC 5280 allows 20 octets; some CAs took more. */
#define SERIAL_OCTETS_MAX (CERTIFICATE_SERIAL_MAX / 2)

/* SHA-256, fetched once: with OpenSSL 3 a fetch per hash is the larger half
 * of its price. */
static const EVP_MD *sha256;

int
certificate_init(void)
{
	const time_t zero = 0;
	struct tm tm;

	/* OpenSSL calls it for each date; the first call reads the time zone's
	 * file, which a sandbox would not let it. */
	if (gmtime_r(&zero, &tm) == NULL)
		return -1;
	/* NO_LOAD_CONFIG: neither openssl.cnf nor OPENSSL_CONF has a say. */
	if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
	    OPENSSL_INIT_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_ADD_ALL_DIGESTS |
	    OPENSSL_INIT_ADD_ALL_CIPHERS, NULL))
		return -1;
	if (sha256 != NULL)
		return 0;
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
#else
	sha256 = EVP_sha256();
#endif
	return sha256 == NULL ? -1 : 0;
}

void
certificate_why(char *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vsnprintf(why, CERTIFICATE_WHY_MAX, format, args) < 0)
		why[0] = '\0';
	va_end(args);
}

void
certificate_step(struct trace *trace, const char *step, const char *format,
    ...)
{
	struct buffer line;
	va_list args;

	if (trace == NULL)
		return;
	buffer_init(&line, 4096);
	va_start(args, format);
	(void)buffer_printf(&line, " %s: ", step);
	(void)buffer_vprintf(&line, format, args);
	(void)buffer_puts(&line, "\n");
	va_end(args);
	if (!line.failed)
		trace_append(trace, line.data, line.len);
	buffer_free(&line);
}

int
certificate_hash(const uint8_t *der, size_t len,
    uint8_t ret[CERTIFICATE_HASH])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	if (sha256 == NULL ||
	    !EVP_Digest(der, len, digest, &size, sha256, NULL) ||
	    size != CERTIFICATE_HASH)
		return -1;
	memcpy(ret, digest, CERTIFICATE_HASH);
	return 0;
}

void
certificate_name_text(const X509_NAME *name, char *ret, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len = -1;
	size_t copied;

	if (bio != NULL && X509_NAME_print_ex(bio, name, 0,
	    XN_FLAG_RFC2253) >= 0)
		len = BIO_get_mem_data(bio, &text);
	if (len < 0) {
		snprintf(ret, size, "(unreadable)");
	} else if (len == 0) {
		ret[0] = '\0';
	} else if ((size_t)len < size) {
		memcpy(ret, text, (size_t)len);
		ret[len] = '\0';
	} else {
		copied = size - sizeof("...");
		memcpy(ret, text, copied);
		memcpy(ret + copied, "...", sizeof("..."));
	}
	/* RFC 2253 escapes them all; this does not rely on it. */
	for (copied = 0; ret[copied] != '\0'; copied++)
		if (ret[copied] < ' ' || ret[copied] > '~')
			ret[copied] = '?';
	BIO_free(bio);
}

/* DER to a parsed certificate that is nothing but these bytes. */
static X509 *
parse(const uint8_t *der, size_t len, const char **ret_wrong)
{
	const unsigned char *p = der;
	unsigned char *again = NULL;
	X509 *cert;
	int size;

	if (len == 0 || len > CERTIFICATE_DER_MAX) {
		*ret_wrong = len == 0 ? "it is empty" :
		    "it is longer than 16384 bytes";
		return NULL;
	}
	if ((*ret_wrong = certificate_der_strict(der, len)) != NULL)
		return NULL;
	cert = d2i_X509(NULL, &p, (long)len);
	if (cert == NULL || p != der + len) {
		*ret_wrong = "it is not an X.509 certificate";
		X509_free(cert);
		return NULL;
	}
	/* OpenSSL keeps the bytes it read and would give back those; this
	 * makes it forget them, and the signature is checked over ours. */
	size = i2d_re_X509_tbs(cert, NULL);
	if (size > 0)
		size = i2d_X509(cert, &again);
	if (size < 0 || (size_t)size != len || memcmp(again, der, len) != 0) {
		*ret_wrong = "it does not encode back to the same bytes";
		X509_free(cert);
		cert = NULL;
	}
	OPENSSL_free(again);
	return cert;
}

/* These are acted upon, so their contents must be strict as well. */
static bool
is_ours(X509_EXTENSION *ext)
{
	switch (OBJ_obj2nid(X509_EXTENSION_get_object(ext))) {
	case NID_subject_alt_name:
	case NID_ext_key_usage:
	case NID_key_usage:
	case NID_basic_constraints:
		return true;
	default:
		return false;
	}
}

/* NULL, or what is wrong with the extensions. */
static const char *
check_extensions(X509 *cert)
{
	int count = X509_get_ext_count(cert), i;
	const ASN1_OCTET_STRING *contents;
	X509_EXTENSION *ext;

	if (count > EXTENSIONS_MAX)
		return "it has more than 64 extensions";
	for (i = 0; i < count; i++) {
		ext = X509_get_ext(cert, i);
		if (X509_get_ext_by_OBJ(cert, X509_EXTENSION_get_object(ext),
		    i) >= 0)
			return "it has an extension twice";
		contents = X509_EXTENSION_get_data(ext);
		if (is_ours(ext) && certificate_der_strict(
		    ASN1_STRING_get0_data(contents),
		    (size_t)ASN1_STRING_length(contents)) != NULL)
			return "an extension cannot be read";
	}
	if ((X509_get_extension_flags(cert) & EXFLAG_INVALID) != 0)
		return "an extension cannot be read";
	return NULL;
}

/* For the audit line: issuer and serial. NULL, or what is wrong. */
static const char *
describe(X509 *cert, struct certificate *ret)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = ASN1_STRING_get0_data(serial);
	int i, len = ASN1_STRING_length(serial);

	certificate_name_text(X509_get_issuer_name(cert), ret->issuer,
	    sizeof(ret->issuer));
	if (len > SERIAL_OCTETS_MAX)
		return "its serial number is longer than 32 octets";
	for (i = 0; i < len; i++) {
		ret->serial[2 * i] = digits[bytes[i] >> 4];
		ret->serial[2 * i + 1] = digits[bytes[i] & 0x0f];
	}
	return NULL;
}

static const char *
bad(const char *wrong, char *why)
{
	certificate_why(why, "%s", wrong);
	return REASON_BAD_CERT;
}

/* Was a refusal due to want of memory inside OpenSSL?  It says so only in
 * its list of errors, which is empty afterwards. */
static bool
out_of_memory(void)
{
	unsigned long error;
	bool found = false;

	while ((error = ERR_get_error()) != 0)
		if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
			found = true;
	return found;
}

static void
trace_certificate(const struct certificate *cert, struct trace *trace)
{
	struct buffer hex;

	if (trace == NULL)
		return;
	buffer_init(&hex, 2 * CERTIFICATE_HASH + 1);
	text_hex(&hex, cert->hash, CERTIFICATE_HASH);
	certificate_step(trace, "certificate", "sha256 %s", buffer_text(&hex));
	certificate_step(trace, "certificate", "issuer %s", cert->issuer);
	certificate_step(trace, "certificate", "serial %s", cert->serial);
	buffer_free(&hex);
}

static const char *
read_parsed(X509 *cert, const struct certificate_ca *ca, unsigned sources,
    int64_t now, struct certificate *ret, char *why, struct trace *trace)
{
	const char *wrong = describe(cert, ret), *reason;

	trace_certificate(ret, trace);
	if (wrong != NULL || (wrong = check_extensions(cert)) != NULL)
		return bad(wrong, why);
	reason = certificate_verify(cert, ca, now, ret, why, trace);
	if (reason != NULL)
		return reason;
	certificate_step(trace, "certificate", "chain, dates and purpose are good");
	return certificate_names(cert, sources, &ret->identities, why, trace);
}

const char *
certificate_read(const uint8_t *der, size_t len,
    const struct certificate_ca *ca, unsigned sources, int64_t now,
    struct certificate *ret, char *why, struct trace *trace)
{
	const char *reason, *wrong = NULL;
	X509 *cert = NULL;

	memset(ret, 0, sizeof(*ret));
	why[0] = '\0';
	ERR_clear_error();
	if (certificate_hash(der, len, ret->hash) != 0) {
		certificate_why(why, "SHA-256 cannot be computed");
		reason = REASON_INTERNAL;
	} else if (ca == NULL) {
		certificate_why(why, "the realm has no client CAs");
		reason = REASON_UNTRUSTED;
	} else if ((cert = parse(der, len, &wrong)) == NULL) {
		reason = bad(wrong, why);
	} else {
		reason = read_parsed(cert, ca, sources, now, ret, why, trace);
	}
	if (reason != NULL && out_of_memory()) {
		certificate_why(why, "out of memory");
		reason = REASON_INTERNAL;
	}
	if (reason != NULL) {
		certificate_step(trace, "certificate", "refused: %s (%s)",
		    reason, why);
		memset(&ret->identities, 0, sizeof(ret->identities));
	}
	X509_free(cert);
	ERR_clear_error();
	return reason;
}
