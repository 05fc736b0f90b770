/*
 * Chain, dates and purpose of one certificate.
 *
 * X509_verify_cert runs once.  Its callback lets two kinds of error pass and
 * remembers them, dates and purpose, so that everything else is looked at
 * first: an expired certificate of a foreign CA is `untrusted`, not
 * `expired`.  Nothing is let off: whatever was remembered is a refusal
 * afterwards, and dates and purpose are then compared once more with our own
 * eyes over the chain that was built.
 *
 * The order of refusals is untrusted, wrong-purpose, dates: what does not
 * change with the clock first, because that can be remembered.
 */
#include "lookupd/certificate_edge.h"

#include <string.h>

#include <openssl/x509v3.h>

/* 112 bits: RSA-2048, no SHA-1. */
#define SECURITY_LEVEL 2

/* The first error of each kind that the callback let pass; X509_V_OK: none. */
struct passed {
	int date, date_depth;
	int purpose, purpose_depth;
};

static int ex_index = -1;	/* where a context keeps its struct passed */

static int
on_verify(int ok, X509_STORE_CTX *ctx)
{
	struct passed *passed = X509_STORE_CTX_get_ex_data(ctx, ex_index);
	int error = X509_STORE_CTX_get_error(ctx);
	int depth = X509_STORE_CTX_get_error_depth(ctx);

	if (ok || passed == NULL)
		return ok;
	switch (error) {
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CERT_HAS_EXPIRED:
		if (passed->date == X509_V_OK) {
			passed->date = error;
			passed->date_depth = depth;
		}
		return 1;
	case X509_V_ERR_INVALID_PURPOSE:
		if (passed->purpose == X509_V_OK) {
			passed->purpose = error;
			passed->purpose_depth = depth;
		}
		return 1;
	default:
		return 0;
	}
}

/* Days since 1970-01-01 of a date of the Gregorian calendar. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t era_year = year - (month <= 2);
	int64_t month_from_march = month + (month > 2 ? -3 : 9);

	return 365 * era_year + era_year / 4 - era_year / 100 +
	    era_year / 400 + (153 * month_from_march + 2) / 5 + day - 1 -
	    719468;
}

int
certificate_seconds(const ASN1_TIME *time, int64_t *ret)
{
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	if (time == NULL || !ASN1_TIME_to_tm(time, &tm) || tm.tm_year < -1900)
		return -1;
	*ret = ((days_of(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * 24 +
	    tm.tm_hour) * 60 + tm.tm_min) * 60 + tm.tm_sec;
	return 0;
}

/* May this leaf be used by a TLS client? NULL, or what is against it. */
static const char *
leaf_purpose(X509 *cert)
{
	uint32_t flags = X509_get_extension_flags(cert);

	if ((flags & EXFLAG_CA) != 0)
		return "the certificate is a CA's";
	/* anyExtendedKeyUsage alone does not do. */
	if ((flags & EXFLAG_XKUSAGE) != 0 &&
	    (X509_get_extended_key_usage(cert) & XKU_SSL_CLIENT) == 0)
		return "extendedKeyUsage does not list clientAuth";
	if ((flags & EXFLAG_KUSAGE) != 0 &&
	    (X509_get_key_usage(cert) & KU_DIGITAL_SIGNATURE) == 0)
		return "keyUsage does not have digitalSignature";
	return NULL;
}

/* The narrowest dates of the chain. */
static int
chain_dates(const STACK_OF(X509) *chain, struct certificate *ret)
{
	int64_t from = INT64_MIN, until = INT64_MAX, one;
	X509 *cert;
	int i;

	for (i = 0; i < sk_X509_num(chain); i++) {
		cert = sk_X509_value(chain, i);
		if (certificate_seconds(X509_get0_notBefore(cert), &one) != 0)
			return -1;
		if (one > from)
			from = one;
		if (certificate_seconds(X509_get0_notAfter(cert), &one) != 0)
			return -1;
		if (one < until)
			until = one;
	}
	if (i == 0)
		return -1;
	ret->not_before = from;
	ret->not_after = until;
	return 0;
}

