/*
 * Addresses: what is one, what is not, and that nothing is repaired.
 */
#include "lookupd/address.h"

#include <string.h>

#include "tests/unit/address_bytes.h"
#include "tests/unit/rows.h"

#define A60 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A63 A60 "aaa"
#define A64 A60 "aaaa"
#define L254 A64 "@" A63 "." A63 "." A60 "a"

struct row {
	const char *name;
	const char *bytes;
	size_t len;
	const char *expected;	/* the folded text; NULL: refused */
};
#define ROW(name, text, expected) \
	{ name, text, sizeof(text) - 1, expected }

static const struct row rows[] = {
	ROW("plain", "user1@example.com", "user1@example.com"),
	ROW("domain folded, local part kept", "User.One@EXAMPLE.Com",
	    "User.One@example.com"),
	ROW("one label", "root@localhost", "root@localhost"),
	ROW("all of atext", "!#$%&'*+-/=?^_`{|}~@example.com",
	    "!#$%&'*+-/=?^_`{|}~@example.com"),
	ROW("dots inside", "a.b.c@x-y.example", "a.b.c@x-y.example"),
	ROW("A-label", "u@xn--bcher-kva.example", "u@xn--bcher-kva.example"),
	ROW("digits", "1@2.3", "1@2.3"),
	ROW("64 octets before the @", A64 "@e.c", A64 "@e.c"),
	ROW("label of 63", "u@" A63, "u@" A63),
	ROW("254 octets", L254, L254),
	ROW("empty", "", NULL),
	ROW("no @", "user1.example.com", NULL),
	ROW("two @", "user1@example.com@evil.example", NULL),
	ROW("only @", "@", NULL),
	ROW("empty local part", "@example.com", NULL),
	ROW("empty domain", "user1@", NULL),
	ROW("65 octets before the @", A64 "a@e.c", NULL),
	ROW("255 octets", L254 "a", NULL),
	ROW("label of 64", "u@" A64 ".com", NULL),
	ROW("trailing dot", "user1@example.com.", NULL),
	ROW("leading dot of the domain", "user1@.example.com", NULL),
	ROW("empty label", "user1@example..com", NULL),
	ROW("hyphen first", "user1@-example.com", NULL),
	ROW("hyphen last", "user1@example-.com", NULL),
	ROW("hyphen at the very end", "user1@example.com-", NULL),
	ROW("underscore in the domain", "user1@ex_ample.com", NULL),
	ROW("address literal", "user1@[127.0.0.1]", NULL),
	ROW("leading dot", ".user1@example.com", NULL),
	ROW("trailing dot before the @", "user1.@example.com", NULL),
	ROW("two dots", "user..1@example.com", NULL),
	ROW("quoted", "\"user1\"@example.com", NULL),
	ROW("quoted @", "\"a@b\"@example.com", NULL),
	ROW("backslash", "us\\er1@example.com", NULL),
	ROW("angle brackets", "<user1@example.com>", NULL),
	ROW("comment", "user1(x)@example.com", NULL),
	ROW("list", "user1,user2@example.com", NULL),
	ROW("colon", "mailto:user1@example.com", NULL),
	ROW("embedded NUL", "user1@example.com\0.evil.example", NULL),
	ROW("NUL last", "user1@example.com\0", NULL),
	ROW("NUL first", "\0user1@example.com", NULL),
	ROW("space inside", "user 1@example.com", NULL),
	ROW("space first", " user1@example.com", NULL),
	ROW("space last", "user1@example.com ", NULL),
	ROW("tab", "user\t1@example.com", NULL),
	ROW("newline last", "user1@example.com\n", NULL),
	ROW("carriage return", "user1\r@example.com", NULL),
	ROW("DEL", "user1\177@example.com", NULL),
	ROW("U-label", "user1@b\303\274cher.example", NULL),
	ROW("UTF-8 before the @", "us\303\251r@example.com", NULL),
	ROW("byte 0xFF", "user1\377@example.com", NULL),
};

