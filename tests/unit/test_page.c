/*
 * The page for a person: that names stay text, that each reason has its own
 * words, and that a refusal says nothing of accounts.
 */
#include "config.h"

#include "hook/page.h"

#include <string.h>

#include "hook/html.h"
#include "tests/unit/rows.h"

static void
test_html(void **state)
{
	static const struct {
		const char *name, *text, *want;
	} rows[] = {
		{ "plain", "user1@example.com", "user1@example.com" },
		{ "script", "<script>alert('x')</script>",
		    "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" },
		{ "attribute", "\" onclick=\"x", "&quot; onclick=&quot;x" },
		{ "reference", "&lt;", "&amp;lt;" },
		{ "UTF-8", "J\xc3\xb6rg \xe2\x82\xac \xf0\x9f\x98\x80",
		    "J\xc3\xb6rg \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "Latin 1", "J\xf6rg", "J\\xf6rg" },
		{ "overlong <", "\xc0\xbcx", "\\xc0\\xbcx" },
		{ "overlong, three", "\xe0\x80\xbc", "\\xe0\\x80\\xbc" },
		{ "surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "beyond", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "half a sequence", "a\xe2\x82", "a\\xe2\\x82" },
		{ "sequence, then <", "\xe2<x", "\\xe2&lt;x" },
		{ "control", "a\r\n\x1b[2Jb", "a\\x0d\\x0a\\x1b[2Jb" },
		{ "C1", "a\xc2\x9b", "a\\xc2\\x9b" },
		{ "right to left", "a\xe2\x80\xae" "b", "a\\xe2\\x80\\xae" "b" },
		{ "isolate", "a\xe2\x81\xa6" "b", "a\\xe2\\x81\\xa6" "b" },
		{ "line mark", "a\xe2\x80\xa8" "b", "a\\xe2\\x80\\xa8" "b" },
		{ "byte order mark", "\xef\xbb\xbf" "a", "\\xef\\xbb\\xbf" "a" },
	};
	struct buffer out;
	size_t i;

	buffer_init(&out, 1024);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buffer_clear(&out);
		html_puts(&out, rows[i].text);
		row_check(strcmp(buffer_text(&out), rows[i].want) == 0,
		    rows[i].name, "want %s, got %s", rows[i].want,
		    buffer_text(&out));
	}
	buffer_clear(&out);
	html_put(&out, "a\0<", 3);
	row_check(strcmp(buffer_text(&out), "a\\x00&lt;") == 0, "NUL",
	    "got %s", buffer_text(&out));
	buffer_free(&out);
	rows_end();
}

/* The page of a line of lookupd's, in static memory. */
static const char *
page_of(const char *line, enum answer_mode mode, const char *login,
    const char *contact)
{
	static char text[REASON_MAX + 16 * 1024], copy[1024];
	struct protocol_message message;
	struct protocol_error error;
	struct answer answer;
	struct page page = { &answer, &message, login, contact, 1700000000 };
	struct buffer out;

	snprintf(copy, sizeof(copy), "%s", line);
	assert_int_equal(protocol_decode(copy, strlen(copy), &message,
	    &error), PROTOCOL_OK);
	answer_reply(&answer, mode, &message);
	buffer_init(&out, sizeof(text) - 1);
	page_write(&out, &page);
	assert_false(out.failed);
	memcpy(text, out.data, out.len);
	text[out.len] = '\0';
	buffer_free(&out);
	return text;
}

static void
expect(const char *name, const char *page, const char *text, bool there)
{
	row_check((strstr(page, text) != NULL) == there, name,
	    "%s \"%s\" in:\n%s", there ? "no" : "there is", text, page);
}

static void
test_signed_in(void **state)
{
	const char *page = page_of("active account=user1@example.com "
	    "identity=alias@example.com not-after=1700172800 serial=0A1B "
	    "issuer=CN%3D%3Cscript%3Ealert(1)%3C/script%3E", MODE_REQUIRED,
	    "", "");

	expect("language", page, "<html lang=\"en\">", true);
	expect("title", page, "<title>You are signed in</title>", true);
	expect("heading", page, "<h1>You are signed in</h1>", true);
	expect("account", page, "<dd>user1@example.com</dd>", true);
	expect("identity", page, "<dd>alias@example.com</dd>", true);
	expect("serial", page, "<dd>0A1B</dd>", true);
	expect("until", page, "<time datetime=\"2023-11-16T22:13:20Z\">"
	    "2023-11-16 22:13 UTC</time>", true);
	expect("in one piece on a phone", page, "time{white-space:nowrap}", true);
	expect("ends soon", page, "ends soon", true);
	expect("script", page, "<script", false);
	expect("script as text", page, "CN=&lt;script&gt;alert(1)", true);
	expect("help", page, "need help", false);

	page = page_of("active account=%3Cscript%3E identity=%3Cscript%3E "
	    "serial=%3Cscript%3E not-after=1800000000", MODE_REQUIRED, "", "");
	expect("names as text", page, "<dd>&lt;script&gt;</dd>", true);
	expect("no script", page, "<script", false);
	expect("not soon", page, "ends soon", false);

	page = page_of("active account=a", MODE_REQUIRED, "", "");
	expect("what is not known is left out", page, "Serial", false);
	expect("no date", page, "Valid until", false);
	page = page_of("active account=a not-after=99999999999999999999",
	    MODE_REQUIRED, "", "");
	expect("odd date", page, "Valid until", false);
	page = page_of("active account=a not-after=9223372036854775807",
	    MODE_REQUIRED, "", "");
	expect("year beyond", page, "You are signed in", true);
	rows_end();
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *line, *title, *word;
	} rows[] = {
		{ "refused reason=no-cert", "No certificate was sent",
		    "no-cert" },
		{ "refused reason=expired", "has expired", "expired" },
		{ "refused reason=not-yet-valid", "not valid yet",
		    "not-yet-valid" },
		{ "refused reason=untrusted", "not for this site",
		    "untrusted" },
		{ "refused reason=revoked", "revoked", "revoked" },
		{ "refused reason=wrong-purpose", "something else",
		    "wrong-purpose" },
		{ "refused reason=no-address", "who you are", "no-address" },
		{ "refused reason=bad-identity", "is no name",
		    "bad-identity" },
		{ "refused reason=too-many", "too many names", "too-many" },
		{ "refused reason=bad-cert", "is not accepted", "bad-cert" },
		{ "refused reason=something-new", "is not accepted",
		    "bad-cert" },
		{ "refused reason=not-admin", "for administrators",
		    "not-admin" },
		{ "refused reason=limit", "Too many attempts", "busy" },
		{ "refused reason=off", "switched off", "off" },
		{ "refused reason=caller", "cannot be checked",
		    "unavailable" },
		{ "unavailable reason=directory", "cannot be checked",
		    "unavailable" },
		{ "ok", "cannot be checked", "unavailable" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *page = page_of(rows[i].line, MODE_OPTIONAL, "",
		    "");
		char word[64];

		snprintf(word, sizeof(word), "<code>%s</code>", rows[i].word);
		expect(rows[i].line, page, rows[i].title, true);
		expect(rows[i].line, page, word, true);
		expect(rows[i].line, page, "<h2>What you can do</h2>", true);
		expect(rows[i].line, page, "signed in", false);
		expect(rows[i].line, page, "href", false);
	}
	rows_end();
}

/* Every refusal that has to do with an account gives the same page. */
static void
test_silence(void **state)
{
	static const char *const lines[] = { "blocked reason=locked",
		"blocked reason=closed account=user1", "blocked", "unknown",
		"ambiguous", "refused reason=wrong-user",
		"blocked reason=other-domain identity=user1@example.com" };
	char first[8192];
	size_t i;

	snprintf(first, sizeof(first), "%s", page_of(lines[0], MODE_OPTIONAL,
	    "/login", "us"));
	for (i = 1; i < sizeof(lines) / sizeof(lines[0]); i++)
		row_check(strcmp(page_of(lines[i], MODE_OPTIONAL, "/login",
		    "us"), first) == 0, lines[i], "is another page");
	row_check(strstr(first, "user1") == NULL, "silence", "has a name");
	rows_end();
}

static void
test_way_out(void **state)
{
	const char *page = page_of("unknown", MODE_OPTIONAL,
	    "/login?next=a&b=\"c", "<b>help@example.com</b>");

	expect("link", page, "<a href=\"/login?next=a&amp;b=&quot;c\">", true);
	expect("contact", page, "Turn to &lt;b&gt;help@example.com&lt;/b&gt;.",
	    true);
	page = page_of("unknown", MODE_REQUIRED, "/login", "");
	expect("required: no link", page, "href", false);
	expect("no contact", page, "Turn to", false);
	page = page_of("refused reason=expired", MODE_OPTIONAL, "/login", "");
	expect("a bad certificate: no link", page, "href", false);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_signed_in),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_way_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
