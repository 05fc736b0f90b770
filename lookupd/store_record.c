/*
 * Entry to bytes, bytes to entry.
 */
#include "lookupd/store_record.h"

#include "common/text.h"
#include "lookupd/hash.h"

#define NAME_LEN_MAX 255
/* Checksum, and the bytes of numbers. */
#define HEAD (STORE_CHECKSUM_SIZE + 2)
#define NUMBERS_MAX 0xffff

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

void
store_names_init(struct store_names *names, char *const *attributes)
{
	names->count = 0;
	names->attributes = attributes;
	for (; attributes != NULL && *attributes != NULL &&
	    names->count < STORE_NAMES_MAX; attributes++)
		names->list[names->count++] = (struct store_name){
			.name = *attributes, .len = strlen(*attributes) };
}

/* Its place in the list plus one, or 0. */
static size_t
place_of(const struct attribute *attribute, const struct store_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		if (text_same_nocase(names->list[i].name, names->list[i].len,
		    attribute->name, attribute->name_len))
			return i + 1;
	}
	return 0;
}

/* Over all behind it. */
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

/* How many attributes have values, and how many these are. */
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

static void
put_numbers(struct buffer *out, const struct entry *entry,
    const struct store_names *names)
{
	put_counts(out, entry);
	put_number(out, strlen(entry->dn));
	for (size_t i = 0; i < entry->count; i++) {
		const struct attribute *attribute = &entry->attributes[i];
		size_t place = place_of(attribute, names);

		if (attribute->count == 0)
			continue;
		put_number(out, place);
		if (place == 0)
			put_number(out, attribute->name_len);
		put_number(out, attribute->count);
		for (size_t j = 0; j < attribute->count; j++)
			put_number(out, attribute->values[j].len);
	}
}

static void
put_text(struct buffer *out, const char *text, size_t len)
{
	if (len > 0)
		buffer_put(out, text, len);
	buffer_put(out, "", 1);
}

static void
put_texts(struct buffer *out, const struct entry *entry,
    const struct store_names *names)
{
	put_text(out, entry->dn, strlen(entry->dn));
	for (size_t i = 0; i < entry->count; i++) {
		const struct attribute *attribute = &entry->attributes[i];

		if (attribute->count > 0 && place_of(attribute, names) == 0)
			put_text(out, attribute->name, attribute->name_len);
		for (size_t j = 0; j < attribute->count; j++)
			put_text(out, attribute->values[j].data,
			    attribute->values[j].len);
	}
}

void
store_record_put(struct buffer *out, uint32_t number,
    const struct entry *entry, const struct store_names *names)
{
	static const unsigned char nothing[HEAD];
	size_t start = out->len, size;

	buffer_put(out, nothing, sizeof(nothing));
	put_numbers(out, entry, names);
	size = out->len - start - HEAD;
	put_texts(out, entry, names);
	if (size > NUMBERS_MAX)		/* not within the limits of an entry */
		out->failed = true;
	if (out->failed)
		return;
	out->data[start + STORE_CHECKSUM_SIZE] = (char)(size & 0xff);
	out->data[start + STORE_CHECKSUM_SIZE + 1] = (char)(size >> 8);
	store_record_seal(out->data + start, out->len - start, number);
}

/* ---- reading ---------------------------------------------------------- */

/* What is left of the numbers, and of the texts. */
struct cursor {
	const unsigned char *at, *end;
	char *text, *text_end;
};

/* A number and what is behind it; NULL: none, or none of ours. */
struct number {
	size_t value;
	const unsigned char *behind;
};

/* Shortest form only, below 2^28: nothing here is longer. */
static struct number
long_number(const unsigned char *at, const unsigned char *end)
{
	struct number number = { 0, NULL };

	for (unsigned shift = 0; shift < 28 && at != end; shift += 7, at++) {
		number.value |= (size_t)(*at & 0x7f) << shift;
		if (*at < 0x80) {
			if (*at > 0 || shift == 0)
				number.behind = at + 1;
			break;
		}
	}
	return number;
}

/* Most are one byte. */
static inline int
get_number(struct cursor *cursor, size_t *ret)
{
	struct number number = { 0, NULL };

	if (cursor->at != cursor->end && *cursor->at < 0x80) {
		*ret = *cursor->at++;
		return 0;
	}
	number = long_number(cursor->at, cursor->end);
	if (number.behind == NULL)
		return -1;
	cursor->at = number.behind;
	*ret = number.value;
	return 0;
}

/* The next text, which has the next number as its length, and its NUL. */
static inline int
get_text(struct cursor *cursor, char **ret, size_t *ret_len)
{
	if (get_number(cursor, ret_len) != 0 ||
	    *ret_len >= (size_t)(cursor->text_end - cursor->text) ||
	    cursor->text[*ret_len] != '\0')
		return -1;
	*ret = cursor->text;
	cursor->text += *ret_len + 1;
	return 0;
}

/* One without another NUL. */
static inline int
get_string(struct cursor *cursor, size_t max, char **ret, size_t *ret_len)
{
	return get_text(cursor, ret, ret_len) != 0 || *ret_len > max ||
	    memchr(*ret, '\0', *ret_len) != NULL ? -1 : 0;
}

