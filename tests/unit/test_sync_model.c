/*
 * The consumer against a model of a provider: random changes, both phases of
 * a refresh, connections lost between any two messages, cookies that are not
 * known any more, limits, a store that refuses.  At every moment the store in
 * use is one that the provider had at some moment not before its cookie; in
 * the end both are the same.
 */
#include "lookupd/sync.h"

#include "tests/unit/rows.h"
#include "tests/unit/sync_store.h"

#define IDS 24
#define CHANGES_MAX 600
#define QUEUE_MAX 4096
#define RUNS 1000
#define STEPS 500

/* One message on its way to the consumer. */
struct message {
	char what;		/* a m d p: entries; s g: sets; D K: phases
				 * over, d k: one phase; c: cookie; r: result */
	unsigned id;
	int content;
	bool done;
	int code;
	int cookie;		/* -1: none */
};

struct provider {
	int content[IDS];
	int past[CHANGES_MAX + 1][IDS];	/* after each change */
	unsigned changed[CHANGES_MAX + 1];	/* which one was changed */
	int seq, epoch;
	bool csn;			/* cookies as slapd's */
	bool persist;			/* a session is in its persist stage */
	struct message queue[QUEUE_MAX];
	size_t head, tail;
};

static uint64_t state;

static unsigned
draw(unsigned below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % below;
}

static void
put(struct provider *p, struct message message)
{
	assert_true(p->tail < QUEUE_MAX);
	p->queue[p->tail++] = message;
}

static int
maybe_cookie(const struct provider *p)
{
	return draw(3) > 0 ? p->seq : -1;
}

/* Tell what one entry is now. */
static void
put_entry(struct provider *p, unsigned id, int cookie)
{
	struct message message = { .id = id, .content = p->content[id],
		.cookie = cookie };

	message.what = p->content[id] == 0 ? (draw(2) ? 'x' : 'g') :
	    draw(2) ? 'a' : 'm';
	put(p, message);
}

static void
change(struct provider *p)
{
	unsigned id = draw(IDS);

	if (p->seq == CHANGES_MAX)
		return;
	p->content[id] = draw(3) == 0 ? 0 : 1 + (int)draw(1000);
	p->seq++;
	p->changed[p->seq] = id;
	memcpy(p->past[p->seq], p->content, sizeof(p->content));
	if (p->persist)
		put_entry(p, id, maybe_cookie(p));
}

static void
rebuild(struct provider *p)
{
	unsigned i;

	p->epoch++;
	p->seq = 0;
	for (i = 0; i < IDS; i++)
		p->content[i] = draw(2) == 0 ? 0 : 1 + (int)draw(1000);
	memcpy(p->past[0], p->content, sizeof(p->content));
	p->persist = false;
	p->head = p->tail = 0;
}

static bool
changed_since(const struct provider *p, unsigned id, int since)
{
	int i;

	for (i = since + 1; i <= p->seq; i++) {
		if (p->changed[i] == id)
			return true;
	}
	return false;
}

/* Changes since then, by name. */
static void
tell_changes(struct provider *p, int since)
{
	unsigned id;

	for (id = 0; id < IDS; id++) {
		if (changed_since(p, id, since))
			put_entry(p, id, -1);
		else if (p->content[id] == 0 && draw(8) == 0)
			put(p, (struct message){ .what = 'g', .id = id,
			    .cookie = -1 });
	}
}

/* All that is, the unchanged ones only by id. */
static void
tell_present(struct provider *p, int since)
{
	unsigned id;

	for (id = 0; id < IDS; id++) {
		if (p->content[id] == 0)
			continue;
		if (changed_since(p, id, since) || draw(8) == 0)
			put_entry(p, id, -1);
		else
			put(p, (struct message){ .what = draw(2) ? 'p' : 's',
			    .id = id, .cookie = -1 });
	}
}

