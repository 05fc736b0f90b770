/*
 * Test certificates, the odd ones included: what `openssl req` cannot be
 * talked into (an embedded NUL, two SAN extensions, an e-mail address as
 * BMPString, CN and e-mail in one RDN) is one word here.  Used by the program
 * mkcert and by the unit tests; never installed.
 *
 * A certificate is described by words key=value; values may hold %XX.
 *
 *   names      cn= o= uid= email=, repeatable, in this order of appearance;
 *              each also with a string type: email-utf8= -printable= -bmp=
 *              -t61= -ia5= (default IA5String for email, else UTF8String)
 *              multirdn=1      one RDN for all names but the first of an o=
 *              empty-subject=1
 *   SAN        san-email= san-dns= upn= upn-ia5= upn-bmp= smtputf8=
 *              repeatable, in this order of appearance
 *              dup-san=1 (the extension twice)  bad-san=1 (unreadable)
 *   dates      days=N notafter=N notbefore=N, in days from now
 *   purpose    eku=clientAuth|serverAuth|any|none  ku=digitalSignature|
 *              keyEncipherment|keyAgreement|keyCertSign|none (comma lists)
 *   key        key=ec|ed25519|rsa1024|rsa2048|rsa4096
 *              md=sha256|sha1|md5  serial=HEX
 *   CA         pathlen=N no-ca=1 ca-days=N
 *   others     ext=OID:BYTES (raw, repeatable)  critical-ext=OID:BYTES
 *              pad=BYTES (a comment)  no-aki=1  version=1
 */
#ifndef TESTS_MKCERT_LIB_H
#define TESTS_MKCERT_LIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#define MKCERT_ERROR_MAX 256

struct mkcert {
	X509 *cert;
	EVP_PKEY *key;
};

/*
 * Make a certificate (or CA) as described by the NULL-terminated words,
 * signed by issuer, or by itself when that is NULL.  0, or -1 with a sentence
 * in error.  Free with mkcert_free.
 */
int mkcert_make(struct mkcert *ret, const struct mkcert *issuer, bool ca,
    const char *const *words, char *error);
void mkcert_free(struct mkcert *made);

/* DER or PEM, from malloc; NULL when that fails. */
uint8_t *mkcert_der(const struct mkcert *made, size_t *ret_len);
char *mkcert_pem(const struct mkcert *made, size_t *ret_len);

/* PREFIX.pem, PREFIX.der and PREFIX.key (mode 0600). 0 or -1. */
int mkcert_write(const struct mkcert *made, const char *prefix, char *error);
int mkcert_read(struct mkcert *ret, const char *prefix, char *error);

#endif
