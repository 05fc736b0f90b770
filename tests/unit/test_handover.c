/*
 * A configuration handed over: the same on the other side, without a file to
 * read, unchangeable on the way, and without secrets.
 */
#include <config.h>

#include "lookupd/handover.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lookupd/trust.h"
#include "tests/unit/rows.h"

static char folder[] = "/tmp/ca.XXXXXX";

static const char *
at(const char *name)
{
	static char path[2][64];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

static void put_file(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
put_file(const char *name, const char *format, ...)
{
	FILE *file = fopen(at(name), "we");
	va_list args;

	assert_non_null(file);
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	assert_int_equal(fclose(file), 0);
}

static int
make_folder(void **state)
{
	umask(077);
	if (mkdtemp(folder) == NULL)
		return -1;
	put_file("secret", "do-not-tell");
	put_file("ca", "not looked at here");
	put_file("p.conf", "account = \"(uid=*)\"; name = \"uid\";\n"
	    "keys = { account = [ \"uid\" ]; address = [ \"mail\" ]; };\n"
	    "rules = ( { admit = true; } );\n");
	put_file("conf", "profiles = \"%s\"; realms = ( { name = \"r\";\n"
	    "profile = \"p\"; servers = [ \"ldapi://%%2Fnone\" ];\n"
	    "base = \"o=x\"; bind = \"simple\"; bind_dn = \"cn=x\";\n"
	    "secret_file = \"%s/secret\"; client_ca = \"%s/ca\"; } );\n"
	    "services = ( { name = \"s\"; evidence = [ \"none\" ];\n"
	    "realms = [ \"r\" ]; callers = [ \"daemon\", \"@daemon\" ]; } );\n",
	    folder, folder, folder);
	return 0;
}

static int
remove_folder(void **state)
{
	static const char *const names[] = { "secret", "ca", "p.conf", "conf" };

	for (size_t i = 0; i < 4; i++)
		unlink(at(names[i]));
	return rmdir(folder);
}

static int
make(struct config **ret)
{
	struct problems problems;
	int fd;

	problems_init(&problems);
	fd = handover_make(at("conf"), ret, &problems);
	problems_print(&problems, stderr);
	assert_int_equal(fd >= 0, problems.count == 0);
	problems_free(&problems);
	return fd;
}

static void
test_same(void **state)
{
	struct config *here = NULL, *there;
	struct problems problems;
	struct bundle *bundle;
	char bytes[16384];
	ssize_t n;
	int fd = make(&here);

	assert_true(fd >= 0);
	n = pread(fd, bytes, sizeof(bytes), 0);
	assert_true(n > 0 && (size_t)n < sizeof(bytes));
	assert_non_null(memmem(bytes, (size_t)n, "not looked at here", 18));
	assert_null(memmem(bytes, (size_t)n, "do-not-tell", 11));
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 1), -1);

	/* the files are other ones now */
	put_file("conf", "nonsense");
	put_file("p.conf", "nonsense");
	put_file("ca", "nonsense");
	problems_init(&problems);
	for (int twice = 0; twice < 2; twice++) {
		bundle = handover_take(fd, &problems);
		assert_non_null(bundle);
		there = config_read_from(bundle, here->path, &problems);
		assert_non_null(there);
		assert_true(there->hash == here->hash);
		assert_int_equal(there->services[0]->callers[0].uid,
		    here->services[0]->callers[0].uid);
		/* this one is no CA: that its bytes were read is the point */
		assert_null(trust_load_from(bundle, there, &problems));
		assert_int_equal(problems.count, 1);
		assert_null(strstr(problems_text(&problems, 0), "handed over"));
		problems_free(&problems);
		problems_init(&problems);
		bundle_free(bundle);
	}
	problems_free(&problems);
	config_unref(here);
	close(fd);
	assert_int_equal(remove_folder(state), 0);
	memcpy(strrchr(folder, '.'), ".XXXXXX", 7);
	assert_int_equal(make_folder(state), 0);
}

static void
test_bad(void **state)
{
	struct config *config = NULL;
	struct problems problems;
	int pipes[2];

	unlink(at("ca"));
	assert_int_equal(make(&config), -1);
	assert_null(config);
	put_file("ca", "x");
	unlink(at("p.conf"));
	assert_int_equal(make(&config), -1);
	assert_null(config);

	problems_init(&problems);
	assert_null(handover_take(-1, &problems));
	assert_int_equal(problems.count, 1);
	assert_int_equal(pipe(pipes), 0);
	assert_null(handover_take(pipes[0], &problems));
	assert_int_equal(problems.count, 2);
	close(pipes[0]);
	close(pipes[1]);
	problems_free(&problems);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
