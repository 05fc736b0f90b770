#include "lookupd/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/deadline.h"
#include "common/text.h"

/* More slots than entries; a power of two.  The hash is seeded; whoever finds
 * colliding names all the same gains chains that the bounds above keep
 * short and the lifetimes make useless. */
#define SLOTS 32768

struct key {
	uint64_t generation;
	unsigned realm;
	enum key_kind kind;
	char value[IDENTITY_MAX + 1];
	size_t len;
};

struct known {
	struct key key;
	struct known *chain;
	struct known *newer, *older;	/* on its shelf */
	struct shelf *shelf;
	int64_t until;
	struct shared *shared;
};

struct shelf {
	struct known *newest, *oldest;
	size_t count, max;
};

struct waiter {
	struct flight *flight;
	struct waiter *next;
	memory_answer *answer;
	void *context;
};

/* One question under way, and everybody who waits for its answer. */
struct flight {
	struct memory *memory;
	struct key key;
	uint64_t epoch;			/* of the memory when it was asked */
	int64_t positive_ms, negative_ms;
	struct ask *ask;
	struct waiter *waiters;
	struct flight *next, **at;
};

struct memory {
	struct finder *finder;
	struct counters *counters;
	uint64_t seed, epoch;
	struct known *slots[SLOTS];
	struct flight *flights[SLOTS];
	struct shelf positive, negative;
};

struct shared *
shared_ref(struct shared *shared)
{
	shared->references++;
	return shared;
}

void
shared_unref(struct shared *shared)
{
	if (shared == NULL || --shared->references > 0)
		return;
	findings_free(&shared->findings);
	free(shared);
}

/* ---- keys -------------------------------------------------------------- */

static void
make_key(struct key *key, const struct trust *trust,
    const struct realm *realm, const struct identity *identity)
{
	memset(key, 0, sizeof(*key));
	key->generation = trust->generation;
	key->realm = realm->index;
	key->kind = identity_key_kind(identity->source);
	memcpy(key->value, identity->value, identity->len);
	key->len = identity->len;
	/* Where the realm ignores case, spellings are one question. */
	if (!realm->exact)
		text_lower(key->value, key->len);
}

static bool
same_key(const struct key *a, const struct key *b)
{
	return a->generation == b->generation && a->realm == b->realm &&
	    a->kind == b->kind && a->len == b->len &&
	    memcmp(a->value, b->value, a->len) == 0;
}

static size_t
slot_of(const struct memory *memory, const struct key *key)
{
	uint64_t hash = memory->seed ^ key->realm ^
	    (uint64_t)key->kind << 32;

	for (size_t i = 0; i < key->len; i++)
		hash = (hash ^ (unsigned char)key->value[i]) *
		    0x100000001b3ULL;
	return (size_t)((hash ^ hash >> 32 ^ hash >> 15) % SLOTS);
}

/* ---- remembering ------------------------------------------------------- */

static void
unshelve(struct known *known)
{
	struct shelf *shelf = known->shelf;

	if (known->newer != NULL)
		known->newer->older = known->older;
	else
		shelf->newest = known->older;
	if (known->older != NULL)
		known->older->newer = known->newer;
	else
		shelf->oldest = known->newer;
	shelf->count--;
}

static void
shelve(struct shelf *shelf, struct known *known)
{
	known->shelf = shelf;
	known->newer = NULL;
	known->older = shelf->newest;
	if (shelf->newest != NULL)
		shelf->newest->newer = known;
	else
		shelf->oldest = known;
	shelf->newest = known;
	shelf->count++;
}

static struct known **
find(struct memory *memory, const struct key *key)
{
	struct known **at = &memory->slots[slot_of(memory, key)];

	while (*at != NULL && !same_key(&(*at)->key, key))
		at = &(*at)->chain;
	return at;
}

static void
forget(struct known **at)
{
	struct known *known = *at;

	*at = known->chain;
	unshelve(known);
	shared_unref(known->shared);
	free(known);
}

/* A lifetime between four fifths and all of it, so that what was learnt
 * together is not asked again together. */
static int64_t
jittered(const struct memory *memory, int64_t ms)
{
	uint64_t noise = (memory->seed ^ (uint64_t)deadline_now_us()) *
	    0x9e3779b97f4a7c15ULL;

	return ms - (int64_t)((noise >> 33) % ((uint64_t)ms / 5 + 1));
}

