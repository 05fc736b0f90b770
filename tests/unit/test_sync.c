/*
 * The consumer and scripted providers.  A script is words: what the provider
 * says, one after the other; at its end stand the outcome of the last word
 * and what the store then holds.
 *
 *	start / start=COOKIE      a session begins
 *	add:ID=CONTENT[@COOKIE]   also mod:, del:ID, present:ID
 *	set:ID+ID[@COOKIE]        unchanged;  gone:ID+ID deleted
 *	cookie@COOKIE             new cookie
 *	deleted[-][@COOKIE]       refreshDelete, "-": not done; kept: present
 *	end[@COOKIE]              success with Sync Done; ends: refreshDeletes
 *	result=CODE               the end of the search, without Sync Done
 *	confirm flush lost
 *	doubt			deletions that are named are not believed
 */
#include "lookupd/sync.h"

#include "tests/unit/rows.h"
#include "tests/unit/sync_store.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define HAS "1=1 2=2 3=3 @c0"

static const struct row {
	const char *name;
	const char *before;		/* NULL: never synchronised */
	const char *script;
	enum sync_outcome outcome;
	enum sync_stage stage;
	const char *after;		/* NULL: as before */
} rows[] = {
	/* everything anew */
	{ "initial, ended by refreshDelete", NULL,
	    "start add:1=1 add:2=2 deleted@c1", SYNC_GOES_ON, SYNC_PERSIST,
	    "1=1 2=2 @c1" },
	{ "initial, ended by refreshPresent", NULL,
	    "start add:1=1 add:2=2 kept@c1", SYNC_GOES_ON, SYNC_PERSIST,
	    "1=1 2=2 @c1" },
	{ "initial, nothing there", NULL, "start deleted@c1", SYNC_GOES_ON,
	    SYNC_PERSIST, "@c1" },
	{ "initial, no cookie at all", NULL, "start add:1=1 deleted",
	    SYNC_GOES_ON, SYNC_PERSIST, "1=1 @" },
	{ "initial, cookie in an entry", NULL,
	    "start add:1=1@c1 add:2=2@c2 deleted", SYNC_GOES_ON,
	    SYNC_PERSIST, "1=1 2=2 @c2" },
	{ "initial, cookie in a new cookie", NULL,
	    "start add:1=1 cookie@c1 deleted", SYNC_GOES_ON, SYNC_PERSIST,
	    "1=1 @c1" },
	{ "initial, both phases", NULL,
	    "start add:1=1 add:2=2 kept- gone:2 deleted@c1", SYNC_GOES_ON,
	    SYNC_PERSIST, "1=1 @c1" },
	{ "initial, changes meanwhile", NULL,
	    "start add:1=1 add:2=2 mod:1=5 del:2 add:3=3 deleted@c1",
	    SYNC_GOES_ON, SYNC_PERSIST, "1=5 3=3 @c1" },
	{ "initial, over what was", HAS, "start add:4=4 deleted@c1",
	    SYNC_GOES_ON, SYNC_PERSIST, "4=4 @c1" },
	{ "initial, not at its end", HAS, "start add:4=4 kept- add:5=5",
	    SYNC_GOES_ON, SYNC_REFRESH, HAS },
	{ "initial, lost", HAS, "start add:4=4 lost", SYNC_GOES_ON,
	    SYNC_IDLE, HAS },
	{ "initial, asks before", HAS, "ask start add:4=4 deleted@c1",
	    SYNC_GOES_ON, SYNC_CHECK, HAS },
	{ "initial, asked", HAS, "ask start add:4=4 deleted@c1 confirm",
	    SYNC_GOES_ON, SYNC_PERSIST, "4=4 @c1" },
	{ "initial, changes while asking", HAS,
	    "ask start add:4=4 add:6=6 deleted@c1 mod:4=5@c2 del:6 confirm",
	    SYNC_GOES_ON, SYNC_PERSIST, "4=5 @c2" },
	{ "initial, lost while asking", HAS,
	    "ask start add:4=4 deleted@c1 lost", SYNC_GOES_ON, SYNC_IDLE,
	    HAS },
	{ "initial, ended while asking", HAS,
	    "ask start add:4=4 deleted@c1 end confirm", SYNC_OVER, SYNC_IDLE,
	    "4=4 @c1" },
	{ "initial, size limit", HAS, "start add:4=4 result=4", SYNC_LIMITED,
	    SYNC_IDLE, HAS },
	{ "initial, time limit", HAS, "start add:4=4 result=3", SYNC_LIMITED,
	    SYNC_IDLE, HAS },
	{ "initial, admin limit", HAS, "start add:4=4 result=11",
	    SYNC_LIMITED, SYNC_IDLE, HAS },
	{ "initial, limit while asking", HAS,
	    "ask start add:4=4 deleted@c1 result=4", SYNC_LIMITED, SYNC_IDLE,
	    HAS },
	{ "initial, busy", HAS, "start add:4=4 result=51", SYNC_FAILED,
	    SYNC_IDLE, HAS },
	{ "initial, no such base", HAS, "start result=32", SYNC_FAILED,
	    SYNC_IDLE, HAS },
	{ "initial, refresh required", HAS, "start result=4096", SYNC_FAILED,
	    SYNC_IDLE, HAS },
	{ "initial, success without Sync Done", HAS, "start add:4=4 result=0",
	    SYNC_FAILED, SYNC_IDLE, HAS },
	{ "initial, the search ends with it", HAS, "start add:4=4 end@c1",
	    SYNC_OVER, SYNC_IDLE, "4=4 @c1" },
	{ "initial, names something unchanged", HAS, "start present:1",
	    SYNC_FAILED, SYNC_IDLE, HAS },
	{ "initial, names a set unchanged", HAS, "start add:4=4 set:1+2",
	    SYNC_FAILED, SYNC_IDLE, HAS },
	{ "initial, an entry without its entry", HAS, "start none:1",
	    SYNC_FAILED, SYNC_IDLE, HAS },
	/* resuming, delete phase */
	{ "resumed, nothing new", HAS, "start=c0 deleted", SYNC_GOES_ON,
	    SYNC_PERSIST, HAS },
	{ "resumed, delete phase", HAS,
	    "start=c0 mod:1=5 add:4=4 gone:2 deleted@c1", SYNC_GOES_ON,
	    SYNC_PERSIST, "1=5 3=3 4=4 @c1" },
	{ "resumed, deleted one by one", HAS, "start=c0 del:1 del:3 "
	    "deleted@c1", SYNC_GOES_ON, SYNC_PERSIST, "2=2 @c1" },
	{ "resumed, deletes what we never had", HAS,
	    "start=c0 gone:9+8 deleted@c1", SYNC_GOES_ON, SYNC_PERSIST,
	    "1=1 2=2 3=3 @c1" },
	{ "resumed, deleted and back", HAS,
	    "start=c0 gone:1 add:1=7 deleted@c1", SYNC_GOES_ON, SYNC_PERSIST,
	    "1=7 2=2 3=3 @c1" },
	{ "resumed, deletions doubted", HAS,
	    "doubt start=c0 mod:1=5 gone:2 deleted@c1", SYNC_AGAIN, SYNC_IDLE,
	    HAS },
	{ "resumed, deletions doubted, a cookie only", HAS,
	    "doubt start=c0 deleted@c1", SYNC_AGAIN, SYNC_IDLE, HAS },
	{ "resumed, deletions doubted, nothing new", HAS,
	    "doubt start=c0 deleted", SYNC_GOES_ON, SYNC_PERSIST, HAS },
	{ "resumed, deletions doubted, but a present phase", HAS,
	    "doubt start=c0 set:1+3 kept@c1", SYNC_GOES_ON, SYNC_PERSIST,
	    "1=1 3=3 @c1" },
	{ "initial, deletions doubted", HAS,
	    "doubt start add:4=4 deleted@c1", SYNC_GOES_ON, SYNC_PERSIST,
	    "4=4 @c1" },
	{ "resumed, not at its end", HAS, "start=c0 mod:1=5 gone:2@c1",
	    SYNC_GOES_ON, SYNC_RESUME, HAS },
	{ "resumed, flushed in between", HAS, "start=c0 mod:1=5 gone:2@c1 "
	    "flush", SYNC_GOES_ON, SYNC_RESUME, HAS },
	{ "resumed, lost", HAS, "start=c0 mod:1=5 gone:2@c1 lost",
	    SYNC_GOES_ON, SYNC_IDLE, HAS },
	{ "resumed, refreshDelete not done", HAS,
	    "start=c0 gone:2 deleted-@c1", SYNC_GOES_ON, SYNC_RESUME, HAS },
	/* resuming, present phase */
	{ "resumed, present phase", HAS,
	    "start=c0 set:1+3 mod:4=4 kept@c1", SYNC_GOES_ON, SYNC_PERSIST,
	    "1=1 3=3 4=4 @c1" },
	{ "resumed, present one by one", HAS,
	    "start=c0 present:1 present:2 kept@c1", SYNC_GOES_ON,
	    SYNC_PERSIST, "1=1 2=2 @c1" },
	{ "resumed, named twice", HAS,
	    "start=c0 set:1+2 present:1 set:2 kept@c1", SYNC_GOES_ON,
	    SYNC_PERSIST, "1=1 2=2 @c1" },
	{ "resumed, nothing is present", HAS, "start=c0 kept@c1",
	    SYNC_AGAIN, SYNC_IDLE, HAS },
	{ "resumed, nothing is present, not at its end", HAS,
	    "start=c0 mod:1=5 kept-", SYNC_AGAIN, SYNC_IDLE, HAS },
	{ "resumed, present phase then delete phase", HAS,
	    "start=c0 set:1+2 kept- gone:2 add:5=5 deleted@c1", SYNC_GOES_ON,
	    SYNC_PERSIST, "1=1 5=5 @c1" },
	{ "resumed, present and changed", HAS,
	    "start=c0 set:1+2 mod:1=6 kept@c1", SYNC_GOES_ON, SYNC_PERSIST,
	    "1=6 2=2 @c1" },
	{ "resumed, present and gone", HAS,
	    "start=c0 set:1+2 del:2 kept@c1", SYNC_GOES_ON, SYNC_PERSIST,
	    "1=1 @c1" },
	{ "resumed, present but unknown", HAS,
	    "start=c0 set:1+2+9 kept@c1", SYNC_AGAIN, SYNC_IDLE, HAS },
	{ "resumed, present, unknown, then told", HAS,
	    "start=c0 set:1+9 kept- add:9=9 deleted@c1", SYNC_GOES_ON,
	    SYNC_PERSIST, "1=1 9=9 @c1" },
	{ "resumed, present phase in a delete phase's clothes", HAS,
	    "start=c0 set:1 deleted@c1", SYNC_GOES_ON, SYNC_PERSIST,
	    "1=1 2=2 3=3 @c1" },
	/* resuming, the search ends with it */
	{ "resumed, Sync Done after a present phase", HAS,
	    "start=c0 set:1+2 end@c1", SYNC_OVER, SYNC_IDLE,
	    "1=1 2=2 @c1" },
	{ "resumed, Sync Done after a delete phase", HAS,
	    "start=c0 gone:1 ends@c1", SYNC_OVER, SYNC_IDLE,
	    "2=2 3=3 @c1" },
	{ "resumed, Sync Done that would delete all", HAS, "start=c0 end@c1",
	    SYNC_AGAIN, SYNC_IDLE, HAS },
	/* cookies that are not taken */
	{ "resumed, refresh required", HAS, "start=c0 result=4096",
	    SYNC_AGAIN, SYNC_IDLE, HAS },
	{ "resumed, refresh required after some", HAS,
	    "start=c0 mod:1=6 result=4096", SYNC_AGAIN, SYNC_IDLE, HAS },
	{ "resumed, unwilling", HAS, "start=c0 result=53", SYNC_AGAIN,
	    SYNC_IDLE, HAS },
	{ "resumed, protocol error", HAS, "start=c0 result=2", SYNC_AGAIN,
	    SYNC_IDLE, HAS },
	{ "resumed, busy", HAS, "start=c0 result=51", SYNC_FAILED, SYNC_IDLE,
	    HAS },
	{ "resumed, size limit", HAS, "start=c0 mod:1=6 result=4",
	    SYNC_LIMITED, SYNC_IDLE, HAS },
	/* afterwards */
	{ "persist, gathered", HAS, "start=c0 deleted mod:1=5@c1 del:2@c2",
	    SYNC_GOES_ON, SYNC_PERSIST, HAS },
	{ "persist, made", HAS, "start=c0 deleted mod:1=5@c1 del:2@c2 flush",
	    SYNC_GOES_ON, SYNC_PERSIST, "1=5 3=3 @c2" },
	{ "persist, one at a time", HAS,
	    "start=c0 deleted mod:1=5@c1 flush add:4=4@c2 flush del:4@c3 "
	    "flush", SYNC_GOES_ON, SYNC_PERSIST, "1=5 2=2 3=3 @c3" },
	{ "persist, a change without a cookie", HAS,
	    "start=c0 deleted mod:1=5 flush", SYNC_GOES_ON, SYNC_PERSIST,
	    "1=5 2=2 3=3 @c0" },
	{ "persist, the last without a cookie", HAS,
	    "start=c0 deleted mod:1=5@c1 mod:2=6 flush", SYNC_GOES_ON,
	    SYNC_PERSIST, "1=5 2=6 3=3 @c1" },
	{ "persist, a cookie alone", HAS, "start=c0 deleted cookie@c5 flush",
	    SYNC_GOES_ON, SYNC_PERSIST, "1=1 2=2 3=3 @c5" },
	{ "persist, a set is gone", HAS,
	    "start=c0 deleted gone:1+3@c5 flush", SYNC_GOES_ON, SYNC_PERSIST,
	    "2=2 @c5" },
	{ "persist, unchanged says nothing", HAS,
	    "start=c0 deleted set:1 present:2@c5 flush", SYNC_GOES_ON,
	    SYNC_PERSIST, "1=1 2=2 3=3 @c5" },
	{ "persist, changed twice", HAS,
	    "start=c0 deleted mod:1=5@c1 mod:1=6@c2 flush", SYNC_GOES_ON,
	    SYNC_PERSIST, "1=6 2=2 3=3 @c2" },
	{ "persist, gone and back", HAS,
	    "start=c0 deleted del:1@c1 add:1=6@c2 flush", SYNC_GOES_ON,
	    SYNC_PERSIST, "1=6 2=2 3=3 @c2" },
	{ "persist, a refresh ends again", HAS,
	    "start=c0 deleted mod:1=5@c1 deleted", SYNC_FAILED, SYNC_IDLE,
	    HAS },
	{ "persist, refresh required", HAS,
	    "start=c0 deleted result=4096", SYNC_AGAIN, SYNC_IDLE, HAS },
	{ "persist, the server stops", HAS,
	    "start=c0 deleted mod:1=5@c1 flush result=52", SYNC_FAILED,
	    SYNC_IDLE, "1=5 2=2 3=3 @c1" },
	{ "persist, ended in order", HAS,
	    "start=c0 deleted mod:1=5@c1 end@c2", SYNC_OVER, SYNC_IDLE,
	    "1=5 2=2 3=3 @c2" },
	{ "persist, lost before it was made", HAS,
	    "start=c0 deleted mod:1=5@c1 lost", SYNC_GOES_ON, SYNC_IDLE,
	    HAS },
	{ "nothing without a session", HAS, "add:1=5", SYNC_FAILED,
	    SYNC_IDLE, HAS },
	{ "a session after another", HAS,
	    "start=c0 mod:1=9 start add:4=4 deleted@c1", SYNC_GOES_ON,
	    SYNC_PERSIST, "4=4 @c1" },
	/* the store refuses */
	{ "the store cannot begin", HAS, "fail=1 start", SYNC_FAILED,
	    SYNC_IDLE, HAS },
	{ "the store cannot put", HAS, "fail=2 start add:4=4", SYNC_FAILED,
	    SYNC_IDLE, HAS },
	{ "the store cannot check", HAS, "fail=3 start add:4=4 deleted",
	    SYNC_FAILED, SYNC_IDLE, HAS },
	{ "the store cannot finish", HAS, "fail=4 start add:4=4 deleted",
	    SYNC_FAILED, SYNC_IDLE, HAS },
	{ "the store cannot keep", HAS, "fail=2 start=c0 set:1 kept@c1",
	    SYNC_FAILED, SYNC_IDLE, HAS },
	{ "the store cannot change", HAS,
	    "fail=2 start=c0 mod:1=6 deleted@c1", SYNC_FAILED, SYNC_IDLE,
	    HAS },
	{ "the store cannot commit", HAS,
	    "fail=3 start=c0 mod:1=6 deleted@c1", SYNC_FAILED, SYNC_IDLE,
	    HAS },
};

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
	for (i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
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
