/*
 * Evidence: what a proxy's request headers say about the client certificate.
 *
 * Pure: header fields in, one of four findings out.  The evidence is copied
 * from the request to lookupd byte by byte and never decoded here; all that is
 * looked at is where it begins and ends, and whether it may stand in a
 * protocol line as it is.
 *
 * A listener takes one format under one header name, fixed by the
 * configuration, and nothing is guessed.  A second header that could carry
 * evidence, or the same one twice, is how a client smuggles a certificate past
 * a proxy that clears only its own header: such a request is refused whole.
 */
#ifndef HOOK_EVIDENCE_H
#define HOOK_EVIDENCE_H

#include <stddef.h>

/* Longest certificate text: 16 KiB of DER, which is what lookupd takes at
 * most, is 22 KiB of PEM and 24 to 27 KiB of it escaped. */
#define EVIDENCE_MAX (48 * 1024)

/* The verification result of a proxy that writes it as nginx does. */
#define EVIDENCE_VERIFIED "SUCCESS"

enum evidence_format {
	EVIDENCE_NGINX_ESCAPED,		/* PEM, its bytes written as %XX */
	EVIDENCE_RFC9440,		/* :base64 of DER: */
	EVIDENCE_XFCC,			/* …;Cert="PEM, escaped";…, Envoy's */
	EVIDENCE_TRAEFIK		/* base64 of DER, of the chain's first */
};

/* Names are compared ignoring case. Borrowed; must outlive the evidence. */
struct evidence_rules {
	enum evidence_format format;
	const char *header;
	const char *verify_header;	/* NULL: the proxy is trusted to send
					 * evidence of verified certificates
					 * only */
	const char *verify_value;	/* what it says of a verified one */
};

/* Zero is a refusal. */
enum evidence_finding {
	EVIDENCE_REFUSED = 0,		/* a fault of the installation, or an
					 * attempt to smuggle */
	EVIDENCE_NO_CERT,
	EVIDENCE_BAD_CERT,
	EVIDENCE_CERT
};

struct evidence {
	const struct evidence_rules *rules;
	const char *value;		/* of the evidence header, borrowed */
	size_t count;			/* how often it was seen */
	const char *verify;
	size_t verify_count;
	const char *foreign;		/* another evidence header's name */
};

void evidence_init(struct evidence *evidence,
    const struct evidence_rules *rules);

/* One header field, NUL-terminated; both strings are borrowed until
 * evidence_find.  Fields that are none of ours are ignored. */
void evidence_take(struct evidence *evidence, const char *name,
    const char *value);

/*
 * After the last field.  EVIDENCE_CERT: *ret_cert and *ret_len are the bytes
 * for `cert=`, in the request's own memory.  *ret_why is a static sentence
 * for the log in all cases but that one, where it is NULL.
 */
enum evidence_finding evidence_find(const struct evidence *evidence,
    const char **ret_cert, size_t *ret_len, const char **ret_why);

/*
 * What the proxy found wrong, one of REASON_* for a certificate: read from
 * the words or the number of OpenSSL in a verification result such as
 * "FAILED:certificate has expired".  REASON_BAD_CERT for any other, and for
 * none.
 */
const char *evidence_failure(const struct evidence *evidence);

/*
 * The certificate in a header's value, by format; the value is not empty and
 * not longer than EVIDENCE_MAX.  Outputs as of evidence_find, *ret_why also
 * when it is of no use.
 */
enum evidence_finding evidence_cut(enum evidence_format format,
    const char *value, const char **ret_cert, size_t *ret_len,
    const char **ret_why);

#endif
