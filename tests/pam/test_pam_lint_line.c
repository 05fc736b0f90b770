/*
 * pam-lint: lines of pam.d as libpam reads them.
 */
#include "config.h"

#include <string.h>

#include "client/pam_lint_line.h"
#include "tests/unit/rows.h"

static void
test_assemble(void **state)
{
	static const struct {
		const char *text, *want;	/* lines, each with its number */
	} rows[] = {
		{ "", "" }, { "\n\n  \n# only\n", "" }, { "a b\n", "1:a b " },
		{ "a b", "1:a b " }, { "\n  a # b\n#c\nd\n", "2:a 4:d " },
		{ "a \\\n b\n", "1:a  b " }, { "a \\  \n b\n", "1:a  b " },
		{ "a # \\\nb\n", "1:a 2:b " },
		{ "a \\\n# c\n\nb\n", "1:a  b " },
		{ "a\\\nb\\\nc\nd", "1:a b c 4:d " }, { "a \\", "1:a  " },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[LINT_LINE_MAX + 1], got[256] = "";
		unsigned number = 0, first = 0;
		size_t at = 0, used = 0;

		while (lint_assemble(rows[i].text, strlen(rows[i].text), &at,
		    &number, line, &first) == LINT_LINE)
			used += (size_t)snprintf(got + used, sizeof(got) -
			    used, "%u:%s", first, line);
		row_check(strcmp(got, rows[i].want) == 0, rows[i].text,
		    "want %s, got %s", rows[i].want, got);
	}
	rows_end();
}

static void
test_too_long(void **state)
{
	char text[3000], line[LINT_LINE_MAX + 1];
	unsigned number = 0, first = 0;
	size_t at = 0;

	memset(text, 'a', sizeof(text));
	assert_int_equal(lint_assemble(text, sizeof(text), &at, &number,
	    line, &first), LINT_TOO_LONG);
	for (size_t i = 99; i < sizeof(text); i += 100)
		text[i] = '\n';
	for (size_t i = 98; i < sizeof(text); i += 100)
		text[i] = '\\';
	at = 0;
	assert_int_equal(lint_assemble(text, sizeof(text), &at, &number,
	    line, &first), LINT_TOO_LONG);
	at = 0;
	assert_int_equal(lint_assemble("a\0b\nc\n", 6, &at, &number, line,
	    &first), LINT_TOO_LONG);
	assert_int_equal(lint_assemble("a\0b\nc\n", 6, &at, &number, line,
	    &first), LINT_LINE);
}

static void
test_lines(void **state)
{
	static const struct {
		const char *text;
		enum lint_type type;
		enum lint_kind kind;
		const char *module, *args;	/* joined with "|" */
		int success, down, unknown, reqd;
		bool wrong;
	} rows[] = {
		{ "auth required pam_x.so", LINT_AUTH, LINT_MODULE,
		    "pam_x.so", "", -1, -3, -3, -1, false },
		{ "-ACCOUNT Requisite pam_x.so a [b c] [d\\]e]",
		    LINT_ACCOUNT, LINT_MODULE, "pam_x.so", "a|b c|d]e|",
		    -1, -4, -4, -1, false },
		{ "session\toptional\tx", LINT_SESSION, LINT_MODULE, "x", "",
		    -1, 0, 0, -1, false },
		{ "password sufficient x", LINT_PASSWORD, LINT_MODULE, "x",
		    "", -2, 0, 0, -2, false },
		{ "auth [success=2 user_unknown=ignore default=die] x",
		    LINT_AUTH, LINT_MODULE, "x", "", 2, -4, 0, -4, false },
		{ "auth [default=ignore success=ok] x", LINT_AUTH,
		    LINT_MODULE, "x", "", -1, 0, 0, 0, false },
		{ "auth [ success = done authinfo_unavail = reset ] x",
		    LINT_AUTH, LINT_MODULE, "x", "", -2, -5, -3, -3, false },
		{ "auth [success=ok] x", LINT_AUTH, LINT_MODULE, "x", "",
		    -1, -3, -3, -3, false },
		{ "auth [] x", LINT_AUTH, LINT_MODULE, "x", "", -3, -3, -3,
		    -3, false },
		{ "auth [success=0] x", LINT_AUTH, LINT_MODULE, "x", "", -3,
		    -3, -3, -3, true },
		{ "auth [success=yes] x", LINT_AUTH, LINT_MODULE, "x", "",
		    -3, -3, -3, -3, true },
		{ "auth [Success=ok] x", LINT_AUTH, LINT_MODULE, "x", "",
		    -3, -3, -3, -3, true },
		{ "auth binding x", LINT_AUTH, LINT_MODULE, "x", "", -3, -3,
		    -3, -3, true },
		{ "auth include common", LINT_AUTH, LINT_INCLUDE, "common",
		    "", -3, -3, -3, -3, false },
		{ "auth SUBSTACK common", LINT_AUTH, LINT_SUBSTACK, "common",
		    "", -3, -3, -3, -3, false },
		{ "@include common", LINT_TYPES, LINT_INCLUDE_ALL, "common",
		    "", -3, -3, -3, -3, false },
		{ "autz required x", LINT_TYPES, LINT_BROKEN, "x", "", -1,
		    -3, -3, -1, true },
		{ "auth required", LINT_AUTH, LINT_BROKEN, "", "", -1, -3,
		    -3, -1, true },
		{ "auth", LINT_AUTH, LINT_BROKEN, "", "", -3, -3, -3, -3,
		    true },
		{ "", LINT_TYPES, LINT_BROKEN, "", "", -3, -3, -3, -3,
		    true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lint_line line;
		char args[128] = "";
		const int *a = line.actions;

		assert_int_equal(lint_parse(rows[i].text, false, &line), 0);
		for (const char *arg = lint_next_arg(&line, NULL);
		    arg != NULL; arg = lint_next_arg(&line, arg)) {
			strncat(args, arg, 40);
			strcat(args, "|");
		}
		row_check(line.type == rows[i].type && line.kind ==
		    rows[i].kind && strcmp(line.module, rows[i].module) == 0
		    && strcmp(args, rows[i].args) == 0, rows[i].text,
		    "type %d, kind %d, module %s, args %s", line.type,
		    line.kind, line.module, args);
		row_check(a[LINT_SUCCESS] == rows[i].success &&
		    a[LINT_AUTHINFO_UNAVAIL] == rows[i].down &&
		    a[LINT_USER_UNKNOWN] == rows[i].unknown &&
		    a[LINT_NEW_AUTHTOK_REQD] == rows[i].reqd, rows[i].text,
		    "actions %d %d %d %d", a[LINT_SUCCESS],
		    a[LINT_AUTHINFO_UNAVAIL], a[LINT_USER_UNKNOWN],
		    a[LINT_NEW_AUTHTOK_REQD]);
		row_check((line.wrong != NULL) == rows[i].wrong,
		    rows[i].text, "wrong: %s", line.wrong);
		lint_line_free(&line);
	}
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_assemble),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