/* Which attributes there have been. */
struct seen {
	uint64_t places;
	bool named;		/* one came with its name */
};

/* One that was not there before. */
static inline int
get_name(struct cursor *cursor, const struct store_names *names,
    const struct entry *entry, struct seen *seen, struct attribute *ret)
{
	uint64_t bit = 0;
	size_t place;

	if (get_number(cursor, &place) != 0 || place > names->count)
		return -1;
	if (place > 0) {
		ret->name = names->list[place - 1].name;
		ret->name_len = names->list[place - 1].len;
		bit = (uint64_t)1 << place;
	} else {
		if (get_string(cursor, NAME_LEN_MAX, &ret->name,
		    &ret->name_len) != 0 || ret->name_len == 0)
			return -1;
		seen->named = true;
	}
	if ((seen->places & bit) != 0 ||
	    (seen->named && entry_get(entry, ret->name) != NULL))
		return -1;
	seen->places |= bit;
	return 0;
}

/* So many, from values on. */
static inline int
get_values(struct cursor *cursor, struct value *values, size_t count)
{
	for (struct value *end = values + count; values != end; values++) {
		char *text;

		if (get_text(cursor, &text, &values->len) != 0)
			return -1;
		values->data = text;
	}
	return 0;
}

/* Into an entry that has room for what the record says it has. */
static int
get_all(struct cursor cursor, const struct store_names *names,
    struct entry *entry, size_t attributes, size_t values)
{
	struct attribute *attribute = entry->attributes;
	struct value *next = attributes == 0 ? NULL : attribute->values;
	struct seen seen = { 0, false };
	const char *texts;
	size_t len;

	if (get_string(&cursor, ENTRY_DN_MAX, &entry->dn, &len) != 0)
		return -1;
	entry->values = values;
	for (; entry->count < attributes; entry->count++, attribute++) {
		if (get_name(&cursor, names, entry, &seen, attribute) != 0 ||
		    get_number(&cursor, &attribute->count) != 0 ||
		    attribute->count == 0 || attribute->count > values)
			return -1;
		texts = cursor.text;
		if (get_values(&cursor, next, attribute->count) != 0)
			return -1;
		attribute->values = next;
		next += attribute->count;
		values -= attribute->count;
		/* each is followed by its NUL */
		entry->bytes += (size_t)(cursor.text - texts) -
		    attribute->count;
	}
	if (!seen.named)
		entry->list = names->attributes;
	return cursor.at == cursor.end && cursor.text == cursor.text_end &&
	    values == 0 && entry->bytes <= ENTRY_BYTES_MAX ? 0 : -1;
}

bool
store_record_sound(const void *record, size_t len, uint32_t number)
{
	return len >= HEAD && store_get_u64(record) ==
	    record_checksum(record, len, number);
}

/* An entry with the room the record says it needs, and a copy of the record in
 * it; where to go on in that. */
static struct entry *
make_room(const void *record, size_t len, size_t *ret_attributes,
    size_t *ret_values, struct cursor *ret, const char **ret_why)
{
	const unsigned char *bytes = record;
	struct cursor cursor = { .at = bytes + HEAD };
	struct entry *entry;
	size_t size, read;
	char *copy;

	*ret_why = "a record cannot be read";
	if (len < HEAD)
		return NULL;
	size = bytes[STORE_CHECKSUM_SIZE] |
	    (size_t)bytes[STORE_CHECKSUM_SIZE + 1] << 8;
	if (size > len - HEAD)
		return NULL;
	cursor.end = cursor.at + size;
	if (get_number(&cursor, ret_attributes) != 0 ||
	    get_number(&cursor, ret_values) != 0 ||
	    *ret_attributes > ENTRY_ATTRIBUTES_MAX ||
	    *ret_values > ENTRY_VALUES_MAX)
		return NULL;
	read = (size_t)(cursor.at - bytes);
	entry = entry_whole(*ret_attributes, *ret_values, record, len, &copy);
	if (entry == NULL) {
		*ret_why = "out of memory";
		return NULL;
	}
	*ret = (struct cursor){ .at = (unsigned char *)copy + read,
		.end = (unsigned char *)copy + HEAD + size,
		.text = copy + HEAD + size, .text_end = copy + len };
	return entry;
}

/* The copy is looked at: what fits the checksum is what is read. */
struct entry *
store_record_get(const void *record, size_t len, uint32_t number,
    const struct store_names *names, const char **ret_why)
{
	size_t attributes, values;
	struct cursor cursor;
	struct entry *entry = make_room(record, len, &attributes, &values,
	    &cursor, ret_why);

	if (entry == NULL)
		return NULL;
	*ret_why = "a record does not fit its checksum";
	if (store_record_sound(cursor.text_end - len, len, number)) {
		*ret_why = "a record cannot be read";
		if (get_all(cursor, names, entry, attributes, values) == 0)
			return entry;
	}
	entry_free(entry);
	return NULL;
}
