/*
 * The text of a `cert=` value: what is accepted as plain base64 encodes back
 * to exactly that text; nothing is written past the end of out.
 */
#include "lookupd/certificate.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *out = malloc(CERTIFICATE_DER_MAX);
	unsigned char *again = malloc(CERTIFICATE_DER_MAX * 4 / 3 + 8);
	const char *wrong;
	size_t len = 0;

	require(out != NULL && again != NULL);
	wrong = certificate_decode_text((const char *)data, size, out, &len);
	if (wrong != NULL) {
		require(len == 0);
	} else {
		require(len > 0 && len <= CERTIFICATE_DER_MAX);
		require(out[0] == 0x30);
		if (data[0] != '-' && memchr(data, '%', size) == NULL) {
			require((size_t)EVP_EncodeBlock(again, out, (int)len)
			    == size);
			require(memcmp(again, data, size) == 0);
		}
	}
	free(again);
	free(out);
	return 0;
}
