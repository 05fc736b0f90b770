/*
 * Zimbra's pre-authentication: a link that logs somebody in, signed with a
 * key that this side and the account's domain share.
 *
 * The only file of the hook that uses libcrypto, for HMAC-SHA1, which is what
 * Zimbra verifies.  Such a link is as good as a password for five minutes:
 * nothing here or above it logs one.
 */
#ifndef HOOK_PREAUTH_H
#define HOOK_PREAUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"

/* Hexadecimal digits of the signature, and a NUL. */
#define PREAUTH_HEX 41

/* Longest account that is put in a link. */
#define PREAUTH_ACCOUNT_MAX 256
/* Room for a whole link: every byte of the account as %XX. */
#define PREAUTH_URL_MAX 2048

/* Load what libcrypto loads at the first use: before a sandbox closes.
 * 0 or -1. */
int preauth_init(void);

/* The signature of that text. 0, or -1 with ret[0] = NUL. */
int preauth_sign(const struct buffer *key, const void *text, size_t len,
    char ret[PREAUTH_HEX]);

/*
 * Append the link: base (of the site, without a '/' at its end), then
 * /service/preauth and the signed question.  now: milliseconds since 1970.
 * 0; or -1 when the account is not one that can be signed for, or when
 * something failed, with out->len as it was.
 */
int preauth_put(struct buffer *out, const char *base,
    const struct buffer *key, const char *account, size_t account_len,
    bool admin, int64_t now);

#endif
