/*
 * What the tests of the pure ring share: entries and profiles from text.
 */
#ifndef CERTAUTH_TESTS_PURE_H
#define CERTAUTH_TESTS_PURE_H

#include "lookupd/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/rows.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* "name=value|name=value": an entry. */
static inline struct entry *
entry_of(const char *dn, const char *text)
{
	struct entry *entry = entry_new(dn);

	assert_non_null(entry);
	while (*text != '\0') {
		char name[128];
		const char *equal = strchr(text, '=');
		size_t len;

		assert_non_null(equal);
		len = strcspn(equal + 1, "|");
		(void)snprintf(name, sizeof(name), "%.*s",
		    (int)(equal - text), text);
		assert_int_equal(entry_add(entry, name, equal + 1, len), 0);
		text = equal + 1 + len;
		text += *text == '|' ? 1 : 0;
	}
	return entry;
}

/* All its texts, one behind the other. */
static inline void
texts_of(const struct entry *entry, struct buffer *out)
{
	size_t i, j;

	buffer_put(out, entry->dn, strlen(entry->dn) + 1);
	for (i = 0; i < entry->count; i++) {
		const struct attribute *attribute = &entry->attributes[i];

		buffer_put(out, attribute->name, attribute->name_len + 1);
		for (j = 0; j < attribute->count; j++)
			buffer_put(out, attribute->values[j].data,
			    attribute->values[j].len + 1);
	}
}

/* The same entry as the store gives it: named by the list, which it borrows,
 * where that has the name. */
static inline struct entry *
entry_from_list(const struct entry *from, char *const *list)
{
	struct buffer texts;
	struct entry *entry;
	struct value *value;
	bool all = true;
	size_t i, j;
	char *at;

	buffer_init(&texts, 1024 * 1024);
	texts_of(from, &texts);
	entry = entry_whole(from->count, from->values, texts.data, texts.len,
	    &at);
	buffer_free(&texts);
	assert_non_null(entry);
	value = from->count == 0 ? NULL : entry->attributes[0].values;
	entry->dn = at;
	at += strlen(at) + 1;
	for (i = 0; i < from->count; i++) {
		struct attribute *attribute = &entry->attributes[i];
		struct attribute_name name = attribute_name(at, list);

		*attribute = from->attributes[i];
		attribute->name = (char *)(uintptr_t)name.text;
		attribute->values = value;
		at += name.len + 1;
		for (j = 0; j < attribute->count; j++, value++) {
			*value = from->attributes[i].values[j];
			value->data = at;
			at += value->len + 1;
		}
		all = all && name.list != NULL;
	}
	entry->count = from->count;
	entry->values = from->values;
	entry->bytes = from->bytes;
	if (all)
		entry->list = list;
	return entry;
}

/* The profile that is this text, by way of a file; NULL with problems. */
static inline struct profile *
profile_of(const char *text, size_t len, struct problems *problems)
{
	char path[] = "/tmp/ca.XXXXXX";
	struct profile *profile;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
	profile = profile_read(path, problems);
	unlink(path);
	return profile;
}

/* One that must be good. */
static inline struct profile *
profile_good(const char *text)
{
	struct problems problems;
	struct profile *profile;

	problems_init(&problems);
	profile = profile_of(text, strlen(text), &problems);
	problems_print(&problems, stderr);
	problems_free(&problems);
	assert_non_null(profile);
	return profile;
}

/* A profile of etc/profiles. */
static inline struct profile *
profile_shipped(const char *name)
{
	static char text[64 * 1024];
	const char *top = getenv("top_srcdir");
	char path[4096];
	size_t len;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/etc/profiles/%s.conf",
	    top == NULL ? "." : top, name);
	file = fopen(path, "r");
	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	return profile_good(text);
}

#endif
