/*
 * Identities: sources and kinds, what is a name, and the set of them.
 */
#include "lookupd/identity.h"

#include <string.h>

#include "common/verdict.h"
#include "tests/unit/rows.h"

#define BYTES(text) text, sizeof(text) - 1
#define A60 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A254 A60 A60 A60 A60 "aaaaaaaaaaaaaa"

static void
test_words(void **state)
{
	static const struct {
		enum identity_source source;
		const char *word;
		enum key_kind kind;
		const char *kind_word;
		bool configurable;
	} rows[] = {
		{ IDENTITY_SAN_EMAIL, "san-email", KEY_ADDRESS, "address",
		    true },
		{ IDENTITY_SUBJECT_EMAIL, "subject-email", KEY_ADDRESS,
		    "address", true },
		{ IDENTITY_UPN, "upn", KEY_UPN, "upn", true },
		{ IDENTITY_CN, "cn", KEY_CN, "cn", true },
		{ IDENTITY_UID, "uid", KEY_UID, "uid", true },
		{ IDENTITY_REQUEST_EMAIL, "email", KEY_ADDRESS, "address",
		    false },
		{ IDENTITY_REQUEST_ACCOUNT, "account", KEY_ACCOUNT, "account",
		    false },
	};
	size_t i;

	assert_int_equal(sizeof(rows) / sizeof(rows[0]), IDENTITY_SOURCES);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		row_check(strcmp(identity_source_name(rows[i].source),
		    rows[i].word) == 0, rows[i].word, "got %s",
		    identity_source_name(rows[i].source));
		row_check(identity_source_parse(rows[i].word) ==
		    (rows[i].configurable ? (int)rows[i].source : -1),
		    rows[i].word, "parsed as %d",
		    identity_source_parse(rows[i].word));
		row_check(identity_key_kind(rows[i].source) == rows[i].kind,
		    rows[i].word, "expected kind %d, got %d",
		    (int)rows[i].kind,
		    (int)identity_key_kind(rows[i].source));
		row_check(key_kind_parse(rows[i].kind_word) ==
		    (int)rows[i].kind &&
		    strcmp(key_kind_name(rows[i].kind), rows[i].kind_word) == 0,
		    rows[i].word, "kind %s", key_kind_name(rows[i].kind));
	}
	assert_int_equal(identity_source_parse("UPN"), -1);
	assert_int_equal(identity_source_parse(""), -1);
	assert_int_equal(identity_source_parse("none"), -1);
	assert_int_equal(key_kind_parse("none"), -1);
	rows_end();
}

static bool
is_address(enum identity_source source)
{
	enum key_kind kind = identity_key_kind(source);

	return kind == KEY_ADDRESS || kind == KEY_UPN;
}

