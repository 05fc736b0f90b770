/*
 * A certificate in a file, made ready to be sent as cert=.
 *
 * Knows what PEM and base64 look like and nothing about certificates; that
 * is lookupd's business.  It makes sure of one thing: what is sent is the one
 * CERTIFICATE block of the file, never the private key beside it.
 */
#ifndef CERTAUTH_CERTIFICATE_FILE_H
#define CERTAUTH_CERTIFICATE_FILE_H

#include "common/buffer.h"

/* The largest certificate taken is 16 KiB of DER; the rest is for the text
 * that openssl x509 -text writes around it. */
#define CERTIFICATE_FILE_MAX (64 * 1024)

#define CERTIFICATE_FILE_ERROR_MAX 256

/*
 * Append the PEM block of the file, or base64 of its DER, to *out.  0; or -1
 * with a sentence in error (CERTIFICATE_FILE_ERROR_MAX bytes), *out then
 * being undefined but safe to free.
 */
int certificate_file_read(const char *path, struct buffer *out, char *error);

/* Base64 without line ends, appended. */
void certificate_file_base64(struct buffer *out, const void *bytes,
    size_t len);

#endif
