/*
 * Addresses: what is accepted, and nothing else, reads as an address byte by
 * byte, is the input but for the domain's case, and is accepted again as it
 * stands.
 */
#include "lookupd/address.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/address_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check(const struct address *address, const char *data, size_t size)
{
	static const char domain[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
	struct address again;

	require(size <= ADDRESS_MAX && address->len == size);
	require(strlen(address->text) == size);
	require(address->local_len <= ADDRESS_LOCAL_MAX);
	require(strcspn(address->text, "@") == address->local_len);
	require(strspn(address_domain(address), domain) ==
	    size - address->local_len - 1);
	require(memcmp(address->text, data, address->local_len) == 0);
	require(address_equal(address, data, size, true));
	require(address_parse(address->text, address->len, &again) == NULL);
	require(strcmp(again.text, address->text) == 0);
	require(address_with_domain(address, address_domain(address),
	    size - address->local_len - 1, &again) == 0);
	require(strcmp(again.text, address->text) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct address address;
	bool is = address_parse(data, size, &address) == NULL;

	require(is == is_address((const char *)data, size));
	if (is)
		check(&address, (const char *)data, size);
	return 0;
}
