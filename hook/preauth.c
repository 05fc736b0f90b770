/* Zimbra's pre-authentication: see the header. */
#include "hook/preauth.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define SHA1_BYTES 20

int
preauth_init(void)
{
	char unused[PREAUTH_HEX];
	struct buffer key;
	int rc = -1;

	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		return -1;
	buffer_init(&key, 16);
	if (buffer_puts(&key, "key") == 0)
		rc = preauth_sign(&key, "text", 4, unused);
	buffer_free(&key);
	return rc;
}

int
preauth_sign(const struct buffer *key, const void *text, size_t len,
    char ret[PREAUTH_HEX])
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned mac_len = 0, i;

	ret[0] = '\0';
	if (key->len == 0 || key->len > INT_MAX || HMAC(EVP_sha1(), key->data,
	    (int)key->len, text, len, mac, &mac_len) == NULL ||
	    mac_len != SHA1_BYTES)
		return -1;
	for (i = 0; i < SHA1_BYTES; i++)
		snprintf(ret + 2 * i, 3, "%02x", mac[i]);
	return 0;
}

/* '|' parts what is signed; control characters are in no account.  Of two '@'
 * we take the last for where the domain begins, and with it the key, but
 * Zimbra might take the first. */
static bool
can_be_signed(const char *account, size_t len)
{
	size_t i;

	if (memchr(account, '@', len) != memrchr(account, '@', len))
		return false;

	for (i = 0; i < len; i++)
		if ((unsigned char)account[i] <= 0x20 ||
		    account[i] == 0x7F || account[i] == '|')
			return false;
	return len > 0 && len <= PREAUTH_ACCOUNT_MAX;
}

/* What RFC 3986 leaves alone everywhere, and the '@'. */
static void
put_escaped(struct buffer *out, const char *text, size_t len)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-._~@";
	size_t i;

	for (i = 0; i < len; i++)
		if (memchr(plain, text[i], sizeof(plain) - 1) != NULL)
			buffer_put(out, text + i, 1);
		else
			buffer_printf(out, "%%%02X", (unsigned char)text[i]);
}

/* The values in the order of their names: account, admin, by, expires,
 * timestamp. */
static int
sign_question(const struct buffer *key, const char *account, size_t len,
    bool admin, int64_t now, char ret[PREAUTH_HEX])
{
	struct buffer text;
	int rc = -1;

	buffer_init(&text, PREAUTH_ACCOUNT_MAX + 64);
	buffer_put(&text, account, len);
	buffer_printf(&text, "%s|name|0|%" PRId64, admin ? "|1" : "", now);
	if (!text.failed)
		rc = preauth_sign(key, text.data, text.len, ret);
	buffer_free(&text);
	return rc;
}

int
preauth_put(struct buffer *out, const char *base, const struct buffer *key,
    const char *account, size_t account_len, bool admin, int64_t now)
{
	char mac[PREAUTH_HEX];
	size_t before = out->len;

	if (!can_be_signed(account, account_len) || sign_question(key,
	    account, account_len, admin, now, mac) == -1)
		return -1;
	buffer_puts(out, base);
	buffer_puts(out, "/service/preauth?account=");
	put_escaped(out, account, account_len);
	buffer_printf(out, "&by=name%s&timestamp=%" PRId64
	    "&expires=0&preauth=%s", admin ? "&admin=1" : "", now, mac);
	if (!out->failed)
		return 0;
	out->len = before;
	return -1;
}
