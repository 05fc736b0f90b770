/*
 * Where values are is remembered for one moment only: whatever is changed, the
 * next moment shows it, and nothing of the one before.
 */
#include "tests/unit/store_stage.h"

#include "lookupd/store_parts.h"

#define USERS 400
#define ROUNDS 3000

static const char *const words[] = { NULL, "active", "locked", "closed",
	"a status that is longer than the others, so that records move" };

static unsigned status[USERS];

static unsigned
chance(unsigned range)
{
	static unsigned random = 1;

	random = random * 1103515245 + 12345;
	return (random >> 8) % range;
}

static void
check_user(struct stage *stage, const char *what, unsigned number)
{
	char value[64], right[96];
	const char *got;

	snprintf(value, sizeof(value), "%s%u@example.com",
	    chance(2) == 0 ? "user" : "alias", number);
	right[0] = '\0';
	if (status[number] != 0)
		snprintf(right, sizeof(right), "user%u:%s", number,
		    words[status[number]]);
	got = stage_found(stage, value);
	row_check(strcmp(got, right) == 0, what,
	    "%s: expected \"%s\", got \"%s\"", value, right, got);
}

static void
renew(struct stage *stage, uint32_t *moment)
{
	uint32_t before = *moment;

	assert_int_equal(store_view_renew(stage->store, stage->error), 0);
	*moment = store_view_moment(stage->store);
	row_check(*moment != before && *moment != 0, "moment", "%u, %u",
	    (unsigned)before, (unsigned)*moment);
}

/* A view is kept all the time, as the front's is under load. */
static void
test_changes(void **state)
{
	struct stage stage;
	uint32_t moment = 0;

	stage_set(&stage);
	must(stage_open(&stage, STORE_WRITER));
	must(stage_fill(&stage, USERS, words[1], "c"));
	for (unsigned i = 0; i < USERS; i++)
		status[i] = 1;
	renew(&stage, &moment);
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned number = chance(USERS), word = chance(5);
		unsigned old = status[number];

		/* near the end of the numbers of moments, in places alone
		 * and of all */
		if (i == ROUNDS / 4)
			stage.store->view_serial =
			    7 * (STORE_PLACE_MOMENT + 1) - 100;
		if (i == ROUNDS / 2)
			stage.store->view_serial = UINT32_MAX - 100;
		must(stage_change(&stage, number, words[word], "c"));
		/* not yet seen: the view is of the moment before */
		check_user(&stage, "before", number);
		if (old == word || word == 0)
			store_view_end(stage.store);
		status[number] = word;
		assert_int_equal(store_view_renew(stage.store, stage.error),
		    0);
		check_user(&stage, "after", number);
		check_user(&stage, "another", chance(USERS));
	}
	assert_true(stage.store->view_serial < ROUNDS);
	rows_end();
	stage_strike(&stage);
}

/* Everything anew: the other side, with other numbers. */
static void
test_refreshes(void **state)
{
	struct stage stage;
	uint32_t moment = 0;

	stage_set(&stage);
	must(stage_open(&stage, STORE_WRITER));
	for (unsigned i = 1; i < 12; i++) {
		unsigned count = 1 + chance(USERS);

		must(stage_fill(&stage, count, words[1 + i % 4], "c"));
		renew(&stage, &moment);
		for (unsigned j = 0; j < USERS; j++)
			status[j] = j < count ? 1 + i % 4 : 0;
		for (unsigned j = 0; j < USERS; j++)
			check_user(&stage, "refreshed", j);
		assert_int_equal(store_view_renew(stage.store, stage.error),
		    0);
		row_check(moment == store_view_moment(stage.store), "moment",
		    "another one, and nothing was committed");
	}
	rows_end();
	stage_strike(&stage);
}

/* A moment that is called as an old one was, in places. */
static void
test_same_number(void **state)
{
	struct stage stage;

	for (uint32_t last = STORE_PLACE_MOMENT;; last = 2 * last + 1) {
		stage_set(&stage);
		must(stage_open(&stage, STORE_WRITER));
		must(stage_fill(&stage, USERS, words[1], "c"));
		stage.store->view_serial = last;
		assert_int_equal(store_view_renew(stage.store, stage.error),
		    0);
		row_check(stage.store->view_serial == (uint32_t)(last + 2),
		    "moment", "%u", (unsigned)stage.store->view_serial);
		stage_finds(&stage, "user1@example.com", "user1:active");
		must(stage_change(&stage, 1, words[4], "c"));
		stage.store->view_serial |= STORE_PLACE_MOMENT;
		assert_int_equal(store_view_renew(stage.store, stage.error),
		    0);
		stage_finds(&stage, "user2@example.com", "user2:active");
		row_check((stage.store->view_serial & STORE_PLACE_MOMENT) == 1,
		    "moment", "%u", (unsigned)stage.store->view_serial);
		row_check(strstr(stage_found(&stage, "user1@example.com"),
		    words[4]) != NULL, "renewed", "%s",
		    stage_found(&stage, "user1@example.com"));
		stage_strike(&stage);
		if (last == UINT32_MAX)
			break;
	}
	rows_end();
}

/* What is longer than a place can say is found all the same. */
static void
test_long_values(void **state)
{
	static char text[70000];
	struct stage stage;
	struct store_id id = stage_id(USERS);
	struct entry *entry;
	MDB_val chunk;

	memset(text, 'x', sizeof(text) - 1);
	stage_set(&stage);
	must(stage_open(&stage, STORE_WRITER));
	must(stage_fill(&stage, USERS, words[1], "c"));
	entry = stage_entry("uid=long,dc=x", "long@example.com", NULL, text);
	must(store_change_begin(stage.area, stage.error) == 0 &&
	    store_change_put(stage.area, &id, entry, stage.error) == 0 &&
	    store_change_commit(stage.area, NULL, 0, 5, stage.error) == 0);
	entry_free(entry);
	must(store_view_begin(stage.store, stage.error) == 0);
	for (unsigned i = 0; i < 3; i++) {
		struct entry *found[2];
		size_t count;
		bool more;

		must(store_find(stage.area, stage_keys, 2, "long@example.com",
		    16, found, &count, &more, stage.error) == 0);
		assert_int_equal(count, 1);
		assert_string_equal(entry_get(found[0],
		    "status")->values[0].data, text);
		entry_free(found[0]);
	}
	assert_int_equal(store_place_chunk(stage.area,
	    (USERS + 1) / stage.area->per, &chunk), 0);
	assert_true(chunk.mv_size > sizeof(text));
	stage_strike(&stage);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_refreshes),
		cmocka_unit_test(test_same_number),
		cmocka_unit_test(test_long_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
