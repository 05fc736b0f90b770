/*
 * Making test certificates; see mkcert_lib.h for the words.
 */
#include "tests/tools/mkcert_lib.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "tests/tools/mkcert_words.h"

static int
fail(char *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int
fail(char *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, MKCERT_ERROR_MAX, format, args);
	va_end(args);
	return -1;
}

static EVP_PKEY *
make_key(const char *kind)
{
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;
	int type = EVP_PKEY_EC, bits = 0;

	if (strncmp(kind, "rsa", 3) == 0) {
		type = EVP_PKEY_RSA;
		bits = (int)strtol(kind + 3, NULL, 10);
	} else if (strcmp(kind, "ed25519") == 0) {
		type = EVP_PKEY_ED25519;
	} else if (strcmp(kind, "ec") != 0) {
		return NULL;
	}
	if ((ctx = EVP_PKEY_CTX_new_id(type, NULL)) == NULL)
		return NULL;
	if (EVP_PKEY_keygen_init(ctx) <= 0)
		goto out;
	if (type == EVP_PKEY_RSA &&
	    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits) <= 0)
		goto out;
	if (type == EVP_PKEY_EC &&
	    (EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx,
	    NID_X9_62_prime256v1) <= 0 ||
	    EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_NAMED_CURVE) <= 0))
		goto out;
	if (EVP_PKEY_keygen(ctx, &key) <= 0)
		key = NULL;
out:
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* A serial of 16 random bytes, positive; or the one asked for. */
static int
set_serial(X509 *cert, const char *hex)
{
	BIGNUM *number = NULL;
	int ok;

	if (hex != NULL)
		ok = BN_hex2bn(&number, hex) > 0;
	else
		ok = (number = BN_new()) != NULL &&
		    BN_rand(number, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
	ok = ok && BN_to_ASN1_INTEGER(number,
	    X509_get_serialNumber(cert)) != NULL;
	BN_free(number);
	return ok ? 0 : -1;
}

static int
set_dates(X509 *cert, const char *const *words, bool ca)
{
	const char *word;
	int from = 0, until = ca ? 3650 : 365;

	if ((word = words_get(words, "days")) != NULL ||
	    (word = words_get(words, "ca-days")) != NULL ||
	    (word = words_get(words, "notafter")) != NULL)
		until = (int)strtol(word, NULL, 10);
	if (until <= 0)
		from = until - 30;
	if ((word = words_get(words, "notbefore")) != NULL)
		from = (int)strtol(word, NULL, 10);
	/* An hour back: the machine that checks may be a little slow. */
	return X509_time_adj_ex(X509_getm_notBefore(cert), from, -3600,
	    NULL) != NULL && X509_time_adj_ex(X509_getm_notAfter(cert), until,
	    0, NULL) != NULL ? 0 : -1;
}

static int
sign(X509 *cert, EVP_PKEY *key, const char *digest)
{
	const EVP_MD *md = NULL;

	if (EVP_PKEY_base_id(key) != EVP_PKEY_ED25519 &&
	    (md = EVP_get_digestbyname(digest)) == NULL)
		return -1;
	return X509_sign(cert, key, md) > 0 ? 0 : -1;
}

int
mkcert_make(struct mkcert *ret, const struct mkcert *issuer, bool ca,
    const char *const *words, char *error)
{
	struct mkcert made = { NULL, NULL };
	const char *wrong, *word;
	long version = 2;

	if ((wrong = words_check(words)) != NULL)
		return fail(error, "%s: not a word of mkcert", wrong);
	if ((word = words_get(words, "version")) != NULL)
		version = strtol(word, NULL, 10) - 1;
	word = words_get(words, "key");
	made.key = make_key(word == NULL ? "ec" : word);
	made.cert = X509_new();
	if (made.key == NULL || made.cert == NULL ||
	    !X509_set_version(made.cert, version) ||
	    !X509_set_pubkey(made.cert, made.key) ||
	    set_serial(made.cert, words_get(words, "serial")) != 0 ||
	    set_dates(made.cert, words, ca) != 0 ||
	    words_subject(made.cert, words) != 0) {
		mkcert_free(&made);
		return fail(error, "key, serial, dates or names failed");
	}
	X509_set_issuer_name(made.cert, X509_get_subject_name(
	    issuer == NULL ? made.cert : issuer->cert));
	if (version >= 2 && words_extensions(made.cert,
	    issuer == NULL ? made.cert : issuer->cert, words, ca) != 0) {
		mkcert_free(&made);
		return fail(error, "an extension could not be made");
	}
	word = words_get(words, "md");
	if (sign(made.cert, issuer == NULL ? made.key : issuer->key,
	    word == NULL ? "sha256" : word) != 0) {
		mkcert_free(&made);
		return fail(error, "it could not be signed");
	}
	*ret = made;
	return 0;
}

void
mkcert_free(struct mkcert *made)
{
	X509_free(made->cert);
	EVP_PKEY_free(made->key);
	made->cert = NULL;
	made->key = NULL;
}

uint8_t *
mkcert_der(const struct mkcert *made, size_t *ret_len)
{
	int len = i2d_X509(made->cert, NULL);
	uint8_t *der, *p;

	if (len <= 0 || (der = malloc((size_t)len)) == NULL)
		return NULL;
	p = der;
	*ret_len = (size_t)i2d_X509(made->cert, &p);
	return der;
}

char *
mkcert_pem(const struct mkcert *made, size_t *ret_len)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL, *data;
	long len;

	if (bio != NULL && PEM_write_bio_X509(bio, made->cert) &&
	    (len = BIO_get_mem_data(bio, &data)) > 0 &&
	    (pem = malloc((size_t)len + 1)) != NULL) {
		memcpy(pem, data, (size_t)len);
		pem[len] = '\0';
		*ret_len = (size_t)len;
	}
	BIO_free(bio);
	return pem;
}

