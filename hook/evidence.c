/* Evidence in request headers: see the header. */
#include "hook/evidence.h"

#include <stdbool.h>
#include <string.h>

#include "common/text.h"
#include "common/verdict.h"

/* Whatever a proxy known to us uses for certificates. */
static const char *const known_headers[] = { "X-SSL-Cert", "Client-Cert",
	"X-Forwarded-Client-Cert", "X-Forwarded-Tls-Client-Cert",
	"SSL-Client-Cert", "Auth-SSL-Cert", NULL };

/* Most differ in the first letter, whatever its case. */
static bool
same_name(const char *a, const char *b)
{
	return ((*a ^ *b) & ~0x20) == 0 &&
	    text_same_nocase(a, strlen(a), b, strlen(b));
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
	if (strcmp(verify, evidence->rules->verify_value) != 0) {
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
	finding = evidence_cut(evidence->rules->format, value, ret_cert,
	    ret_len, ret_why);
	if (finding == EVIDENCE_CERT)
		*ret_why = NULL;
	return finding;
}

/* OpenSSL's numbers (HAProxy, behind "FAILED:" or alone) and sentences
 * (nginx) of what people meet; where one begins with another, it is first. */
static const struct {
	const char *text;
	const char *reason;
} failures[] = {
	{ "certificate is not yet valid", REASON_NOT_YET_VALID },
	{ "certificate has expired", REASON_EXPIRED },
	{ "certificate revoked", REASON_REVOKED },
	{ "unable to get issuer certificate", REASON_UNTRUSTED },
	{ "unable to get local issuer certificate", REASON_UNTRUSTED },
	{ "unable to verify the first certificate", REASON_UNTRUSTED },
	{ "self-signed certificate", REASON_UNTRUSTED },
	{ "self signed certificate", REASON_UNTRUSTED },
	{ "certificate not trusted", REASON_UNTRUSTED },
	{ "unsuitable certificate purpose", REASON_WRONG_PURPOSE },
	{ "unsupported certificate purpose", REASON_WRONG_PURPOSE },
	{ "2", REASON_UNTRUSTED }, { "9", REASON_NOT_YET_VALID },
	{ "10", REASON_EXPIRED }, { "18", REASON_UNTRUSTED },
	{ "19", REASON_UNTRUSTED }, { "20", REASON_UNTRUSTED },
	{ "21", REASON_UNTRUSTED }, { "23", REASON_REVOKED },
	{ "26", REASON_WRONG_PURPOSE }, { "27", REASON_UNTRUSTED },
};

const char *
evidence_failure(const struct evidence *evidence)
{
	const char *verify = evidence->verify;
	size_t i;

	if (verify == NULL || evidence->verify_count != 1)
		return REASON_BAD_CERT;
	if (strncmp(verify, "FAILED:", 7) == 0)
		verify += 7;
	for (i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		const char *text = failures[i].text;
		size_t len = strlen(text);
		bool number = *text >= '0' && *text <= '9';

		if (strncmp(verify, text, len) == 0 &&
		    (!number || verify[len] == '\0'))
			return failures[i].reason;
	}
	return REASON_BAD_CERT;
}
