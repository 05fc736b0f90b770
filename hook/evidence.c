/* Evidence in request headers: see the header. */
#include "hook/evidence.h"

#include <stdbool.h>
#include <string.h>

#include "common/text.h"

/* Whatever a proxy known to us uses for certificates. */
static const char *const known_headers[] = { "X-SSL-Cert", "Client-Cert",
	"X-Forwarded-Client-Cert", "X-Forwarded-Tls-Client-Cert",
	"SSL-Client-Cert", "Auth-SSL-Cert", NULL };

/* What Caddy 2.6 sends when there is no certificate: the name of its
 * variable. */
#define CADDY_NOTHING ":{http.request.tls.client.certificate_der_base64}:"

static bool
same_name(const char *a, const char *b)
{
	return text_same_nocase(a, strlen(a), b, strlen(b));
}

void
evidence_init(struct evidence *evidence, const struct evidence_rules *rules)
{
	memset(evidence, 0, sizeof(*evidence));
	evidence->rules = rules;
}

void
evidence_take(struct evidence *evidence, const char *name, const char *value)
{
	const struct evidence_rules *rules = evidence->rules;
	size_t i;

	if (same_name(name, rules->header)) {
		evidence->value = value;
		evidence->count++;
		return;
	}
	if (rules->verify_header != NULL &&
	    same_name(name, rules->verify_header)) {
		evidence->verify = value;
		evidence->verify_count++;
		return;
	}
	for (i = 0; known_headers[i] != NULL; i++)
		if (same_name(name, known_headers[i]))
			evidence->foreign = known_headers[i];
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') ||
	    (c >= 'a' && c <= 'f');
}

static bool
is_base64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/* Printable ASCII but the space; a '%' has its two digits. */
static bool
is_escaped_text(const char *value, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (value[i] <= 0x20 || value[i] >= 0x7F)
			return false;
		if (value[i] != '%')
			continue;
		if (len - i < 3 || !is_hex(value[i + 1]) ||
		    !is_hex(value[i + 2]))
			return false;
	}
	return true;
}

static enum evidence_finding
find_escaped(const char *value, size_t len, const char **ret_cert,
    size_t *ret_len, const char **ret_why)
{
	if (!is_escaped_text(value, len)) {
		*ret_why = "the certificate is not escaped text "
		    "(with nginx, use $ssl_client_escaped_cert)";
		return EVIDENCE_BAD_CERT;
	}
	*ret_cert = value;
	*ret_len = len;
	return EVIDENCE_CERT;
}

/*
 * What may follow the closing colon: nothing, or parameters, which are
 * ignored.  A comma is where a second element would begin, a colon one of its
 * ends: then somebody has joined two fields into one.
 */
static enum evidence_finding
check_rest(const char *rest, const char **ret_why)
{
	const char *c;

	if (strpbrk(rest, ",:") != NULL) {
		*ret_why = "more than one certificate in the header";
		return EVIDENCE_REFUSED;
	}
	*ret_why = "the certificate is not one :base64: item";
	if (*rest != '\0' && *rest != ';')
		return EVIDENCE_BAD_CERT;
	for (c = rest; *c != '\0'; c++)
		if (*c < 0x20 || *c >= 0x7F)
			return EVIDENCE_BAD_CERT;
	return EVIDENCE_CERT;
}

/* An RFC 8941 byte sequence. */
static enum evidence_finding
find_rfc9440(const char *value, const char **ret_cert, size_t *ret_len,
    const char **ret_why)
{
	const char *c = value + 1;
	enum evidence_finding finding;

	if (strcmp(value, "::") == 0 || strcmp(value, CADDY_NOTHING) == 0) {
		*ret_why = "the proxy saw no certificate";
		return EVIDENCE_NO_CERT;
	}
	*ret_why = "the certificate is not one :base64: item";
	if (*value != ':')
		return EVIDENCE_BAD_CERT;
	while (is_base64(*c))
		c++;
	if (c == value + 1)
		return EVIDENCE_BAD_CERT;
	if (*c == '=')
		c++;
	if (*c == '=')
		c++;
	if (*c != ':')
		return EVIDENCE_BAD_CERT;
	finding = check_rest(c + 1, ret_why);
	if (finding != EVIDENCE_CERT)
		return finding;
	*ret_cert = value + 1;
	*ret_len = (size_t)(c - value) - 1;
	return EVIDENCE_CERT;
}

/* EVIDENCE_CERT here means: nothing against it so far. */
static enum evidence_finding
check_counts(const struct evidence *evidence, const char **ret_why)
{
	*ret_why = NULL;
	if (evidence->count > 1)
		*ret_why = "the evidence header came more than once";
	else if (evidence->verify_count > 1)
		*ret_why = "the verify header came more than once";
	else if (evidence->foreign != NULL)
		*ret_why = "a second header that carries certificates";
	return *ret_why == NULL ? EVIDENCE_CERT : EVIDENCE_REFUSED;
}

static enum evidence_finding
check_verify(const struct evidence *evidence, bool has_value,
    const char **ret_why)
{
	const char *verify = evidence->verify;

	if (evidence->rules->verify_header == NULL)
		return EVIDENCE_CERT;
	if (verify == NULL || *verify == '\0') {
		*ret_why = has_value ? "a certificate without verify header" :
		    "the proxy saw no certificate";
		return EVIDENCE_NO_CERT;
	}
	if (strcmp(verify, "NONE") == 0) {
		*ret_why = "the proxy saw no certificate";
		return EVIDENCE_NO_CERT;
	}
	if (strcmp(verify, "SUCCESS") != 0) {
		*ret_why = "the proxy could not verify the certificate";
		return EVIDENCE_BAD_CERT;
	}
	if (!has_value) {
		*ret_why = "verified, but without the certificate";
		return EVIDENCE_REFUSED;
	}
	return EVIDENCE_CERT;
}

enum evidence_finding
evidence_find(const struct evidence *evidence, const char **ret_cert,
    size_t *ret_len, const char **ret_why)
{
	const char *value = evidence->value;
	bool has_value = value != NULL && *value != '\0';
	enum evidence_finding finding;
	size_t len;

	finding = check_counts(evidence, ret_why);
	if (finding == EVIDENCE_CERT)
		finding = check_verify(evidence, has_value, ret_why);
	if (finding != EVIDENCE_CERT)
		return finding;
	if (!has_value) {
		*ret_why = "the proxy saw no certificate";
		return EVIDENCE_NO_CERT;
	}
	len = strlen(value);
	if (len > EVIDENCE_MAX) {
		*ret_why = "the certificate is too long";
		return EVIDENCE_BAD_CERT;
	}
	if (evidence->rules->format == EVIDENCE_RFC9440)
		finding = find_rfc9440(value, ret_cert, ret_len, ret_why);
	else
		finding = find_escaped(value, len, ret_cert, ret_len, ret_why);
	if (finding == EVIDENCE_CERT)
		*ret_why = NULL;
	return finding;
}
