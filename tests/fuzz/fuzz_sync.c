/*
 * The consumer of RFC 4533 and a provider that says anything: two bytes make
 * a message.  The store insists on the order in which it is used, is changed
 * by nothing but a commit or the end of a refresh, and an ended session says
 * why.
 */
#include "lookupd/sync.h"

#include "tests/unit/sync_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int codes[] = { 0, 2, 3, 4, 11, 32, 51, 52, 53, 4096 };
static const char *const cookies[] = { "a", "b", "",
	"rid=000,csn=20260101000000.000000Z#000000#001#000000",
	"rid=000,csn=20260101000001.000000Z#000000#002#000000" };

static struct sync_bytes
cookie_of(uint8_t choice)
{
	struct sync_bytes cookie = { NULL, 0 };

	if (choice < sizeof(cookies) / sizeof(cookies[0])) {
		cookie.data = cookies[choice];
		cookie.len = strlen(cookies[choice]);
	}
	return cookie;
}

static enum sync_outcome
say_info(struct sync *sync, uint8_t what, uint8_t more)
{
	struct sync_info info = { .form = (enum sync_form)(more >> 6),
		.cookie = cookie_of(more & 7), .done = (more & 8) != 0 };
	unsigned numbers[3] = { what, more, what + 1U };
	uint8_t buffer[3 * SYNC_ELEMENT_SIZE];

	if (info.form == SYNC_ID_SET) {
		sync_store_set(&info, numbers, more >> 4 & 3, buffer);
		info.deletes = (more & 8) != 0;
	}
	return sync_take_info(sync, &info);
}

static enum sync_outcome
say(struct sync *sync, struct sync_store *store, uint8_t what, uint8_t more)
{
	struct sync_entry entry = { .state = (enum sync_state)(what >> 3 & 3),
		.id = sync_store_id(more), .cookie = cookie_of(more >> 5) };
	struct sync_done done = { .cookie = cookie_of(more & 7),
		.deletes = (more & 8) != 0 };

	switch (what & 7) {
	case 0:
	case 1:
		return sync_take_entry(sync, &entry, more % 11 == 0 ? NULL :
		    sync_store_entry(1 + more));
	case 2:
	case 3:
		return say_info(sync, what, more);
	case 4:
		return sync_take_result(sync, codes[more % 10],
		    (more & 16) != 0 ? &done : NULL);
	case 5:
		return sync_flush(sync);
	case 6:
		return sync_confirm(sync);
	default:
		if ((more & 1) != 0)
			store->fail_at = store->calls + 1 + more / 16;
		else if ((more & 2) != 0)
			store->ask = !store->ask;
		else
			sync_lost(sync);
		return SYNC_GOES_ON;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sync_store store;
	struct sync *sync = sync_new(&sync_store_effects, &store);
	enum sync_outcome outcome;
	struct sync_side before;
	unsigned made;
	size_t i;

	if (sync == NULL)
		return 0;
	memset(&store, 0, sizeof(store));
	for (i = 0; i + 1 < size; i += 2) {
		before = store.used;
		made = store.commits + store.refreshes;
		/* what was never made is not resumed */
		if (sync_stage(sync) == SYNC_IDLE)
			outcome = sync_start(sync, store.cookie,
			    store.usable && (data[i] & 1) != 0 ?
			    strlen(store.cookie) : 0);
		else
			outcome = say(sync, &store, data[i], data[i + 1]);
		sync_store_insist(!store.in_change, "a change is left open");
		sync_store_insist(store.refreshing ==
		    (sync_stage(sync) == SYNC_REFRESH ||
		    sync_stage(sync) == SYNC_CHECK), "a refresh is left");
		sync_store_insist(made != store.commits + store.refreshes ||
		    memcmp(&before, &store.used, sizeof(before)) == 0,
		    "changed outside of a transaction");
		sync_store_insist(outcome == SYNC_GOES_ON ||
		    (sync_stage(sync) == SYNC_IDLE &&
		    sync_error(sync)[0] != '\0'), "an end without a reason");
	}
	sync_free(sync);
	sync_store_insist(!store.refreshing, "a refresh is left at the end");
	return 0;
}
