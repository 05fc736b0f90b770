/*
 * A writer and those who read meanwhile: what they see, and what they cost.
 */
#include "tests/unit/store_stage.h"

#include <sys/wait.h>

static int
reader(struct stage *stage, int from, int to)
{
	char byte = 0;
	unsigned seen = 0;

	if (!stage_open(stage, STORE_READER))
		return 10;
	while (read(from, &byte, 1) == 1 && byte != 'q') {
		const char *got = stage_found(stage, "user1@example.com");

		seen = strcmp(got, "user1:active") == 0 ? 'a' :
		    strcmp(got, "user1:locked") == 0 ? 'l' :
		    strstr(got, "not there yet") != NULL ? 'n' : '?';
		byte = (char)seen;
		if (store_stale_handle(stage->store))
			byte = 's';
		if (write(to, &byte, 1) != 1)
			return 11;
	}
	stage_close(stage);
	return 0;
}

/* It ends with us, too: it does not hold its own question's pipe open. */
static pid_t
begin_reader(struct stage *stage, int *to, int *from)
{
	pid_t pid;

	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(to[1]);
		_exit(reader(stage, to[0], from[1]));
	}
	return pid;
}

static char
asked(const int *to, const int *from)
{
	char byte = '1';

	assert_int_equal(write(to[1], &byte, 1), 1);
	assert_int_equal(read(from[0], &byte, 1), 1);
	return byte;
}