/* A session: the refresh stage goes into the queue. since -1: all anew. */
static void
serve(struct provider *p, int since)
{
	struct message end = { .done = true, .cookie = p->seq };
	unsigned id;
	int then;

	p->head = p->tail = 0;
	p->persist = false;
	if (draw(12) == 0) {		/* a limit somewhere on the way */
		tell_present(p, p->seq - 1);
		p->tail = draw((unsigned)p->tail + 1);
		put(p, (struct message){ .what = 'r', .code = 4,
		    .cookie = -1 });
		return;
	}
	if (since < 0) {
		for (id = 0; id < IDS; id++) {
			if (p->content[id] != 0)
				put_entry(p, id, -1);
		}
		end.what = draw(2) ? 'K' : 'D';
	} else if (draw(3) == 0) {
		tell_changes(p, since);
		end.what = 'D';
	} else {
		tell_present(p, since);
		end.what = 'K';
		if (draw(2) == 0) {	/* and what happened meanwhile */
			put(p, (struct message){ .what = 'K', .cookie = -1 });
			then = p->seq;
			change(p);
			change(p);
			tell_changes(p, then);
			end.what = 'D';
			end.cookie = p->seq;
		}
	}
	if (draw(3) == 0) {		/* the cookie comes before */
		put(p, (struct message){ .what = 'c', .cookie = p->seq });
		end.cookie = -1;
	}
	put(p, end);
	p->persist = true;
}

static size_t
cookie_text(const struct provider *p, int seq, char *text, size_t size)
{
	if (p->csn)
		return (size_t)snprintf(text, size, "rid=000,csn=%04d01010000"
		    "00.%06dZ#000000#000#000000", 2000 + p->epoch, seq);
	return (size_t)snprintf(text, size, "e%d.%d", p->epoch, seq);
}

/* The seq of a cookie of this epoch; -1: of another, or none. */
static int
cookie_seq(const struct provider *p, const char *cookie)
{
	char text[128];
	int seq;

	for (seq = p->seq; seq >= 0; seq--) {
		cookie_text(p, seq, text, sizeof(text));
		if (strcmp(text, cookie) == 0)
			return seq;
	}
	return -1;
}

static enum sync_outcome
deliver_entry(struct sync *sync, const struct message *message,
    struct sync_bytes cookie)
{
	struct sync_entry entry = { .cookie = cookie,
		.id = sync_store_id(message->id) };

	entry.state = message->what == 'a' ? SYNC_ADD :
	    message->what == 'm' ? SYNC_MODIFY :
	    message->what == 'x' ? SYNC_DELETE : SYNC_PRESENT;
	return sync_take_entry(sync, &entry, message->what == 'a' ||
	    message->what == 'm' ? sync_store_entry(message->content) : NULL);
}

/* The next message arrives. */
static enum sync_outcome
deliver(struct provider *p, struct sync *sync)
{
	const struct message *message = &p->queue[p->head++];
	uint8_t buffer[SYNC_ELEMENT_SIZE];
	struct sync_info info = { .done = message->done };
	char text[128];
	struct sync_bytes cookie = { NULL, 0 };

	if (message->cookie >= 0) {
		cookie.data = text;
		cookie.len = cookie_text(p, message->cookie, text,
		    sizeof(text));
	}
	info.cookie = cookie;
	switch (message->what) {
	case 'r':
		return sync_take_result(sync, message->code, NULL);
	case 'c':
		info.form = SYNC_NEW_COOKIE;
		return sync_take_info(sync, &info);
	case 's':
	case 'g':
		sync_store_set(&info, &message->id, 1, buffer);
		info.deletes = message->what == 'g';
		return sync_take_info(sync, &info);
	case 'D':
	case 'K':
		info.form = message->what == 'D' ? SYNC_REFRESH_DELETE :
		    SYNC_REFRESH_PRESENT;
		return sync_take_info(sync, &info);
	default:
		return deliver_entry(sync, message, cookie);
	}
}

/* Is what is in use something the provider had, not before the cookie? */
static bool
is_past(const struct provider *p, const struct sync_store *store)
{
	int seq = cookie_seq(p, store->cookie);

	for (; seq >= 0 && seq <= p->seq; seq++) {
		if (memcmp(p->past[seq], store->used.content,
		    sizeof(p->content)) == 0)
			return true;
	}
	return false;
}

