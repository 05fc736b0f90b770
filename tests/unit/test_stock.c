/*
 * What of the store the front believes, and when.
 */
#include "lookupd/stock.h"

#include <sys/wait.h>

#include "common/deadline.h"
#include "lookupd/area.h"
#include "lookupd/config.h"

#include "tests/unit/resolve_walk.h"
#include "tests/unit/store_stage.h"

#define S 1000000LL			/* microseconds */
#define HEARD (1000 * S)		/* when the server was last heard of */

static char canary_name[] = "canary@x.org", other_name[] = "nobody@x.org";
static char *canaries[] = { canary_name, NULL };
static char *unknown_canary[] = { other_name, NULL };
static char realm_name[] = "r", base_dn[] = "dc=x",
    nowhere[] = "/tmp/ca.none/none";

static const char stock_profile[] =
    "account = \"(objectClass=account)\"; name = \"mail\";"
    "keys = { address = [ \"mail\" ]; };"
    "rules = ( { block = \"locked\"; account = \"(status=locked)\"; },"
    "  { admit = true; account = \"(status=active)\"; } );";

struct scene {
	struct stage stage;
	struct event_base *base;
	struct realm realm;
	struct config config;
	struct stock *stock;
};

static void
set(struct scene *scene, enum realm_mode mode)
{
	memset(scene, 0, sizeof(*scene));
	stage_set(&scene->stage);
	scene->base = loop_new();
	assert_non_null(scene->base);
	scene->realm = (struct realm){ .name = realm_name, .mode = (int)mode,
		.profile = profile_good(stock_profile), .base = base_dn,
		.max_stale = 60, .canary_interval = 300 };
	scene->config.store = scene->stage.folder;
	scene->config.realms[0] = &scene->realm;
	scene->config.realm_count = 1;
}

static void
strike(struct scene *scene)
{
	stock_free(scene->stock);
	event_base_free(scene->base);
	profile_free(scene->realm.profile);
	stage_strike(&scene->stage);
}

/* What a writer leaves behind: user1 active, the canary with this status.
 * The front's handle is closed meanwhile: one process has it open once. */
static void
write_store(struct scene *scene, const char *canary, int64_t heard)
{
	struct stage *stage = &scene->stage;
	const char *users[] = { "mail=user1@x.org|status=active", canary };
	struct area is;

	stock_free(scene->stock);
	scene->stock = NULL;
	stage->store = store_open(stage->folder, STORE_WRITER, &stage->anew,
	    stage->error);
	assert_non_null(stage->store);
	assert_int_equal(area_of(&scene->realm, STORE_ACCOUNTS, &is), 0);
	stage->area = store_area_open(stage->store, realm_name,
	    STORE_ACCOUNTS, scene->realm.profile, is.definition);
	area_clear(&is);
	assert_int_equal(store_refresh_begin(stage->area, stage->error), 0);
	for (unsigned i = 0; i < 2; i++) {
		struct store_id id = stage_id(i);
		struct entry *entry = entry_of(i == 0 ? "uid=1" : "uid=c",
		    users[i]);

		assert_int_equal(store_refresh_put(stage->area, &id, entry,
		    stage->error), 0);
		entry_free(entry);
	}
	assert_int_equal(store_refresh_finish(stage->area, "c\1", 2,
	    "ldap://one", heard, stage->error), 0);
	stage_close(stage);
}

static void
open_stock(struct scene *scene)
{
	stock_free(scene->stock);
	scene->stock = stock_new(scene->base, &scene->config);
	assert_non_null(scene->stock);
}

/* "found 1", "none stale", "ask". */
static const char *
answer(struct scene *scene, int64_t now_us)
{
	static char text[64];
	struct identities identities = { .count = 0 };
	struct findings findings[IDENTITIES_MAX];
	const char *reason = "";

	assert_null(identities_add(&identities, IDENTITY_REQUEST_EMAIL,
	    "user1@x.org", 11, &reason));
	switch (stock_find(scene->stock, &scene->realm, &identities, findings,
	    now_us, NULL, &reason)) {
	case STOCK_ASK:
		return "ask";
	case STOCK_NONE:
		snprintf(text, sizeof(text), "none %s", reason);
		return text;
	case STOCK_FOUND:
		break;
	}
	snprintf(text, sizeof(text), "found %zu", findings[0].account_count);
	findings_free(&findings[0]);
	return text;
}

