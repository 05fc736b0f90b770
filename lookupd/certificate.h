/*
 * Certificates: the only OpenSSL files of lookupd are certificate*.c.
 *
 * Bytes of a stranger come in here.  Text (base64 DER, PEM, percent-escaped
 * PEM in either spelling) becomes DER; DER becomes identities, dates and the
 * words for the audit line; the chain is verified against one realm's client
 * CAs.  Names are read from the parsed structures, never from a printed DN.
 *
 * Refused, never repaired (reason bad-cert unless said): DER not consumed to
 * its last byte or not encoding back to the same bytes, a duplicate or
 * unreadable SAN or EKU, more than CERTIFICATE_DER_MAX bytes, two PEM
 * blocks, bytes behind the block.
 */
#ifndef LOOKUPD_CERTIFICATE_H
#define LOOKUPD_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/verdict.h"
#include "lookupd/identity.h"
#include "lookupd/trace.h"

/* Real client certificates are 1 to 4 KiB; RSA-4096 with large extensions
 * stays below 8. */
#define CERTIFICATE_DER_MAX (16 * 1024)
#define CERTIFICATE_ISSUER_MAX 512
#define CERTIFICATE_SERIAL_MAX 64	/* hexadecimal digits */
#define CERTIFICATE_DEPTH_MAX 10
#define CERTIFICATE_HASH 32		/* SHA-256 of the DER */

struct certificate_ca;		/* the client CAs of one realm */

/* What is known of one certificate; plain data, may be cached and copied. */
struct certificate {
	uint8_t hash[CERTIFICATE_HASH];
	char issuer[CERTIFICATE_ISSUER_MAX];	/* printed, for the audit only */
	char serial[CERTIFICATE_SERIAL_MAX + 1];
	struct identities identities;
	int64_t not_before;	/* seconds since 1970: the latest of the chain */
	int64_t not_after;	/* … and the earliest */
};

/*
 * Once per process, before any other call and before a sandbox closes: reads
 * no OpenSSL configuration file, loads providers and tables.  0 or -1.
 */
int certificate_init(void);

/*
 * Load the CA file of a realm (PEM, one or more certificates, each a CA with
 * valid keyUsage; roots or, with partial chains, intermediates).  The system
 * bundle is never added.  NULL with a sentence in error (256 bytes).
 * pem/len: the file's contents; name: its path for messages.
 */
struct certificate_ca *certificate_ca_load(const char *name, const char *pem,
    size_t len, char *error);
void certificate_ca_free(struct certificate_ca *ca);	/* NULL-safe */
size_t certificate_ca_count(const struct certificate_ca *ca);

/*
 * A `cert=` value to DER.  out has room for CERTIFICATE_DER_MAX.  NULL with
 * *ret_len set, or a static sentence.  text is not changed.
 */
const char *certificate_decode_text(const char *text, size_t len,
    uint8_t *out, size_t *ret_len);

/* SHA-256 of DER, the cache's key and the audit's fingerprint. 0 or -1. */
int certificate_hash(const uint8_t *der, size_t len,
    uint8_t ret[CERTIFICATE_HASH]);

/*
 * Read and verify one certificate.  Verification comes first: chain to ca
 * (which must not be NULL), dates against now (seconds since 1970), keyUsage
 * (digitalSignature where keyUsage is present), extendedKeyUsage (clientAuth
 * must be listed; an absent EKU is accepted), security level 2, depth.
 * sources: set of IDENTITY_BIT().
 * NULL when it qualifies: *ret is complete.  Else one of REASON_* with a
 * sentence for the administrator in why (256 bytes); *ret then holds what
 * was learnt for the audit line (hash, issuer, serial), identities empty.
 */
const char *certificate_read(const uint8_t *der, size_t len,
    const struct certificate_ca *ca, unsigned sources, int64_t now,
    struct certificate *ret, char *why, struct trace *trace);

#endif
