/*
 * Suspicious opening: what is refused, and with which sentence.  As root it
 * also tries files of other owners and groups; otherwise those rows are left
 * out, because only root can make them.
 */
#include "config.h"

#include "common/safe_open.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/rows.h"

#define OTHER 65534	/* an uid and gid that is neither root nor ours */
#define SAME ((uid_t)-1)

enum make { FILE_OF, LINK_TO_FILE, FIFO, FOLDER, SOCKET, DANGLING, NOTHING };

static char folder[] = "/tmp/ca.XXXXXX";

static const struct row {
	const char *name;
	enum make make;
	mode_t mode;
	uid_t owner;
	gid_t group;
	size_t size;
	enum safe_open_kind kind;
	const char *want;	/* part of the sentence; NULL: accepted */
} rows[] = {
	{ "plain", FILE_OF, 0644, SAME, SAME, 10, SAFE_OPEN_PUBLIC, NULL },
	{ "empty", FILE_OF, 0644, SAME, SAME, 0, SAFE_OPEN_PUBLIC, NULL },
	{ "largest", FILE_OF, 0644, SAME, SAME, 5000, SAFE_OPEN_PUBLIC, NULL },
	{ "secret", FILE_OF, 0600, SAME, SAME, 10, SAFE_OPEN_SECRET, NULL },
	{ "secret, own group", FILE_OF, 0640, SAME, SAME, 10,
	    SAFE_OPEN_SECRET, NULL },
	{ "too large", FILE_OF, 0644, SAME, SAME, 5001, SAFE_OPEN_PUBLIC,
	    "is larger than 5000 bytes" },
	{ "group-writable", FILE_OF, 0664, SAME, SAME, 10, SAFE_OPEN_PUBLIC,
	    "written by others (mode 0664)" },
	{ "world-writable", FILE_OF, 0646, SAME, SAME, 10, SAFE_OPEN_PUBLIC,
	    "written by others" },
	{ "secret for all", FILE_OF, 0644, SAME, SAME, 10, SAFE_OPEN_SECRET,
	    "read by everybody" },
	{ "secret for others only", FILE_OF, 0604, SAME, SAME, 10,
	    SAFE_OPEN_SECRET, "read by everybody" },
	{ "symbolic link", LINK_TO_FILE, 0644, SAME, SAME, 10,
	    SAFE_OPEN_PUBLIC, "is a symbolic link" },
	{ "dangling link", DANGLING, 0, SAME, SAME, 0, SAFE_OPEN_PUBLIC,
	    "is a symbolic link" },
	{ "FIFO", FIFO, 0600, SAME, SAME, 0, SAFE_OPEN_PUBLIC,
	    "not a regular file" },
	{ "folder", FOLDER, 0700, SAME, SAME, 0, SAFE_OPEN_PUBLIC,
	    "not a regular file" },
	{ "socket", SOCKET, 0, SAME, SAME, 0, SAFE_OPEN_PUBLIC,
	    "No such device" },
	{ "nothing", NOTHING, 0, SAME, SAME, 0, SAFE_OPEN_PUBLIC,
	    "No such file" },
	{ "other owner", FILE_OF, 0644, OTHER, SAME, 10, SAFE_OPEN_PUBLIC,
	    "belongs to uid 65534" },
	{ "other group, public", FILE_OF, 0640, SAME, OTHER, 10,
	    SAFE_OPEN_PUBLIC, NULL },
	{ "other group, secret", FILE_OF, 0640, SAME, OTHER, 10,
	    SAFE_OPEN_SECRET, "group 65534, which is not ours" },
	{ "other group, not readable", FILE_OF, 0600, SAME, OTHER, 10,
	    SAFE_OPEN_SECRET, NULL },
};

static void
make_file(const char *path, const struct row *row)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	char byte = 's';
	size_t i;

	assert_int_not_equal(fd, -1);
	for (i = 0; i < row->size; i++)
		assert_int_equal(write(fd, &byte, 1), 1);
	assert_int_equal(fchown(fd, row->owner, row->group), 0);
	assert_int_equal(fchmod(fd, row->mode), 0);
	close(fd);
}

static void
make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
	    sizeof(address)), 0);
	close(fd);
}

static void
make(const char *path, const char *target, const struct row *row)
{
	switch (row->make) {
	case FILE_OF:
		make_file(path, row);
		break;
	case LINK_TO_FILE:
		make_file(target, row);
		assert_int_equal(symlink(target, path), 0);
		break;
	case FIFO:
		assert_int_equal(mkfifo(path, row->mode), 0);
		break;
	case FOLDER:
		assert_int_equal(mkdir(path, row->mode), 0);
		break;
	case SOCKET:
		make_socket(path);
		break;
	case DANGLING:
		assert_int_equal(symlink("/nonexistent", path), 0);
		break;
	case NOTHING:
		break;
	}
}

