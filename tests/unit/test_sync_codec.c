/*
 * RFC 4533's values as bytes: what is read from them, and that nothing else
 * is read from anything else.
 */
#include "lookupd/ldap_sync_codec.h"

#include <stdlib.h>
#include <string.h>

#include <lber.h>

#include "tests/unit/rows.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define ID "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
#define ID2 "\xff\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
#define BYTES(text) (text), sizeof(text) - 1

/* A copy of exactly that size and one NUL, so that a sanitizer sees more. */
static struct berval
value_of(const char *data, size_t len)
{
	struct berval value = { len, malloc(len + 1) };

	assert_non_null(value.bv_val);
	memcpy(value.bv_val, data, len);
	value.bv_val[len] = '\0';
	return value;
}

static bool
same_cookie(const struct sync_bytes *got, const char *want)
{
	if (want == NULL)
		return got->data == NULL;
	return got->data != NULL && got->len == strlen(want) &&
	    memcmp(got->data, want, got->len) == 0;
}

static const struct state_row {
	const char *name;
	const char *data;
	size_t len;
	const char *defect;		/* NULL: good */
	enum sync_state state;
	const char *cookie;
} state_rows[] = {
	{ "present", BYTES("\x30\x15\x0a\x01\x00\x04\x10" ID), NULL,
	    SYNC_PRESENT, NULL },
	{ "add", BYTES("\x30\x15\x0a\x01\x01\x04\x10" ID), NULL,
	    SYNC_ADD, NULL },
	{ "modify with cookie",
	    BYTES("\x30\x18\x0a\x01\x02\x04\x10" ID "\x04\x01" "c"), NULL,
	    SYNC_MODIFY, "c" },
	{ "delete, empty cookie",
	    BYTES("\x30\x17\x0a\x01\x03\x04\x10" ID "\x04\x00"), NULL,
	    SYNC_DELETE, "" },
	{ "a length in two bytes",
	    BYTES("\x30\x81\x15\x0a\x01\x01\x04\x10" ID), NULL,
	    SYNC_ADD, NULL },
	{ "state 4", BYTES("\x30\x15\x0a\x01\x04\x04\x10" ID),
	    "a state that is not defined", 0, NULL },
	{ "negative state", BYTES("\x30\x15\x0a\x01\xff\x04\x10" ID),
	    "a state that is not defined", 0, NULL },
	{ "state of two bytes",
	    BYTES("\x30\x16\x0a\x02\x00\x01\x04\x10" ID),
	    "a state that is not defined", 0, NULL },
	{ "state of no byte", BYTES("\x30\x14\x0a\x00\x04\x10" ID),
	    "a state that is not defined", 0, NULL },
	{ "integer for a state", BYTES("\x30\x15\x02\x01\x01\x04\x10" ID),
	    "no state", 0, NULL },
	{ "id of 15 bytes", BYTES("\x30\x14\x0a\x01\x01\x04\x0f"
	    "\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"),
	    "an entryUUID is not 16 bytes", 0, NULL },
	{ "id of 17 bytes", BYTES("\x30\x16\x0a\x01\x01\x04\x11" ID "x"),
	    "an entryUUID is not 16 bytes", 0, NULL },
	{ "no id", BYTES("\x30\x03\x0a\x01\x01"), "no entryUUID", 0, NULL },
	{ "nothing", BYTES(""), "not a sequence", 0, NULL },
	{ "an empty sequence", BYTES("\x30\x00"), "no state", 0, NULL },
	{ "a set", BYTES("\x31\x15\x0a\x01\x01\x04\x10" ID),
	    "not a sequence", 0, NULL },
	{ "bytes behind", BYTES("\x30\x15\x0a\x01\x01\x04\x10" ID "\x00"),
	    "bytes behind what was expected", 0, NULL },
	{ "bytes behind, inside",
	    BYTES("\x30\x17\x0a\x01\x01\x04\x10" ID "\x05\x00"),
	    "bytes behind what was expected", 0, NULL },
	{ "two cookies", BYTES("\x30\x1b\x0a\x01\x01\x04\x10" ID
	    "\x04\x01" "c" "\x04\x01" "d"),
	    "bytes behind what was expected", 0, NULL },
	{ "cut short", BYTES("\x30\x15\x0a\x01\x01\x04\x10\x01\x02"),
	    "not a sequence", 0, NULL },
	{ "cut short, inside", BYTES("\x30\x05\x0a\x01\x01\x04\x10"),
	    "no entryUUID", 0, NULL },
	{ "cookie cut short",
	    BYTES("\x30\x18\x0a\x01\x02\x04\x10" ID "\x04\x02" "c"),
	    "bytes behind what was expected", 0, NULL },
	{ "indefinite length",
	    BYTES("\x30\x80\x0a\x01\x01\x04\x10" ID "\x00\x00"),
	    "not a sequence", 0, NULL },
	{ "a length of 2^32-1", BYTES("\x30\x84\xff\xff\xff\xff\x0a\x01\x01"),
	    "not a sequence", 0, NULL },
	{ "a length of nine bytes",
	    BYTES("\x30\x89\x01\x01\x01\x01\x01\x01\x01\x01\x01"),
	    "not a sequence", 0, NULL },
};

