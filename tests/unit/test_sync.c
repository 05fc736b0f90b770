/*
 * The consumer and scripted providers (sync_rows.h): a script's words are
 * said, one after the other.
 */
#include "lookupd/sync.h"

#include "tests/unit/rows.h"
#include "tests/unit/sync_rows.h"
#include "tests/unit/sync_store.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void
fill(struct sync_store *store, const char *text)
{
	const char *at;

	memset(store, 0, sizeof(*store));
	if (text == NULL)
		return;
	store->usable = true;
	for (at = text; *at != '\0' && *at != '@'; at += strcspn(at, " ") + 1)
		store->used.content[strtoul(at, NULL, 10)] =
		    (int)strtol(strchr(at, '=') + 1, NULL, 10);
	snprintf(store->cookie, sizeof(store->cookie), "%s",
	    *at == '@' ? at + 1 : "");
}

static void
describe(const struct sync_store *store, char *text, size_t size)
{
	size_t len = 0;
	int i;

	if (!store->usable) {
		snprintf(text, size, "(nothing)");
		return;
	}
	for (i = 0; i < SYNC_STORE_IDS; i++) {
		if (store->used.content[i] != 0)
			len += (size_t)snprintf(text + len, size - len,
			    "%d=%d ", i, store->used.content[i]);
	}
	snprintf(text + len, size - len, "@%.200s", store->cookie);
}

static struct sync_bytes
cookie_of(const char *word)
{
	const char *at = strchr(word, '@');
	struct sync_bytes cookie = { at == NULL ? NULL : at + 1,
		at == NULL ? 0 : strlen(at + 1) };

	return cookie;
}

static bool
is(const char *word, const char *verb)
{
	size_t len = strlen(verb);

	return strncmp(word, verb, len) == 0 &&
	    (word[len] == '\0' || strchr(":=@-", word[len]) != NULL);
}

static enum sync_outcome
say_entry(struct sync *sync, const char *word)
{
	struct sync_entry state = { .cookie = cookie_of(word) };
	const char *content = strchr(word, '=');
	struct entry *entry = NULL;

	state.state = is(word, "add") || is(word, "none") ? SYNC_ADD :
	    is(word, "mod") ? SYNC_MODIFY : is(word, "del") ? SYNC_DELETE :
	    SYNC_PRESENT;
	state.id = sync_store_id((unsigned)strtoul(strchr(word, ':') + 1,
	    NULL, 10));
	if (content != NULL)
		entry = sync_store_entry((int)strtol(content + 1, NULL, 10));
	return sync_take_entry(sync, &state, entry);
}

static enum sync_outcome
say_info(struct sync *sync, const char *word)
{
	struct sync_info info = { .cookie = cookie_of(word) };
	uint8_t buffer[8 * SYNC_ELEMENT_SIZE];
	unsigned numbers[8];
	size_t count = 0;
	const char *at;
	char *end;

	if (is(word, "set") || is(word, "gone")) {
		for (at = strchr(word, ':'); *at == ':' || *at == '+';
		    at = end)
			numbers[count++] = (unsigned)strtoul(at + 1, &end,
			    10);
		sync_store_set(&info, numbers, count, buffer);
		info.deletes = is(word, "gone");
	} else {
		info.form = is(word, "cookie") ? SYNC_NEW_COOKIE :
		    is(word, "kept") ? SYNC_REFRESH_PRESENT :
		    SYNC_REFRESH_DELETE;
		info.done = strchr(word, '-') == NULL;
	}
	return sync_take_info(sync, &info);
}

static enum sync_outcome
say(struct sync *sync, struct sync_store *store, const char *word)
{
	struct sync_done done = { .cookie = cookie_of(word),
		.deletes = is(word, "ends") };
	const char *value = strchr(word, '=');

	if (is(word, "start"))
		return sync_start(sync, value == NULL ? NULL : value + 1,
		    value == NULL ? 0 : strlen(value + 1));
	if (is(word, "end") || is(word, "ends"))
		return sync_take_result(sync, 0, &done);
	if (is(word, "result"))
		return sync_take_result(sync, (int)strtol(value + 1, NULL,
		    10), NULL);
	if (is(word, "doubt")) {
		sync_doubt_deletes(sync, true);
		return SYNC_GOES_ON;
	}
	if (is(word, "confirm"))
		return sync_confirm(sync);
	if (is(word, "flush"))
		return sync_flush(sync);
	if (is(word, "lost"))
		sync_lost(sync);
	else if (is(word, "ask"))
		store->ask = true;
	else if (is(word, "fail"))
		store->fail_at = (int)strtol(value + 1, NULL, 10);
	else if (strchr(word, ':') == NULL || is(word, "set") ||
	    is(word, "gone"))
		return say_info(sync, word);
	else
		return say_entry(sync, word);
	return SYNC_GOES_ON;
}

