/* The effective values, printed so that settings_parse reads them back. */
#include "config.h"

#include "daemon/settings_tree.h"

#include <string.h>

static void
dump_string(FILE *stream, const char *text)
{
	fputc('"', stream);
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(stream, "\\%c", c);
		else if (c >= 0x20 && c < 0x7f)
			fputc(c, stream);
		else
			fprintf(stream, "\\x%02x", c);
	}
	fputc('"', stream);
}

static void
dump_strings(FILE *stream, char *const *strings)
{
	fputs("[", stream);
	for (size_t i = 0; strings[i] != NULL; i++) {
		fputs(i > 0 ? ", " : " ", stream);
		dump_string(stream, strings[i]);
	}
	fputs(" ]", stream);
}

static void
dump_words(FILE *stream, const char *const *words, unsigned set)
{
	const char *before = " ";

	fputs("[", stream);
	for (unsigned i = 0; words[i] != NULL && i < 8 * sizeof(set); i++) {
		if ((set & (1U << i)) == 0)
			continue;
		fputs(before, stream);
		dump_string(stream, words[i]);
		before = ", ";
	}
	fputs(" ]", stream);
}

/* An integer past 32 bits is written with an L. */
static void
dump_int(FILE *stream, int64_t value)
{
	fprintf(stream, "%lld%s", (long long)value,
	    value > INT32_MAX || value < INT32_MIN ? "L" : "");
}

static bool
is_unset(const struct setting *setting, const void *field)
{
	switch (setting->type) {
	case SETTING_STRING:
	case SETTING_PATH:
		return *(char *const *)field == NULL;
	case SETTING_STRINGS:
		return *(char **const *)field == NULL;
	default:
		return false;
	}
}

static void
dump_value(FILE *stream, const struct setting *setting, const void *field)
{
	switch (setting->type) {
	case SETTING_STRING:
	case SETTING_PATH:
		dump_string(stream, *(char *const *)field);
		break;
	case SETTING_INT:
		dump_int(stream, *(const int64_t *)field);
		break;
	case SETTING_BOOL:
		fputs(*(const bool *)field ? "true" : "false", stream);
		break;
	case SETTING_WORD:
		dump_string(stream, setting->words[*(const int *)field]);
		break;
	case SETTING_WORDS:
		dump_words(stream, setting->words, *(const unsigned *)field);
		break;
	case SETTING_STRINGS:
		dump_strings(stream, *(char **const *)field);
		break;
	case SETTING_NODE:
		break;
	}
}

void
settings_dump(const struct setting *table, const void *from, FILE *stream)
{
	for (; table->name != NULL; table++) {
		const void *field = settings_field_const(table, from);

		/* what is in a group, its reader has to print */
		if (table->type == SETTING_NODE)
			continue;
		if (table->help != NULL)
			fprintf(stream, "# %s\n", table->help);
		if (is_unset(table, field)) {
			fprintf(stream, "# %s is not set\n", table->name);
			continue;
		}
		fprintf(stream, "%s = ", table->name);
		dump_value(stream, table, field);
		fputs(";\n", stream);
	}
}