/* A connection: with the cookie that is stored, or without. */
static enum sync_outcome
connect_session(struct provider *p, struct sync *sync,
    const struct sync_store *store, bool again)
{
	size_t len = strlen(store->cookie);
	int seq = cookie_seq(p, store->cookie);
	enum sync_outcome outcome;

	if (!store->usable || again || draw(10) == 0)
		len = 0;
	outcome = sync_start(sync, store->cookie, len);
	if (outcome != SYNC_GOES_ON)
		return outcome;
	if (len > 0 && seq < 0) {
		static const int codes[] = { 4096, 53, 2 };

		p->head = p->tail = 0;
		p->persist = false;
		put(p, (struct message){ .what = 'r', .cookie = -1,
		    .code = codes[draw(3)] });
		return SYNC_GOES_ON;
	}
	serve(p, len > 0 ? seq : -1);
	return SYNC_GOES_ON;
}

/* One step of anything; false: the session is over. */
static bool
step(struct provider *p, struct sync *sync, struct sync_store *store,
    bool *again)
{
	enum sync_outcome outcome = SYNC_GOES_ON;

	switch (draw(16)) {
	case 0: case 1: case 2: case 3:
		change(p);
		break;
	case 4:
		outcome = sync_flush(sync);
		break;
	case 5:
		if (draw(20) == 0) {
			sync_lost(sync);
			return false;
		}
		break;
	case 6:
		if (draw(40) == 0) {
			sync_lost(sync);
			rebuild(p);
			return false;
		}
		break;
	case 7:
		if (draw(10) == 0)
			store->fail_at = store->calls + 1 + (int)draw(10);
		break;
	default:
		if (p->head < p->tail)
			outcome = deliver(p, sync);
		else if (p->persist)
			p->head = p->tail = 0;
		break;
	}
	*again = outcome == SYNC_AGAIN;
	return outcome == SYNC_GOES_ON;
}

static void
one_run(unsigned run, unsigned *sessions)
{
	static struct provider p;
	static struct sync_store store;
	struct sync *sync = sync_new(&sync_store_effects, &store);
	struct sync_side before;
	bool connected = false, again = false;
	char name[32];
	int i;

	assert_non_null(sync);
	snprintf(name, sizeof(name), "run %u", run);
	state = 88172645463325252ULL + run * 7919ULL;
	memset(&p, 0, sizeof(p));
	memset(&store, 0, sizeof(store));
	p.csn = run % 2 == 0;
	rebuild(&p);
	for (i = 0; i < STEPS; i++) {
		before = store.used;
		if (connected)
			connected = step(&p, sync, &store, &again);
		else
			connected = connect_session(&p, sync, &store,
			    again) == SYNC_GOES_ON && ++*sessions > 0;
		if (memcmp(&before, &store.used, sizeof(before)) != 0 &&
		    !row_check(is_past(&p, &store), name,
		    "step %d: a state that never was (%s)", i, store.cookie))
			break;
	}
	store.fail_at = 0;
	for (i = 0; i < QUEUE_MAX && (!connected || !p.persist ||
	    p.head < p.tail); i++) {
		enum sync_outcome outcome = connected && p.head < p.tail ?
		    deliver(&p, sync) : connect_session(&p, sync, &store,
		    again);

		connected = outcome == SYNC_GOES_ON;
		again = outcome == SYNC_AGAIN;
	}
	row_check(sync_flush(sync) == SYNC_GOES_ON &&
	    memcmp(store.used.content, p.content, sizeof(p.content)) == 0,
	    name, "in the end the store differs (%s, %d)", store.cookie,
	    p.seq);
	sync_free(sync);
}

static void
test_model(void **unused)
{
	unsigned run, sessions = 0;

	(void)unused;
	for (run = 0; run < RUNS; run++)
		one_run(run, &sessions);
	rows_end();
	assert_true(sessions > RUNS);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
