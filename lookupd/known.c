#include "lookupd/known.h"

#include <stdlib.h>
#include <string.h>

#include "common/deadline.h"
#include "common/secret.h"
#include "lookupd/hash.h"

/* More slots than entries; a power of two.  The hash is seeded; whoever finds
 * colliding names all the same gains chains that the bounds keep short and
 * the lifetimes make useless. */
#define SLOTS 32768

struct known {
	struct known_name name;
	struct known *chain;
	struct known *newer, *older;	/* on its shelf */
	struct shelf *shelf;
	int64_t until;
	size_t bytes;			/* of the findings, about */
	struct shared *shared;
};

struct shelf {
	struct known *newest, *oldest;
	size_t count, max;
	size_t bytes;
};

struct known_table {
	uint64_t seed;
	struct known *slots[SLOTS];
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

void
known_make_key(struct known_key *key, const struct trust *trust,
    const struct realm *realm, const struct identity *identity)
{
	key->generation = trust->generation;
	key->realm = realm->index;
	key->kind = identity_key_kind(identity->source);
	key->value = identity->name.text;
	key->len = identity->name.len;
	/* As it is spelled: what the realm ignores, the directory may not, and
	 * then its answer to one spelling is none to another. */
}

void
known_keep_name(struct known_name *name, const struct known_key *key)
{
	name->key = *key;
	memcpy(name->value, key->value, key->len);
	name->value[key->len] = '\0';
	name->key.value = name->value;
}

bool
known_same_key(const struct known_key *a, const struct known_key *b)
{
	return a->generation == b->generation && a->realm == b->realm &&
	    a->kind == b->kind && a->len == b->len &&
	    memcmp(a->value, b->value, a->len) == 0;
}

uint64_t
known_hash(const struct known_table *table, const struct known_key *key)
{
	return hash_bytes(table->seed ^ key->realm ^
	    (uint64_t)key->kind << 32, key->value, key->len);
}

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
	shelf->bytes -= known->bytes;
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
	shelf->bytes += known->bytes;
}

static struct known **
find(struct known_table *table, const struct known_key *key)
{
	struct known **at = &table->slots[known_hash(table, key) % SLOTS];

	while (*at != NULL && !known_same_key(&(*at)->name.key, key))
		at = &(*at)->chain;
	return at;
}

static void
forget(struct known **at)
{
	struct known *known = *at;

	if (known == NULL)
		return;
	*at = known->chain;
	unshelve(known);
	shared_unref(known->shared);
	free(known);
}

struct shared *
known_get(struct known_table *table, const struct known_key *key,
    int64_t now)
{
	struct known **at = find(table, key), *known = *at;

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
	return shared_ref(known->shared);
}

/* Between four fifths and all of it, so that what was learnt together is not
 * asked again together. */
static int64_t
jittered(const struct known_table *table, int64_t ms)
{
	uint64_t noise = (table->seed ^ (uint64_t)deadline_now_us()) *
	    0x9e3779b97f4a7c15ULL;

	return ms - (int64_t)((noise >> 33) % ((uint64_t)ms / 5 + 1));
}

/* Lists of values grow by doubling, and leave behind what was too short. */
static size_t
size_of(const struct entry *entry)
{
	return 1024 + entry->bytes + 4 * entry->values * sizeof(struct value);
}

static size_t
findings_size(const struct findings *findings)
{
	size_t bytes = 0;

	for (size_t i = 0; i < findings->account_count; i++)
		bytes += size_of(findings->accounts[i]);
	for (size_t i = 0; i < findings->domain_count; i++)
		bytes += size_of(findings->domains[i]);
	return bytes;
}

void
known_put(struct known_table *table, const struct known_key *key,
    struct shared *shared, int64_t now, int64_t ms)
{
	const struct findings *findings = &shared->findings;
	struct shelf *shelf = findings->account_count == 0 &&
	    !findings->more ? &table->negative : &table->positive;
	struct known *known = calloc(1, sizeof(*known)), **at;

	at = find(table, key);
	if (*at != NULL)
		forget(at);
	if (known == NULL)
		return;
	known->bytes = findings_size(findings);
	while (shelf->count > 0 && (shelf->count >= shelf->max ||
	    shelf->bytes + known->bytes > KNOWN_BYTES_MAX))
		forget(find(table, &shelf->oldest->name.key));
	known_keep_name(&known->name, key);
	known->until = now + jittered(table, ms);
	known->shared = shared_ref(shared);
	at = find(table, key);
	known->chain = *at;
	*at = known;
	shelve(shelf, known);
}

void
known_forget(struct known_table *table, known_chosen *chosen,
    const void *context)
{
	for (size_t i = 0; i < SLOTS; i++) {
		for (struct known **at = &table->slots[i]; *at != NULL;) {
			if (chosen(&(*at)->name.key, &(*at)->shared->findings,
			    context))
				forget(at);
			else
				at = &(*at)->chain;
		}
	}
}

size_t
known_count(const struct known_table *table)
{
	return table->positive.count + table->negative.count;
}

struct known_table *
known_new(void)
{
	struct known_table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->positive.max = KNOWN_POSITIVE_MAX;
	table->negative.max = KNOWN_NEGATIVE_MAX;
	if (secret_random(&table->seed, sizeof(table->seed)) == 0)
		return table;
	known_free(table);
	return NULL;
}

static bool
everything(const struct known_key *key, const struct findings *findings,
    const void *context)
{
	return true;
}

void
known_free(struct known_table *table)
{
	if (table == NULL)
		return;
	known_forget(table, everything, NULL);
	free(table);
}
