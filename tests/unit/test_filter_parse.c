/*
 * RFC 4515: what is taken and how it prints again, what is not and where.
 */
#include "lookupd/filter_node.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/rows.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct {
	const char *text;
	const char *print;	/* NULL: the same */
} taken[] = {
	{ "(cn=Babs Jensen)", NULL },
	{ "(!(cn=Tim Howes))", NULL },
	{ "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))", NULL },
	{ "(o=univ*of*mich*)", NULL },
	{ "(seeAlso=)", NULL },
	{ "(cn:caseExactMatch:=Fred Flintstone)", NULL },
	{ "(cn:=Betty Rubble)", NULL },
	{ "(sn:dn:2.4.6.8.10:=Barney Rubble)", NULL },
	{ "(o:dn:=Ace Industry)", NULL },
	{ "(o:DN:=Ace Industry)", "(o:dn:=Ace Industry)" },
	{ "(:1.2.3:=Wilma Flintstone)", NULL },
	{ "(:DN:2.4.6.8.10:=Dino)", "(:dn:2.4.6.8.10:=Dino)" },
	{ "(o=Parens R Us \\28for all your parenthetical needs\\29)",
	    NULL },
	{ "(cn=*\\2A*)", "(cn=*\\2a*)" },
	{ "(filename=C:\\5cMyFile)", "(filename=C\\3a\\5cMyFile)" },
	{ "(bin=\\00\\00\\00\\04)", NULL },
	{ "(sn=Lu\\c4\\8di\\c4\\87)", NULL },
	{ "(sn=Lu\xc4\x8di\xc4\x87)", "(sn=Lu\\c4\\8di\\c4\\87)" },
	{ "(1.3.6.1.4.1.1466.0=\\04\\02\\48\\69)",
	    "(1.3.6.1.4.1.1466.0=\\04\\02Hi)" },
	{ "(userCertificate;binary=*)", NULL },
	{ "(cn;lang-de;x-a=b)", NULL },
	{ "(2.5.4.3;binary=x)", NULL },
	{ "(a~=b)", NULL },
	{ "(a>=1)", NULL },
	{ "(a<=1)", NULL },
	{ "(a=*)", NULL },
	{ "(a=b*)", NULL },
	{ "(a=*b)", NULL },
	{ "(a=*b*)", NULL },
	{ "(a=b*c)", NULL },
	{ "(a= b )", NULL },
	{ "(a==)", NULL },
	{ "(a=>b<c=~d:=)", "(a=\\3eb\\3cc=\\7ed\\3a=)" },
	{ "(a:1.2.840.113556.1.4.803:=2)", NULL },
	{ "(t>=%{now})", NULL },
	{ "(t>=%{now-lockout})", NULL },
	{ "(t<=%{now.filetime})", NULL },
	{ "(t=%{now.days})", NULL },
	{ "(t=\\25{now})", "(t=\\25\\7bnow\\7d)" },
	{ "(t=100%)", "(t=100\\25)" },
	{ "(t=%now)", "(t=\\25now)" },
	{ "(&(a=b))", NULL },
	{ "(|(a=b))", NULL },
	{ "(!(!(a=b)))", NULL },
};

static void
test_taken(void **state)
{
	char error[FILTER_ERROR_MAX];
	struct buffer out;
	size_t i;

	buffer_init(&out, 64 * 1024);
	for (i = 0; i < COUNT(taken); i++) {
		const char *want = taken[i].print != NULL ? taken[i].print :
		    taken[i].text;
		struct filter *filter = filter_parse(taken[i].text,
		    strlen(taken[i].text), error);

		if (!row_check(filter != NULL, taken[i].text, "%s", error))
			continue;
		buffer_clear(&out);
		filter_print(filter, &out);
		row_check(strcmp(buffer_text(&out), want) == 0, taken[i].text,
		    "want %s, got %s", want, buffer_text(&out));
		filter_free(filter);
		/* what was printed means the same */
		filter = filter_parse(out.data, out.len, error);
		if (!row_check(filter != NULL, taken[i].text, "again: %s", error))
			continue;
		buffer_clear(&out);
		filter_print(filter, &out);
		row_check(strcmp(buffer_text(&out), want) == 0, taken[i].text,
		    "again: got %s", buffer_text(&out));
		filter_free(filter);
	}
	buffer_free(&out);
	rows_end();
}

