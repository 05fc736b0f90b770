/*
 * Entry to bytes, bytes to entry.
 */
#include "lookupd/store_record.h"

#include <endian.h>
#include <string.h>

#include "common/text.h"
#include "lookupd/hash.h"

#define CHECKSUM_SEED 0x43414331ULL
#define NAME_LEN_MAX 255

/* ---- numbers ---------------------------------------------------------- */

void
store_put_u32(void *at, uint32_t value)
{
	value = htole32(value);
	memcpy(at, &value, sizeof(value));
}

void
store_put_u64(void *at, uint64_t value)
{
	value = htole64(value);
	memcpy(at, &value, sizeof(value));
}

uint32_t
store_get_u32(const void *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

uint64_t
store_get_u64(const void *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return le64toh(value);
}

void
store_put_u32_ordered(void *at, uint32_t value)
{
	unsigned char *byte = at;

	for (unsigned i = 0; i < 4; i++)
		byte[i] = (unsigned char)(value >> (24 - 8 * i));
}

void
store_put_u64_ordered(void *at, uint64_t value)
{
	store_put_u32_ordered(at, (uint32_t)(value >> 32));
	store_put_u32_ordered((unsigned char *)at + 4, (uint32_t)value);
}

uint32_t
store_get_u32_ordered(const void *at)
{
	const unsigned char *byte = at;

	return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 |
	    (uint32_t)byte[2] << 8 | byte[3];
}

uint64_t
store_get_u64_ordered(const void *at)
{
	return (uint64_t)store_get_u32_ordered(at) << 32 |
	    store_get_u32_ordered((const unsigned char *)at + 4);
}

uint64_t
store_checksum(const void *key, size_t key_len, const void *value, size_t len)
{
	return hash_bytes(hash_bytes(CHECKSUM_SEED, key, key_len), value, len);
}

/* ---- writing ---------------------------------------------------------- */

static void
put_number(struct buffer *out, size_t number)
{
	unsigned char bytes[10];
	size_t len = 0;

	do {
		bytes[len] = (unsigned char)(number & 0x7f);
		number >>= 7;
		if (number > 0)
			bytes[len] |= 0x80;
		len++;
	} while (number > 0);
	buffer_put(out, bytes, len);
}

static void
put_text(struct buffer *out, const char *text, size_t len)
{
	put_number(out, len);
	buffer_put(out, text, len);
}

/* Its place in the list plus one, or 0. */
static size_t
place_of(const struct attribute *attribute, char *const *attributes)
{
	for (size_t i = 0; attributes != NULL && attributes[i] != NULL; i++) {
		if (text_same_nocase(attributes[i], strlen(attributes[i]),
		    attribute->name, attribute->name_len))
			return i + 1;
	}
	return 0;
}

static uint64_t
record_checksum(const unsigned char *record, size_t len, uint32_t number)
{
	return hash_bytes(CHECKSUM_SEED ^ (uint64_t)number << 32,
	    record + STORE_CHECKSUM_SIZE, len - STORE_CHECKSUM_SIZE);
}

void
store_record_seal(void *record, size_t len, uint32_t number)
{
	store_put_u64(record, record_checksum(record, len, number));
}

void
store_record_put(struct buffer *out, uint32_t number,
    const struct entry *entry, char *const *attributes)
{
	static const unsigned char nothing[STORE_CHECKSUM_SIZE];
	size_t start = out->len;

	buffer_put(out, nothing, sizeof(nothing));
	put_text(out, entry->dn, strlen(entry->dn) + 1);
	for (size_t i = 0; i < entry->count; i++) {
		const struct attribute *attribute = &entry->attributes[i];
		size_t place = place_of(attribute, attributes);

		if (attribute->count == 0)
			continue;
		put_number(out, place);
		if (place == 0)
			put_text(out, attribute->name, attribute->name_len + 1);
		put_number(out, attribute->count);
		for (size_t j = 0; j < attribute->count; j++)
			put_text(out, attribute->values[j].data,
			    attribute->values[j].len);
	}
	if (!out->failed)
		store_record_seal(out->data + start, out->len - start, number);
}

/* ---- reading ---------------------------------------------------------- */

struct cursor {
	const unsigned char *at, *end;
};

/* Shortest form only, below 2^28: nothing here is longer. 0 or -1. */
static int
get_number(struct cursor *cursor, size_t *ret)
{
	size_t value = 0;

	for (unsigned shift = 0; shift < 28; shift += 7) {
		unsigned char byte;

		if (cursor->at == cursor->end)
			return -1;
		byte = *cursor->at++;
		value |= (size_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) != 0)
			continue;
		if (byte == 0 && shift > 0)
			return -1;
		*ret = value;
		return 0;
	}
	return -1;
}

static int
get_text(struct cursor *cursor, const char **ret, size_t *ret_len)
{
	if (get_number(cursor, ret_len) != 0 ||
	    *ret_len > (size_t)(cursor->end - cursor->at))
		return -1;
	*ret = (const char *)cursor->at;
	cursor->at += *ret_len;
	return 0;
}

/* With the NUL that ends it. */
static int
get_string(struct cursor *cursor, size_t max, const char **ret)
{
	size_t len;

	if (get_text(cursor, ret, &len) != 0 || len == 0 || len > max + 1 ||
	    memchr(*ret, '\0', len) != *ret + len - 1)
		return -1;
	return 0;
}

static int
get_name(struct cursor *cursor, char *const *attributes, size_t count,
    const char **ret)
{
	size_t place;

	if (get_number(cursor, &place) != 0 || place > count)
		return -1;
	if (place == 0)
		return get_string(cursor, NAME_LEN_MAX, ret);
	*ret = attributes[place - 1];
	return 0;
}

static int
get_attribute(struct cursor *cursor, char *const *attributes, size_t count,
    struct entry *entry)
{
	struct attribute *attribute;
	const char *name, *value;
	size_t values, len;

	if (get_name(cursor, attributes, count, &name) != 0 ||
	    get_number(cursor, &values) != 0 || values == 0 ||
	    (attribute = entry_open(entry, name, values)) == NULL)
		return -1;
	for (; values > 0; values--) {
		if (get_text(cursor, &value, &len) != 0 ||
		    entry_append(entry, attribute, value, len) != 0)
			return -1;
	}
	return 0;
}

bool
store_record_sound(const void *record, size_t len, uint32_t number)
{
	return len >= STORE_CHECKSUM_SIZE && store_get_u64(record) ==
	    record_checksum(record, len, number);
}

struct entry *
store_record_get(const void *record, size_t len, uint32_t number,
    char *const *attributes, const char **ret_why)
{
	struct cursor cursor = { .at = record };
	struct entry *entry;
	const char *dn;
	size_t count = 0;

	*ret_why = "a record does not fit its checksum";
	if (!store_record_sound(record, len, number))
		return NULL;
	*ret_why = "a record cannot be read";
	cursor.end = cursor.at + len;
	cursor.at += STORE_CHECKSUM_SIZE;
	while (attributes != NULL && attributes[count] != NULL)
		count++;
	if (get_string(&cursor, ENTRY_DN_MAX, &dn) != 0)
		return NULL;
	entry = entry_new(dn);
	while (entry != NULL && cursor.at < cursor.end) {
		if (get_attribute(&cursor, attributes, count, entry) == 0)
			continue;
		entry_free(entry);
		return NULL;
	}
	if (entry == NULL)
		*ret_why = "out of memory";
	return entry;
}