static FILE *
open_part(const char *prefix, const char *suffix, const char *mode)
{
	char path[4096];
	int flags = O_CLOEXEC, fd, n;

	n = snprintf(path, sizeof(path), "%s%s", prefix, suffix);
	if (n < 0 || (size_t)n >= sizeof(path))
		return NULL;
	flags |= mode[0] == 'r' ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
	fd = open(path, flags, strcmp(suffix, ".key") == 0 ? 0600 : 0644);
	return fd < 0 ? NULL : fdopen(fd, mode);
}

int
mkcert_write(const struct mkcert *made, const char *prefix, char *error)
{
	FILE *pem = open_part(prefix, ".pem", "w");
	FILE *der = open_part(prefix, ".der", "w");
	FILE *key = open_part(prefix, ".key", "w");
	int ok;

	ok = pem != NULL && der != NULL && key != NULL &&
	    PEM_write_X509(pem, made->cert) && i2d_X509_fp(der, made->cert) &&
	    PEM_write_PrivateKey(key, made->key, NULL, NULL, 0, NULL, NULL);
	if (pem != NULL && fclose(pem) != 0)
		ok = 0;
	if (der != NULL && fclose(der) != 0)
		ok = 0;
	if (key != NULL && fclose(key) != 0)
		ok = 0;
	return ok ? 0 : fail(error, "%s: cannot write", prefix);
}

int
mkcert_read(struct mkcert *ret, const char *prefix, char *error)
{
	FILE *pem = open_part(prefix, ".pem", "r");
	FILE *key = open_part(prefix, ".key", "r");
	struct mkcert made = { NULL, NULL };

	if (pem != NULL)
		made.cert = PEM_read_X509(pem, NULL, NULL, NULL);
	if (key != NULL)
		made.key = PEM_read_PrivateKey(key, NULL, NULL, NULL);
	if (pem != NULL)
		fclose(pem);
	if (key != NULL)
		fclose(key);
	if (made.cert == NULL || made.key == NULL) {
		mkcert_free(&made);
		return fail(error, "%s.pem, %s.key: cannot read", prefix,
		    prefix);
	}
	*ret = made;
	return 0;
}
