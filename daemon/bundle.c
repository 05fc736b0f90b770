/* See bundle.h.  Entries are a list in the order of coming, for the codec, and
 * chains of a hash table, for looking up. */
#include "config.h"

#include "daemon/bundle.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/safe_open.h"

#define BUCKETS 1024
#define MAGIC "cabundl1"
#define MAGIC_LEN 8
#define HEAD_LEN 9			/* kind and two lengths */
#define NUMBER_LEN 4

struct item {
	struct item *next, *chained;
	unsigned char kind;
	size_t name_len, len;
	char bytes[];			/* name, NUL, value, NUL */
};

struct bundle {
	struct item *first, **last;
	struct item *buckets[BUCKETS];
	size_t count;
	bool final;
};

/* FNV-1a. */
static size_t
bucket_of(unsigned kind, const char *name, size_t len)
{
	uint32_t hash = (0x811c9dc5U ^ kind) * 0x01000193U;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)name[i]) * 0x01000193U;
	return hash % BUCKETS;
}

static const struct item *
find(const struct bundle *bundle, unsigned kind, const char *name, size_t len)
{
	const struct item *item;

	for (item = bundle->buckets[bucket_of(kind, name, len)]; item != NULL;
	    item = item->chained) {
		if (item->kind == kind && item->name_len == len &&
		    memcmp(item->bytes, name, len) == 0)
			return item;
	}
	return NULL;
}

static const char *
value_of(const struct item *item)
{
	return item->bytes + item->name_len + 1;
}

static uint32_t
get_number(const char *bytes)
{
	const unsigned char *b = (const unsigned char *)bytes;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	    (uint32_t)b[2] << 8 | b[3];
}

static void
put_number(char *bytes, uint32_t number)
{
	for (int i = 0; i < NUMBER_LEN; i++)
		bytes[i] = (char)(unsigned char)(number >> (24 - 8 * i));
}

/* Could this be an entry?  -1 is no uid and no gid. */
static bool
acceptable(unsigned kind, const char *name, size_t name_len,
    const char *value, size_t len)
{
	if (name_len == 0 || name_len > BUNDLE_NAME_MAX ||
	    memchr(name, '\0', name_len) != NULL)
		return false;
	switch (kind) {
	case BUNDLE_FILE:
		return len <= BUNDLE_VALUE_MAX;
	case BUNDLE_USER:
	case BUNDLE_GROUP:
		return len == NUMBER_LEN && get_number(value) != UINT32_MAX;
	default:
		return false;
	}
}

static int
add(struct bundle *bundle, unsigned kind, const char *name, size_t name_len,
    const char *value, size_t len)
{
	struct item *item, **bucket;

	if (!acceptable(kind, name, name_len, value, len) ||
	    bundle->count == BUNDLE_ENTRIES_MAX ||
	    find(bundle, kind, name, name_len) != NULL)
		return -1;
	item = malloc(sizeof(*item) + name_len + len + 2);
	if (item == NULL)
		return -1;
	item->kind = (unsigned char)kind;
	item->name_len = name_len;
	item->len = len;
	memcpy(item->bytes, name, name_len);
	item->bytes[name_len] = '\0';
	if (len > 0)
		memcpy(item->bytes + name_len + 1, value, len);
	item->bytes[name_len + 1 + len] = '\0';
	bucket = &bundle->buckets[bucket_of(kind, name, name_len)];
	item->chained = *bucket;
	*bucket = item;
	item->next = NULL;
	*bundle->last = item;
	bundle->last = &item->next;
	bundle->count++;
	return 0;
}

struct bundle *
bundle_new(void)
{
	struct bundle *bundle = calloc(1, sizeof(*bundle));

	if (bundle != NULL)
		bundle->last = &bundle->first;
	return bundle;
}

void
bundle_free(struct bundle *bundle)
{
	struct item *item;

	if (bundle == NULL)
		return;
	while ((item = bundle->first) != NULL) {
		bundle->first = item->next;
		free(item);
	}
	free(bundle);
}

int
bundle_put(struct bundle *bundle, enum bundle_kind kind, const char *name,
    const void *value, size_t len)
{
	return add(bundle, kind, name, strlen(name), value, len);
}

int
bundle_put_number(struct bundle *bundle, enum bundle_kind kind,
    const char *name, uint32_t number)
{
	char bytes[NUMBER_LEN];

	put_number(bytes, number);
	return bundle_put(bundle, kind, name, bytes, sizeof(bytes));
}

