/*
 * Lines of tab-separated columns: two are a setting for the rows that follow,
 * five are a row.
 */
#include "tests/unit/profile_table.h"

#include "tests/unit/pure.h"

#define COLUMNS 5

char *
profile_table_text(const char *before, const char *name,
    const char *after)
{
	const char *top = getenv("top_srcdir");
	char path[4096], *text = calloc(1, 64 * 1024);
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s%s%s",
	    top == NULL ? "." : top, before, name, after);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, 64 * 1024, file) < 64 * 1024);
	fclose(file);
	return text;
}

/* "clock", "lockout", "identity", "entry": true of the rows that follow. */
static void
take_setting(struct row *current, char *const *columns)
{
	long long number;

	if (strcmp(columns[0], "identity") == 0) {
		current->identity = columns[1];
	} else if (strcmp(columns[0], "entry") == 0) {
		current->entry = columns[1];
	} else if (strcmp(columns[0], "clock") == 0) {
		assert_int_equal(value_parse_time(columns[1],
		    strlen(columns[1]), &current->now_us), 0);
	} else {
		assert_string_equal(columns[0], "lockout");
		number = strtoll(columns[1], NULL, 10);
		current->lockout_s = number;
	}
}

struct table *
profile_table_read(const char *name)
{
	struct table *table = calloc(1, sizeof(*table));
	struct row current = { .name = "" };
	char *line, *next, *columns[COLUMNS + 1];
	size_t count;

	assert_non_null(table);
	table->text = next = profile_table_text("tests/unit/profile-", name,
	    ".tsv");
	while ((line = strsep(&next, "\n")) != NULL) {
		if (line[0] == '#' || line[0] == '\0')
			continue;
		for (count = 0; count <= COLUMNS && line != NULL; count++)
			columns[count] = strsep(&line, "\t");
		if (count == 2) {
			take_setting(&current, columns);
			continue;
		}
		if (count != COLUMNS || table->count == TABLE_ROWS_MAX)
			fail_msg("%s: row \"%s\" has %zu columns", name,
			    columns[0], count);
		table->rows[table->count] = current;
		table->rows[table->count].name = columns[0];
		if (strcmp(columns[1], "-") != 0)
			table->rows[table->count].identity = columns[1];
		table->rows[table->count].change = columns[2];
		table->rows[table->count].verdict = columns[3];
		table->rows[table->count].reason = columns[4];
		table->count++;
	}
	return table;
}

void
profile_table_free(struct table *table)
{
	free(table->text);
	free(table);
}