static void
test_scripts(void **unused)
{
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(sync_rows); i++) {
		const struct sync_row *row = &sync_rows[i];
		enum sync_outcome outcome = SYNC_GOES_ON;
		struct sync_store store;
		struct sync *sync = sync_new(&sync_store_effects, &store);
		char script[256], got[1024], *word, *rest = NULL;

		assert_non_null(sync);
		fill(&store, row->before);
		snprintf(script, sizeof(script), "%s", row->script);
		for (word = strtok_r(script, " ", &rest); word != NULL;
		    word = strtok_r(NULL, " ", &rest)) {
			row_check(outcome == SYNC_GOES_ON, row->name,
			    "ended before %s: %s", word, sync_error(sync));
			outcome = say(sync, &store, word);
		}
		row_check(outcome == row->outcome, row->name,
		    "want outcome %d, got %d: %s", row->outcome, outcome,
		    sync_error(sync));
		row_check(sync_stage(sync) == row->stage, row->name,
		    "want stage %d, got %d", row->stage, sync_stage(sync));
		describe(&store, got, sizeof(got));
		row_check(strcmp(got, row->after) == 0, row->name,
		    "want \"%s\", got \"%s\"", row->after, got);
		row_check((outcome == SYNC_GOES_ON || outcome == SYNC_OVER) ==
		    (sync_error(sync)[0] == '\0' || outcome == SYNC_OVER),
		    row->name, "an odd sentence: %s", sync_error(sync));
		sync_free(sync);
	}
	rows_end();
}

/* More changes than are gathered: when resuming we begin anew, afterwards
 * they are made in more than one transaction. */
static void
test_bounds(void **unused)
{
	enum sync_outcome outcome = SYNC_GOES_ON;
	struct sync_store store;
	struct sync *sync = sync_new(&sync_store_effects, &store);
	struct sync_entry state = { .state = SYNC_MODIFY };
	int i;

	(void)unused;
	assert_non_null(sync);
	fill(&store, HAS);
	assert_int_equal(say(sync, &store, "start=c0"), SYNC_GOES_ON);
	for (i = 0; i <= SYNC_GATHER_MAX && outcome == SYNC_GOES_ON; i++) {
		state.id = sync_store_id((unsigned)i);
		outcome = sync_take_entry(sync, &state, sync_store_entry(i));
	}
	assert_int_equal(outcome, SYNC_AGAIN);
	assert_int_equal(store.commits, 0);

	assert_int_equal(say(sync, &store, "start=c0"), SYNC_GOES_ON);
	assert_int_equal(say(sync, &store, "deleted"), SYNC_GOES_ON);
	assert_int_equal(store.commits, 1);
	for (i = 0; i <= SYNC_GATHER_MAX; i++) {
		state.id = sync_store_id((unsigned)i);
		assert_int_equal(sync_take_entry(sync, &state,
		    sync_store_entry(i + 1)), SYNC_GOES_ON);
	}
	assert_int_equal(store.commits, 2);
	assert_int_equal(store.used.content[SYNC_GATHER_MAX % 64],
	    SYNC_GATHER_MAX + 1);
	sync_free(sync);
}

/* A set that is made in two parts: its cookie goes with the last one. */
static void
test_long_set(void **state)
{
	struct sync_store store;
	struct sync *sync = sync_new(&sync_store_effects, &store);
	size_t count = SYNC_GATHER_MAX + 2;
	uint8_t *set = malloc(count * SYNC_ELEMENT_SIZE);
	struct sync_info info = { .form = SYNC_ID_SET, .deletes = true,
		.cookie = { "c5", 2 }, .set = set, .count = count };
	struct sync_info over = { .form = SYNC_REFRESH_DELETE, .done = true };

	(void)state;
	assert_non_null(sync);
	assert_non_null(set);
	fill(&store, HAS);
	for (size_t i = 0; i < count; i++) {
		struct sync_id id = sync_store_id(i < count - 1 ? 9 : 2);

		memcpy(set + i * SYNC_ELEMENT_SIZE + 2, id.bytes,
		    SYNC_ID_SIZE);
	}
	assert_int_equal(sync_start(sync, "c0", 2), SYNC_GOES_ON);
	assert_int_equal(sync_take_info(sync, &over), SYNC_GOES_ON);
	assert_int_equal(sync_take_info(sync, &info), SYNC_GOES_ON);
	assert_int_equal(store.used.content[2], 2);
	assert_string_equal(store.cookie, "c0");
	assert_int_equal(sync_flush(sync), SYNC_GOES_ON);
	assert_int_equal(store.used.content[2], 0);
	assert_string_equal(store.cookie, "c5");
	sync_free(sync);
	free(set);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_set),
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
