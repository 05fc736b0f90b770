/*
 * The configuration reader: what it refuses and with which sentence, what it
 * fills in, and that its dump reads back to the same values.
 */
#include "config.h"

#include "daemon/settings.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/rows.h"

struct sample {
	char *name, *maybe, *path;
	int64_t number, any;
	bool flag;
	int word;
	unsigned words;
	char **list;
	const struct settings_node *group;
};

static const char *const colours[] = { "red", "green", "blue", NULL };

#define AT(field) offsetof(struct sample, field)
static const struct setting table[] = {
	{ .name = "name", .type = SETTING_STRING, .offset = AT(name),
	    .mandatory = true, .help = "what it is called" },
	{ .name = "maybe", .type = SETTING_STRING, .offset = AT(maybe),
	    .empty = true, .fallback = "a b, c" },
	{ .name = "path", .type = SETTING_PATH, .offset = AT(path) },
	{ .name = "number", .type = SETTING_INT, .offset = AT(number),
	    .min = -5, .max = 9000000000, .fallback = "7" },
	{ .name = "any", .type = SETTING_INT, .offset = AT(any) },
	{ .name = "flag", .type = SETTING_BOOL, .offset = AT(flag),
	    .fallback = "true" },
	{ .name = "word", .type = SETTING_WORD, .offset = AT(word),
	    .words = colours, .fallback = "green" },
	{ .name = "words", .type = SETTING_WORDS, .offset = AT(words),
	    .words = colours, .fallback = "red, blue" },
	{ .name = "list", .type = SETTING_STRINGS, .offset = AT(list),
	    .min = 1, .max = 3 },
	{ .name = "group", .type = SETTING_NODE, .offset = AT(group) },
	{ .name = NULL }
};

/* All problems in one string, for comparing. */
static const char *
joined(const struct problems *problems)
{
	static char text[8192];
	FILE *stream = fmemopen(text, sizeof(text), "w");

	assert_non_null(stream);
	problems_print(problems, stream);
	fputc('\0', stream);
	fclose(stream);
	return text;
}

/* Parse and fill; the problems, joined. *into is to be cleared. */
static const char *
read_sample(const char *text, size_t len, struct sample *into)
{
	struct problems problems;
	struct settings *settings;
	const char *said;
	size_t bad = 0;

	problems_init(&problems);
	memset(into, 0, sizeof(*into));
	settings = settings_parse("x.conf", text, len, &problems);
	if (settings != NULL)
		bad = settings_fill(settings_root(settings), table, into,
		    &problems);
	else
		assert_true(problems.count > 0);
	if (settings != NULL)
		assert_int_equal(bad, problems.count);
	said = joined(&problems);
	settings_free(settings);
	problems_free(&problems);
	return said;
}

#define N "name=\"n\";"
#define BYTES(text) text, sizeof(text) - 1
#define DEEP31 "((((((((((((((((((((((((((((((("
#define SHALLOW31 ")))))))))))))))))))))))))))))))"