static void
test_state(void **unused)
{
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(state_rows); i++) {
		const struct state_row *row = &state_rows[i];
		struct berval value = value_of(row->data, row->len);
		struct sync_entry got;
		const char *defect = ldap_sync_decode_state(&value, &got);

		if (row_check((defect == NULL) == (row->defect == NULL) &&
		    (defect == NULL || strcmp(defect, row->defect) == 0),
		    row->name, "want %s, got %s",
		    row->defect == NULL ? "good" : row->defect,
		    defect == NULL ? "good" : defect) && defect == NULL) {
			row_check(got.state == row->state, row->name,
			    "want state %d, got %d", row->state, got.state);
			row_check(memcmp(got.id.bytes, ID, 16) == 0,
			    row->name, "the id is another");
			row_check(same_cookie(&got.cookie, row->cookie),
			    row->name, "the cookie is another");
		}
		free(value.bv_val);
	}
	rows_end();
}

static const struct done_row {
	const char *name;
	const char *data;
	size_t len;
	const char *defect;
	bool deletes;
	const char *cookie;
} done_rows[] = {
	{ "empty", BYTES("\x30\x00"), NULL, false, NULL },
	{ "cookie", BYTES("\x30\x03\x04\x01" "c"), NULL, false, "c" },
	{ "deletes", BYTES("\x30\x03\x01\x01\xff"), NULL, true, NULL },
	{ "deletes said as 1", BYTES("\x30\x03\x01\x01\x01"), NULL, true,
	    NULL },
	{ "both", BYTES("\x30\x06\x04\x01" "c\x01\x01\xff"), NULL, true,
	    "c" },
	{ "false is said", BYTES("\x30\x03\x01\x01\x00"), NULL, false, NULL },
	{ "in the other order", BYTES("\x30\x06\x01\x01\xff\x04\x01" "c"),
	    "bytes behind what was expected", false, NULL },
	{ "a flag of two bytes", BYTES("\x30\x04\x01\x02\xff\xff"),
	    "a flag is not one byte", false, NULL },
	{ "a flag of no byte", BYTES("\x30\x02\x01\x00"),
	    "a flag is not one byte", false, NULL },
	{ "nothing", BYTES(""), "not a sequence", false, NULL },
};

static void
test_done(void **unused)
{
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(done_rows); i++) {
		const struct done_row *row = &done_rows[i];
		struct berval value = value_of(row->data, row->len);
		struct sync_done got;
		const char *defect = ldap_sync_decode_done(&value, &got);

		if (row_check((defect == NULL) == (row->defect == NULL) &&
		    (defect == NULL || strcmp(defect, row->defect) == 0),
		    row->name, "want %s, got %s",
		    row->defect == NULL ? "good" : row->defect,
		    defect == NULL ? "good" : defect) && defect == NULL) {
			row_check(got.deletes == row->deletes, row->name,
			    "deletes is not %d", row->deletes);
			row_check(same_cookie(&got.cookie, row->cookie),
			    row->name, "the cookie is another");
		}
		free(value.bv_val);
	}
	rows_end();
}

