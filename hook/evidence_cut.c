/*
 * Where in a header's value the certificate is, format by format: see
 * evidence.h.  What is malformed is refused, never repaired; that the
 * certificate itself is one is lookupd's to find out.
 */
#include "hook/evidence.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/text.h"

/* What Caddy 2.6 sends when there is no certificate: the name of its
 * variable. */
#define CADDY_NOTHING ":{http.request.tls.client.certificate_der_base64}:"

#define NOTHING "the proxy saw no certificate"

static bool
is_base64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/*
 * All printable and no space?  Eight bytes at once: each sum has the high bit
 * of a byte that is not; it may have others then, but is 0 only without one.
 */
static bool
is_printable(const char *value, size_t len)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	uint64_t word, bad = 0;

	for (; len >= sizeof(word); len -= sizeof(word)) {
		memcpy(&word, value, sizeof(word));
		bad |= word | (word - each * 0x21) | (word + each);
		value += sizeof(word);
	}
	for (; len > 0; len--, value++)
		bad |= *value <= 0x20 || *value >= 0x7F ? 0x80 : 0;
	return (bad & each * 0x80) == 0;
}

/* Printable ASCII but the space; a '%' has its two digits. */
static bool
is_escaped_text(const char *value, size_t len)
{
	const char *end = value + len, *at = value;

	if (!is_printable(value, len))
		return false;
	for (; (at = memchr(at, '%', (size_t)(end - at))) != NULL; at += 3)
		if (end - at < 3 || text_hex_value(at[1]) < 0 ||
		    text_hex_value(at[2]) < 0)
			return false;
	return true;
}