static const struct {
	const char *name, *text;
	size_t len;
	const char *want;	/* "": no problem */
} rows[] = {
	{ "good", BYTES(N), "" },
	{ "nothing", BYTES(""), "x.conf: the setting 'name' is missing\n" },
	{ "comments", BYTES("# a\n// {\n/* ((\n*/" N), "" },
	{ "comment signs in a string", BYTES("name=\"#/*//\";"), "" },
	{ "brackets in a string", BYTES(N "maybe=\"\\\"((((\\\\\";"), "" },
	{ "CR LF", BYTES(N "\r\nflag=false;\r\n"), "" },
	{ "unknown, near", BYTES(N "\nflog=true;"),
	    "x.conf:2: unknown setting 'flog'; did you mean 'flag'?\n" },
	{ "unknown, two off", BYTES(N "nmuber=1;"),
	    "x.conf:1: unknown setting 'nmuber'; did you mean 'number'?\n" },
	{ "unknown, far", BYTES(N "weather=1;"),
	    "x.conf:1: unknown setting 'weather'\n" },
	{ "duplicate", BYTES(N "\n" N), "x.conf:2: duplicate setting name\n" },
	{ "syntax", BYTES("name=\n\n=;"), "x.conf:3: syntax error\n" },
	{ "all at once", BYTES("name=1;\nflag=1;\nnumber=\"1\";\nword=2;\n"
	    "words=3;\nlist=4;\npath=5;\ngroup=6;"),
	    "x.conf:1: name: must be a string in quotes\n"
	    "x.conf:7: path: must be a string in quotes\n"
	    "x.conf:3: number: must be a whole number without quotes\n"
	    "x.conf:2: flag: must be true or false\n"
	    "x.conf:4: word: must be a word in quotes\n"
	    "x.conf:5: words: must be a list of strings\n"
	    "x.conf:6: list: must be a list of strings\n"
	    "x.conf:8: group: must be a group or a list\n" },
	{ "empty string", BYTES("name=\"\";"),
	    "x.conf:1: name: must not be empty\n" },
	{ "empty allowed", BYTES(N "maybe=\"\";"), "" },
	{ "empty path", BYTES(N "path=\"\";"),
	    "x.conf:1: path: must not be empty\n" },
	{ "relative path", BYTES(N "path=\"a/b\";"),
	    "x.conf:1: path: 'a/b' is not an absolute path\n" },
	{ "below range", BYTES(N "number=-6;"),
	    "x.conf:1: number: -6 is not between -5 and 9000000000\n" },
	{ "above range", BYTES(N "number=9000000001L;"),
	    "x.conf:1: number: 9000000001 is not between -5 and "
	    "9000000000\n" },
	{ "no range", BYTES(N "any=-9223372036854775808L;"), "" },
	{ "hexadecimal", BYTES(N "number=0x7fffffff;"), "" },
	{ "cut by 32 bits", BYTES(N "number=4294967297;"),
	    "x.conf:1: a number this large is written with an L at its "
	    "end\n" },
	{ "hexadecimal cut", BYTES(N "number=0x100000001;"),
	    "x.conf:1: a number this large is written with an L at its "
	    "end\n" },
	{ "past 64 bits", BYTES(N "\nnumber=9223372036854775808L;"),
	    "x.conf:2: a number does not fit 64 bits\n" },
	{ "float", BYTES(N "number=1.5;"),
	    "x.conf:1: number: must be a whole number without quotes\n" },
	{ "unknown word", BYTES(N "word=\"Red\";"),
	    "x.conf:1: word: 'Red' is not one of: red, green, blue\n" },
	{ "unknown in set", BYTES(N "words=(\"red\",\"pink\");"),
	    "x.conf:1: words: 'pink' is not one of: red, green, blue\n" },
	{ "twice in set", BYTES(N "words=[\"red\",\"red\"];"),
	    "x.conf:1: words: 'red' is given twice\n" },
	{ "too few", BYTES(N "list=[];"),
	    "x.conf:1: list: 0 values, at least 1 are needed\n" },
	{ "too many", BYTES(N "list=[\"1\",\"2\",\"3\",\"4\"];"),
	    "x.conf:1: list: 4 values, at most 3 are allowed\n" },
	{ "numbers in a list", BYTES(N "list=(\"a\",1);"),
	    "x.conf:1: list: must be a list of strings\n" },
	{ "empty in a list", BYTES(N "list=(\"a\",\"\");"),
	    "x.conf:1: list: a value must not be empty\n" },
	{ "missing comma", BYTES(N "list=[\"a\"\n /* */ \"b\"];"),
	    "x.conf:2: a comma is missing between two strings\n" },
	{ "long string in parts", BYTES("name=\"a\"\n\"b\";"), "" },
	{ "include", BYTES(N "\n \t@include \"/etc/passwd\"\n"),
	    "x.conf:2: @include is not allowed: one file is the whole "
	    "configuration\n" },
	{ "include in a comment", BYTES(N "/*\n@include \"x\"\n*/"),
	    "x.conf:2: @include is not allowed: one file is the whole "
	    "configuration\n" },
	{ "NUL byte", BYTES(N "\0"),
	    "x.conf: the file contains a NUL byte\n" },
	{ "NUL written", BYTES("name=\"a\\x00b\";"),
	    "x.conf:1: a string contains a NUL byte\n" },
	{ "not a NUL", BYTES("name=\"a\\\\x00b\";"), "" },
	{ "broken line", BYTES("\nname=\"a\nb\";"),
	    "x.conf:2: a string contains the control byte 0x0a\n" },
	{ "filter escape eaten", BYTES("name=\"(cn=\\f6)\";"),
	    "x.conf:1: a string contains the control byte 0x0c\n" },
	{ "control byte deep down", BYTES(N "group={a=(1,[\"\\x1b\"]);};"),
	    "x.conf:1: a string contains the control byte 0x1b\n" },
	{ "endless comment", BYTES(N "\n/* flag=false;"),
	    "x.conf:2: this comment never ends\n" },
	{ "endless string", BYTES("\nname=\"a\\"),
	    "x.conf:2: this string never ends\n" },
	{ "unprintable name", BYTES("name=\"x\";path=\"\xff\\\\\";"),
	    "x.conf:1: path: '\\xff\\\\' is not an absolute path\n" },
	{ "as deep as allowed",
	    BYTES(N "group=(" DEEP31 SHALLOW31 ");"), "" },
	{ "too deep", BYTES(N "\ngroup=((" DEEP31 SHALLOW31 "));"),
	    "x.conf:2: nested too deeply\n" },
	{ "far too deep", BYTES(N "group=(" DEEP31 DEEP31 "\"a\"\"b\""),
	    "x.conf:1: nested too deeply\n" },
};

