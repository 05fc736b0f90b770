/*
 * The client CAs of one realm: a file of CERTIFICATE blocks, nothing else.
 *
 * A root is an anchor.  An intermediate whose issuer is in the file leads on
 * to it; one whose issuer is not is made an anchor itself, by marking it as
 * trusted for SSL clients.  (X509_V_FLAG_PARTIAL_CHAIN would make an anchor
 * of every intermediate, and the dates of the root above would not count.)
 *
 * An expired CA is loaded; what it has issued is then `expired`.
 */
#include "lookupd/certificate_edge.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* One block of the file into a CA certificate, or NULL. */
static X509 *
read_block(const char *file, size_t number, const char *kind,
    const unsigned char *der, long len, char *error)
{
	const unsigned char *p = der;
	char subject[160];
	X509 *cert;

	if (strcmp(kind, PEM_STRING_X509) != 0) {
		certificate_why(error, "%s: block %zu is not a CERTIFICATE",
		    file, number);
		return NULL;
	}
	cert = d2i_X509(NULL, &p, len);
	if (cert == NULL || p != der + len) {
		certificate_why(error, "%s: block %zu is not a well-formed "
		    "certificate", file, number);
		X509_free(cert);
		return NULL;
	}
	/* 1: basicConstraints say so, and keyUsage does not deny it. */
	if ((X509_get_extension_flags(cert) & EXFLAG_INVALID) != 0 ||
	    X509_check_ca(cert) != 1) {
		certificate_name_text(X509_get_subject_name(cert), subject,
		    sizeof(subject));
		certificate_why(error, "%s: block %zu (%s) is not a CA: it "
		    "lacks basicConstraints CA:TRUE or keyCertSign", file,
		    number, subject);
		X509_free(cert);
		return NULL;
	}
	return cert;
}

/* All blocks of the file; text between them is skipped, as everywhere. */
static int
read_blocks(BIO *bio, const char *file, STACK_OF(X509) *certs, char *error)
{
	char *kind = NULL, *header = NULL;
	unsigned char *der = NULL;
	size_t number = 0;
	X509 *cert;
	long len = 0;

	while (PEM_read_bio(bio, &kind, &header, &der, &len) == 1) {
		cert = read_block(file, ++number, kind, der, len, error);
		OPENSSL_free(kind);
		OPENSSL_free(header);
		/* It may have been a private key. */
		OPENSSL_clear_free(der, (size_t)len);
		if (cert == NULL)
			return -1;
		if (sk_X509_push(certs, cert) <= 0) {
			X509_free(cert);
			certificate_why(error, "%s: out of memory", file);
			return -1;
		}
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
		certificate_why(error, "%s: block %zu is not well-formed PEM",
		    file, number + 1);
		return -1;
	}
	if (number == 0) {
		certificate_why(error, "%s: there is no certificate in it",
		    file);
		return -1;
	}
	return 0;
}

static bool
issuer_is_there(const STACK_OF(X509) *certs, X509 *cert)
{
	int i;

	for (i = 0; i < sk_X509_num(certs); i++)
		if (X509_check_issued(sk_X509_value(certs, i), cert) ==
		    X509_V_OK)
			return true;
	return false;
}

static int
fill_store(X509_STORE *store, const STACK_OF(X509) *certs)
{
	ASN1_OBJECT *client = OBJ_nid2obj(NID_client_auth);
	X509 *cert;
	int i;

	for (i = 0; i < sk_X509_num(certs); i++) {
		cert = sk_X509_value(certs, i);
		if (!issuer_is_there(certs, cert) &&
		    !X509_add1_trust_object(cert, client))
			return -1;
		if (!X509_STORE_add_cert(store, cert))
			return -1;
	}
	return 0;
}

struct certificate_ca *
certificate_ca_load(const char *name, const char *pem, size_t len,
    char *error)
{
	struct certificate_ca *ca = OPENSSL_zalloc(sizeof(*ca));
	STACK_OF(X509) *certs = sk_X509_new_null();
	struct certificate_ca *ret = NULL;
	BIO *bio = NULL;

	ERR_clear_error();
	certificate_why(error, "%s: out of memory", name);
	if (ca == NULL || certs == NULL ||
	    (ca->store = X509_STORE_new()) == NULL)
		goto out;
	if (len == 0 || len > CERTIFICATE_CA_FILE_MAX) {
		certificate_why(error, "%s: %s", name, len == 0 ?
		    "the file is empty" : "the file is too large");
		goto out;
	}
	if ((bio = BIO_new_mem_buf(pem, (int)len)) == NULL ||
	    read_blocks(bio, name, certs, error) != 0)
		goto out;
	if (fill_store(ca->store, certs) != 0) {
		certificate_why(error, "%s: out of memory", name);
		goto out;
	}
	ca->count = (size_t)sk_X509_num(certs);
	error[0] = '\0';
	ret = ca;
	ca = NULL;
out:
	ERR_clear_error();
	BIO_free(bio);
	sk_X509_pop_free(certs, X509_free);
	certificate_ca_free(ca);
	return ret;
}

void
certificate_ca_free(struct certificate_ca *ca)
{
	if (ca == NULL)
		return;
	X509_STORE_free(ca->store);
	OPENSSL_free(ca);
}

size_t
certificate_ca_count(const struct certificate_ca *ca)
{
	return ca->count;
}