const char *
bundle_get(const struct bundle *bundle, enum bundle_kind kind,
    const char *name, size_t *ret_len)
{
	const struct item *item = find(bundle, kind, name, strlen(name));

	if (item == NULL)
		return NULL;
	*ret_len = item->len;
	return value_of(item);
}

int
bundle_get_number(const struct bundle *bundle, enum bundle_kind kind,
    const char *name, uint32_t *ret)
{
	size_t len;
	const char *value = bundle_get(bundle, kind, name, &len);

	if (value == NULL || len != NUMBER_LEN)
		return -1;
	*ret = get_number(value);
	return 0;
}

int
bundle_encode(const struct bundle *bundle, struct buffer *out)
{
	char head[HEAD_LEN];

	buffer_put(out, MAGIC, MAGIC_LEN);
	put_number(head, (uint32_t)bundle->count);
	buffer_put(out, head, NUMBER_LEN);
	for (const struct item *item = bundle->first; item != NULL;
	    item = item->next) {
		head[0] = (char)item->kind;
		put_number(head + 1, (uint32_t)item->name_len);
		put_number(head + 5, (uint32_t)item->len);
		buffer_put(out, head, HEAD_LEN);
		buffer_put(out, item->bytes, item->name_len);
		buffer_put(out, value_of(item), item->len);
	}
	return out->failed ? -1 : 0;
}

/* One entry at *at; 0, or -1 when there is not a whole one. */
static int
decode_one(struct bundle *bundle, const char **at, size_t *left)
{
	size_t name_len, len;
	const char *name;

	if (*left < HEAD_LEN)
		return -1;
	name_len = get_number(*at + 1);
	len = get_number(*at + 5);
	name = *at + HEAD_LEN;
	if (name_len > BUNDLE_NAME_MAX || len > BUNDLE_VALUE_MAX ||
	    *left - HEAD_LEN < name_len + len ||
	    add(bundle, (unsigned char)**at, name, name_len, name + name_len,
	    len) != 0)
		return -1;
	*at += HEAD_LEN + name_len + len;
	*left -= HEAD_LEN + name_len + len;
	return 0;
}

struct bundle *
bundle_decode(const char *bytes, size_t len)
{
	struct bundle *bundle;
	const char *at = bytes + MAGIC_LEN + NUMBER_LEN;
	size_t left, count;

	if (len < MAGIC_LEN + NUMBER_LEN || len > BUNDLE_MAX ||
	    memcmp(bytes, MAGIC, MAGIC_LEN) != 0)
		return NULL;
	bundle = bundle_new();
	if (bundle == NULL)
		return NULL;
	bundle->final = true;
	left = len - MAGIC_LEN - NUMBER_LEN;
	count = get_number(bytes + MAGIC_LEN);
	while (bundle->count < count && decode_one(bundle, &at, &left) == 0)
		;
	if (bundle->count == count && left == 0)
		return bundle;
	bundle_free(bundle);
	return NULL;
}

int
bundle_is_final(const struct bundle *bundle)
{
	return bundle != NULL && bundle->final;
}

int
bundle_read_file(struct bundle *bundle, const char *path, size_t max,
    struct buffer *out, char *error)
{
	size_t before = out->len, len = 0;
	const char *value = bundle == NULL ? NULL :
	    bundle_get(bundle, BUNDLE_FILE, path, &len);

	if (value == NULL && bundle_is_final(bundle)) {
		snprintf(error, SAFE_OPEN_ERROR_MAX, "%.160s: was not handed "
		    "over", path);
		return -1;
	}
	if (value == NULL) {
		if (safe_read_file(path, SAFE_OPEN_PUBLIC, max, out,
		    error) != 0)
			return -1;
		if (bundle == NULL || bundle_put(bundle, BUNDLE_FILE, path,
		    buffer_text(out) + before, out->len - before) == 0)
			return 0;
		out->len = before;
		snprintf(error, SAFE_OPEN_ERROR_MAX, "%.160s: cannot be "
		    "handed over: too large, or out of memory", path);
		return -1;
	}
	if (len > max || buffer_put(out, value, len) != 0) {
		snprintf(error, SAFE_OPEN_ERROR_MAX, "%.160s: %s", path,
		    len > max ? "is too large" : "out of memory");
		return -1;
	}
	return 0;
}
