/*
 * Filters sent to a directory: whatever the value, the filter that arrives
 * has the shape that was meant and exactly the value that was meant.
 */
#include "lookupd/filter_build.h"

#include <stdlib.h>
#include <string.h>

#include "lookupd/filter_node.h"
#include "tests/unit/rows.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void
test_escape(void **state)
{
	static const struct {
		const char *value;
		size_t len;
		const char *want;
	} rows[] = {
		{ "user1@example.com", 17, "user1@example.com" },
		{ "a.b+c=d_e/f g-h", 15, "a.b+c=d_e/f g-h" },
		{ "*", 1, "\\2a" },
		{ "()\\", 3, "\\28\\29\\5c" },
		{ "\0", 1, "\\00" },
		{ "a\0b", 3, "a\\00b" },
		{ "\n\x7f\xff", 3, "\\0a\\7f\\ff" },
		{ "%{now}", 6, "\\25\\7bnow\\7d" },
		{ "", 0, "" },
		{ "*)(uid=*", 8, "\\2a\\29\\28uid=\\2a" },
	};
	struct buffer out;
	size_t i;

	buffer_init(&out, 4096);
	for (i = 0; i < COUNT(rows); i++) {
		buffer_clear(&out);
		filter_escape(&out, rows[i].value, rows[i].len);
		row_check(strcmp(buffer_text(&out), rows[i].want) == 0,
		    rows[i].want, "got %s", buffer_text(&out));
	}
	buffer_free(&out);
	rows_end();
}

static void
test_shape(void **state)
{
	static const struct filter_key keys[] = {
		{ "mail", NULL }, { "proxyAddresses", "smtp:" },
		{ "zimbraForeignPrincipal", "cert A*:" },
	};
	static const struct {
		size_t keys;
		const char *class;
		const char *want;
	} rows[] = {
		{ 1, NULL, "(&(mail=a@b.c))" },
		{ 1, "(objectClass=person)",
		    "(&(mail=a@b.c)(objectClass=person))" },
		{ 2, "(objectClass=person)", "(&(|(mail=a@b.c)"
		    "(proxyAddresses=smtp\\3aa@b.c))(objectClass=person))" },
		{ 3, "(&(objectCategory=person)"
		    "(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
		    "(&(|(mail=a@b.c)(proxyAddresses=smtp\\3aa@b.c)"
		    "(zimbraForeignPrincipal=cert A\\2a\\3aa@b.c))"
		    "(&(objectCategory=person)"
		    "(!(userAccountControl:1.2.840.113556.1.4.803:=2))))" },
	};
	char error[FILTER_ERROR_MAX];
	struct buffer out;
	size_t i;

	buffer_init(&out, 4096);
	for (i = 0; i < COUNT(rows); i++) {
		struct filter *class = NULL;

		if (rows[i].class != NULL) {
			class = filter_parse(rows[i].class,
			    strlen(rows[i].class), error);
			assert_non_null(class);
		}
		buffer_clear(&out);
		row_check(filter_build(&out, keys, rows[i].keys, "a@b.c", 5,
		    class) == 0 && strcmp(buffer_text(&out), rows[i].want) == 0,
		    rows[i].want, "got %s", buffer_text(&out));
		filter_free(class);
	}
	rows_end();
	buffer_clear(&out);
	assert_int_equal(filter_build(&out, keys, 0, "a", 1, NULL), -1);
	assert_true(out.failed);
	buffer_free(&out);
	buffer_init(&out, 8);
	assert_int_equal(filter_build(&out, keys, 1, "abcdefgh", 8, NULL), -1);
	buffer_free(&out);
}

/* Every byte at every place, and strings an attacker would choose. */
static void
check_value(const char *value, size_t len, struct buffer *out)
{
	static const struct filter_key keys[] = { { "a", NULL }, { "b", "p:" } };
	char error[FILTER_ERROR_MAX], name[64];
	const struct filter *or, *item;
	struct filter *filter;

	(void)snprintf(name, sizeof(name), "%zu bytes, first %02x", len,
	    len > 0 ? (unsigned char)value[0] : 0);
	buffer_clear(out);
	if (!row_check(filter_build(out, keys, 2, value, len, NULL) == 0, name,
	    "was not built"))
		return;
	filter = filter_parse(out->data, out->len, error);
	if (!row_check(filter != NULL, name, "%s: %s", buffer_text(out), error))
		return;
	or = filter->child;
	item = or == NULL ? NULL : or->child;
	row_check(filter->kind == FILTER_AND && or != NULL &&
	    or->kind == FILTER_OR && or->next == NULL && item != NULL &&
	    item->kind == FILTER_EQUAL && strcmp(item->attribute, "a") == 0 &&
	    item->variable == FILTER_LITERAL &&
	    item->value.len == len &&
	    memcmp(item->value.data, value, len) == 0 && item->next != NULL &&
	    item->next->kind == FILTER_EQUAL && item->next->next == NULL &&
	    item->next->value.len == len + 2 &&
	    memcmp(item->next->value.data, "p:", 2) == 0 &&
	    memcmp(item->next->value.data + 2, value, len) == 0,
	    name, "arrives as %s", buffer_text(out));
	filter_free(filter);
}

static void
test_values(void **state)
{
	static const char *const texts[] = {
		"*", "*)(uid=root", ")(|(uid=*", "\\2a", "a)(objectClass=*))(&(x=y",
		"%{now}", "\xff\xfe", "\xc3\x28", "a\r\n", "-", " ", "  a  ",
	};
	struct buffer out;
	char bytes[3];
	size_t i;
	int byte;

	buffer_init(&out, 64 * 1024);
	for (i = 0; i < COUNT(texts); i++)
		check_value(texts[i], strlen(texts[i]), &out);
	for (byte = 0; byte < 256; byte++) {
		memset(bytes, 'x', sizeof(bytes));
		for (i = 0; i < 3; i++) {
			bytes[i] = (char)byte;
			check_value(bytes, sizeof(bytes), &out);
		}
		check_value(bytes, 1, &out);
	}
	check_value("", 0, &out);
	buffer_free(&out);
	rows_end();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests_name("filter_build", tests, NULL, NULL);
}