static void
test_problems(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sample sample;
		const char *got = read_sample(rows[i].text, rows[i].len,
		    &sample);

		row_check(strcmp(got, rows[i].want) == 0, rows[i].name,
		    "want:\n%sgot:\n%s", rows[i].want, got);
		settings_clear(table, &sample);
	}
	rows_end();
}

static void
test_values(void **state)
{
	struct sample s;

	assert_string_equal(read_sample(BYTES("name=\"n\\\"\";"), &s), "");
	assert_string_equal(s.name, "n\"");
	assert_string_equal(s.maybe, "a b, c");
	assert_null(s.path);
	assert_int_equal(s.number, 7);
	assert_int_equal(s.any, 0);
	assert_true(s.flag);
	assert_int_equal(s.word, 1);
	assert_int_equal(s.words, 5);
	assert_null(s.list);
	assert_null(s.group);
	settings_clear(table, &s);
	assert_null(s.name);
	assert_string_equal(read_sample(BYTES(N "number=8000000000L;"
	    "flag=false;words=\"green\";list=(\"a\",\"b\");word=\"blue\""),
	    &s), "");
	assert_int_equal(s.number, 8000000000);
	assert_false(s.flag);
	assert_int_equal(s.word, 2);
	assert_int_equal(s.words, 2);
	assert_string_equal(s.list[0], "a");
	assert_string_equal(s.list[1], "b");
	assert_null(s.list[2]);
	settings_clear(table, &s);
	assert_string_equal(read_sample(BYTES(N "list=\"one\";words=()"),
	    &s), "");
	assert_string_equal(s.list[0], "one");
	assert_null(s.list[1]);
	assert_int_equal(s.words, 0);
	settings_clear(table, &s);
}

static size_t
dump(const struct sample *from, char *into, size_t size)
{
	FILE *stream = fmemopen(into, size, "w");
	long len;

	assert_non_null(stream);
	settings_dump(table, from, stream);
	len = ftell(stream);
	fputc('\0', stream);
	fclose(stream);
	return (size_t)len;
}

