/*
 * RFC 4533's values: the first byte chooses the decoder.  What is read lies
 * within the value; a cookie that was read can be sent back.
 */
#include "lookupd/ldap_sync_codec.h"

#include <stdlib.h>
#include <string.h>

#include <lber.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
within(const struct berval *value, const void *data, size_t len)
{
	const char *at = data;

	require(at >= value->bv_val && len <= value->bv_len &&
	    at + len <= value->bv_val + value->bv_len);
}

static void
check_cookie(const struct berval *value, const struct sync_bytes *cookie)
{
	struct berval request;

	if (cookie->data == NULL)
		return;
	within(value, cookie->data, cookie->len);
	require(cookie->len <= SYNC_COOKIE_MAX);
	require(ldap_sync_encode(cookie->data, cookie->len, &request) == 0);
	require(request.bv_len >= cookie->len + 5);
	require(memcmp(request.bv_val + request.bv_len - cookie->len,
	    cookie->data, cookie->len) == 0);
	ber_memfree(request.bv_val);
}

static void
try_state(const struct berval *value)
{
	struct sync_entry entry;

	if (ldap_sync_decode_state(value, &entry) != NULL)
		return;
	require(entry.state <= SYNC_DELETE && value->bv_len >= 23);
	check_cookie(value, &entry.cookie);
}

static void
try_info(const struct berval *value)
{
	struct sync_info info;

	if (ldap_sync_decode_info(value, &info) != NULL)
		return;
	check_cookie(value, &info.cookie);
	require(info.form == SYNC_ID_SET || info.count == 0);
	if (info.count > 0)
		within(value, info.set, info.count * SYNC_ELEMENT_SIZE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct berval value;
	struct sync_done done;

	if (size < 1)
		return 0;
	value.bv_len = size - 1;
	value.bv_val = malloc(size);
	require(value.bv_val != NULL);
	memcpy(value.bv_val, data + 1, size - 1);
	value.bv_val[size - 1] = '\0';
	switch (data[0] % 3) {
	case 0:
		try_state(&value);
		break;
	case 1:
		if (ldap_sync_decode_done(&value, &done) == NULL)
			check_cookie(&value, &done.cookie);
		break;
	default:
		try_info(&value);
		break;
	}
	free(value.bv_val);
	return 0;
}
