/*
 * What store.h promises, while nothing goes wrong.
 */
#include "tests/unit/store_stage.h"

#include "lookupd/store_key.h"

/* ---- refresh and change ----------------------------------------------- */

static void
test_refresh(void **state)
{
	struct stage stage;
	struct store_state known;

	stage_set(&stage);
	must(stage_open(&stage, STORE_WRITER));
	assert_true(stage.anew);
	must(store_state(stage.area, &known, stage.error) == 0);
	assert_false(known.usable);
	assert_non_null(strstr(stage_found(&stage, "user1@example.com"),
	    "not there yet"));
	must(stage_fill(&stage, 5000, "active", "c1"));
	must(store_state(stage.area, &known, stage.error) == 0);
	assert_true(known.usable);
	assert_int_equal(known.entries, 5000);
	assert_int_equal(known.contact_us, 1000);
	assert_int_equal(known.refreshed_us, 1000);
	assert_int_equal(known.changed_us, 0);
	assert_string_equal(known.server, "ldap://one");
	assert_int_equal(known.cookie_len, 2);
	assert_memory_equal(known.cookie, "c1", 2);
	stage_finds(&stage, "user1@example.com", "user1:active");
	stage_finds(&stage, "alias4999@example.com", "user4999:active");
	stage_finds(&stage, "user5000@example.com", "");
	/* folded as the weakest comparison */
	stage_finds(&stage, " USER1@Example.COM  ", "user1:active");
	stage_finds(&stage, "user 1@example.com", "");

	/* a second one replaces everything; what was begun does not count */
	must(store_refresh_begin(stage.area, stage.error) == 0);
	must(stage_put(&stage, 7, "locked"));
	stage_finds(&stage, "user7@example.com", "user7:active");
	store_refresh_abandon(stage.area);
	stage_finds(&stage, "user7@example.com", "user7:active");
	assert_int_equal(store_refresh_finish(stage.area, "x", 1, "s", 1,
	    stage.error), -1);
	must(stage_fill(&stage, 10, "locked", "c2"));
	stage_finds(&stage, "user7@example.com", "user7:locked");
	stage_finds(&stage, "user10@example.com", "");
	rows_end();
	stage_strike(&stage);
}

static void
test_refresh_with_changes(void **state)
{
	struct stage stage;
	struct store_state known;
	struct store_id id = stage_id(3);
	bool done = false;

	stage_set(&stage);
	must(stage_open(&stage, STORE_WRITER));
	must(store_refresh_begin(stage.area, stage.error) == 0);
	for (unsigned i = 0; i < 10; i++)
		must(stage_put(&stage, i, "active"));
	must(stage_put(&stage, 5, "locked"));
	must(store_refresh_delete(stage.area, &id, stage.error) == 0);
	id = stage_id(4);
	must(store_refresh_delete(stage.area, &id, stage.error) == 0);
	must(stage_put(&stage, 4, "back"));
	while (!done)
		must(store_refresh_step(stage.area, &done, stage.error) == 0);
	assert_false(stage_put(&stage, 11, "late"));
	must(store_refresh_finish(stage.area, "c", 1, "s", 1, stage.error) ==
	    0);
	stage_finds(&stage, "user2@example.com", "user2:active");
	stage_finds(&stage, "user3@example.com", "");
	stage_finds(&stage, "user4@example.com", "user4:back");
	stage_finds(&stage, "alias5@example.com", "user5:locked");
	must(store_state(stage.area, &known, stage.error) == 0);
	assert_int_equal(known.entries, 9);
	rows_end();
	stage_strike(&stage);
}

static bool
keep_even(void *context, const struct store_id *id)
{
	return store_get_u32(id->bytes + 4) % 2 == 0;
}