static void
check(const struct row *row, const char *path)
{
	char error[SAFE_OPEN_ERROR_MAX] = "";
	struct buffer out;
	int result;

	buffer_init(&out, 10000);
	buffer_puts(&out, "before");
	result = safe_read_file(path, row->kind, 5000, &out, error);
	if (row->want == NULL) {
		row_check(result == 0, row->name, "refused: %s", error);
		row_check(out.len == 6 + row->size, row->name,
		    "want %zu bytes, got %zu", row->size, out.len - 6);
	} else {
		row_check(result == -1, row->name, "was accepted");
		row_check(strstr(error, row->want) != NULL &&
		    strncmp(error, path, strlen(path)) == 0, row->name,
		    "want \"%s\", got \"%s\"", row->want, error);
		row_check(strcmp(buffer_text(&out), "before") == 0 &&
		    !out.failed, row->name, "the buffer was changed");
	}
	buffer_free(&out);
}

static void
test_table(void **state)
{
	char path[64], target[64];
	size_t i;

	snprintf(path, sizeof(path), "%s/f", folder);
	snprintf(target, sizeof(target), "%s/t", folder);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (geteuid() != 0 &&
		    (rows[i].owner != SAME || rows[i].group != SAME))
			continue;
		make(path, target, &rows[i]);
		check(&rows[i], path);
		unlink(target);
		if (unlink(path) == -1)
			rmdir(path);
	}
	rows_end();
}

static void
test_relative_path(void **state)
{
	char error[SAFE_OPEN_ERROR_MAX] = "";

	assert_int_equal(safe_open("etc/passwd", SAFE_OPEN_PUBLIC, 100000,
	    error), -1);
	assert_string_equal(error, "etc/passwd: is not an absolute path");
	assert_int_equal(safe_open("", SAFE_OPEN_PUBLIC, 100000, error), -1);
}

static void
test_long_path(void **state)
{
	char error[SAFE_OPEN_ERROR_MAX] = "", path[3000];

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(safe_open(path, SAFE_OPEN_PUBLIC, 10, error), -1);
	assert_non_null(strstr(error, "xxx: File name too long"));
}

static void
test_descriptor(void **state)
{
	const struct row row = { "", FILE_OF, 0600, SAME, SAME, 3,
		SAFE_OPEN_SECRET, NULL };
	char error[SAFE_OPEN_ERROR_MAX], path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/f", folder);
	make_file(path, &row);
	fd = safe_open(path, SAFE_OPEN_SECRET, 3, error);
	assert_int_not_equal(fd, -1);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	close(fd);
	unlink(path);
}

/* A buffer too small for the file is left as it was. */
static void
test_small_buffer(void **state)
{
	const struct row row = { "", FILE_OF, 0600, SAME, SAME, 30,
		SAFE_OPEN_SECRET, NULL };
	char error[SAFE_OPEN_ERROR_MAX], path[64];
	struct buffer out;

	snprintf(path, sizeof(path), "%s/f", folder);
	make_file(path, &row);
	buffer_init(&out, 29);
	assert_int_equal(safe_read_file(path, SAFE_OPEN_SECRET, 30, &out,
	    error), -1);
	assert_int_equal(out.len, 0);
	assert_false(out.failed);
	buffer_free(&out);
	unlink(path);
}

/* An unprivileged process may read root's files and its own. */
static void
test_unprivileged(void **state)
{
	const struct row mine = { "", FILE_OF, 0600, OTHER, OTHER, 3,
		SAFE_OPEN_SECRET, NULL };
	const struct row roots = { "", FILE_OF, 0640, 0, OTHER, 3,
		SAFE_OPEN_SECRET, NULL };
	char error[SAFE_OPEN_ERROR_MAX], a[64], b[64];
	pid_t child;
	int status = -1;

	if (geteuid() != 0)
		skip();
	snprintf(a, sizeof(a), "%s/a", folder);
	snprintf(b, sizeof(b), "%s/b", folder);
	make_file(a, &mine);
	make_file(b, &roots);
	assert_int_equal(chmod(folder, 0755), 0);
	child = fork();
	if (child == 0) {
		if (setgid(OTHER) == -1 || setuid(OTHER) == -1)
			_exit(3);
		_exit((safe_open(a, SAFE_OPEN_SECRET, 3, error) == -1) |
		    (safe_open(b, SAFE_OPEN_SECRET, 3, error) == -1) << 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	unlink(a);
	unlink(b);
}

static int
setup(void **state)
{
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_relative_path),
		cmocka_unit_test(test_long_path),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_small_buffer),
		cmocka_unit_test(test_unprivileged),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
