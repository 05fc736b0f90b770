/* Which spellings of a path lead to the administrators' entry. */
#include "config.h"

#include "hook/path.h"

#include "tests/unit/rows.h"

static const struct {
	const char *name, *path;
	bool want;
} paths[] = {
	{ "itself", "/admin", true },
	{ "below", "/admin/users", true },
	{ "with slash", "/admin/", true },
	{ "query", "/admin?x=/", true },
	{ "double slash", "//admin", true },
	{ "encoded", "/%61dmi%6E", true },
	{ "encoded slash", "/%2fadmin", true },
	{ "dots", "/x/../admin", true },
	{ "encoded dots", "/x/%2e%2E/admin", true },
	{ "dot", "/./admin", true },
	{ "dots beyond the top", "/../../admin", true },
	{ "dots with parameter", "/x/..;y/admin", true },
	{ "parameter", "/admin;jsessionid=1/x", true },
	{ "backslash", "\\x\\..\\admin", true },
	{ "case", "/ADMIN", true },
	{ "NUL", "/admin%00.html", true },
	{ "fragment", "/admin#x", true },
	{ "encoded question mark", "/admin%3fx", true },
	{ "encoded number sign", "/admin%23x", true },
	{ "encoded twice", "/%2561dmin", true },
	{ "dots encoded twice", "/x/%252e%252e/admin", true },
	{ "without slash", "admin", true },
	{ "left again", "/admin/../mail", true },
	{ "other", "/mail", false },
	{ "longer word", "/administrator", false },
	{ "deeper", "/mail/admin", false },
	{ "in the query", "/mail?/admin", false },
	{ "top", "/", false },
	{ "empty", "", false },
	{ "asterisk", "*", false },
	{ "half an escape", "/admin%4", false },
	{ "two levels", "/a/b/c/../../../admin/x", true },
	/* how many segments ".." leaves, servers disagree on */
	{ "encoded slash, dots", "/x%2fy/../admin", true },
	{ "backslash, dots", "/x\\y/../admin", true },
	{ "empty segment, dots", "/z/../admin//../y", true },
	{ "parameter segment, dots", "/z/../admin/;x/../y", true },
	{ "fragment, dots", "/x#/../admin", true },
	{ "encoded number sign, dots", "/x%23/../admin", true },
	{ "encoded question mark, dots", "/x%3f/../admin", true },
	{ "NUL, dots", "/x%00/../admin", true },
	{ "NUL at the head", "/%00/admin", true },
	{ "everything twice", "/x%252fy/%252e%252e/%2561dmin", true },
	/* URL parsers take h for a host, and what follows for the path */
	{ "host", "//h/admin", true },
	{ "host, three slashes", "///h/admin", true },
	{ "host, backslash", "/\\h/admin", true },
	{ "host, two backslashes", "\\\\h\\admin", true },
	{ "host, encoded slash", "/%2fh/admin", true },
	{ "host, encoded twice", "%252f%255ch/admin", true },
	{ "host, dot", "/.//h/admin", true },
	{ "host, encoded dot", "/%2e//h/admin", true },
	{ "host, parameter", "/;x//h/admin", true },
	{ "host, other", "//h/mail", false },
	{ "host, longer word", "//h/administrator", false },
	{ "host, query", "//h?/admin", false },
	/* nginx's prefix location covers what follows; Windows cuts it */
	{ "suffix", "/admin.json", true },
	{ "dot behind", "/admin.", true },
	{ "dots behind, below", "/admin../x", true },
	{ "encoded dot behind", "/admin%2ejson", true },
	{ "blank behind", "/admin%20", true },
	{ "blank behind, below", "/admin%20/x", true },
	{ "blank behind, encoded twice", "/admin%2520", true },
	{ "tab behind", "/admin%09", true },
	{ "newline behind", "/admin%0a", true },
	{ "suffix, dots", "/x/../admin.json", true },
	{ "suffix, host", "//h/admin.json", true },
	{ "hyphen behind", "/admin-guide", false },
	{ "underscore behind", "/admin_guide", false },
	{ "suffix of a longer word", "/administrator-guide.json", false },
	{ "suffix elsewhere", "/mail/admin.json", false },
	{ "dots to elsewhere", "/x/../mail", false },
	{ "no dots", "/x/..admin", false },
	{ "dots, query", "/x/../mail?/admin", false },
	{ "dots, longer word", "/x/../administrator", false },
	/* each server in a row may decode once more */
	{ "encoded three times", "/%252561dmin", true },
	{ "encoded five times", "/%2525252561dmin", true },
	{ "encoded too often", "/m%25252525252561il", true },
	{ "encoded thrice, other", "/m%252561il", false },
	/* decoders that take more for a character than they should */
	{ "overlong", "/%c0%afadmin", true },
	{ "overlong letter", "/%c1%a1dmin", true },
	{ "overlong, three bytes", "/%e0%81%a1dmin", true },
	{ "overlong, four bytes", "/%f0%80%81%a1dmin", true },
	{ "overlong, not escaped", "/\xc1\xa1" "dmin", true },
	{ "overlong, escaped twice", "/%25c1%25a1dmin", true },
	{ "overlong dots", "/x/%c0%ae%c0%ae/admin", true },
	{ "overlong, cut", "/adm%c1", false },
	{ "overlong, other", "/m%c1%a1il", false },
	{ "IIS", "/%u0061dmin", true },
	{ "IIS, slash", "/%U002fadmin", true },
	{ "IIS, wide", "/%uff41dmin", true },
	{ "IIS, three digits", "/%u061dmin", false },
	{ "IIS, other", "/m%u00e4il", false },
	{ "full width", "/\xef\xbd\x81" "dmin", true },
	{ "full width slash", "/%ef%bc%8fadmin", true },
	{ "full width percent", "/%ef%bc%8561dmin", true },
	{ "i without dot", "/adm%c4%b1n", true },
	{ "I with dot", "/adm%C4%B0n", true },
	{ "other letters", "/%C3%A4dmin", false },
	{ "other script", "/%E6%97%A5%E6%9C%AC", false },
	/* at these, and more, Python splits a request line */
	{ "blank of Latin-1", "/admin\xa0", true },
	{ "next line", "/admin\x85", true },
	{ "blank of Unicode", "/admin%e2%80%83", true },
	/* new URL(decodeURIComponent(target), base) of Node */
	{ "tab", "/%09admin", true },
	{ "newline within", "/ad%0amin", true },
	{ "return behind a host", "/%0d/h/admin", true },
	{ "dots with a tab", "/x/.%09./admin", true },
	{ "tab elsewhere", "/mail/%09admin", false },
	/* path.join(folder, target) of Node */
	{ "query that climbs", "/?/../admin", true },
	{ "query that climbs, encoded", "/x?y/%2E%2e/../admin", true },
	{ "query that climbs elsewhere", "/mail?x=../y", false },
	{ "query with dots", "/mail?v=1%2e5&x=/administrator", false },
	{ "query that does not climb", "/mail?x=/./admin", false },
	{ "blank of Latin-1 elsewhere", "/mail\xa0/admin", false },
	/* Windows: a stream of the folder, or of the file */
	{ "stream", "/admin::$INDEX_ALLOCATION/x", true },
	{ "stream, encoded", "/admin%3a%3a$DATA", true },
	/* ASP.NET cuts these out and joins the rest */
	{ "session", "/(S(x))/admin", true },
	{ "sessions", "/(A(x)F(y))/admin", true },
	{ "session within", "/ad/(S(x))min", true },
	{ "session, encoded", "/%28S%28x))/admin", true },
	{ "session, at the end", "/(S(", true },
	{ "no session", "/list(S(x))/admin", false },
	{ "parenthesis", "/(x)/admin", false },
	{ "parenthesis at the end", "/mail(", false },
};

