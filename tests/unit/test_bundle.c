/*
 * Bundles: what goes in comes out, what is malformed does not, one that was
 * received has the last word, and no secret gets in.
 */
#include <config.h>

#include "daemon/bundle_names.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/safe_open.h"
#include "tests/unit/rows.h"

#define HEAD "cabundl1"
#define COUNT(n) "\0\0\0" n
#define LENGTHS(name, value) "\0\0\0" name "\0\0\0" value

struct row {
	const char *name;
	const char *bytes;
	size_t len;
	bool good;
};

#define ROW(name, bytes, good) { name, bytes, sizeof(bytes) - 1, good }

static const struct row rows[] = {
	ROW("empty", HEAD COUNT("\0"), true),
	ROW("a file", HEAD COUNT("\1") "f" LENGTHS("\2", "\3") "/aabc", true),
	ROW("an empty file", HEAD COUNT("\1") "f" LENGTHS("\2", "\0") "/a", true),
	ROW("a file with NUL in it",
	    HEAD COUNT("\1") "f" LENGTHS("\2", "\1") "/a\0", true),
	ROW("a user", HEAD COUNT("\1") "u" LENGTHS("\1", "\4") "x\0\0\0\7", true),
	ROW("a user and a group of one name", HEAD COUNT("\2")
	    "u" LENGTHS("\1", "\4") "x\0\0\0\7"
	    "g" LENGTHS("\1", "\4") "x\0\0\0\7", true),
	ROW("nothing", "", false),
	ROW("half a head", HEAD "\0\0\0", false),
	ROW("another head", "cabundl2" COUNT("\0"), false),
	ROW("one too few", HEAD COUNT("\1"), false),
	ROW("one too many", HEAD COUNT("\0") "f" LENGTHS("\1", "\0") "a", false),
	ROW("a byte too many", HEAD COUNT("\0") "x", false),
	ROW("a value too short",
	    HEAD COUNT("\1") "f" LENGTHS("\2", "\3") "/aab", false),
	ROW("a name of 4 GB", HEAD COUNT("\1") "f\xff\xff\xff\xff\0\0\0\1/a",
	    false),
	ROW("a value of 4 GB", HEAD COUNT("\1") "f\0\0\0\1\xff\xff\xff\xff/a",
	    false),
	ROW("lengths that add up to 0",
	    HEAD COUNT("\1") "f\0\0\x10\0\xff\xff\xf0\0/a", false),
	ROW("no name", HEAD COUNT("\1") "f" LENGTHS("\0", "\1") "a", false),
	ROW("NUL in a name",
	    HEAD COUNT("\1") "f" LENGTHS("\2", "\0") "a\0", false),
	ROW("another kind",
	    HEAD COUNT("\1") "x" LENGTHS("\2", "\0") "/a", false),
	ROW("a name twice", HEAD COUNT("\2")
	    "f" LENGTHS("\2", "\0") "/a" "f" LENGTHS("\2", "\1") "/ab", false),
	ROW("a uid of three bytes",
	    HEAD COUNT("\1") "u" LENGTHS("\1", "\3") "x\0\0\7", false),
	ROW("the uid -1",
	    HEAD COUNT("\1") "u" LENGTHS("\1", "\4") "x\xff\xff\xff\xff", false),
	ROW("the gid -1",
	    HEAD COUNT("\1") "g" LENGTHS("\1", "\4") "x\xff\xff\xff\xff", false),
};

static void
test_decode(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		/* its own memory, so that reading past the end is seen */
		char *copy = malloc(row->len + 1);
		struct bundle *bundle;
		struct buffer again;

		assert_non_null(copy);
		memcpy(copy, row->bytes, row->len);
		copy = realloc(copy, row->len == 0 ? 1 : row->len);
		bundle = bundle_decode(copy, row->len);
		free(copy);
		row_check((bundle != NULL) == row->good, row->name, "%s",
		    row->good ? "refused" : "accepted");
		if (bundle == NULL)
			continue;
		buffer_init(&again, BUNDLE_MAX);
		row_check(bundle_encode(bundle, &again) == 0 &&
		    again.len == row->len && memcmp(again.data, row->bytes,
		    again.len) == 0, row->name, "reads otherwise again");
		row_check(bundle_is_final(bundle) != 0, row->name,
		    "not the last word");
		buffer_free(&again);
		bundle_free(bundle);
	}
	rows_end();
}

