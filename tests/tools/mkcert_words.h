/*
 * The words of mkcert_lib.h: what they put into a certificate.  Private to
 * mkcert_lib.c and mkcert_words.c.
 */
#ifndef TESTS_MKCERT_WORDS_H
#define TESTS_MKCERT_WORDS_H

#include <stdbool.h>

#include <openssl/x509.h>

/* The first word that is not known, or NULL. */
const char *words_check(const char *const *words);

/* The value (with its %XX) of the first word of that key, or NULL. */
const char *words_get(const char *const *words, const char *key);

/* Fill in the subject, the extensions. 0 or -1. */
int words_subject(X509 *cert, const char *const *words);
int words_extensions(X509 *cert, X509 *issuer, const char *const *words,
    bool ca);

#endif
