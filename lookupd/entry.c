/*
 * Directory entries: bounded, growing lists of attributes and values.
 */
#include "lookupd/entry.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"

/* Longest attribute description; real ones stay below 64. */
#define NAME_MAX_LEN 255

/*
 * Everything of an entry lies in a few blocks, freed together; an entry of the
 * usual size is one block, which begins with the struct itself.  What a
 * growing list leaves behind stays unused.
 */
struct entry_block {
	struct entry_block *next;
};

#define BLOCK_FIRST 1024
#define BLOCK_NEXT 4096
#define ALIGNED(n) (((n) + sizeof(void *) - 1) & ~(sizeof(void *) - 1))
/* Attributes there is room for from the beginning. */
#define ATTRIBUTES_FIRST 8

/* size bytes, aligned for pointers, or NULL. */
static void *
take(struct entry *entry, size_t size)
{
	size_t whole = ALIGNED(size), room = BLOCK_NEXT;
	struct entry_block *block;
	void *taken;

	if (whole > entry->left) {
		if (room < whole + sizeof(*block))
			room = whole + sizeof(*block);
		block = malloc(room);
		if (block == NULL)
			return NULL;
		block->next = entry->blocks;
		entry->blocks = block;
		entry->free = (char *)(block + 1);
		entry->left = room - sizeof(*block);
	}
	taken = entry->free;
	entry->free += whole;
	entry->left -= whole;
	return taken;
}

/* A copy with a NUL behind it, or NULL. */
static char *
copy(struct entry *entry, const void *data, size_t len)
{
	char *to = take(entry, len + 1);

	if (to == NULL)
		return NULL;
	if (len > 0)
		memcpy(to, data, len);
	to[len] = '\0';
	return to;
}

struct entry *
entry_new(const char *dn)
{
	struct entry *entry;
	size_t len, size = ALIGNED(sizeof(*entry));

	if (dn == NULL)
		return NULL;
	len = strlen(dn);
	if (len > ENTRY_DN_MAX)
		return NULL;
	entry = malloc(BLOCK_FIRST);
	if (entry == NULL)
		return NULL;
	memset(entry, 0, sizeof(*entry));
	entry->free = (char *)entry + size;
	entry->left = BLOCK_FIRST - size;
	entry->attributes = take(entry,
	    ATTRIBUTES_FIRST * sizeof(*entry->attributes));
	entry->dn = copy(entry, dn, len);
	if (entry->attributes == NULL || entry->dn == NULL) {
		entry_free(entry);
		return NULL;
	}
	return entry;
}

struct entry *
entry_whole(size_t attributes, size_t values, const void *bytes, size_t len,
    char **ret_copy)
{
	struct entry *entry;
	struct value *list;

	if (attributes > ENTRY_ATTRIBUTES_MAX || values > ENTRY_VALUES_MAX)
		return NULL;
	entry = malloc(sizeof(*entry) + attributes *
	    sizeof(*entry->attributes) + values * sizeof(*list) + len);
	if (entry == NULL)
		return NULL;
	memset(entry, 0, sizeof(*entry));
	entry->whole = true;
	entry->attributes = (struct attribute *)(entry + 1);
	list = (struct value *)(entry->attributes + attributes);
	if (attributes > 0)
		entry->attributes[0].values = list;
	*ret_copy = (char *)(list + values);
	if (len > 0)
		memcpy(*ret_copy, bytes, len);
	return entry;
}

void
entry_free(struct entry *entry)
{
	struct entry_block *block;

	if (entry == NULL)
		return;
	while ((block = entry->blocks) != NULL) {
		entry->blocks = block->next;
		free(block);
	}
	free(entry);
}

/*
 * The list with room for one more item: twice as long at each power of two,
 * from first on.  NULL when memory is out; the old list stays as it was.
 */
static void *
grow(struct entry *entry, void *list, size_t count, size_t first, size_t size)
{
	void *longer;

	if (count != 0 && (count < first || (count & (count - 1)) != 0))
		return list;
	if (count == 0 && list != NULL)
		return list;
	longer = take(entry, (count == 0 ? first : 2 * count) * size);
	if (longer != NULL && count > 0)
		memcpy(longer, list, count * size);
	return longer;
}

/* There is room in its list. */
static int
put_value(struct entry *entry, struct attribute *attribute, const void *data,
    size_t len)
{
	struct value *value = &attribute->values[attribute->count];

	value->data = copy(entry, data, len);
	if (value->data == NULL)
		return -1;
	value->len = len;
	attribute->count++;
	entry->values++;
	entry->bytes += len;
	return 0;
}

static int
attribute_add(struct entry *entry, struct attribute *attribute,
    const void *data, size_t len)
{
	struct value *values = grow(entry, attribute->values,
	    attribute->count, 1, sizeof(*values));

	if (values == NULL)
		return -1;
	attribute->values = values;
	return put_value(entry, attribute, data, len);
}

static struct attribute *
attribute_find(const struct entry *entry, const char *name, size_t len)
{
	struct attribute *at, *end = entry->attributes + entry->count;

	for (at = entry->attributes; at < end; at++) {
		if (at->name_len == len &&
		    text_same_nocase(at->name, len, name, len))
			return at;
	}
	return NULL;
}