/* Cut anywhere: never a bundle, never a byte read past the end. */
static void
test_truncated(void **state)
{
	struct bundle *bundle = bundle_new();
	struct buffer bytes;

	buffer_init(&bytes, BUNDLE_MAX);
	assert_int_equal(bundle_put(bundle, BUNDLE_FILE, "/etc/a", "abc", 3), 0);
	assert_int_equal(bundle_put_number(bundle, BUNDLE_USER, "root", 0), 0);
	assert_int_equal(bundle_put_number(bundle, BUNDLE_GROUP, "mail", 8), 0);
	assert_int_equal(bundle_put(bundle, BUNDLE_FILE, "/etc/a", "b", 1), -1);
	assert_int_equal(bundle_put_number(bundle, BUNDLE_USER, "no",
	    UINT32_MAX), -1);
	assert_int_equal(bundle_encode(bundle, &bytes), 0);
	for (size_t len = 0; len < bytes.len; len++) {
		char *copy = malloc(len == 0 ? 1 : len);

		memcpy(copy, bytes.data, len);
		assert_null(bundle_decode(copy, len));
		free(copy);
	}
	bundle_free(bundle);
	bundle = bundle_decode(bytes.data, bytes.len);
	assert_non_null(bundle);
	bundle_free(bundle);
	buffer_free(&bytes);
}

static void
put_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static struct bundle *
handed_over(const struct bundle *bundle)
{
	struct buffer bytes;
	struct bundle *ret;

	buffer_init(&bytes, BUNDLE_MAX);
	assert_int_equal(bundle_encode(bundle, &bytes), 0);
	ret = bundle_decode(bytes.data, bytes.len);
	assert_non_null(ret);
	buffer_free(&bytes);
	return ret;
}

static void
test_read_file(void **state)
{
	char folder[] = "/tmp/ca.XXXXXX", path[64], other[64];
	char error[SAFE_OPEN_ERROR_MAX];
	struct bundle *collected = bundle_new(), *received;
	struct buffer out;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	put_file(path, "first", 0644);
	put_file(other, "other", 0644);
	buffer_init(&out, 100);
	assert_int_equal(bundle_read_file(NULL, path, 100, &out, error), 0);
	assert_int_equal(bundle_read_file(collected, path, 100, &out, error), 0);
	assert_string_equal(buffer_text(&out), "firstfirst");
	received = handed_over(collected);

	/* the file has changed: what was read, counts, in both */
	put_file(path, "second", 0644);
	buffer_clear(&out);
	assert_int_equal(bundle_read_file(collected, path, 100, &out, error), 0);
	assert_int_equal(bundle_read_file(received, path, 100, &out, error), 0);
	assert_string_equal(buffer_text(&out), "firstfirst");
	/* another file: one that is being collected reads it, the other not */
	buffer_clear(&out);
	assert_int_equal(bundle_read_file(received, other, 100, &out, error), -1);
	assert_non_null(strstr(error, other));
	assert_int_equal(out.len, 0);
	assert_int_equal(bundle_read_file(collected, other, 100, &out, error), 0);
	/* too large for who asks */
	assert_int_equal(bundle_read_file(received, path, 4, &out, error), -1);
	assert_string_equal(buffer_text(&out), "other");

	unlink(path);
	unlink(other);
	rmdir(folder);
	buffer_free(&out);
	bundle_free(collected);
	bundle_free(received);
}

static void
test_names(void **state)
{
	struct bundle *collected = bundle_new(), *received;
	uid_t uid = 1;
	gid_t gid = 1;

	assert_int_equal(bundle_uid(NULL, "root", &uid), 0);
	assert_int_equal(uid, 0);
	uid = 1;
	assert_int_equal(bundle_uid(collected, "root", &uid), 0);
	assert_int_equal(bundle_uid(collected, "1001", &uid), 0);
	assert_int_equal(uid, 1001);
	assert_int_equal(bundle_gid(collected, "root", &gid), 0);
	assert_int_equal(gid, 0);
	assert_int_equal(bundle_uid(collected, "no-such-user", &uid), -1);
	received = handed_over(collected);
	bundle_free(collected);
	uid = gid = 1;
	assert_int_equal(bundle_uid(received, "root", &uid), 0);
	assert_int_equal(uid, 0);
	assert_int_equal(bundle_gid(received, "root", &gid), 0);
	assert_int_equal(gid, 0);
	/* exists, but nobody handed it over: not even a number */
	assert_int_equal(bundle_uid(received, "daemon", &uid), -1);
	assert_int_equal(bundle_gid(received, "1001", &gid), -1);
	assert_int_equal(uid, 0);
	bundle_free(received);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_read_file),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
