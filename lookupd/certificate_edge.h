/*
 * Between the certificate_*.c files: the only header that shows OpenSSL's
 * types, and nobody else includes it.
 */
#ifndef LOOKUPD_CERTIFICATE_EDGE_H
#define LOOKUPD_CERTIFICATE_EDGE_H

#include <openssl/x509.h>

#include "lookupd/certificate.h"

#define CERTIFICATE_WHY_MAX 256

/* The largest CA file: some hundred CAs. */
#define CERTIFICATE_CA_FILE_MAX (1024 * 1024)

struct certificate_ca {
	X509_STORE *store;
	size_t count;
};

/* Write a sentence into why (CERTIFICATE_WHY_MAX bytes), cut if need be. */
void certificate_why(char *why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* trace_say for text that is printable and escaped already, as names printed
 * here and refused identities are: nothing is escaped twice. */
void certificate_step(struct trace *trace, const char *step,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * Is this one DER element and nothing behind it?  Definite lengths in the
 * fewest bytes at every level that is visible as a structure, strings never
 * in pieces, booleans 00 or FF.  What OCTET and BIT STRINGs hold is not
 * looked into.  NULL, or a static sentence.
 */
const char *certificate_der_strict(const uint8_t *der, size_t len);

/* RFC 2253 text of a name, printable ASCII, for people; "..." marks a cut.
 * size at least 16. */
void certificate_name_text(const X509_NAME *name, char *ret, size_t size);

/* Seconds since 1970; 0 or -1. */
int certificate_seconds(const ASN1_TIME *time, int64_t *ret);

/*
 * Chain, dates and purpose.  NULL with ret->not_before and ->not_after set,
 * else a reason with its sentence in why.
 */
const char *certificate_verify(X509 *cert, const struct certificate_ca *ca,
    int64_t now, struct certificate *ret, char *why, struct trace *trace);

/*
 * All identities of the sources into *ret (empty on entry); all or none.
 * NULL, or a reason with its sentence in why.
 */
const char *certificate_names(X509 *cert, unsigned sources,
    struct identities *ret, char *why, struct trace *trace);

#endif
