/*
 * A table of rows for a profile: profile-NAME.tsv, read.
 */
#ifndef CERTAUTH_TESTS_PROFILE_TABLE_H
#define CERTAUTH_TESTS_PROFILE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define TABLE_ROWS_MAX 256

struct row {
	const char *name;
	const char *identity;		/* "source:value" */
	const char *entry;		/* "a=x|a=y", the one to be changed */
	const char *change;
	const char *verdict;
	const char *reason;
	int64_t now_us;
	int64_t lockout_s;
};

struct table {
	char *text;			/* what the rows point into */
	struct row rows[TABLE_ROWS_MAX];
	size_t count;
};

/* The file of the source tree at that path around the profile's name; the
 * caller frees it. */
char *profile_table_text(const char *before, const char *name,
    const char *after);

struct table *profile_table_read(const char *name);
void profile_table_free(struct table *table);

#endif