static void
test_change(void **state)
{
	struct stage stage;
	struct store_state known;
	struct store_id id = stage_id(2);
	struct entry *entry;

	stage_set(&stage);
	must(stage_open(&stage, STORE_WRITER));
	assert_false(stage_change(&stage, 1, "active", "c"));
	must(stage_fill(&stage, 10, "active", "c1"));
	must(stage_change(&stage, 1, "locked", "c2"));
	must(store_state(stage.area, &known, stage.error) == 0);
	assert_memory_equal(known.cookie, "c2", 2);
	assert_int_equal(known.contact_us, 2000);
	assert_int_equal(known.changed_us, 2000);
	stage_finds(&stage, "alias1@example.com", "user1:locked");
	/* without a cookie the old one stays */
	must(stage_change(&stage, 20, "new", NULL));
	must(store_state(stage.area, &known, stage.error) == 0);
	assert_memory_equal(known.cookie, "c2", 2);
	assert_int_equal(known.entries, 11);
	stage_finds(&stage, "user20@example.com", "user20:new");
	must(stage_change(&stage, 3, NULL, "c3"));
	stage_finds(&stage, "user3@example.com", "");
	must(stage_change(&stage, 33, NULL, "c3"));	/* never heard of */

	/* renamed, with other addresses: the old ones lead nowhere */
	must(store_change_begin(stage.area, stage.error) == 0);
	entry = stage_entry("uid=two,dc=else", "two@example.com",
	    "user2@example.com", "active");
	must(store_change_put(stage.area, &id, entry, stage.error) == 0);
	entry_free(entry);
	stage_finds(&stage, "alias2@example.com", "user2:active");
	must(store_change_commit(stage.area, NULL, 0, 3000, stage.error) == 0);
	stage_finds(&stage, "alias2@example.com", "");
	stage_finds(&stage, "user2@example.com", "two:active");
	stage_finds(&stage, "two@example.com", "two:active");

	/* abort undoes, and a commit without a begin is refused */
	must(store_change_begin(stage.area, stage.error) == 0);
	assert_int_equal(store_change_begin(stage.area, stage.error), -1);
	assert_int_equal(store_refresh_begin(stage.area, stage.error), -1);
	must(store_change_delete(stage.area, &id, stage.error) == 0);
	store_change_abort(stage.area);
	assert_int_equal(store_change_commit(stage.area, NULL, 0, 1,
	    stage.error), -1);
	stage_finds(&stage, "two@example.com", "two:active");

	must(store_change_begin(stage.area, stage.error) == 0);
	must(store_change_keep(stage.area, keep_even, NULL, stage.error) == 0);
	must(store_change_commit(stage.area, "c4", 2, 4000, stage.error) == 0);
	must(store_state(stage.area, &known, stage.error) == 0);
	assert_int_equal(known.entries, 6);
	stage_finds(&stage, "user1@example.com", "");
	stage_finds(&stage, "user4@example.com", "user4:active");

	must(store_contact(stage.area, 9000, stage.error) == 0);
	must(store_state(stage.area, &known, stage.error) == 0);
	assert_int_equal(known.contact_us, 9000);
	assert_int_equal(known.changed_us, 4000);
	must(store_forget(stage.area, stage.error) == 0);
	must(store_state(stage.area, &known, stage.error) == 0);
	assert_false(known.usable);
	rows_end();
	stage_strike(&stage);
}

/* Reading while a change is under way shows what was before it, and takes
 * nothing from it: two who share an address stay two. */
static void
test_read_meanwhile(void **state)
{
	static const char *const shared = "shared@example.com";
	struct stage stage;

	stage_set(&stage);
	must(stage_open(&stage, STORE_WRITER));
	must(stage_fill(&stage, 5, "active", "c"));
	must(store_change_begin(stage.area, stage.error) == 0);
	for (unsigned i = 20; i < 22; i++) {
		struct store_id id = stage_id(i);
		struct entry *entry = stage_entry(i == 20 ? "uid=a,dc=x" :
		    "uid=b,dc=x", shared, NULL, i == 20 ? "locked" : "active");

		must(store_change_put(stage.area, &id, entry, stage.error) ==
		    0);
		entry_free(entry);
		stage_finds(&stage, "user1@example.com", "user1:active");
		stage_finds(&stage, shared, "");
	}
	must(store_change_commit(stage.area, NULL, 0, 1, stage.error) == 0);
	stage_finds(&stage, shared, "a:locked b:active");
	stage_finds(&stage, "user1@example.com", "user1:active");

	/* a view from before it began has another moment, and nothing to go
	 * on with */
	must(store_view_begin(stage.store, stage.error) == 0);
	must(stage_change(&stage, 1, "locked", "c"));
	must(store_change_begin(stage.area, stage.error) == 0);
	assert_non_null(strstr(stage_found(&stage, shared), "under way"));
	store_change_abort(stage.area);
	stage_finds(&stage, "user1@example.com", "user1:active");
	store_view_end(stage.store);
	stage_finds(&stage, "user1@example.com", "user1:locked");
	rows_end();
	stage_strike(&stage);
}

/* ---- duplicates, collisions, prefixes --------------------------------- */

static void
test_duplicates(void **state)
{
	struct stage stage;
	struct entry *entry;

	stage_set(&stage);
	must(stage_open(&stage, STORE_WRITER));
	must(store_refresh_begin(stage.area, stage.error) == 0);
	for (unsigned i = 0; i < 3; i++) {
		struct store_id id = stage_id(i);
		char dn[32];

		snprintf(dn, sizeof(dn), "uid=u%u,dc=x", i);
		/* the same one twice in one entry is one */
		entry = stage_entry(dn, i < 2 ? "a@b.c" : "d@b.c",
		    i < 2 ? "A@B.C" : "a@b.c", NULL);
		assert_int_equal(entry_add(entry, "alias", "z@b.c", 5), 0);
		must(store_refresh_put(stage.area, &id, entry, stage.error) ==
		    0);
		entry_free(entry);
	}
	must(store_refresh_finish(stage.area, "c", 1, "s", 1, stage.error) ==
	    0);
	stage_finds(&stage, "a@b.c", "u0:- u1:- +");
	stage_finds(&stage, "z@b.c", "u0:- u1:- +");
	stage_finds(&stage, "d@b.c", "u2:-");
	must(stage_change(&stage, 1, "gone", NULL));
	stage_finds(&stage, "a@b.c", "u0:- u2:-");
	rows_end();
	stage_strike(&stage);
}

