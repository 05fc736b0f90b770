/*
 * Lookups in the store that are set aside (request.h), while the store changes,
 * or another configuration is taken into use: an answer is of the newest
 * moment, and by the configuration under which it was asked.
 */
#include <config.h>

#include "tests/unit/aside_guests.h"

#include "lookupd/control.h"
#include "lookupd/finder.h"
#include "lookupd/handover.h"

struct ask *__real_finder_ask(struct finder *finder,
    const struct find_request *request, int64_t deadline,
    finder_answer *answer, void *context);
struct ask *__wrap_finder_ask(struct finder *finder,
    const struct find_request *request, int64_t deadline,
    finder_answer *answer, void *context);

static bool full;			/* the way to the directory process */

struct ask *
__wrap_finder_ask(struct finder *finder, const struct find_request *request,
    int64_t deadline, finder_answer *answer, void *context)
{
	return full ? NULL : __real_finder_ask(finder, request, deadline,
	    answer, context);
}

static void
locked_between(void)
{
	guests_come(3);
	ask_else(0, 0, "blocked reason=locked");
	ask(1, 1);
	ask_else(2, 0, "blocked reason=locked");
	guests[1].on_recv = lock_first;
	play("ABaCbc", 3);
	check_heard(false);
	check_left(3);
}

/* When what is to be read has been fetched already. */
static void
locked_later(void)
{
	guests_come(3);
	ask_else(0, 0, "blocked reason=locked");
	ask_badly(1);
	ask_else(2, 0, "blocked reason=locked");
	guests[1].on_send = lock_first;
	/* of the newer moment nothing is known before it is looked at */
	play("ABbaCc", 2);
	check_heard(false);
	check_left(3);
}

/* The view ends, and what was read of the store is forgotten. */
static void
take_anew(void)
{
	stock_take(front.stock, &config);
}

static void
view_ended(void)
{
	guests_come(3);
	ask(0, 1);
	ask(1, LOCKED);
	ask(2, 1);
	guests[1].on_recv = take_anew;
	/* nothing is foreseen of B, without a view */
	play("ABbaCc", 2);
	check_heard(false);
	check_left(3);
}

static void
put_file(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
put_file(const char *name, const char *format, ...)
{
	char path[64];
	va_list args;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", stage.folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	assert_int_equal(fclose(file), 0);
}

/* Another one, whose realm of that name has nothing in the store. */
static void
reloaded(void)
{
	struct config *here = NULL;
	struct problems problems;
	char path[64], what;
	int fd;

	snprintf(path, sizeof(path), "%s/conf", stage.folder);
	put_file("p.conf", "account = \"(uid=*)\"; name = \"uid\";\n"
	    "keys = { account = [ \"uid\" ]; address = [ \"mail\" ]; };\n"
	    "rules = ( { admit = true; } );\n");
	put_file("conf", "profiles = \"%s\"; store = \"%s\";\n"
	    "realms = ( { name = \"r\"; profile = \"p\"; mode = \"file\";\n"
	    "ldif = \"/f\"; } );\n", stage.folder, stage.folder);
	problems_init(&problems);
	fd = handover_make(path, &here, &problems);
	problems_print(&problems, stderr);
	problems_free(&problems);
	assert_true(fd >= 0);
	config_unref(here);
	config.path = path;
	guests_come(3);
	ask(0, 1);
	assert_int_equal(control_send(parent, 'R', fd), 0);
	close(fd);
	ask_else(1, 1, "unavailable reason=stale");
	ask_else(2, 2, "unavailable reason=stale");
	warm_up();
	turn();
	row_check(strncmp(order, "AaB", 3) == 0 && asides >= 1, row,
	    "order: %s, %u set aside", order, asides);
	check_left(3);
	check_heard(false);
	row_check(control_receive(parent, &what, &fd) == 1 && what == 'r',
	    row, "not taken");
	unlink(path);
	snprintf(path, sizeof(path), "%s/p.conf", stage.folder);
	unlink(path);
}

/* While it is set aside the store becomes too old: the directory is to be
 * asked, and cannot be. */
static void
too_old(void)
{
	realm.mode = MODE_MIRROR;
	realm.stale = STALE_LIVE;
	realm.max_stale = 100000;
	config.requests_per_uid = 100;
	guests_come(3);
	warm_up();
	realm.max_stale = 1;
	clock_us += 2 * STOCK_LOOK_US;
	full = true;
	ask_else(1, 3, "unavailable reason=busy");
	turn();
	for (unsigned i = 0; i < 3; i++)
		ask_else(i, i, "unavailable reason=busy");
	turn();
	row_check(asides >= 1, row, "%u set aside", asides);
	check_heard(false);
	check_left(3);
	full = false;
}

/* ---- all -------------------------------------------------------------- */

static void
test_aside_store(void **state)
{
	static const struct aside_row rows[] = {
		{ "locked between", locked_between },
		{ "locked later", locked_later },
		{ "the view ended", view_ended },
		{ "reloaded", reloaded },
		{ "too old", too_old },
	};

	play_rows(rows, COUNT(rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aside_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