static void
test_believed(void **state)
{
	static const struct {
		const char *name;
		enum realm_mode mode;
		enum realm_stale stale;
		int64_t now;
		const char *expected;
	} rows[] = {
		{ "a live realm", MODE_LIVE, STALE_UNAVAILABLE, HEARD, "ask" },
		{ "just heard of", MODE_MIRROR, STALE_UNAVAILABLE, HEARD,
		    "found 1" },
		{ "as old as may be", MODE_MIRROR, STALE_UNAVAILABLE,
		    HEARD + 60 * S, "found 1" },
		{ "older", MODE_MIRROR, STALE_UNAVAILABLE, HEARD + 60 * S + 1,
		    "none stale" },
		{ "older, may ask", MODE_MIRROR, STALE_LIVE,
		    HEARD + 60 * S + 1, "ask" },
		{ "heard of since the question came", MODE_MIRROR,
		    STALE_UNAVAILABLE, HEARD - 1, "found 1" },
		{ "and it had to wait", MODE_MIRROR, STALE_UNAVAILABLE,
		    HEARD - S, "found 1" },
		{ "the clock gone back", MODE_MIRROR, STALE_UNAVAILABLE,
		    HEARD - S - 1, "none stale" },
		{ "the clock gone back, may ask", MODE_MIRROR, STALE_LIVE,
		    HEARD - S - 1, "ask" },
		{ "a clock at zero", MODE_MIRROR, STALE_UNAVAILABLE, 0,
		    "none stale" },
		{ "a file, long ago", MODE_FILE, STALE_UNAVAILABLE,
		    HEARD + 1000000 * S, "found 1" },
		{ "a file, the clock gone back", MODE_FILE, STALE_UNAVAILABLE,
		    0, "found 1" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene scene;
		const char *got;

		set(&scene, rows[i].mode);
		scene.realm.stale = (int)rows[i].stale;
		write_store(&scene, "mail=canary@x.org|status=locked", HEARD);
		open_stock(&scene);
		got = answer(&scene, rows[i].now);
		row_check(strcmp(got, rows[i].expected) == 0, rows[i].name,
		    "want %s, got %s", rows[i].expected, got);
		strike(&scene);
	}
	rows_end();
}

static void
check_at(struct scene *scene, const char *name, int64_t now_us,
    const char *expected)
{
	const char *got = answer(scene, now_us);

	row_check(strcmp(got, expected) == 0, name, "want %s, got %s",
	    expected, got);
	event_base_loop(scene->base, EVLOOP_NONBLOCK);
}

static void
check(struct scene *scene, const char *name, const char *expected)
{
	check_at(scene, name, HEARD, expected);
}

static void
test_canaries(void **state)
{
	static const struct {
		const char *name, *entry;
		char **canary;
		const char *expected;
	} rows[] = {
		{ "locked", "mail=canary@x.org|status=locked", canaries,
		    "found 1" },
		{ "not locked", "mail=canary@x.org|status=active", canaries,
		    "none canary" },
		{ "its status hidden", "mail=canary@x.org", canaries,
		    "found 1" },	/* blocked reason=no-rule */
		{ "not there", "mail=x@x.org|status=locked", unknown_canary,
		    "none canary" },
		{ "none wanted", "mail=canary@x.org|status=active", NULL,
		    "found 1" },
	};
	struct scene scene;

	set(&scene, MODE_MIRROR);
	scene.realm.stale = STALE_LIVE;
	for (size_t i = 0; i < COUNT(rows); i++) {
		write_store(&scene, rows[i].entry, HEARD);
		scene.realm.canary = rows[i].canary;
		open_stock(&scene);
		check(&scene, rows[i].name, rows[i].expected);
		check(&scene, rows[i].name, rows[i].expected);
	}
	rows_end();
	strike(&scene);
}

/* Another process: the server is heard of, and user1 is gone if that is it. */
static void
hear(struct scene *scene, int64_t heard, bool gone)
{
	struct stage *stage = &scene->stage;
	struct store_id first = stage_id(0);
	struct area is;
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		bool anew;

		if (area_of(&scene->realm, STORE_ACCOUNTS, &is) != 0)
			_exit(1);
		stage->store = store_open(stage->folder, STORE_WRITER, &anew,
		    stage->error);
		stage->area = stage->store == NULL ? NULL :
		    store_area_open(stage->store, realm_name, STORE_ACCOUNTS,
		    scene->realm.profile, is.definition);
		if (stage->area == NULL ||
		    store_contact(stage->area, heard, stage->error) != 0)
			_exit(2);
		if (gone && (store_change_begin(stage->area,
		    stage->error) != 0 || store_change_delete(stage->area,
		    &first, stage->error) != 0 || store_change_commit(
		    stage->area, NULL, 0, heard, stage->error) != 0))
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* What was once too old does not become young by setting the clock. */
static void
test_clock(void **state)
{
	static const struct {
		const char *name;
		int64_t first, then;
	} rows[] = {
		{ "too old, then set back", HEARD + 61 * S, HEARD + 10 * S },
		{ "set back behind it, then on", HEARD - S - 1,
		    HEARD + 10 * S },
		{ "far ahead for a moment", HEARD + 900000 * S, HEARD },
	};
	struct scene scene;
	int64_t began;

	set(&scene, MODE_MIRROR);
	for (size_t i = 0; i < COUNT(rows); i++) {
		write_store(&scene, "mail=canary@x.org|status=locked", HEARD);
		open_stock(&scene);
		check(&scene, rows[i].name, "found 1");
		check_at(&scene, rows[i].name, rows[i].first, "none stale");
		check_at(&scene, rows[i].name, rows[i].then, "none stale");
		hear(&scene, HEARD + 5 * S, false);
		check_at(&scene, rows[i].name, HEARD + 10 * S, "found 1");
	}
	/* nobody asked while it became too old */
	scene.realm.max_stale = 1;
	write_store(&scene, "mail=canary@x.org|status=locked", HEARD);
	open_stock(&scene);
	check_at(&scene, "nearly too old", HEARD + S - 1, "found 1");
	for (began = deadline_now_us(); deadline_now_us() < began + 10;)
		;
	check(&scene, "too old by the other clock", "none stale");
	rows_end();
	strike(&scene);
}

/* What is committed is seen by the next question, even if no time passes; and
 * a view that nobody uses ends. */
static void
test_newest(void **state)
{
	struct scene scene;

	set(&scene, MODE_MIRROR);
	write_store(&scene, "mail=canary@x.org|status=locked", HEARD);
	open_stock(&scene);
	check(&scene, "as it was", "found 1");
	check(&scene, "at once again", "found 1");
	event_base_loop(scene.base, EVLOOP_ONCE);
	check(&scene, "after it was let go", "found 1");
	hear(&scene, HEARD, false);
	check(&scene, "heard of", "found 1");
	hear(&scene, HEARD, true);
	check(&scene, "gone", "found 0");
	rows_end();
	strike(&scene);
}

/* Who has replaced it need not be told that it is gone. */
static void
test_replaced(void **state)
{
	struct scene scene;

	set(&scene, MODE_MIRROR);
	write_store(&scene, "mail=c@x.org", HEARD);
	open_stock(&scene);
	check(&scene, "as it was", "found 1");
	assert_int_equal(unlink(scene.stage.file), 0);
	/* noticed at the latest when it is looked at again */
	check_at(&scene, "replaced", HEARD + STOCK_LOOK_US, "none stale");
	check(&scene, "and still", "none stale");
	assert_true(stock_is_stale(scene.stock));
	assert_false(stock_is_damaged(scene.stock));
	rows_end();
	strike(&scene);
}

static void
test_not_there(void **state)
{
	struct scene scene;
	struct buffer out;

	set(&scene, MODE_MIRROR);
	/* no store at all: the reader makes one, and believes nothing */
	open_stock(&scene);
	check(&scene, "an empty one", "none stale");
	/* the same with another definition */
	write_store(&scene, "mail=c@x.org", HEARD);
	base_dn[3] = 'y';
	open_stock(&scene);
	check(&scene, "another base", "none stale");
	base_dn[3] = 'x';
	stock_take(scene.stock, &scene.config);
	check(&scene, "the base it has", "found 1");
	buffer_init(&out, 4096);
	stock_describe(scene.stock, &scene.realm, HEARD + 5 * S, &out);
	row_check(strcmp(buffer_text(&out), " store r accounts: believed, "
	    "2 entries of ldap://one, heard of 5 s ago, never changed, "
	    "refreshed 5 s ago, cookie c\\x01\n") == 0, "described", "%s",
	    buffer_text(&out));
	buffer_free(&out);
	event_base_loop(scene.base, EVLOOP_NONBLOCK);
	/* replaced */
	assert_false(stock_is_stale(scene.stock));
	assert_int_equal(truncate(scene.stage.file, 4096), 0);
	assert_true(stock_is_stale(scene.stock));
	check(&scene, "cut short", "none stale");
	assert_true(stock_is_damaged(scene.stock));
	assert_false(stock_is_damaged(scene.stock));	/* said once */
	/* a folder that is not there */
	scene.config.store = nowhere;
	open_stock(&scene);
	check(&scene, "no folder", "none stale");
	rows_end();
	strike(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_believed),
		cmocka_unit_test(test_canaries),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_newest),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