/* One attribute alone: a value under the other one is no match, no damage. */
static void
test_one_attribute(void **state)
{
	struct stage stage;
	struct entry *entries[2];
	size_t count;
	bool more;
	struct filter_key strange = { "status", NULL };
	struct filter_key prefixed = { "alias", "smtp:" };
	struct store_id id = stage_id(50);
	struct entry *entry;

	stage_set(&stage);
	must(stage_open(&stage, STORE_WRITER));
	must(stage_fill(&stage, 3, "active", "c"));
	must(store_find(stage.area, &stage_keys[0], 1, "alias1@example.com",
	    18, entries, &count, &more, stage.error) == 0);
	assert_int_equal(count, 0);
	assert_false(store_damaged(stage.store));
	assert_int_equal(store_find(stage.area, &strange, 1, "active", 6,
	    entries, &count, &more, stage.error), -1);
	assert_non_null(strstr(stage.error, "not indexed"));
	must(store_change_begin(stage.area, stage.error) == 0);
	entry = stage_entry("uid=p,dc=x", NULL, "SMTP:p@b.c", NULL);
	must(store_change_put(stage.area, &id, entry, stage.error) == 0);
	entry_free(entry);
	must(store_change_commit(stage.area, NULL, 0, 1, stage.error) == 0);
	must(store_find(stage.area, &prefixed, 1, "p@b.c", 5, entries, &count,
	    &more, stage.error) == 0);
	assert_int_equal(count, 1);
	entry_free(entries[0]);
	stage_finds(&stage, "p@b.c", "");
	rows_end();
	stage_strike(&stage);
}

static void
test_keys(void **state)
{
	struct store_keys keys;
	struct store_hashes hashes = { NULL, 0, 0 };
	struct store_wanted wanted;
	struct entry *entry = stage_entry("dn", "A  b", "a b", NULL);
	char longest[STORE_KEY_VALUE_MAX + 10];

	store_keys_init(&keys, 1);
	store_keys_add(&keys, "mail");
	store_keys_add(&keys, "MAIL");
	store_keys_add(&keys, "alias");
	store_keys_add(&keys, NULL);
	assert_int_equal(keys.count, 2);
	assert_int_equal(store_keys_of(&keys, entry, &hashes), 0);
	assert_int_equal(hashes.count, 1);	/* folded they are the same */
	assert_true(store_key_wanted(&keys, NULL, " a B ", 5, &wanted));
	assert_true(store_hashes_contain(&hashes, wanted.hash));
	assert_true(store_key_found("mail", &wanted, entry));
	assert_false(store_key_found("status", &wanted, entry));
	memset(longest, 'x', sizeof(longest));
	assert_false(store_key_wanted(&keys, NULL, longest, sizeof(longest),
	    &wanted));
	store_hashes_free(&hashes);
	entry_free(entry);
}

/* ---- several areas, definitions --------------------------------------- */

static void
test_areas(void **state)
{
	struct stage stage;
	struct store_area *other, *changed;
	struct store_state known;

	stage_set(&stage);
	must(stage_open(&stage, STORE_WRITER));
	other = store_area_open(stage.store, "other", STORE_ACCOUNTS,
	    &stage.profile, STAGE_DEFINITION);
	assert_non_null(other);
	must(stage_fill(&stage, 5, "active", "c"));
	must(store_state(other, &known, stage.error) == 0);
	assert_false(known.usable);
	store_area_close(stage.area);
	stage.area = other;
	must(stage_fill(&stage, 3, "locked", "c"));
	stage_finds(&stage, "user1@example.com", "user1:locked");
	/* another definition: not there, until it is refreshed */
	changed = store_area_open(stage.store, "r", STORE_ACCOUNTS,
	    &stage.profile, STAGE_DEFINITION + 1);
	assert_non_null(changed);
	stage.area = changed;
	must(store_state(changed, &known, stage.error) == 0);
	assert_false(known.usable);
	assert_false(stage_change(&stage, 1, "x", "c"));
	must(stage_fill(&stage, 2, "changed", "c"));
	stage_finds(&stage, "user1@example.com", "user1:changed");
	stage_finds(&stage, "user4@example.com", "");
	rows_end();
	stage_strike(&stage);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_refresh_with_changes),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_read_meanwhile),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_one_attribute),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_areas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
