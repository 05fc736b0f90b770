#include "lookupd/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/deadline.h"
#include "common/text.h"

/* Questions under way are few thousands. */
#define BUCKETS 4096

struct waiter {
	struct flight *flight;
	struct waiter *next;
	memory_answer *answer;
	void *context;
};

/* One question under way, and everybody who waits for its answer. */
struct flight {
	struct memory *memory;
	struct known_name name;
	uint64_t epoch;			/* of the memory when it was asked */
	int64_t asked;			/* deadline_now() */
	int64_t deadline;		/* of who asked first */
	int64_t positive_ms, negative_ms;
	struct ask *ask;
	struct waiter *waiters;
	struct flight *next, **at;
};

struct memory {
	struct finder *finder;
	struct counters *counters;
	uint64_t epoch;			/* counts flushes */
	struct {
		uint64_t epoch;		/* counts canaries that sang */
		bool known;		/* something may be remembered */
	} realms[CONFIG_REALMS_MAX];
	struct known_table *known;
	struct flight *flights[BUCKETS];
};

/* Both only grow: the sum is the same when neither has. */
static uint64_t
epoch_of(const struct memory *memory, unsigned realm)
{
	return memory->epoch + memory->realms[realm].epoch;
}

static void
remember(struct flight *flight, struct shared *shared)
{
	struct memory *memory = flight->memory;
	const struct findings *findings = &shared->findings;
	int64_t ms = findings->account_count == 0 && !findings->more ?
	    flight->negative_ms : flight->positive_ms;

	if (findings->failure != VERDICT_NONE || ms == 0 ||
	    flight->epoch != epoch_of(memory, flight->name.key.realm))
		return;
	memory->realms[flight->name.key.realm].known = true;
	/* It is as old as the question may be, however late it is read. */
	known_put(memory->known, &flight->name.key, shared, flight->asked, ms);
}

struct shared *
memory_known(struct memory *memory, const struct trust *trust,
    const struct realm *realm, const struct identity *identity, int64_t now)
{
	struct known_key key;
	struct shared *shared;

	known_make_key(&key, trust, realm, identity);
	shared = known_get(memory->known, &key, now);
	if (shared != NULL)
		memory->counters->memory_hits++;
	return shared;
}

/* ---- asking ------------------------------------------------------------ */

static void
land(struct flight *flight)
{
	*flight->at = flight->next;
	if (flight->next != NULL)
		flight->next->at = flight->at;
}

static bool
of_realm(const struct known_key *key, const struct findings *findings,
    const void *realm)
{
	return key->realm == *(const unsigned *)realm;
}

/* Something is hidden from us: nothing of this realm may be believed.  Every
 * answer says so while it lasts; looking through all that is known, once is
 * enough. */
static void
distrust(struct memory *memory, unsigned realm)
{
	memory->realms[realm].epoch++;
	if (memory->realms[realm].known)
		known_forget(memory->known, of_realm, &realm);
	memory->realms[realm].known = false;
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
		distrust(flight->memory, flight->name.key.realm);
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
    const struct known_key *key, int64_t deadline)
{
	struct find_request question = { .config = trust->config->hash,
		.identity = *identity };
	struct flight *flight = calloc(1, sizeof(*flight));

	if (flight == NULL)
		return NULL;
	flight->memory = memory;
	known_keep_name(&flight->name, key);
	flight->epoch = epoch_of(memory, key->realm);
	flight->asked = deadline_now();
	flight->deadline = deadline;
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
	flight->at = &memory->flights[known_hash(memory->known, key) % BUCKETS];
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
	struct known_key key;

	if (waiter == NULL)
		return NULL;
	known_make_key(&key, trust, realm, identity);
	flight = memory->flights[known_hash(memory->known, &key) % BUCKETS];
	/* Who asks after a flush wants an answer from after the flush; and what
	 * is overdue may have been answered long ago, and not been read. */
	while (flight != NULL && (!known_same_key(&flight->name.key, &key) ||
	    flight->epoch != epoch_of(memory, key.realm) ||
	    deadline_left(flight->deadline) == 0))
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

/* Nobody waits any more.  An answer that is on its way will be remembered;
 * one that is overdue, or that nobody is working on, may never come, and who
 * asks next shall not wait for it. */
static void
cancel_if_lost(struct flight *flight)
{
	if (flight->waiters != NULL || flight->ask == NULL ||
	    (deadline_left(flight->deadline) > 0 &&
	    finder_connected(flight->memory->finder)))
		return;
	finder_forget(flight->ask);
	land(flight);
	free(flight);
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
		cancel_if_lost(flight);
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

struct name {
	const char *text;		/* NULL: everything */
	size_t len;
	bool domain;
};

static bool
entry_concerns(const struct entry *entry, const struct name *name)
{
	for (size_t i = 0; i < entry->count; i++) {
		const struct attribute *a = &entry->attributes[i];

		for (size_t j = 0; j < a->count; j++) {
			if (concerns(a->values[j].data, a->values[j].len,
			    name->text, name->len, name->domain))
				return true;
		}
	}
	return false;
}

static bool
of_name(const struct known_key *key, const struct findings *findings,
    const void *context)
{
	const struct name *name = context;

	if (name->text == NULL || concerns(key->value, key->len, name->text,
	    name->len, name->domain))
		return true;
	for (size_t i = 0; i < findings->account_count; i++) {
		if (entry_concerns(findings->accounts[i], name))
			return true;
	}
	return false;
}

static void
flush(struct memory *memory, const char *text, size_t len, bool domain)
{
	const struct name name = { text, len, domain };

	memory->epoch++;
	known_forget(memory->known, of_name, &name);
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
	return known_count(memory->known);
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
	memory->known = known_new();
	if (memory->known == NULL) {
		free(memory);
		return NULL;
	}
	return memory;
}

void
memory_free(struct memory *memory)
{
	if (memory == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
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
	known_free(memory->known);
	free(memory);
}
