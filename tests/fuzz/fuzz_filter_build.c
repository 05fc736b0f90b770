/*
 * Filters built for a directory: whatever the value, what arrives has the
 * shape that was meant and exactly that value.  The first byte is the length
 * of a prefix taken from the rest.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lookupd/filter_build.h"
#include "lookupd/filter_node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CLASS "(objectClass=person)"

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_item(const struct filter *item, const struct filter_key *key,
    const char *value, size_t len)
{
	size_t prefix = key->prefix == NULL ? 0 : strlen(key->prefix);

	require(item != NULL && item->kind == FILTER_EQUAL);
	require(strcmp(item->attribute, key->attribute) == 0);
	require(item->variable == FILTER_LITERAL);
	require(item->value.len == prefix + len);
	require(prefix == 0 ||
	    memcmp(item->value.data, key->prefix, prefix) == 0);
	require(memcmp(item->value.data + prefix, value, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[FILTER_ERROR_MAX], prefix[16] = "", *value;
	struct filter_key keys[2] = { { "mail", NULL },
	    { "proxyAddresses", prefix } };
	struct filter *class = filter_parse(CLASS, strlen(CLASS), error);
	const struct filter *or;
	struct filter *filter;
	struct buffer out;
	size_t len;

	require(class != NULL);
	if (size > 0) {
		len = data[0] % sizeof(prefix);
		data++, size--;
		len = len < size ? len : size;
		memcpy(prefix, data, len);
		data += len;
		size -= len;
	}
	value = malloc(size + 1);
	require(value != NULL);
	memcpy(value, data, size);
	buffer_init(&out, 1024 * 1024);
	if (filter_build(&out, keys, 2, value, size, class) == 0 &&
	    out.len <= FILTER_TEXT_MAX) {
		filter = filter_parse(out.data, out.len, error);
		require(filter != NULL && filter->kind == FILTER_AND);
		or = filter->child;
		require(or != NULL && or->kind == FILTER_OR);
		check_item(or->child, &keys[0], value, size);
		check_item(or->child->next, &keys[1], value, size);
		require(or->child->next->next == NULL);
		require(or->next != NULL && or->next->next == NULL);
		require(or->next->kind == FILTER_EQUAL &&
		    strcmp(or->next->attribute, "objectClass") == 0);
		filter_free(filter);
	}
	buffer_free(&out);
	filter_free(class);
	free(value);
	return 0;
}
