/*
 * LDIF: entries out of bytes, however these are cut; what is not an entry is
 * an error with its line.
 */
#include "lookupd/ldif.h"

#include "tests/unit/pure.h"

static char attr_mail[] = "mail", attr_status[] = "status",
    attr_option[] = "cn;lang-de";
static char *wanted[] = { attr_mail, attr_status, attr_option, NULL };

/* Entries as text: "DN[mail=a,mail=b,status=c]" each. */
struct taken {
	char text[4096];
	size_t len;
	int stop_after;
};

static int
take(void *context, struct entry *entry)
{
	struct taken *taken = context;
	char *at = taken->text + taken->len;
	size_t room = sizeof(taken->text) - taken->len, used;

	used = (size_t)snprintf(at, room, "%s[", entry->dn);
	for (size_t i = 0; i < entry->count; i++) {
		for (size_t j = 0; j < entry->attributes[i].count; j++)
			used += (size_t)snprintf(at + used, room - used,
			    "%s%s=%s", at[used - 1] == '[' ? "" : ",",
			    entry->attributes[i].name,
			    entry->attributes[i].values[j].data);
	}
	used += (size_t)snprintf(at + used, room - used, "]");
	taken->len += used;
	entry_free(entry);
	return --taken->stop_after == 0 ? -1 : 0;
}

static const struct {
	const char *name, *text, *entries, *error;
	unsigned long line;
} rows[] = {
	{ "nothing", "", "", "", 0 },
	{ "empty lines", "\n\n\n", "", "", 0 },
	{ "one entry", "dn: uid=a\nmail: a@b\nstatus: active\nother: x\n",
	    "uid=a[mail=a@b,status=active]", "", 0 },
	{ "a version before it", "version: 1\n\ndn: a\nmail: x\n",
	    "a[mail=x]", "", 0 },
	{ "a version in its record", "version: 1\ndn: a\nmail: x\n",
	    "a[mail=x]", "", 0 },
	{ "another version", "version: 2\n\ndn: a\n", "", "version", 1 },
	{ "a version later", "dn: a\n\nversion: 1\n", "a[]",
	    "begin with dn", 3 },
	{ "two, many lines between", "dn: a\n\n\n\ndn: b\nmail: x\nmail: y\n\n",
	    "a[]b[mail=x,mail=y]", "", 0 },
	{ "CR LF", "dn: a\r\nmail: x\r\n\r\ndn: b\r\n", "a[mail=x]b[]", "",
	    0 },
	{ "folded", "dn: uid=a,\n dc=b\nmail: one\n  two\n ,th\n ree\n",
	    "uid=a,dc=b[mail=one two,three]", "", 0 },
	{ "comments", "# x\ndn: a\n# mail: no\n  more of it\nmail: yes\n#\n",
	    "a[mail=yes]", "", 0 },
	{ "a comment between records", "dn: a\n\n# c\n\ndn: b\n", "a[]b[]", "",
	    0 },
	{ "base64", "dn:: dWlkPWE=\nmail:: YUBi\n", "uid=a[mail=a@b]", "", 0 },
	{ "bad base64", "dn: a\nmail:: YU*i\n", "", "no base64", 2 },
	{ "short base64", "dn: a\nmail:: YUB\n", "", "no base64", 2 },
	{ "only padding", "dn: a\nmail:: ====\n", "", "no base64", 2 },
	{ "case and options", "DN: a\nMail;lang-en: x\nSTATUS: s\n",
	    "a[mail=x,status=s]", "", 0 },
	{ "an option that is wanted", "dn: a\ncn;lang-de: x\nCN;a;LANG-DE: y\n"
	    "cn: z\ncn;lang-en: z\n", "a[cn;lang-de=x,cn;lang-de=y]", "", 0 },
	{ "an empty value", "dn: a\nstatus:\n", "a[status=]", "", 0 },
	{ "the first of two is taken, the second wrong",
	    "dn: a\n\ndn: b\nmail x\n\n", "a[]", "colon", 4 },
	{ "no dn", "mail: x\n", "", "begin with dn", 1 },
	{ "include", "dn: a\n\ninclude: file:///etc/passwd\n", "a[]",
	    "include", 3 },
	{ "include in a record", "dn: a\ninclude: file:///x\n", "",
	    "include", 2 },
	{ "a value from elsewhere", "dn: a\nmail:< file:///etc/passwd\n", "",
	    "elsewhere", 2 },
	{ "a dn from elsewhere", "dn:< file:///etc/passwd\n", "", "elsewhere",
	    1 },
	{ "a change", "dn: a\nchangetype: delete\n", "", "change record", 2 },
	{ "a control", "dn: a\ncontrol: 1.2.3 true\n", "", "change record",
	    2 },
	{ "an empty line missing", "dn: a\nmail: x\ndn: b\n", "", "second dn",
	    3 },
	{ "a line without name", "dn: a\n: x\n", "", "name", 2 },
	{ "a continuation of nothing", " dn: a\n", "", "continuation", 1 },
	{ "a continuation after an empty line", "dn: a\n\n x\n", "a[]",
	    "continuation", 3 },
	{ "cut within a line", "dn: a\n\ndn: b\nstat", "a[]", "within a line",
	    4 },
};