static void
test_two_processes(void **state)
{
	struct stage stage;
	int to[2], from[2], status;
	pid_t pid;

	stage_set(&stage);
	pid = begin_reader(&stage, to, from);
	/* the reader may well be the first */
	assert_int_equal(asked(to, from), 'n');
	must(stage_open(&stage, STORE_WRITER));
	assert_int_equal(asked(to, from), 'n');
	must(stage_fill(&stage, 100, "active", "c"));
	assert_int_equal(asked(to, from), 'a');
	must(stage_change(&stage, 1, "locked", "c"));
	assert_int_equal(asked(to, from), 'l');
	must(stage_fill(&stage, 100, "active", "c"));
	assert_int_equal(asked(to, from), 'a');
	must(store_forget(stage.area, stage.error) == 0);
	assert_int_equal(asked(to, from), 'n');
	store_discard(stage.store);
	assert_int_equal(asked(to, from), 's');
	assert_int_equal(write(to[1], "q", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	for (int i = 0; i < 2; i++) {
		close(to[i]);
		close(from[i]);
	}
	stage_strike(&stage);
}

/* Nobody else may write, and no reader can. */
static void
test_one_writer(void **state)
{
	struct stage stage, second;
	int status;
	pid_t pid;

	stage_set(&stage);
	second = stage;
	must(stage_open(&stage, STORE_WRITER));
	pid = fork();
	if (pid == 0) {
		int rc = stage_open(&second, STORE_WRITER) ? 1 :
		    strstr(second.error, "another process") == NULL ? 2 : 0;

		if (rc == 0 && (!stage_open(&second, STORE_READER) ||
		    store_refresh_begin(second.area, second.error) == 0))
			rc = 3;
		_exit(rc);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	stage_strike(&stage);
}

static off_t
size_of(const struct stage *stage)
{
	struct stat status;

	assert_int_equal(stat(stage->file, &status), 0);
	return status.st_size;
}

/* How much it grows over many changes, with a reader that ends its views, or
 * one that does not. */
static off_t
growth(bool ends)
{
	struct stage stage;
	int to[2], from[2], status;
	off_t before;
	pid_t pid;
	char byte = 0;

	stage_set(&stage);
	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	must(stage_open(&stage, STORE_WRITER));
	must(stage_fill(&stage, 500, "active", "c"));
	stage_close(&stage);
	pid = fork();
	if (pid == 0) {
		close(to[1]);
		if (!stage_open(&stage, STORE_READER) ||
		    store_view_begin(stage.store, stage.error) != 0)
			_exit(10);
		while (write(from[1], &byte, 1) == 1 &&
		    read(to[0], &byte, 1) == 1) {
			if (!ends)
				continue;
			store_view_end(stage.store);
			if (store_view_begin(stage.store, stage.error) != 0)
				_exit(11);
		}
		store_close(stage.store);
		_exit(0);
	}
	assert_int_equal(read(from[0], &byte, 1), 1);
	must(stage_open(&stage, STORE_WRITER));
	before = size_of(&stage);
	for (unsigned i = 0; i < 2000; i++) {
		must(stage_change(&stage, i % 500, i % 3 == 0 ? "locked" :
		    "active", "c"));
		assert_int_equal(write(to[1], &byte, 1), 1);
		assert_int_equal(read(from[0], &byte, 1), 1);
	}
	before = size_of(&stage) - before;
	close(to[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(to[0]);
	close(from[0]);
	close(from[1]);
	stage_strike(&stage);
	return before;
}

static void
test_size(void **state)
{
	off_t renewed = growth(true), held = growth(false);

	if (renewed > 512 * 1024 || held < 4 * renewed)
		fail_msg("grew by %lld with views ended, %lld with one held",
		    (long long)renewed, (long long)held);
}

/* Within a view nothing changes. */
static void
test_view(void **state)
{
	struct stage stage;

	stage_set(&stage);
	must(stage_open(&stage, STORE_WRITER));
	must(stage_fill(&stage, 10, "active", "c"));
	must(store_view_begin(stage.store, stage.error) == 0);
	stage_finds(&stage, "user1@example.com", "user1:active");
	must(stage_change(&stage, 1, "locked", "c"));
	stage_finds(&stage, "user1@example.com", "user1:active");
	store_view_end(stage.store);
	stage_finds(&stage, "user1@example.com", "user1:locked");
	must(store_view_begin(stage.store, stage.error) == 0);
	must(stage_fill(&stage, 10, "anew", "c"));
	stage_finds(&stage, "user1@example.com", "user1:locked");
	store_view_end(stage.store);
	stage_finds(&stage, "user1@example.com", "user1:anew");
	rows_end();
	stage_strike(&stage);
}

/* ---- areas that nobody wants ------------------------------------------ */

static bool
is_wanted(const void *wanted, const char *area)
{
	return strcmp(area, wanted) == 0;
}

static int
pruned(struct stage *stage, const char *wanted)
{
	stage->store = store_open(stage->folder, STORE_WRITER, &stage->anew,
	    stage->error);
	assert_non_null(stage->store);
	assert_false(stage->anew);
	return store_prune(stage->store, is_wanted, wanted, stage->error);
}

/* What is removed is gone for who reads, is no damage to him, and can come
 * again; what is wanted stays, and the file does not grow. */
static void
test_prune(void **state)
{
	struct stage stage;
	int to[2], from[2], status;
	struct store_area *area;
	off_t size;
	pid_t pid;

	stage_set(&stage);
	pid = begin_reader(&stage, to, from);
	assert_int_equal(asked(to, from), 'n');
	must(stage_open(&stage, STORE_WRITER));
	must(stage_fill(&stage, 3000, "active", "c"));
	area = stage.area;
	stage.area = store_area_open(stage.store, "kept", STORE_ACCOUNTS,
	    &stage.profile, STAGE_DEFINITION);
	must(stage_fill(&stage, 100, "locked", "c"));
	store_area_close(area);
	store_area_close(stage.area);
	stage_close(&stage);
	size = size_of(&stage);
	assert_int_equal(asked(to, from), 'a');

	assert_int_equal(pruned(&stage, "kept/accounts"), 1);
	assert_int_equal(asked(to, from), 'n');
	stage_close(&stage);
	assert_int_equal(pruned(&stage, "kept/accounts"), 0);
	stage.area = store_area_open(stage.store, "kept", STORE_ACCOUNTS,
	    &stage.profile, STAGE_DEFINITION);
	stage_finds(&stage, "user99@example.com", "user99:locked");
	store_area_close(stage.area);
	stage.area = store_area_open(stage.store, "r", STORE_ACCOUNTS,
	    &stage.profile, STAGE_DEFINITION);
	assert_int_equal(asked(to, from), 'n');
	must(stage_fill(&stage, 3000, "active", "c"));
	assert_int_equal(asked(to, from), 'a');
	if (size_of(&stage) > size + size / 4)
		fail_msg("the file grew from %lld to %lld", (long long)size,
		    (long long)size_of(&stage));
	assert_int_equal(write(to[1], "q", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	rows_end();
	stage_strike(&stage);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_processes),
		cmocka_unit_test(test_one_writer),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_view),
		cmocka_unit_test(test_prune),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
