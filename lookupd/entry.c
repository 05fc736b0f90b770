/*
 * Directory entries: bounded, growing lists of attributes and values.
 */
#include "lookupd/entry.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"

/* Longest attribute description; real ones stay below 64. */
#define NAME_MAX_LEN 255

struct entry *
entry_new(const char *dn)
{
	struct entry *entry;
	size_t len;

	if (dn == NULL)
		return NULL;
	len = strlen(dn);
	if (len > ENTRY_DN_MAX)
		return NULL;
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return NULL;
	entry->dn = malloc(len + 1);
	if (entry->dn == NULL) {
		free(entry);
		return NULL;
	}
	memcpy(entry->dn, dn, len + 1);
	return entry;
}

void
entry_free(struct entry *entry)
{
	size_t i, j;

	if (entry == NULL)
		return;
	for (i = 0; i < entry->count; i++) {
		struct attribute *attribute = &entry->attributes[i];

		for (j = 0; j < attribute->count; j++)
			free((void *)attribute->values[j].data);
		free(attribute->values);
		free(attribute->name);
	}
	free(entry->dn);
	free(entry);
}

/* Make room for one more value: the array doubles at each power of two. */
static int
attribute_grow(struct attribute *attribute)
{
	size_t count = attribute->count;
	struct value *values;

	if ((count & (count - 1)) != 0)
		return 0;
	values = realloc(attribute->values,
	    (count == 0 ? 1 : 2 * count) * sizeof(*values));
	if (values == NULL)
		return -1;
	attribute->values = values;
	return 0;
}

static int
attribute_add(struct attribute *attribute, const void *value, size_t len)
{
	char *copy;

	if (attribute_grow(attribute) < 0)
		return -1;
	copy = malloc(len + 1);
	if (copy == NULL)
		return -1;
	if (len > 0)
		memcpy(copy, value, len);
	copy[len] = '\0';
	attribute->values[attribute->count].data = copy;
	attribute->values[attribute->count].len = len;
	attribute->count++;
	return 0;
}

bool
entry_is_named(const struct attribute *attribute, const char *name)
{
	return text_same_nocase(attribute->name, attribute->name_len, name,
	    strlen(name));
}

static struct attribute *
attribute_find(const struct entry *entry, const char *name)
{
	size_t len = strlen(name), i;

	for (i = 0; i < entry->count; i++) {
		const struct attribute *attribute = &entry->attributes[i];

		if (attribute->name_len == len && text_same_nocase(
		    attribute->name, len, name, len))
			return (struct attribute *)attribute;
	}
	return NULL;
}

int
entry_add(struct entry *entry, const char *name, const void *value,
    size_t len)
{
	struct attribute *attribute;
	size_t name_len = strlen(name);

	if (entry->values >= ENTRY_VALUES_MAX ||
	    len > ENTRY_BYTES_MAX - entry->bytes)
		return -1;
	attribute = attribute_find(entry, name);
	if (attribute == NULL) {
		if (entry->count >= ENTRY_ATTRIBUTES_MAX || name_len == 0 ||
		    name_len > NAME_MAX_LEN)
			return -1;
		attribute = &entry->attributes[entry->count];
		attribute->name = malloc(name_len + 1);
		if (attribute->name == NULL)
			return -1;
		memcpy(attribute->name, name, name_len + 1);
		attribute->name_len = name_len;
		entry->count++;
	}
	if (attribute_add(attribute, value, len) < 0)
		return -1;
	entry->values++;
	entry->bytes += len;
	return 0;
}

const struct attribute *
entry_get(const struct entry *entry, const char *name)
{
	const struct attribute *attribute = attribute_find(entry, name);

	/* Without a value it is as absent as one never mentioned. */
	return attribute != NULL && attribute->count > 0 ? attribute : NULL;
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