static const struct {
	const char *text;
	unsigned byte;
	const char *why;	/* a part of the sentence */
} refused[] = {
	{ "", 1, "\"(\" is expected" },
	{ "a=b", 1, "\"(\" is expected" },
	{ " (a=b)", 1, "\"(\" is expected" },
	{ "(a=b) ", 6, "something follows" },
	{ "(a=b)(c=d)", 6, "something follows" },
	{ "(a=b", 5, "\")\" is expected" },
	{ "(", 2, "attribute name" },
	{ "()", 2, "attribute name" },
	{ "(a)", 3, "expected here" },
	{ "(=b)", 2, "attribute name" },
	{ "( a=b)", 2, "attribute name" },
	{ "(a =b)", 3, "expected here" },
	{ "(1a=b)", 2, "attribute name" },
	{ "(-a=b)", 2, "attribute name" },
	{ "(a_b=c)", 3, "expected here" },
	{ "(a;=c)", 2, "attribute name" },
	{ "(a;;b=c)", 2, "attribute name" },
	{ "(a.b=c)", 2, "attribute name" },
	{ "(1.=c)", 2, "attribute name" },
	{ "(1..2=c)", 2, "attribute name" },
	{ "(01.2=c)", 2, "attribute name" },
	{ "(\xc3\xa4=c)", 2, "attribute name" },
	{ "(&)", 3, "\"(\" is expected" },
	{ "(|)", 3, "\"(\" is expected" },
	{ "(!)", 3, "\"(\" is expected" },
	{ "(!a=b)", 3, "\"(\" is expected" },
	{ "(!(a=b)(c=d))", 8, "\")\" is expected" },
	{ "(&(a=b) (c=d))", 8, "\")\" is expected" },
	{ "(& (a=b))", 3, "\"(\" is expected" },
	{ "(a=b(c)", 5, "parenthesis" },
	{ "(a=\\)", 4, "hexadecimal" },
	{ "(a=\\2)", 4, "hexadecimal" },
	{ "(a=\\2g)", 4, "hexadecimal" },
	{ "(a=\\zz)", 4, "hexadecimal" },
	{ "(a=\\", 4, "hexadecimal" },
	{ "(a=\\2", 4, "hexadecimal" },
	{ "(a=**)", 5, "nothing between" },
	{ "(a=b**c)", 6, "nothing between" },
	{ "(a>=b*)", 6, "written \\2a" },
	{ "(a>=*)", 5, "written \\2a" },
	{ "(a~=b*c)", 6, "written \\2a" },
	{ "(a:=*)", 5, "written \\2a" },
	{ "(a=\xff)", 4, "UTF-8" },
	{ "(a=x\xc3)", 5, "UTF-8" },
	{ "(a=\xc0\x80)", 4, "UTF-8" },
	{ "(a=\xed\xa0\x80)", 4, "UTF-8" },
	{ "(a>b)", 4, "expected here" },
	{ "(a<b)", 4, "expected here" },
	{ "(a~b)", 4, "expected here" },
	{ "(:=b)", 3, "extensible" },
	{ "(:dn:=b)", 6, "extensible" },
	{ "(a:b)", 5, "extensible" },
	{ "(a:b:c:=d)", 7, "matching rule" },
	{ "(a:dn:dn:dn:=d)", 12, "matching rule" },
	{ "(a:dn=d)", 6, "extensible" },
	{ "(a:1.2=d)", 7, "extensible" },
	{ "(a::=d)", 4, "matching rule" },
	{ "(a:1.:=d)", 6, "matching rule" },
	{ "(t=%{then})", 4, "variable" },
	{ "(t=x%{now})", 5, "variable" },
	{ "(t=%{now}x)", 4, "variable" },
	{ "(t=%{now}*)", 4, "variable" },
	{ "(t=%{NOW})", 4, "variable" },
	{ "(t=%{now)", 4, "variable" },
	{ "(t~=%{now})", 5, "variable" },
	{ "(t:=%{now})", 5, "variable" },
	{ "(t=*%{now})", 5, "variable" },
};