static void
test_dump_reads_back(void **state)
{
	static const char *const texts[] = {
		N,
		"name=\"\\\"\\\\x41 \xc3\xbc \\q\";maybe=\"\";path=\"/\";",
		N "number=-5;any=-9223372036854775808L;flag=false;",
		N "number=2147483648L;any=9223372036854775807L;",
		N "any=-2147483648;word=\"red\";words=[];",
		N "words=[\"blue\",\"green\"];list=[\"\\\\\",\"b c\",\"#\"];",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char first[4096], second[4096];
		struct sample s;
		const char *got;
		size_t len;

		got = read_sample(texts[i], strlen(texts[i]), &s);
		row_check(*got == '\0', texts[i], "%s", got);
		len = dump(&s, first, sizeof(first));
		settings_clear(table, &s);
		got = read_sample(first, len, &s);
		row_check(*got == '\0', texts[i], "dump: %s", got);
		dump(&s, second, sizeof(second));
		row_check(strcmp(first, second) == 0, texts[i],
		    "dumped:\n%sthen:\n%s", first, second);
		settings_clear(table, &s);
	}
	rows_end();
}

static void
test_walk(void **state)
{
	static const char text[] =
	    "a=1;\nb=(\"x\",\n{c=\"y\";},[1,2]);\nd={};";
	struct problems problems;
	struct settings *settings, *other;
	const struct settings_node *root, *b;

	problems_init(&problems);
	settings = settings_parse("w.conf", text, strlen(text), &problems);
	other = settings_parse("o.conf", "a=1;", 4, &problems);
	assert_non_null(settings);
	assert_non_null(other);
	assert_true(settings_hash(settings) != settings_hash(other));
	assert_true(settings_hash(other) == 0xed9ea382c45f2717ULL);
	root = settings_root(settings);
	assert_int_equal(settings_shape(root), SETTINGS_GROUP);
	assert_int_equal(settings_count(root), 3);
	assert_null(settings_name(root));
	assert_null(settings_at(root, 3));
	b = settings_at(root, 1);
	assert_int_equal(settings_shape(b), SETTINGS_SEQUENCE);
	assert_int_equal(settings_count(b), 3);
	assert_string_equal(settings_name(b), "b");
	assert_string_equal(settings_file(b), "w.conf");
	assert_int_equal(settings_line(b), 2);
	assert_null(settings_string(b));
	assert_string_equal(settings_string(settings_at(b, 0)), "x");
	assert_int_equal(settings_line(settings_at(b, 1)), 3);
	assert_int_equal(settings_shape(settings_at(b, 0)), SETTINGS_SCALAR);
	assert_int_equal(settings_count(settings_at(b, 0)), 0);
	assert_null(settings_string(settings_at(root, 0)));
	assert_int_equal(settings_shape(settings_at(root, 2)), SETTINGS_GROUP);
	settings_free(settings);
	settings_free(other);
	settings_free(NULL);
	assert_int_equal(problems.count, 0);
	problems_free(&problems);
}

static void
test_files(void **state)
{
	char folder[] = "/tmp/ca.XXXXXX", path[64];
	struct problems problems;
	struct settings *settings;
	FILE *file;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.conf", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(N, file);
	fclose(file);
	chmod(path, 0644);
	problems_init(&problems);
	settings = settings_read(path, &problems);
	assert_non_null(settings);
	settings_free(settings);
	assert_int_equal(problems.count, 0);
	chmod(path, 0666);
	assert_null(settings_read(path, &problems));
	assert_int_equal(problems.count, 1);
	assert_true(strncmp(problems.items[0], path, strlen(path)) == 0);
	unlink(path);
	rmdir(folder);
	assert_null(settings_read(path, &problems));
	assert_int_equal(problems.count, 2);
	problems_free(&problems);
	problems_free(&problems);
	problems_free(NULL);
}

static void
test_many_problems(void **state)
{
	struct problems problems;

	problems_init(&problems);
	for (int i = 0; i < PROBLEMS_MAX + 7; i++)
		problems_add(&problems, "f\n", 3, "%s", "a\x1b");
	assert_int_equal(problems.count, PROBLEMS_MAX + 7);
	assert_string_equal(problems.items[0], "f\\x0a:3: a\\x1b");
	assert_non_null(strstr(joined(&problems), "\nand 7 more\n"));
	problems_free(&problems);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_dump_reads_back),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_many_problems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