static void
test_parse(void **state)
{
	struct address got, again;
	const char *wrong;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&got, 0x5a, sizeof(got));
		again = got;
		wrong = address_parse(rows[i].bytes, rows[i].len, &got);
		if (rows[i].expected == NULL) {
			row_check(wrong != NULL, rows[i].name,
			    "expected a refusal, got %s", got.text);
			row_check(memcmp(&got, &again, sizeof(got)) == 0,
			    rows[i].name, "the result was touched");
			continue;
		}
		if (!row_check(wrong == NULL, rows[i].name,
		    "expected %s, got refused: %s", rows[i].expected, wrong))
			continue;
		row_check(strcmp(got.text, rows[i].expected) == 0 &&
		    got.len == rows[i].len && got.text[got.local_len] == '@' &&
		    strcmp(address_domain(&got),
		    strchr(rows[i].expected, '@') + 1) == 0, rows[i].name,
		    "expected %s, got %s", rows[i].expected, got.text);
	}
	rows_end();
}

/* Every byte in this place of the text; how many of them make an address. */
static unsigned
try_bytes(const char *text, size_t len, size_t place)
{
	char tried[64], name[64];
	struct address got;
	unsigned byte, taken = 0;
	bool want, is;

	memcpy(tried, text, len);
	for (byte = 0; byte < 256; byte++) {
		tried[place] = (char)byte;
		want = is_address(tried, len);
		is = address_parse(tried, len, &got) == NULL;
		taken += is;
		if (is == want && (!is || (got.len == len && got.local_len ==
		    strcspn(got.text, "@"))))
			continue;
		snprintf(name, sizeof(name), "%.*s, byte %zu is 0x%02x",
		    (int)len, text, place, byte);
		row_check(false, name, "expected %d, got %d", want, is);
	}
	return taken;
}

/* Of addresses of all lengths, that begin and end anywhere. */
static void
test_every_byte(void **state)
{
	static const char text[] = "xxxxxxxxab.c-d.e@gh.ij-k.l-m.nopqrstuv";
	size_t from, to, place;
	unsigned taken = 0;

	for (from = 0; from < 16; from++)
		for (to = from + 1; to < sizeof(text); to++)
			for (place = 0; place < to - from; place++)
				taken += try_bytes(text + from, to - from,
				    place);
	rows_end();
	print_message("%u addresses\n", taken);
}

static void
test_equal(void **state)
{
	static const struct {
		const char *name, *value;
		size_t len;
		bool folded, exact;	/* expected */
	} same[] = {
		{ "same", "User1@example.com", 17, true, true },
		{ "domain's case", "User1@EXAMPLE.com", 17, true, true },
		{ "local part's case", "uSER1@example.com", 17, true, false },
		{ "longer", "User1@example.com.", 18, false, false },
		{ "shorter", "User1@example.co", 16, false, false },
		{ "another", "User2@example.com", 17, false, false },
		{ "NUL behind", "User1@example.com\0", 18, false, false },
		{ "space behind", "User1@example.com ", 18, false, false },
		{ "empty", "", 0, false, false },
		{ "@ replaced", "User1`example.com", 17, false, false },
	};
	struct address address;
	size_t i;

	assert_null(address_parse("User1@Example.com", 17, &address));
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		row_check(address_equal(&address, same[i].value, same[i].len,
		    false) == same[i].folded, same[i].name,
		    "folding: expected %d", same[i].folded);
		row_check(address_equal(&address, same[i].value, same[i].len,
		    true) == same[i].exact, same[i].name,
		    "exact: expected %d", same[i].exact);
	}
	rows_end();
}

static void
test_with_domain(void **state)
{
	struct address from, got;

	assert_null(address_parse("User1@alias.example", 19, &from));
	assert_int_equal(address_with_domain(&from, "Example.COM", 11, &got),
	    0);
	assert_string_equal(got.text, "User1@example.com");
	assert_int_equal(address_with_domain(&from, "a..b", 4, &got), -1);
	assert_int_equal(address_with_domain(&from, "a@b", 3, &got), -1);
	assert_int_equal(address_with_domain(&from, "", 0, &got), -1);
	assert_int_equal(address_with_domain(&from, L254, 254, &got), -1);
	assert_int_equal(address_with_domain(&from, L254, SIZE_MAX, &got), -1);
	/* The result may be the address itself. */
	assert_int_equal(address_with_domain(&from, "b.example", 9, &from), 0);
	assert_string_equal(from.text, "User1@b.example");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_with_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