static void
test_below(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		row_check(path_is_below(paths[i].path, "/admin") ==
		    paths[i].want, paths[i].name, "%s must %sneed an "
		    "administrator", paths[i].path, paths[i].want ? "" : "not ");
	rows_end();
}

static void
test_letters(void **state)
{
	/* s and k have such letters, too; what ends in the middle of one */
	row_check(path_is_below("/ta%c5%bf%e2%84%aa", "/task"), "s and k", "no");
	row_check(!path_is_below("/ta%c5%bf%e2%84", "/task"), "cut", "yes");
	rows_end();
}

static void
test_target(void **state)
{
	static const struct {
		const char *name, *target;
		bool want;
	} rows[] = {
		{ "path", "/admin", true },
		{ "other path", "/mail?x=http://h/admin", false },
		{ "host", "//h/admin", true },
		{ "asterisk", "*", false },
		{ "asterisk and more", "*x", true },
		{ "http", "http://h/admin", true },
		{ "https", "https://h:1/%61dmin?x", true },
		{ "other letters", "HtTpS://h/admin", true },
		{ "http, elsewhere", "http://admin/mail", false },
		{ "https, elsewhere", "HTTPS://admin.example.com:1/mail", false },
		{ "http, host only", "http://h", false },
		{ "http, query", "http://h?/admin", false },
		{ "http, user", "http://u:p@h/admin", true },
		{ "http, no host", "http:///admin", true },
		{ "http, host twice", "http://h//h/admin", true },
		{ "http, backslash", "http://h\\admin", true },
		{ "http, encoded", "http://h%2fadmin/x", true },
		{ "http, backslash, user", "http://h\\x@h/mail", true },
		{ "http, one slash", "http:/mail", true },
		{ "http, no slash", "http:mail", true },
		{ "http alone", "http:", true },
		{ "another scheme", "ftp://h/mail", true },
		{ "authority", "h:80", true },
		{ "relative", "mail", true },
		{ "dot", "./mail", true },
		{ "query", "?x", true },
		{ "backslash", "\\mail", true },
		{ "encoded slash", "%2fmail", true },
		{ "empty", "", true },
		{ "blank", " /mail", true },
		{ "blank behind", "/mail ", true },
		{ "blank within", "/mail x", true },
		{ "blank in the query", "/mail?x y", true },
		{ "tab", "/ma\til", true },
		{ "control", "/mail\x01", true },
		{ "return", "/mail\r", true },
		{ "delete", "/mail\x7f", true },
		{ "encoded blank", "/ma%20il", false },
		{ "UTF-8", "/m\xc3\xa4il", false },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		row_check(path_target_is_below(rows[i].target, "/admin") ==
		    rows[i].want, rows[i].name, "%s must %sneed an "
		    "administrator", rows[i].target, rows[i].want ? "" : "not ");
	rows_end();
}

static void
test_plain(void **state)
{
	static const struct {
		const char *path;
		bool want;
	} rows[] = {
		{ "/admin", true }, { "/a/b-c_d.e", true }, { "/", false },
		{ "", false }, { "admin", false }, { "/admin/", false },
		{ "//admin", false }, { "/a/../b", false }, { "/.a", false },
		{ "/a%41", false }, { "/a;b", false }, { "/a b", false },
		{ "/a?", false }, { "/a\\b", false },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		row_check(path_is_plain(rows[i].path) == rows[i].want,
		    rows[i].path, "want %d", rows[i].want);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
