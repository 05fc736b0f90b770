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

/* The same as the store would give it: named by the list, where the list has
 * the name.  Borrows from both. */
static inline struct entry *
entry_from_list(const struct entry *from, char *const *list)
{
	char *copy;
	struct entry *entry = entry_whole(from->count, from->values, NULL, 0,
	    &copy);
	struct value *values;
	bool all = true;
	size_t i;

	assert_non_null(entry);
	entry->dn = from->dn;
	values = from->count == 0 ? NULL : entry->attributes[0].values;
	for (i = 0; i < from->count; i++) {
		struct attribute *attribute = &entry->attributes[i];
		struct attribute_name name = attribute_name(
		    from->attributes[i].name, list);

		*attribute = from->attributes[i];
		attribute->name = (char *)(uintptr_t)name.text;
		attribute->values = memcpy(values, attribute->values,
		    attribute->count * sizeof(*values));
		values += attribute->count;
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