static void
test_refused(void **state)
{
	char error[FILTER_ERROR_MAX], byte[32];
	size_t i;

	for (i = 0; i < COUNT(refused); i++) {
		struct filter *filter = filter_parse(refused[i].text,
		    strlen(refused[i].text), error);

		(void)snprintf(byte, sizeof(byte), "byte %u: ", refused[i].byte);
		row_check(filter == NULL, refused[i].text, "was taken");
		row_check(strncmp(error, byte, strlen(byte)) == 0 &&
		    strstr(error, refused[i].why) != NULL, refused[i].text,
		    "want \"%s…%s\", got \"%s\"", byte, refused[i].why, error);
		filter_free(filter);
	}
	rows_end();
	assert_null(filter_parse("(a=\0)", 5, error));
	assert_string_equal(error,
	    "byte 4: a NUL byte in a value is written \\00");
	assert_null(filter_parse("(a\0=b)", 6, error));
	assert_null(filter_parse("(a=b)\0", 6, error));
}

/* count times open, then (a=b), then as many ')'. */
static struct filter *
parse_nested(size_t count, const char *open, size_t items)
{
	char text[2 * FILTER_TEXT_MAX] = "", error[FILTER_ERROR_MAX];
	size_t i;

	for (i = 0; i < count; i++)
		(void)strcat(text, open);
	for (i = 0; i < items; i++)
		(void)strcat(text, "(a=b)");
	for (i = 0; i < count; i++)
		(void)strcat(text, ")");
	return filter_parse(text, strlen(text), error);
}

static void
test_limits(void **state)
{
	char *text = malloc(FILTER_TEXT_MAX + 2), error[FILTER_ERROR_MAX];
	struct filter *filter;

	filter = parse_nested(FILTER_DEPTH_MAX - 1, "(!", 1);
	assert_non_null(filter);
	filter_free(filter);
	assert_null(parse_nested(FILTER_DEPTH_MAX, "(!", 1));
	filter = parse_nested(1, "(|", FILTER_NODES_MAX - 1);
	assert_non_null(filter);
	filter_free(filter);
	assert_null(parse_nested(1, "(|", FILTER_NODES_MAX));

	assert_non_null(text);
	memset(text, 'v', FILTER_TEXT_MAX + 2);
	memcpy(text, "(a=", 3);
	text[FILTER_TEXT_MAX - 1] = ')';
	filter = filter_parse(text, FILTER_TEXT_MAX, error);
	assert_non_null(filter);
	filter_free(filter);
	text[FILTER_TEXT_MAX - 1] = 'v';
	text[FILTER_TEXT_MAX] = ')';
	assert_null(filter_parse(text, FILTER_TEXT_MAX + 1, error));
	free(text);
	filter_free(NULL);
}

static void
count_name(void *context, const char *name)
{
	(void)strcat(context, name);
	(void)strcat(context, " ");
}

static void
test_attributes(void **state)
{
	char error[FILTER_ERROR_MAX], names[256] = "";
	static const char text[] = "(&(a=1)(!(b>=%{now}))(|(c=*)(a=x*y))"
	    "(:1.2:=z)(d;binary:dn:=q))";
	struct filter *filter = filter_parse(text, strlen(text), error);

	assert_non_null(filter);
	filter_attributes(filter, count_name, names);
	assert_string_equal(names, "a b c a d;binary ");
	assert_true(filter_has_variable(filter));
	filter_free(filter);
	filter = filter_parse("(&(a=1)(b=2))", 13, error);
	assert_false(filter_has_variable(filter));
	filter_free(filter);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_attributes),
	};

	return cmocka_run_group_tests_name("filter_parse", tests, NULL, NULL);
}