static void
remember(struct flight *flight, struct shared *shared)
{
	struct memory *memory = flight->memory;
	const struct findings *findings = &shared->findings;
	bool negative = findings->account_count == 0 && !findings->more;
	struct shelf *shelf = negative ? &memory->negative :
	    &memory->positive;
	int64_t ms = negative ? flight->negative_ms : flight->positive_ms;
	struct known *known, **at;

	if (findings->failure != VERDICT_NONE || ms == 0 ||
	    flight->epoch != memory->epoch)
		return;
	known = calloc(1, sizeof(*known));
	if (known == NULL)
		return;
	at = find(memory, &flight->key);
	if (*at != NULL)
		forget(at);
	if (shelf->count >= shelf->max)
		forget(find(memory, &shelf->oldest->key));
	known->key = flight->key;
	known->until = deadline_now() + jittered(memory, ms);
	known->shared = shared_ref(shared);
	at = find(memory, &known->key);
	known->chain = *at;
	*at = known;
	shelve(shelf, known);
}

struct shared *
memory_known(struct memory *memory, const struct trust *trust,
    const struct realm *realm, const struct identity *identity, int64_t now)
{
	struct key key;
	struct known **at, *known;

	make_key(&key, trust, realm, identity);
	at = find(memory, &key);
	known = *at;
	if (known == NULL)
		return NULL;
	if (now >= known->until) {
		forget(at);
		return NULL;
	}
	if (known->newer != NULL) {
		unshelve(known);
		shelve(known->shelf, known);
	}
	memory->counters->memory_hits++;
	return shared_ref(known->shared);
}

/* ---- asking ------------------------------------------------------------ */

static void
land(struct flight *flight)
{
	*flight->at = flight->next;
	if (flight->next != NULL)
		flight->next->at = flight->at;
}

/* Something is hidden from us: nothing of this realm may be believed. */
static void
distrust(struct memory *memory, unsigned realm)
{
	memory->epoch++;
	for (size_t i = 0; i < SLOTS; i++) {
		for (struct known **at = &memory->slots[i]; *at != NULL;) {
			if ((*at)->key.realm == realm)
				forget(at);
			else
				at = &(*at)->chain;
		}
	}
}

static void
answered(void *context, struct findings *findings, const char *steps)
{
	struct flight *flight = context;
	struct shared *shared = calloc(1, sizeof(*shared));
	struct waiter *waiter;

	flight->ask = NULL;
	land(flight);
	if (shared == NULL) {
		/* Nobody is told; each waiter's own deadline ends his wait. */
		findings_free(findings);
		for (waiter = flight->waiters; waiter != NULL;
		    waiter = waiter->next)
			waiter->flight = NULL;
		free(flight);
		return;
	}
	shared->references = 1;
	shared->findings = *findings;
	if (findings->failure != VERDICT_NONE && findings->reason != NULL &&
	    strcmp(findings->reason, REASON_CANARY) == 0)
		distrust(flight->memory, flight->key.realm);
	remember(flight, shared);
	/* A callback may forget other waiters of this flight. */
	while ((waiter = flight->waiters) != NULL) {
		flight->waiters = waiter->next;
		waiter->answer(waiter->context, shared_ref(shared));
		free(waiter);
	}
	shared_unref(shared);
	free(flight);
}

static struct flight *
depart(struct memory *memory, const struct trust *trust,
    const struct realm *realm, const struct identity *identity,
    const struct key *key, int64_t deadline)
{
	struct find_request question = { .config = trust->config->hash,
		.identity = *identity };
	struct flight *flight = calloc(1, sizeof(*flight));

	if (flight == NULL)
		return NULL;
	flight->memory = memory;
	flight->key = *key;
	flight->epoch = memory->epoch;
	flight->positive_ms = realm->cache_positive_s * 1000;
	flight->negative_ms = realm->cache_negative_s * 1000;
	memcpy(question.realm, realm->name, strlen(realm->name) + 1);
	flight->ask = finder_ask(memory->finder, &question, deadline, answered,
	    flight);
	if (flight->ask == NULL) {
		free(flight);
		return NULL;
	}
	memory->counters->finds++;
	flight->at = &memory->flights[slot_of(memory, key)];
	flight->next = *flight->at;
	if (flight->next != NULL)
		flight->next->at = &flight->next;
	*flight->at = flight;
	return flight;
}

