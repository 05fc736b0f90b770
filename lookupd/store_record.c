/*
 * Entry to bytes, bytes to entry.
 */
#include "lookupd/store_record.h"

#include <endian.h>
#include <string.h>

#include "common/text.h"
#include "lookupd/hash.h"

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
	return hash_bytes(hash_bytes(STORE_CHECKSUM_SEED, key, key_len), value, len);
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
	return hash_bytes(STORE_CHECKSUM_SEED ^ (uint64_t)number << 32,
	    record + STORE_CHECKSUM_SIZE, len - STORE_CHECKSUM_SIZE);
}

void
store_record_seal(void *record, size_t len, uint32_t number)
{
	store_put_u64(record, record_checksum(record, len, number));
}

static void
put_counts(struct buffer *out, const struct entry *entry)
{
	size_t attributes = 0, values = 0;

	for (size_t i = 0; i < entry->count; i++) {
		attributes += entry->attributes[i].count > 0;
		values += entry->attributes[i].count;
	}
	put_number(out, attributes);
	put_number(out, values);
}

void
store_record_put(struct buffer *out, uint32_t number,
    const struct entry *entry, char *const *attributes)
{
	static const unsigned char nothing[STORE_CHECKSUM_SIZE];
	size_t start = out->len;

	buffer_put(out, nothing, sizeof(nothing));
	put_counts(out, entry);
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
		for (size_t j = 0; j < attribute->count; j++) {
			put_text(out, attribute->values[j].data,
			    attribute->values[j].len);
			buffer_put(out, "", 1);
		}
	}
	if (!out->failed)
		store_record_seal(out->data + start, out->len - start, number);
}

/* ---- reading ---------------------------------------------------------- */

struct cursor {
	const unsigned char *at, *end;
	uint64_t places;	/* of attributes that were seen, below 64 */
	bool named;		/* one came with its name */
};

/* Shortest form only, below 2^28: nothing here is longer. 0 or -1. */
static int
get_long_number(struct cursor *cursor, size_t *ret)
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

/* Most are one byte. */
static inline int
get_number(struct cursor *cursor, size_t *ret)
{
	if (cursor->at == cursor->end || *cursor->at >= 0x80)
		return get_long_number(cursor, ret);
	*ret = *cursor->at++;
	return 0;
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

/* One that was not there before. */
static int
get_name(struct cursor *cursor, char *const *attributes, size_t count,
    const struct entry *entry, const char **ret)
{
	uint64_t bit;
	size_t place;

	if (get_number(cursor, &place) != 0 || place > count)
		return -1;
	if (place == 0 || place > 63) {
		cursor->named = true;
		if (place == 0 && get_string(cursor, NAME_LEN_MAX, ret) != 0)
			return -1;
	}
	if (place > 0)
		*ret = attributes[place - 1];
	bit = place > 63 ? 0 : (uint64_t)1 << place;
	if ((cursor->places & bit & ~(uint64_t)1) != 0 ||
	    (cursor->named && entry_get(entry, *ret) != NULL))
		return -1;
	cursor->places |= bit;
	return 0;
}

/* The NUL behind it is not counted. */
static int
get_value(struct cursor *cursor, struct entry *entry, struct value *value)
{
	if (get_text(cursor, &value->data, &value->len) != 0 ||
	    cursor->at == cursor->end || *cursor->at++ != '\0' ||
	    value->len > ENTRY_BYTES_MAX - entry->bytes)
		return -1;
	entry->bytes += value->len;
	return 0;
}

/* The next attribute, and its values at the list's end; at most `most`. */
static int
get_attribute(struct cursor *cursor, char *const *attributes, size_t count,
    struct entry *entry, struct value *values, size_t most)
{
	struct attribute *attribute = &entry->attributes[entry->count];
	const char *name;
	size_t wanted;

	if (get_name(cursor, attributes, count, entry, &name) != 0 ||
	    get_number(cursor, &wanted) != 0 ||
	    wanted == 0 || wanted > most)
		return -1;
	*attribute = (struct attribute){ .name = (char *)name,
		.name_len = strlen(name), .values = values };
	if (attribute->name_len == 0)
		return -1;
	for (; attribute->count < wanted; attribute->count++) {
		if (get_value(cursor, entry, &values[attribute->count]) != 0)
			return -1;
	}
	entry->values += wanted;
	entry->count++;
	return 0;
}

/* Into an entry that has room for what the record says it has. */
static int
get_all(struct cursor *cursor, char *const *attributes, struct entry *entry,
    size_t parts, size_t values)
{
	struct value *list = parts == 0 ? NULL : entry->attributes[0].values;
	size_t count = 0;
	const char *dn;

	while (attributes != NULL && attributes[count] != NULL)
		count++;
	if (get_string(cursor, ENTRY_DN_MAX, &dn) != 0)
		return -1;
	entry->dn = (char *)dn;
	while (entry->count < parts) {
		if (get_attribute(cursor, attributes, count, entry,
		    list + entry->values, values - entry->values) != 0)
			return -1;
	}
	return cursor->at == cursor->end && entry->values == values ? 0 : -1;
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
	size_t parts, values;
	char *copy;

	*ret_why = "a record does not fit its checksum";
	if (!store_record_sound(record, len, number))
		return NULL;
	*ret_why = "a record cannot be read";
	cursor.end = cursor.at + len;
	cursor.at += STORE_CHECKSUM_SIZE;
	if (get_number(&cursor, &parts) != 0 ||
	    get_number(&cursor, &values) != 0 ||
	    parts > ENTRY_ATTRIBUTES_MAX || values > ENTRY_VALUES_MAX)
		return NULL;
	len = (size_t)(cursor.end - cursor.at);
	entry = entry_whole(parts, values, cursor.at, len, &copy);
	if (entry == NULL) {
		*ret_why = "out of memory";
		return NULL;
	}
	cursor.at = (unsigned char *)copy;
	cursor.end = cursor.at + len;
	if (get_all(&cursor, attributes, entry, parts, values) == 0)
		return entry;
	entry_free(entry);
	return NULL;
}
