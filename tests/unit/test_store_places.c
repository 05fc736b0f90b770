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

		/* near the end of the numbers of moments */
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_refreshes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
