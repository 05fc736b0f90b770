/*
 * Filters: what is taken prints, and parses again to the same; evaluating it
 * keeps the laws of three values.  The input is a filter, then perhaps lines
 * "name=value" that make the entry; attributes are named after their types.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lookupd/filter_node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static enum value_type
type_of(const void *types, const char *attribute)
{
	int type = value_type_parse(attribute);

	return type < 0 ? VALUE_TEXT : (enum value_type)type;
}

static struct entry *
make_entry(const char *text, size_t len)
{
	struct entry *entry = entry_new("cn=fuzz");
	const char *end, *equal;
	char name[32];

	require(entry != NULL);
	for (; len > 0; len -= (size_t)(end - text), text = end) {
		end = memchr(text, '\n', len);
		end = end == NULL ? text + len : end + 1;
		equal = memchr(text, '=', (size_t)(end - text));
		if (equal == NULL || equal == text ||
		    (size_t)(equal - text) >= sizeof(name))
			continue;
		memcpy(name, text, (size_t)(equal - text));
		name[equal - text] = '\0';
		(void)entry_add(entry, name, equal + 1,
		    (size_t)(end - equal) - 1);
	}
	return entry;
}

static struct filter *
reparse(const struct filter *filter, struct buffer *print)
{
	char error[FILTER_ERROR_MAX];
	struct filter *again;
	struct buffer second;

	filter_print(filter, print);
	require(!print->failed);
	/* escaping may make it longer than a configuration may write it */
	if (print->len > FILTER_TEXT_MAX)
		return NULL;
	again = filter_parse(print->data, print->len, error);
	require(again != NULL);
	buffer_init(&second, print->max);
	filter_print(again, &second);
	require(second.len == print->len &&
	    memcmp(second.data, print->data, print->len) == 0);
	buffer_free(&second);
	return again;
}

/* (!F), and (&F), (|F), over the same entry. */
static void
check_laws(const struct filter *filter, const struct entry *entry,
    const struct filter_context *context)
{
	enum truth truth = filter_eval(filter, entry, context), other;
	struct filter outer = { .child = (struct filter *)(uintptr_t)filter };

	outer.kind = FILTER_NOT;
	other = filter_eval(&outer, entry, context);
	require(truth == TRUTH_UNDEFINED ? other == TRUTH_UNDEFINED :
	    other != TRUTH_UNDEFINED && other != truth);
	outer.kind = FILTER_AND;
	require(filter_eval(&outer, entry, context) == truth);
	outer.kind = FILTER_OR;
	require(filter_eval(&outer, entry, context) == truth);
}

/* Names, each once, as a profile's list of attributes. */
struct names {
	char *list[FILTER_NODES_MAX + 1];
	size_t count;
};

static void
add_name(void *context, const char *name)
{
	struct names *names = context;

	if (attribute_name(name, names->list).list == NULL &&
	    names->count < FILTER_NODES_MAX)
		names->list[names->count++] = (char *)(uintptr_t)name;
}

/* The entry as a store would give it, named by the list as far as that has the
 * names; borrowed from both. */
static struct entry *
name_by_list(const struct entry *from, char *const *list)
{
	char *copy;
	struct entry *entry = entry_whole(from->count, 0, NULL, 0, &copy);
	bool all = true;

	require(entry != NULL);
	entry->dn = from->dn;
	for (; entry->count < from->count; entry->count++) {
		const struct attribute *attribute =
		    &from->attributes[entry->count];
		struct attribute_name name = attribute_name(attribute->name,
		    list);

		entry->attributes[entry->count] = *attribute;
		entry->attributes[entry->count].name =
		    (char *)(uintptr_t)name.text;
		all = all && name.list != NULL;
	}
	if (all)
		entry->list = list;
	return entry;
}

/* Bound, and with names from a list: the same as before, over entries that are
 * named by the list and over others. */
static void
check_bound(struct filter *filter, const struct entry *entry,
    const struct filter_context *context, enum truth truth)
{
	struct names names = { { NULL }, 0 }, others = { { NULL }, 0 };
	struct entry *listed, *other;
	size_t i;

	filter_bind(filter, context);
	require(filter_eval(filter, entry, context) == truth);
	filter_attributes(filter, add_name, &names);
	for (i = 0; i < entry->count && i % 4 < 3; i++) {
		add_name(&names, entry->attributes[i].name);
		add_name(&others, entry->attributes[i].name);
	}
	filter_share_names(filter, names.list);
	listed = name_by_list(entry, names.list);
	other = name_by_list(entry, others.list);
	require(filter_eval(filter, entry, context) == truth);
	require(filter_eval(filter, listed, context) == truth);
	require(filter_eval(filter, other, context) == truth);
	check_laws(filter, listed, context);
	entry_free(listed);
	entry_free(other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t lockouts[] = { 0, 3600, INT64_MAX };
	struct filter_context context = { .type_of = type_of,
	    .types = lockouts, .now_us = INT64_C(1767225600) * 1000000 };
	const uint8_t *end = memchr(data, '\n', size);
	size_t len = end == NULL ? size : (size_t)(end - data), i;
	char error[FILTER_ERROR_MAX], *text = malloc(len + 1);
	const char *attribute;
	struct filter *filter, *again;
	struct entry *entry;
	struct buffer print;

	require(text != NULL);
	memcpy(text, data, len);
	filter = filter_parse(text, len, error);
	free(text);
	require((filter == NULL) == (error[0] != '\0'));
	if (filter == NULL)
		return 0;
	entry = len < size ? make_entry((const char *)data + len + 1,
	    size - len - 1) : make_entry("", 0);
	buffer_init(&print, 64 * 1024);
	again = reparse(filter, &print);
	for (i = 0; i < sizeof(lockouts) / sizeof(lockouts[0]); i++) {
		context.lockout_s = lockouts[i];
		check_laws(filter, entry, &context);
		require(again == NULL ||
		    filter_eval(filter, entry, &context) ==
		    filter_eval(again, entry, &context));
	}
	(void)filter_evaluable(filter, &context, &attribute);
	check_bound(filter, entry, &context,
	    filter_eval(filter, entry, &context));
	filter_free(again);
	filter_free(filter);
	entry_free(entry);
	buffer_free(&print);
	return 0;
}