static struct attribute *
attribute_new(struct entry *entry, const char *name, size_t name_len)
{
	struct attribute *attributes, *attribute;

	if (entry->count >= ENTRY_ATTRIBUTES_MAX || name_len == 0 ||
	    name_len > NAME_MAX_LEN)
		return NULL;
	attributes = grow(entry, entry->attributes, entry->count,
	    ATTRIBUTES_FIRST, sizeof(*attributes));
	if (attributes == NULL)
		return NULL;
	entry->attributes = attributes;
	attribute = &attributes[entry->count];
	memset(attribute, 0, sizeof(*attribute));
	attribute->name = copy(entry, name, name_len);
	if (attribute->name == NULL)
		return NULL;
	attribute->name_len = name_len;
	entry->count++;
	return attribute;
}

int
entry_add(struct entry *entry, const char *name, const void *value,
    size_t len)
{
	size_t name_len = strlen(name);
	struct attribute *attribute;

	if (entry->whole || entry->values >= ENTRY_VALUES_MAX ||
	    len > ENTRY_BYTES_MAX - entry->bytes)
		return -1;
	attribute = attribute_find(entry, name, name_len);
	if (attribute == NULL)
		attribute = attribute_new(entry, name, name_len);
	return attribute == NULL ? -1 :
	    attribute_add(entry, attribute, value, len);
}

struct attribute *
entry_open(struct entry *entry, const char *name, size_t values)
{
	size_t name_len = strlen(name), room = 1;
	struct attribute *attribute;

	if (entry->whole || values > ENTRY_VALUES_MAX - entry->values ||
	    attribute_find(entry, name, name_len) != NULL)
		return NULL;
	/* as long as grow() would have made it */
	while (room < values)
		room *= 2;
	attribute = attribute_new(entry, name, name_len);
	if (attribute != NULL)
		attribute->values = take(entry,
		    room * sizeof(*attribute->values));
	return attribute == NULL || attribute->values == NULL ? NULL :
	    attribute;
}

int
entry_append(struct entry *entry, struct attribute *attribute,
    const void *value, size_t len)
{
	return len > ENTRY_BYTES_MAX - entry->bytes ? -1 :
	    put_value(entry, attribute, value, len);
}

static const struct attribute *
get(const struct entry *entry, const char *name, size_t len)
{
	const struct attribute *attribute = attribute_find(entry, name, len);

	/* Without a value it is as absent as one never mentioned. */
	return attribute != NULL && attribute->count > 0 ? attribute : NULL;
}

/* Apart from its caller, which mostly does without. */
static __attribute__((noinline)) const struct attribute *
get_by_letters(const struct entry *entry, const char *name)
{
	return get(entry, name, strlen(name));
}

const struct attribute *
entry_get(const struct entry *entry, const char *name)
{
	/* names that come from a profile are mostly its own */
	const struct attribute *listed = entry_get_listed(entry, name);

	return listed != NULL ? listed : get_by_letters(entry, name);
}

const struct attribute *
entry_get_name(const struct entry *entry, const struct attribute_name *name)
{
	return entry_lists(entry, name) ? entry_get_listed(entry, name->text) :
	    get(entry, name->text, name->len);
}

struct attribute_name
attribute_name(const char *name, char *const *list)
{
	struct attribute_name ret = { name, strlen(name), NULL };
	size_t i;

	for (i = 0; list != NULL && list[i] != NULL; i++) {
		if (text_same_nocase(list[i], strlen(list[i]), name, ret.len))
			return (struct attribute_name){ list[i], ret.len,
				list };
	}
	return ret;
}

/* Is that one among the options, which begin with ';'? */
static bool
has_option(const char *options, const char *option, size_t len)
{
	while (*options == ';') {
		size_t other = strcspn(++options, ";");

		if (text_same_nocase(options, other, option, len))
			return true;
		options += other;
	}
	return false;
}

bool
attribute_answers(const char *asked, const char *name)
{
	size_t len = strcspn(asked, ";"), other = strcspn(name, ";");

	if (!text_same_nocase(asked, len, name, other))
		return false;
	for (asked += len; *asked == ';'; asked += len) {
		len = strcspn(++asked, ";");
		if (!has_option(name + other, asked, len))
			return false;
	}
	return true;
}

bool
entry_same_dn(const struct entry *a, const struct entry *b)
{
	return text_same_nocase(a->dn, strlen(a->dn), b->dn, strlen(b->dn));
}

static bool
same_values(const struct attribute *a, const struct attribute *b)
{
	size_t i;

	if (b == NULL || a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++)
		if (a->values[i].len != b->values[i].len ||
		    memcmp(a->values[i].data, b->values[i].data,
		    a->values[i].len) != 0)
			return false;
	return true;
}

bool
entry_same(const struct entry *a, const struct entry *b)
{
	size_t i;

	if (!entry_same_dn(a, b) || a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++)
		if (!same_values(&a->attributes[i],
		    entry_get(b, a->attributes[i].name)))
			return false;
	return true;
}