struct waiter *
memory_ask(struct memory *memory, const struct trust *trust,
    const struct realm *realm, const struct identity *identity,
    int64_t deadline, memory_answer *answer, void *context)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));
	struct flight *flight;
	struct key key;

	if (waiter == NULL)
		return NULL;
	make_key(&key, trust, realm, identity);
	flight = memory->flights[slot_of(memory, &key)];
	/* Who asks after a flush wants an answer from after the flush. */
	while (flight != NULL && (flight->epoch != memory->epoch ||
	    !same_key(&flight->key, &key)))
		flight = flight->next;
	if (flight != NULL)
		memory->counters->finds_shared++;
	else
		flight = depart(memory, trust, realm, identity, &key, deadline);
	if (flight == NULL) {
		free(waiter);
		return NULL;
	}
	waiter->flight = flight;
	waiter->answer = answer;
	waiter->context = context;
	waiter->next = flight->waiters;
	flight->waiters = waiter;
	return waiter;
}

void
memory_forget(struct waiter *waiter)
{
	struct flight *flight;
	struct waiter **at;

	if (waiter == NULL)
		return;
	flight = waiter->flight;
	if (flight != NULL) {
		for (at = &flight->waiters; *at != waiter; at = &(*at)->next)
			continue;
		*at = waiter->next;
		/* The answer is on its way: let it be remembered. */
	}
	free(waiter);
}

/* ---- flushing ---------------------------------------------------------- */

/* Does the text concern the name?  domain: it ends in "@name". */
static bool
concerns(const char *text, size_t len, const char *name, size_t name_len,
    bool domain)
{
	if (!domain)
		return text_same_nocase(text, len, name, name_len);
	return len > name_len && text[len - name_len - 1] == '@' &&
	    text_same_nocase(text + len - name_len, name_len, name, name_len);
}

static bool
known_concerns(const struct known *known, const char *name, size_t len,
    bool domain)
{
	const struct findings *findings = &known->shared->findings;

	if (concerns(known->key.value, known->key.len, name, len, domain))
		return true;
	for (size_t i = 0; i < findings->account_count; i++) {
		const struct entry *entry = findings->accounts[i];

		for (size_t j = 0; j < entry->count; j++) {
			const struct attribute *a = &entry->attributes[j];

			for (size_t k = 0; k < a->count; k++) {
				if (concerns(a->values[k].data,
				    a->values[k].len, name, len, domain))
					return true;
			}
		}
	}
	return false;
}

static void
flush(struct memory *memory, const char *name, size_t len, bool domain)
{
	memory->epoch++;
	for (size_t i = 0; i < SLOTS; i++) {
		for (struct known **at = &memory->slots[i]; *at != NULL;) {
			if (name == NULL ||
			    known_concerns(*at, name, len, domain))
				forget(at);
			else
				at = &(*at)->chain;
		}
	}
}

void
memory_flush(struct memory *memory)
{
	flush(memory, NULL, 0, false);
}

void
memory_flush_name(struct memory *memory, const char *name, size_t len)
{
	flush(memory, name, len, false);
}

void
memory_flush_domain(struct memory *memory, const char *name, size_t len)
{
	flush(memory, name, len, true);
}

size_t
memory_count(const struct memory *memory)
{
	return memory->positive.count + memory->negative.count;
}

/* ---- the whole --------------------------------------------------------- */

struct memory *
memory_new(struct finder *finder, struct counters *counters)
{
	struct memory *memory = calloc(1, sizeof(*memory));

	if (memory == NULL)
		return NULL;
	memory->finder = finder;
	memory->counters = counters;
	memory->positive.max = MEMORY_POSITIVE_MAX;
	memory->negative.max = MEMORY_NEGATIVE_MAX;
	if (getrandom(&memory->seed, sizeof(memory->seed), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(memory->seed))
		memory->seed = (uint64_t)deadline_now_us();
	return memory;
}

void
memory_free(struct memory *memory)
{
	if (memory == NULL)
		return;
	memory_flush(memory);
	for (size_t i = 0; i < SLOTS; i++) {
		struct flight *flight;

		while ((flight = memory->flights[i]) != NULL) {
			struct waiter *waiter;

			while ((waiter = flight->waiters) != NULL) {
				flight->waiters = waiter->next;
				free(waiter);
			}
			finder_forget(flight->ask);
			land(flight);
			free(flight);
		}
	}
	free(memory);
}