static void
check(size_t row, size_t step)
{
	struct taken taken = { .len = 0 };
	const char *text = rows[row].text;
	size_t len = strlen(text), at;
	struct ldif ldif;
	int rc = 0;

	ldif_init(&ldif, wanted, take, &taken);
	for (at = 0; at < len && rc == 0; at += step)
		rc = ldif_feed(&ldif, text + at, len - at < step ? len - at :
		    step);
	if (rc == 0)
		rc = ldif_finish(&ldif);
	row_check(strcmp(taken.text, rows[row].entries) == 0, rows[row].name,
	    "%zu at a time: want %s, got %s", step, rows[row].entries,
	    taken.text);
	row_check((rc != 0) == (rows[row].error[0] != '\0') &&
	    strstr(ldif.error, rows[row].error) != NULL, rows[row].name,
	    "%zu at a time: want \"%s\", got %d \"%s\"", step,
	    rows[row].error, rc, ldif.error);
	row_check(rc == 0 || ldif.start == rows[row].line, rows[row].name,
	    "%zu at a time: want line %lu, got %lu", step, rows[row].line,
	    ldif.start);
	row_check(rc == 0 || ldif_feed(&ldif, "x", 1) != 0, rows[row].name,
	    "goes on");
	ldif_free(&ldif);
}

static void
test_rows(void **state)
{
	for (size_t row = 0; row < COUNT(rows); row++) {
		for (size_t step = 1; step < 40; step += step < 5 ? 1 : 11)
			check(row, step);
	}
	rows_end();
}

static void
test_nul(void **state)
{
	static const char text[] = "dn: a\nmail: x\0y\n";
	struct taken taken = { .len = 0 };
	struct ldif ldif;
	int rc;

	ldif_init(&ldif, wanted, take, &taken);
	rc = ldif_feed(&ldif, text, sizeof(text) - 1);
	if (rc == 0)
		rc = ldif_finish(&ldif);
	assert_int_equal(rc, -1);
	assert_string_equal(ldif.error, "a NUL byte");
	assert_int_equal(ldif.start, 2);
	ldif_free(&ldif);
}

static void
test_stop(void **state)
{
	struct taken taken = { .stop_after = 2 };
	struct ldif ldif;

	ldif_init(&ldif, wanted, take, &taken);
	assert_int_equal(ldif_feed(&ldif, "dn: a\n\ndn: b\n\ndn: c\n\n", 21),
	    -1);
	assert_string_equal(taken.text, "a[]b[]");
	assert_string_equal(ldif.error, "");
	ldif_free(&ldif);
}

/* What is not kept may be large; what is kept may not. */
static void
test_large(void **state)
{
	static char long_line[3 * 1024 * 1024];
	struct taken taken = { .len = 0 };
	struct ldif ldif;

	memset(long_line, 'x', sizeof(long_line));
	ldif_init(&ldif, wanted, take, &taken);
	assert_int_equal(ldif_feed(&ldif, "dn: a\nphoto: ", 13), 0);
	assert_int_equal(ldif_feed(&ldif, long_line, 1500000), 0);
	assert_int_equal(ldif_feed(&ldif, "\nmail: ", 7), 0);
	assert_int_equal(ldif_feed(&ldif, long_line, 1500000), 0);
	assert_int_equal(ldif_feed(&ldif, "\n\n", 2), -1);
	assert_non_null(strstr(ldif.error, "too large"));
	ldif_free(&ldif);
	ldif_init(&ldif, wanted, take, &taken);
	assert_int_equal(ldif_feed(&ldif, long_line, sizeof(long_line)), -1);
	assert_non_null(strstr(ldif.error, "too long"));
	ldif_free(&ldif);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