static void
trace_chain(const STACK_OF(X509) *chain, struct trace *trace)
{
	char name[CERTIFICATE_ISSUER_MAX];
	int i;

	if (trace == NULL)
		return;
	for (i = 0; i < sk_X509_num(chain); i++) {
		certificate_name_text(X509_get_subject_name(
		    sk_X509_value(chain, i)), name, sizeof(name));
		certificate_step(trace, "chain", "depth %d: %s", i, name);
	}
}

/* What X509_verify_cert ended with, as a refusal. */
static const char *
failure(X509_STORE_CTX *ctx, char *why)
{
	int error = X509_STORE_CTX_get_error(ctx);

	if (error == X509_V_ERR_OUT_OF_MEM) {
		certificate_why(why, "out of memory");
		return REASON_INTERNAL;
	}
	certificate_why(why, "%s (depth %d)", error == X509_V_OK ?
	    "verification failed" : X509_verify_cert_error_string(error),
	    X509_STORE_CTX_get_error_depth(ctx));
	if (error == X509_V_ERR_CERT_REVOKED)
		return REASON_REVOKED;
	return REASON_UNTRUSTED;
}

/* A chain was built and its signatures are good; the rest. */
static const char *
judge(X509 *cert, const STACK_OF(X509) *chain, const struct passed *passed,
    int64_t now, struct certificate *ret, char *why)
{
	const char *wrong = leaf_purpose(cert);

	if (wrong != NULL) {
		certificate_why(why, "%s", wrong);
		return REASON_WRONG_PURPOSE;
	}
	if (passed->purpose != X509_V_OK) {
		certificate_why(why, "%s (depth %d)",
		    X509_verify_cert_error_string(passed->purpose),
		    passed->purpose_depth);
		return REASON_WRONG_PURPOSE;
	}
	if (chain_dates(chain, ret) != 0) {
		certificate_why(why, "a date of the chain cannot be read");
		return REASON_UNTRUSTED;
	}
	if (passed->date != X509_V_OK) {
		certificate_why(why, "%s (depth %d)",
		    X509_verify_cert_error_string(passed->date),
		    passed->date_depth);
		return passed->date == X509_V_ERR_CERT_NOT_YET_VALID ?
		    REASON_NOT_YET_VALID : REASON_EXPIRED;
	}
	if (now < ret->not_before) {
		certificate_why(why, "the chain is not yet valid");
		return REASON_NOT_YET_VALID;
	}
	if (now > ret->not_after) {
		certificate_why(why, "the chain has expired");
		return REASON_EXPIRED;
	}
	return NULL;
}

/* What to check, and against which clock. 0 or -1. */
static int
set_parameters(X509_STORE_CTX *ctx, struct passed *passed, int64_t now)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	/* An intermediate is an anchor where certificate_ca_load said so, by
	 * trust for SSL clients; hence the trust and no PARTIAL_CHAIN. */
	if (!X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT) ||
	    !X509_VERIFY_PARAM_set_trust(param, X509_TRUST_SSL_CLIENT))
		return -1;
	X509_VERIFY_PARAM_set_time(param, (time_t)now);
	X509_VERIFY_PARAM_set_depth(param, CERTIFICATE_DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	if (ex_index < 0)
		ex_index = X509_STORE_CTX_get_ex_new_index(0, NULL, NULL, NULL,
		    NULL);
	if (ex_index < 0 || !X509_STORE_CTX_set_ex_data(ctx, ex_index, passed))
		return -1;
	X509_STORE_CTX_set_verify_cb(ctx, on_verify);
	return 0;
}

const char *
certificate_verify(X509 *cert, const struct certificate_ca *ca, int64_t now,
    struct certificate *ret, char *why, struct trace *trace)
{
	struct passed passed = { X509_V_OK, 0, X509_V_OK, 0 };
	const STACK_OF(X509) *chain;
	const char *reason = REASON_INTERNAL;
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	certificate_why(why, "out of memory");
	if (ctx == NULL || !X509_STORE_CTX_init(ctx, ca->store, cert, NULL) ||
	    set_parameters(ctx, &passed, now) != 0)
		goto out;
	if (X509_verify_cert(ctx) != 1) {
		reason = failure(ctx, why);
		goto out;
	}
	if ((chain = X509_STORE_CTX_get0_chain(ctx)) == NULL)
		goto out;
	trace_chain(chain, trace);
	why[0] = '\0';
	reason = judge(cert, chain, &passed, now, ret, why);
out:
	X509_STORE_CTX_free(ctx);
	return reason;
}
