/* Secrets in files, and their comparison. */
#include "config.h"

#include "common/secret.h"

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/rows.h"

static void
test_same(void **state)
{
	static const struct {
		const char *name, *secret, *guess;
		bool want;
	} rows[] = {
		{ "same", "0123456789abcdef", "0123456789abcdef", true },
		{ "one byte", "x", "x", true },
		{ "first differs", "0123456789abcdef", "x123456789abcdef",
		    false },
		{ "last differs", "0123456789abcdef", "0123456789abcdex",
		    false },
		{ "shorter", "0123456789abcdef", "0123456789abcde", false },
		{ "longer", "0123456789abcdef", "0123456789abcdef0", false },
		{ "twice", "ab", "abab", false },
		{ "the first byte for ever", "aaaa", "aaaaa", false },
		{ "empty guess", "0123", "", false },
		{ "empty secret", "", "", false },
		{ "empty secret, a guess", "", "x", false },
		{ "bit 7", "a", "\xe1", false },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		row_check(secret_same(rows[i].secret, strlen(rows[i].secret),
		    rows[i].guess, strlen(rows[i].guess)) == rows[i].want,
		    rows[i].name, "want %d", rows[i].want);
	rows_end();
}

static void
test_read(void **state)
{
	static const struct {
		const char *name, *content;
		size_t len;
		mode_t mode;
		const char *want;	/* NULL: an error */
	} rows[] = {
		{ "a line", "0123456789abcdef\n", 17, 0600,
		    "0123456789abcdef" },
		{ "no line end", "0123456789abcdef", 16, 0400,
		    "0123456789abcdef" },
		{ "CR LF", "0123456789abcdef\r\n", 18, 0600,
		    "0123456789abcdef" },
		{ "too short", "0123456789abcde\n", 16, 0600, NULL },
		{ "empty", "", 0, 0600, NULL },
		{ "two lines", "0123456789abcdef\nx\n", 19, 0600, NULL },
		{ "two line ends", "0123456789abcdef\n\n", 18, 0600, NULL },
		{ "a space", "0123456789 abcdef\n", 18, 0600, NULL },
		{ "a NUL", "0123456789\0abcdef\n", 18, 0600, NULL },
		{ "not ASCII", "0123456789\xc3\xa4" "bcdef\n", 18, 0600, NULL },
		{ "readable by all", "0123456789abcdef\n", 17, 0644, NULL },
		{ "writable by the group", "0123456789abcdef\n", 17, 0620,
		    NULL },
	};
	char path[] = "/tmp/ca.XXXXXX", error[SECRET_ERROR_MAX];
	struct buffer secret;
	size_t i;
	int fd = mkstemp(path);

	assert_true(fd != -1);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int rc;

		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, rows[i].content, rows[i].len, 0),
		    rows[i].len);
		assert_int_equal(fchmod(fd, rows[i].mode), 0);
		error[0] = '\0';
		rc = secret_read(path, 16, &secret, error);
		if (rows[i].want == NULL)
			row_check(rc == -1 && secret.len == 0 &&
			    strncmp(error, path, strlen(path)) == 0 &&
			    strstr(error, "0123") == NULL, rows[i].name,
			    "is taken, or complained about with: %s", error);
		else
			row_check(rc == 0 &&
			    secret.len == strlen(rows[i].want) &&
			    memcmp(secret.data, rows[i].want,
			    secret.len) == 0, rows[i].name,
			    "is refused: %s", error);
		buffer_wipe(&secret);
	}
	close(fd);
	unlink(path);
	row_check(secret_read(path, 16, &secret, error) == -1, "no file",
	    "is taken");
	rows_end();
}

/* The longest one is taken, one byte more is not. */
static void
test_long(void **state)
{
	static char text[SECRET_MAX + 2];
	char path[] = "/tmp/ca.XXXXXX", error[SECRET_ERROR_MAX];
	struct buffer secret;
	int fd = mkstemp(path);

	assert_true(fd != -1);
	memset(text, 'a', sizeof(text));
	assert_int_equal(pwrite(fd, text, SECRET_MAX, 0), SECRET_MAX);
	assert_int_equal(secret_read(path, 1, &secret, error), 0);
	assert_int_equal(secret.len, SECRET_MAX);
	buffer_wipe(&secret);
	assert_int_equal(pwrite(fd, text, SECRET_MAX + 1, 0), SECRET_MAX + 1);
	assert_int_equal(secret_read(path, 1, &secret, error), -1);
	close(fd);
	unlink(path);
}

/* All of it is filled, each time anew. */
static void
test_random(void **state)
{
	unsigned char bytes[2][256] = { { 0 }, { 0 } };
	unsigned last = 0;

	for (int i = 0; i < 16; i++) {
		assert_int_equal(secret_random(bytes[i & 1], 256), 0);
		assert_memory_not_equal(bytes[0], bytes[1], 256);
		last |= bytes[i & 1][255];
	}
	assert_int_not_equal(last, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
