/*
 * The bounded buffer: its maximum, its failure that stays, its NUL.
 */
#include "config.h"

#include "common/buffer.h"

#include <string.h>

#include "tests/unit/rows.h"

static void
test_empty(void **state)
{
	struct buffer buffer;

	buffer_init(&buffer, 10);
	assert_null(buffer.data);
	assert_string_equal(buffer_text(&buffer), "");
	buffer_consume(&buffer, 5);
	assert_int_equal(buffer.len, 0);
	assert_int_equal(buffer_puts(&buffer, ""), 0);
	assert_string_equal(buffer_text(&buffer), "");
	buffer_free(&buffer);
	buffer_free(NULL);
	buffer_wipe(NULL);
}

static void
test_maximum(void **state)
{
	static const struct {
		const char *name;
		size_t max, first, second;
		int want_first, want_second;
		size_t want_len;
	} rows[] = {
		{ "nothing allowed", 0, 1, 0, -1, -1, 0 },
		{ "exactly full", 4, 4, 0, 0, 0, 4 },
		{ "one too many", 4, 5, 1, -1, -1, 0 },
		{ "full, then one more", 4, 4, 1, 0, -1, 4 },
		{ "over the first allocation", 600, 256, 344, 0, 0, 600 },
		{ "over it by one", 600, 256, 345, 0, -1, 256 },
	};
	static const char bytes[1024];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer buffer;
		int first, second;

		buffer_init(&buffer, rows[i].max);
		first = buffer_put(&buffer, bytes, rows[i].first);
		second = buffer_put(&buffer, bytes, rows[i].second);
		row_check(first == rows[i].want_first, rows[i].name,
		    "first put: want %d, got %d", rows[i].want_first, first);
		row_check(second == rows[i].want_second, rows[i].name,
		    "second put: want %d, got %d", rows[i].want_second,
		    second);
		row_check(buffer.len == rows[i].want_len, rows[i].name,
		    "want %zu bytes, got %zu", rows[i].want_len, buffer.len);
		row_check(buffer.failed == (first == -1 || second == -1),
		    rows[i].name, "failed is %d", buffer.failed);
		row_check(buffer.capacity <= rows[i].max + 1, rows[i].name,
		    "capacity %zu is more than the maximum", buffer.capacity);
		buffer_free(&buffer);
	}
	rows_end();
}

static void
test_failure_stays(void **state)
{
	struct buffer buffer;

	buffer_init(&buffer, 5);
	assert_int_equal(buffer_puts(&buffer, "abc"), 0);
	assert_int_equal(buffer_puts(&buffer, "defg"), -1);
	assert_int_equal(buffer_puts(&buffer, "d"), -1);
	assert_int_equal(buffer_printf(&buffer, "%s", "d"), -1);
	assert_int_equal(buffer_reserve(&buffer, 0), -1);
	assert_string_equal(buffer_text(&buffer), "abc");
	buffer_clear(&buffer);
	assert_false(buffer.failed);
	assert_string_equal(buffer_text(&buffer), "");
	assert_int_equal(buffer_puts(&buffer, "defgh"), 0);
	assert_string_equal(buffer_text(&buffer), "defgh");
	buffer_free(&buffer);
	assert_null(buffer.data);
	assert_int_equal(buffer.max, 5);
}

static void
test_printf_and_consume(void **state)
{
	struct buffer buffer;
	int i;

	buffer_init(&buffer, 4096);
	for (i = 0; i < 200; i++)
		assert_int_equal(buffer_printf(&buffer, "%03d,", i), 0);
	assert_int_equal(buffer.len, 800);
	buffer_consume(&buffer, 796);
	assert_string_equal(buffer_text(&buffer), "199,");
	buffer_consume(&buffer, 99);
	assert_int_equal(buffer.len, 0);
	buffer_free(&buffer);
}

static void
test_consume(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		const char *want;
	} rows[] = {
		{ "nothing", 0, "abc" }, { "some", 1, "bc" },
		{ "all but one", 2, "c" }, { "all", 3, "" },
		{ "more", 4, "" }, { "the most there is", (size_t)-1, "" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer buffer;

		buffer_init(&buffer, 3);
		buffer_puts(&buffer, "abc");
		buffer_puts(&buffer, "d");
		buffer_consume(&buffer, rows[i].len);
		row_check(buffer.len == strlen(rows[i].want) &&
		    memcmp(buffer.data, rows[i].want, buffer.len + 1) == 0,
		    rows[i].name, "want %s, got %s", rows[i].want,
		    buffer_text(&buffer));
		row_check(buffer.failed, rows[i].name, "no longer failed");
		buffer_free(&buffer);
	}
	rows_end();
}

static void
test_reserve(void **state)
{
	struct buffer buffer;

	buffer_init(&buffer, 1000);
	assert_int_equal(buffer_reserve(&buffer, 300), 0);
	memset(buffer.data, 'x', 300);
	buffer.len += 300;
	assert_int_equal(strlen(buffer_text(&buffer)), 300);
	assert_int_equal(buffer_reserve(&buffer, 701), -1);
	buffer_clear(&buffer);
	assert_int_equal(buffer_reserve(&buffer, (size_t)-1), -1);
	assert_true(buffer.failed);
	buffer_wipe(&buffer);
	assert_null(buffer.data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_failure_stays),
		cmocka_unit_test(test_printf_and_consume),
		cmocka_unit_test(test_consume),
		cmocka_unit_test(test_reserve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