static const struct info_row {
	const char *name;
	const char *data;
	size_t len;
	const char *defect;
	enum sync_form form;
	bool done, deletes;
	size_t count;
	const char *cookie;
} info_rows[] = {
	{ "new cookie", BYTES("\x80\x03" "abc"), NULL, SYNC_NEW_COOKIE, false,
	    false, 0, "abc" },
	{ "empty new cookie", BYTES("\x80\x00"), NULL, SYNC_NEW_COOKIE,
	    false, false, 0, "" },
	{ "refreshDelete", BYTES("\xa1\x00"), NULL, SYNC_REFRESH_DELETE,
	    true, false, 0, NULL },
	{ "refreshDelete, not done", BYTES("\xa1\x03\x01\x01\x00"), NULL,
	    SYNC_REFRESH_DELETE, false, false, 0, NULL },
	{ "refreshPresent with cookie", BYTES("\xa2\x03\x04\x01" "c"), NULL,
	    SYNC_REFRESH_PRESENT, true, false, 0, "c" },
	{ "refreshPresent with both", BYTES("\xa2\x06\x04\x01" "c\x01\x01"
	    "\x00"), NULL, SYNC_REFRESH_PRESENT, false, false, 0, "c" },
	{ "no ids", BYTES("\xa3\x02\x31\x00"), NULL, SYNC_ID_SET, false,
	    false, 0, NULL },
	{ "one id", BYTES("\xa3\x14\x31\x12\x04\x10" ID), NULL, SYNC_ID_SET,
	    false, false, 1, NULL },
	{ "two ids that are gone, cookie", BYTES("\xa3\x2c\x04\x01" "c"
	    "\x01\x01\xff\x31\x24\x04\x10" ID "\x04\x10" ID2), NULL,
	    SYNC_ID_SET, false, true, 2, "c" },
	{ "no set", BYTES("\xa3\x00"), "no set of ids", 0, false, false, 0,
	    NULL },
	{ "a sequence of ids", BYTES("\xa3\x14\x30\x12\x04\x10" ID),
	    "no set of ids", 0, false, false, 0, NULL },
	{ "an id of 15 bytes", BYTES("\xa3\x13\x31\x11\x04\x0f"
	    "\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"),
	    "an entryUUID is not 16 bytes", 0, false, false, 0, NULL },
	{ "an id and a half", BYTES("\xa3\x16\x31\x14\x04\x10" ID "\x04\x10"),
	    "an entryUUID is not 16 bytes", 0, false, false, 0, NULL },
	{ "bytes behind the set", BYTES("\xa3\x16\x31\x12\x04\x10" ID
	    "\x05\x00"), "bytes behind what was expected", 0, false, false,
	    0, NULL },
	{ "form 4", BYTES("\xa4\x00"), "a form that is not defined", 0,
	    false, false, 0, NULL },
	{ "a sequence", BYTES("\x30\x00"), "a form that is not defined", 0,
	    false, false, 0, NULL },
	{ "two elements", BYTES("\xa1\x00\xa1\x00"), "not one element", 0,
	    false, false, 0, NULL },
	{ "nothing", BYTES(""), "not one element", 0, false, false, 0, NULL },
	{ "a tag alone", BYTES("\xa1"), "not one element", 0, false, false,
	    0, NULL },
};

static void
check_info(const struct info_row *row, const struct sync_info *got)
{
	row_check(got->form == row->form, row->name, "want form %d, got %d",
	    row->form, got->form);
	row_check(got->done == row->done && got->deletes == row->deletes,
	    row->name, "want done %d deletes %d, got %d %d", row->done,
	    row->deletes, got->done, got->deletes);
	row_check(same_cookie(&got->cookie, row->cookie), row->name,
	    "the cookie is another");
	if (!row_check(got->count == row->count, row->name,
	    "want %zu ids, got %zu", row->count, got->count))
		return;
	row_check(got->count < 1 || memcmp(got->set + 2, ID, 16) == 0,
	    row->name, "the first id is another");
	row_check(got->count < 2 || memcmp(got->set + SYNC_ELEMENT_SIZE + 2,
	    ID2, 16) == 0, row->name, "the second id is another");
}

static void
test_info(void **unused)
{
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(info_rows); i++) {
		const struct info_row *row = &info_rows[i];
		struct berval value = value_of(row->data, row->len);
		struct sync_info got;
		const char *defect = ldap_sync_decode_info(&value, &got);

		if (row_check((defect == NULL) == (row->defect == NULL) &&
		    (defect == NULL || strcmp(defect, row->defect) == 0),
		    row->name, "want %s, got %s",
		    row->defect == NULL ? "good" : row->defect,
		    defect == NULL ? "good" : defect) && defect == NULL)
			check_info(row, &got);
		free(value.bv_val);
	}
	rows_end();
}

/* A cookie of the greatest length is one, a longer one is not. */
static void
test_long_cookie(void **unused)
{
	static char data[4 + SYNC_COOKIE_MAX + 1 + 1];
	struct berval value = { 4 + SYNC_COOKIE_MAX, data };
	struct sync_info got;

	(void)unused;
	memset(data, 'c', sizeof(data) - 1);
	memcpy(data, "\x80\x82\x10\x00", 4);
	assert_int_equal(SYNC_COOKIE_MAX, 0x1000);
	assert_null(ldap_sync_decode_info(&value, &got));
	assert_int_equal(got.cookie.len, SYNC_COOKIE_MAX);
	memcpy(data, "\x80\x82\x10\x01", 4);
	value.bv_len++;
	assert_non_null(ldap_sync_decode_info(&value, &got));
}

static void
test_request(void **unused)
{
	static const char cookie[SYNC_COOKIE_MAX + 1];
	struct berval value;

	(void)unused;
	assert_int_equal(ldap_sync_encode(NULL, 0, &value), 0);
	assert_int_equal(value.bv_len, 5);
	assert_memory_equal(value.bv_val, "\x30\x03\x0a\x01\x03", 5);
	ber_memfree(value.bv_val);
	assert_int_equal(ldap_sync_encode("rid", 3, &value), 0);
	assert_int_equal(value.bv_len, 10);
	assert_memory_equal(value.bv_val, "\x30\x08\x0a\x01\x03\x04\x03rid",
	    10);
	ber_memfree(value.bv_val);
	assert_int_equal(ldap_sync_encode(cookie, sizeof(cookie), &value),
	    -1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_done),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_long_cookie),
		cmocka_unit_test(test_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