static void
test_add(void **state)
{
	static const struct {
		const char *name;
		enum identity_source source;
		const char *bytes;
		size_t len;
		const char *expected;	/* NULL: bad-identity */
	} rows[] = {
		{ "address", IDENTITY_SAN_EMAIL, BYTES("User1@Example.COM"),
		    "User1@example.com" },
		{ "UPN", IDENTITY_UPN, BYTES("123456@MYDOMAIN"),
		    "123456@mydomain" },
		{ "UPN without @", IDENTITY_UPN, BYTES("123456"), NULL },
		{ "email=", IDENTITY_REQUEST_EMAIL, BYTES("a@b.c"), "a@b.c" },
		{ "email= and line end", IDENTITY_REQUEST_EMAIL,
		    BYTES("a@b.c\n"), NULL },
		{ "account=", IDENTITY_REQUEST_ACCOUNT, BYTES("user1"),
		    "user1" },
		{ "account= like an address", IDENTITY_REQUEST_ACCOUNT,
		    BYTES("User1@Example.COM"), "User1@Example.COM" },
		{ "CN", IDENTITY_CN, BYTES("User (One) * \\"),
		    "User (One) * \\" },
		{ "UID", IDENTITY_UID, BYTES("u1"), "u1" },
		{ "CN of 254", IDENTITY_CN, BYTES(A254), A254 },
		{ "CN of 255", IDENTITY_CN, BYTES(A254 "a"), NULL },
		{ "empty CN", IDENTITY_CN, BYTES(""), NULL },
		{ "empty address", IDENTITY_SAN_EMAIL, BYTES(""), NULL },
		{ "space first", IDENTITY_CN, BYTES(" a"), NULL },
		{ "space last", IDENTITY_CN, BYTES("a "), NULL },
		{ "only a space", IDENTITY_CN, BYTES(" "), NULL },
		{ "two spaces", IDENTITY_CN, BYTES("a  b"), NULL },
		{ "NUL", IDENTITY_UID, BYTES("root\0x"), NULL },
		{ "NUL last", IDENTITY_UID, BYTES("root\0"), NULL },
		{ "tab", IDENTITY_CN, BYTES("a\tb"), NULL },
		{ "DEL", IDENTITY_CN, BYTES("a\177b"), NULL },
		{ "UTF-8", IDENTITY_CN, BYTES("M\303\274ller"), NULL },
		{ "no source", IDENTITY_SOURCES, BYTES("a@b.c"), NULL },
	};
	struct identities set;
	const char *reason, *wrong;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&set, 0x5a, sizeof(set));
		set.count = 0;
		reason = "none";
		wrong = identities_add(&set, rows[i].source, rows[i].bytes,
		    rows[i].len, &reason);
		if (rows[i].expected == NULL)
			row_check(wrong != NULL && set.count == 0 &&
			    strcmp(reason, REASON_BAD_IDENTITY) == 0,
			    rows[i].name, "expected bad-identity, got %s, %zu",
			    reason, set.count);
		else
			row_check(wrong == NULL && set.count == 1 &&
			    set.items[0].source == rows[i].source &&
			    set.items[0].name.len == strlen(rows[i].expected) &&
			    set.items[0].name.local_len == (is_address(
			    rows[i].source) ? strcspn(rows[i].expected, "@") :
			    0) &&
			    strcmp(set.items[0].name.text, rows[i].expected) == 0,
			    rows[i].name, "expected %s, got %s (%s)",
			    rows[i].expected, set.items[0].name.text,
			    wrong == NULL ? "added" : wrong);
	}
	rows_end();
}

static void
test_set(void **state)
{
	struct identities set, before;
	const char *reason = NULL;
	char text[32];
	unsigned i;
	int len;

	memset(&set, 0, sizeof(set));
	/* Once per kind: SAN and subject are both addresses, CN is not. */
	assert_null(identities_add(&set, IDENTITY_SAN_EMAIL, "a@b.c", 5,
	    &reason));
	assert_null(identities_add(&set, IDENTITY_SUBJECT_EMAIL, "a@B.C", 5,
	    &reason));
	assert_int_equal(set.count, 1);
	assert_int_equal(set.items[0].source, IDENTITY_SAN_EMAIL);
	assert_null(identities_add(&set, IDENTITY_CN, "a@b.c", 5, &reason));
	assert_null(identities_add(&set, IDENTITY_UID, "a@b.c", 5, &reason));
	/* Whether case counts in a local part is not known here. */
	assert_null(identities_add(&set, IDENTITY_SAN_EMAIL, "A@b.c", 5,
	    &reason));
	assert_int_equal(set.count, 4);
	for (i = 4; i < IDENTITIES_MAX; i++) {
		len = snprintf(text, sizeof(text), "user%u@b.c", i);
		assert_null(identities_add(&set, IDENTITY_SAN_EMAIL, text,
		    (size_t)len, &reason));
	}
	assert_int_equal(set.count, IDENTITIES_MAX);
	assert_null(identities_add(&set, IDENTITY_SAN_EMAIL, "a@b.c", 5,
	    &reason));
	before = set;
	assert_non_null(identities_add(&set, IDENTITY_SAN_EMAIL, "x@b.c", 5,
	    &reason));
	assert_string_equal(reason, REASON_TOO_MANY);
	assert_int_equal(set.count, before.count);
	assert_memory_equal(set.items, before.items,
	    IDENTITIES_MAX * sizeof(set.items[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