static enum evidence_finding
cut_escaped(const char *value, size_t len, const char **ret_cert,
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
cut_rfc9440(const char *value, const char **ret_cert, size_t *ret_len,
    const char **ret_why)
{
	const char *c = value + 1;
	enum evidence_finding finding;

	if (strcmp(value, "::") == 0 || strcmp(value, CADDY_NOTHING) == 0) {
		*ret_why = NOTHING;
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

/* One key=value of X-Forwarded-Client-Cert. */
struct pair {
	const char *key, *value;
	size_t key_len, value_len;
	char end;			/* ';', ',' or NUL: what followed */
};

/*
 * Read a pair and step behind what ends it.  A value is without any of ",;"
 * and quotes, or one quoted string and nothing else; so that nothing a
 * stranger sent in an earlier element can swallow, or be swallowed by, what
 * the proxy appended.
 */
static bool
next_pair(const char **at, struct pair *pair)
{
	const char *c = *at;

	pair->key = c;
	c += strcspn(c, "=,;\"");
	if (*c != '=' || c == pair->key)
		return false;
	pair->key_len = (size_t)(c - pair->key);
	pair->value = ++c;
	if (*c == '"') {
		pair->value = ++c;
		while (*c != '\0' && *c != '"')
			c += *c == '\\' && c[1] != '\0' ? 2 : 1;
		if (*c == '\0')
			return false;
		pair->value_len = (size_t)(c++ - pair->value);
	} else {
		c += strcspn(c, ",;\"");
		pair->value_len = (size_t)(c - pair->value);
	}
	pair->end = *c;
	if (*c != ',' && *c != ';' && *c != '\0')
		return false;
	if (*c != '\0')
		c++;
	/* a list's elements may be parted by ", " */
	if (pair->end == ',')
		c += strspn(c, " \t");
	*at = c;
	return true;
}

/*
 * Can this not be more than it seems?  Envoy writes URI= and DNS=, behind Cert=,
 * as they stand in the person's certificate: what follows the first of them may
 * be part of a name, however it looks, quotes and all.  By= is the proxy's own
 * name, Hash= and Cert= are what it made, and in the quotes of the others it
 * escapes quotes.
 */
static bool
is_bounded(const struct pair *pair)
{
	static const char *const plain[] = { "By", "Hash", "Cert", NULL };
	static const char *const quoted[] = { "Chain", "Subject", NULL };
	const char *const *key;

	for (key = plain; *key != NULL; key++)
		if (text_same_nocase(pair->key, pair->key_len, *key,
		    strlen(*key)))
			return true;
	for (key = quoted; *key != NULL; key++)
		if (text_same_nocase(pair->key, pair->key_len, *key,
		    strlen(*key)))
			return pair->value[-1] == '"';
	return false;
}

/* Envoy's list of hops: the last is the proxy that asks us. */
static enum evidence_finding
cut_xfcc(const char *value, const char **ret_cert, size_t *ret_len,
    const char **ret_why)
{
	const char *at = value;
	struct pair pair, cert = { NULL, NULL, 0, 0, '\0' };
	bool bounded = true;
	size_t certs = 0;

	do {
		if (!next_pair(&at, &pair)) {
			*ret_why = "not a list of key=value pairs";
			return EVIDENCE_BAD_CERT;
		}
		if (text_same_nocase(pair.key, pair.key_len, "Cert", 4)) {
			if (!bounded) {
				*ret_why = "a Cert= that may be part of a "
				    "name before it";
				return EVIDENCE_REFUSED;
			}
			cert = pair;
			certs++;
		}
		bounded = bounded && is_bounded(&pair);
		if (pair.end == ',')
			certs = 0;
	} while (pair.end != '\0');
	if (certs != 1) {
		*ret_why = certs == 0 ? "no Cert= in the last element "
		    "(set_current_client_cert_details: cert)" :
		    "more than one Cert= in the last element";
		return EVIDENCE_REFUSED;
	}
	if (cert.value_len == 0) {
		*ret_why = NOTHING;
		return EVIDENCE_NO_CERT;
	}
	return cut_escaped(cert.value, cert.value_len, ret_cert, ret_len,
	    ret_why);
}

/* One character of base64, or its %XX (Traefik before 2.9.2): how many bytes
 * it takes here, 0: it is none. */
static size_t
traefik_step(const char *c, char *ret)
{
	int high, low;

	*ret = *c;
	if (*c != '%')
		return is_base64(*c) || *c == '=' ? 1 : 0;
	high = text_hex_value(c[1]);
	low = high < 0 ? -1 : text_hex_value(c[2]);
	if (low < 0)
		return 0;
	*ret = (char)(high << 4 | low);
	return *ret == '+' || *ret == '/' || *ret == '=' ? 3 : 0;
}

/* The peer's chain, its own certificate first, parted by commas. */
static enum evidence_finding
cut_traefik(const char *value, const char **ret_cert, size_t *ret_len,
    const char **ret_why)
{
	const char *c = value;
	size_t digits = 0, pads = 0, step;
	char got;

	*ret_why = "not base64";
	while (*c != '\0' && *c != ',' && (step = traefik_step(c, &got)) > 0) {
		if (got == '=')
			pads++;
		else if (pads > 0)
			return EVIDENCE_BAD_CERT;
		else
			digits++;
		c += step;
	}
	if (digits == 0 || pads > 2 || (*c != '\0' && *c != ','))
		return EVIDENCE_BAD_CERT;
	*ret_cert = value;
	*ret_len = (size_t)(c - value);
	while (*c == ',' || (*c != '\0' && (step = traefik_step(c, &got)) > 0))
		c += *c == ',' ? 1 : step;
	return *c == '\0' ? EVIDENCE_CERT : EVIDENCE_BAD_CERT;
}

enum evidence_finding
evidence_cut(enum evidence_format format, const char *value,
    const char **ret_cert, size_t *ret_len, const char **ret_why)
{
	switch (format) {
	case EVIDENCE_NGINX_ESCAPED:
		return cut_escaped(value, strlen(value), ret_cert, ret_len,
		    ret_why);
	case EVIDENCE_RFC9440:
		return cut_rfc9440(value, ret_cert, ret_len, ret_why);
	case EVIDENCE_XFCC:
		return cut_xfcc(value, ret_cert, ret_len, ret_why);
	case EVIDENCE_TRAEFIK:
		return cut_traefik(value, ret_cert, ret_len, ret_why);
	}
	*ret_why = "no such format";
	return EVIDENCE_REFUSED;
}
