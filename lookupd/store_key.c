/*
 * Folding and hashing.
 */
#include "lookupd/store_key.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "lookupd/hash.h"

/* A value as it reads once folded (value.h, text). */
struct folded {
	char *data;		/* STORE_KEY_VALUE_MAX bytes */
	size_t len;
	bool space;		/* one is due before the next byte */
	bool too_long;
};

static char
folded_byte(char byte)
{
	return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

#define ALL(byte) ((byte) * 0x0101010101010101ULL)

/* Eight bytes at once: of each, is it from A to Z?  Then its bit of case is
 * set. */
static uint64_t
folded_eight(uint64_t word)
{
	uint64_t low = word & ALL(0x7fULL);
	uint64_t from_a = low + ALL(0x80ULL - 'A');
	uint64_t past_z = low + ALL(0x7fULL - 'Z');

	return word | (from_a & ~past_z & ~word & ALL(0x80ULL)) >> 2;
}

/* Not 0 when one of the eight is a space. */
static uint64_t
spaces_of_eight(uint64_t word)
{
	word ^= ALL((uint64_t)' ');
	return (word - ALL(1ULL)) & ~word & ALL(0x80ULL);
}

/* The last eight may overlap those before them.  False: there is a space, and
 * what was written is of no use. */
static bool
fold_bytes(char *to, const char *bytes, size_t len)
{
	uint64_t spaces = 0, word;

	for (size_t at = 0; len >= sizeof(word) && at < len;
	    at += sizeof(word)) {
		if (at > len - sizeof(word))
			at = len - sizeof(word);
		memcpy(&word, bytes + at, sizeof(word));
		spaces |= spaces_of_eight(word);
		word = folded_eight(word);
		memcpy(to + at, &word, sizeof(word));
	}
	for (size_t at = 0; len < sizeof(word) && at < len; at++) {
		spaces |= bytes[at] == ' ';
		to[at] = folded_byte(bytes[at]);
	}
	return spaces == 0;
}

/* Most values are addresses, without a space. */
static bool
fold_plain(struct folded *folded, const char *bytes, size_t len)
{
	if (folded->space || len >= STORE_KEY_VALUE_MAX - folded->len ||
	    !fold_bytes(folded->data + folded->len, bytes, len))
		return false;
	folded->len += len;
	return true;
}

static void
fold(struct folded *folded, const char *bytes, size_t len)
{
	if (fold_plain(folded, bytes, len))
		return;
	for (size_t i = 0; i < len; i++) {
		char byte = bytes[i];

		if (byte == ' ') {
			folded->space = folded->len > 0;
			continue;
		}
		if (folded->len + 2 > STORE_KEY_VALUE_MAX) {
			folded->too_long = true;
			return;
		}
		if (folded->space)
			folded->data[folded->len++] = ' ';
		folded->space = false;
		folded->data[folded->len++] = folded_byte(byte);
	}
}

static void
fold_start(struct folded *folded, char *data)
{
	folded->data = data;
	folded->len = 0;
	folded->space = folded->too_long = false;
}

static uint64_t
hash_of(const struct store_keys *keys, const struct folded *folded)
{
	return hash_bytes(keys->seed, folded->data, folded->len) &
	    ~(uint64_t)STORE_NUMBER_MAX;
}

void
store_keys_init(struct store_keys *keys, uint64_t seed)
{
	memset(keys, 0, sizeof(*keys));
	keys->seed = seed;
}

bool
store_keys_have_text(const struct store_keys *keys, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < keys->count; i++) {
		const char *other = keys->attributes[i];

		if (text_same_nocase(other, strlen(other), name, len))
			return true;
	}
	return false;
}

void
store_keys_add(struct store_keys *keys, const char *attribute)
{
	if (attribute != NULL && !store_keys_have(keys, attribute) &&
	    keys->count < STORE_KEY_ATTRIBUTES_MAX)
		keys->attributes[keys->count++] = attribute;
}

static int
add_hash(struct store_hashes *ret, uint64_t hash)
{
	if (ret->count == ret->capacity) {
		size_t capacity = ret->capacity == 0 ? 16 : 2 * ret->capacity;
		uint64_t *grown = realloc(ret->hashes,
		    capacity * sizeof(*grown));

		if (grown == NULL)
			return -1;
		ret->hashes = grown;
		ret->capacity = capacity;
	}
	ret->hashes[ret->count++] = hash;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int
store_keys_of(const struct store_keys *keys, const struct entry *entry,
    struct store_hashes *ret)
{
	char data[STORE_KEY_VALUE_MAX];
	struct folded folded;
	size_t kept = 0;

	ret->count = 0;
	for (size_t i = 0; i < keys->count; i++) {
		const struct attribute *attribute = entry_get(entry,
		    keys->attributes[i]);

		for (size_t j = 0; attribute != NULL && j < attribute->count;
		    j++) {
			fold_start(&folded, data);
			fold(&folded, attribute->values[j].data,
			    attribute->values[j].len);
			if (!folded.too_long && add_hash(ret, hash_of(
			    keys, &folded)) != 0)
				return -1;
		}
	}
	if (ret->count > 1)
		qsort(ret->hashes, ret->count, sizeof(*ret->hashes), compare);
	for (size_t i = 0; i < ret->count; i++) {
		if (i == 0 || ret->hashes[i] != ret->hashes[i - 1])
			ret->hashes[kept++] = ret->hashes[i];
	}
	ret->count = kept;
	return 0;
}

void
store_hashes_free(struct store_hashes *hashes)
{
	free(hashes->hashes);
	memset(hashes, 0, sizeof(*hashes));
}

bool
store_hashes_contain(const struct store_hashes *hashes, uint64_t hash)
{
	return hashes->count > 0 && bsearch(&hash, hashes->hashes,
	    hashes->count, sizeof(hash), compare) != NULL;
}

bool
store_key_wanted(const struct store_keys *keys, const char *prefix,
    const char *value, size_t len, struct store_wanted *ret)
{
	struct folded folded;

	fold_start(&folded, ret->folded);
	if (prefix != NULL)
		fold(&folded, prefix, strlen(prefix));
	fold(&folded, value, len);
	if (folded.too_long)
		return false;
	ret->len = folded.len;
	ret->hash = hash_of(keys, &folded);
	return true;
}

/* Is that what the value reads as, folded?  Found out on the way. */
static bool
folds_to(const struct value *value, const struct store_wanted *wanted)
{
	const char *want = wanted->folded, *end = want + wanted->len;
	bool space = false;

	/* what is folded already stays as it is */
	if (value->len == wanted->len &&
	    memcmp(value->data, want, value->len) == 0)
		return true;
	for (size_t i = 0; i < value->len; i++) {
		if (value->data[i] == ' ') {
			space = want > wanted->folded;
			continue;
		}
		if (space && (want == end || *want++ != ' '))
			return false;
		space = false;
		if (want == end || *want++ != folded_byte(value->data[i]))
			return false;
	}
	return want == end;
}

bool
store_key_found(const char *name, const struct store_wanted *wanted,
    const struct entry *entry)
{
	const struct attribute *attribute = entry_get(entry, name);

	for (size_t i = 0; attribute != NULL && i < attribute->count; i++) {
		if (folds_to(&attribute->values[i], wanted))
			return true;
	}
	return false;
}
