/*
 * Bundles from bytes: what is accepted is written again as the same bytes,
 * and everything in it can be found.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/safe_open.h"
#include "daemon/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* The first entry by way of the door, out of well-formed bytes: of two with
 * one name it would be the other. */
static void
read_first(struct bundle *bundle, const uint8_t *data)
{
	size_t name_len = (size_t)data[15] << 8 | data[16];
	char error[SAFE_OPEN_ERROR_MAX], *name;
	struct buffer out;
	uint32_t number;

	name = strndup((const char *)data + 21, name_len);
	require(name != NULL);
	buffer_init(&out, BUNDLE_VALUE_MAX);
	if (data[12] == BUNDLE_FILE) {
		require(bundle_read_file(bundle, name, BUNDLE_VALUE_MAX, &out,
		    error) == 0);
		require(out.len == ((size_t)data[18] << 16 |
		    (size_t)data[19] << 8 | data[20]) && memcmp(
		    buffer_text(&out), data + 21 + name_len, out.len) == 0);
	} else {
		require(bundle_get_number(bundle, (enum bundle_kind)data[12],
		    name, &number) == 0 && number != UINT32_MAX);
	}
	buffer_free(&out);
	free(name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bundle *bundle = bundle_decode((const char *)data, size);
	char error[SAFE_OPEN_ERROR_MAX];
	struct buffer out;

	if (bundle == NULL)
		return 0;
	require(bundle_is_final(bundle));
	buffer_init(&out, BUNDLE_MAX);
	require(bundle_encode(bundle, &out) == 0);
	require(out.len == size && memcmp(out.data, data, size) == 0);
	if (size > 12)
		read_first(bundle, data);
	buffer_clear(&out);
	require(bundle_read_file(bundle, "/dev/null/no", 10, &out, error) != 0 ||
	    bundle_put(bundle, BUNDLE_FILE, "/dev/null/no", "", 0) != 0);
	buffer_free(&out);
	bundle_free(bundle);
	return 0;
}
