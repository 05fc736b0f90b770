/*
 * The cache of certificates: a hash table of chains, and one list through
 * all entries from the most to the least recently used.  See
 * certificate_cache.h.
 *
 * Keys are SHA-256 values, so their first bytes are as good as any hash, but
 * a caller can search for values that share some bits; the chains it could
 * grow that way are bounded by the number of entries, and each costs a
 * certificate of its own.
 */
#include "lookupd/certificate_cache.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	uint8_t key[CERTIFICATE_HASH];
	uint64_t scope;
	const char *reason;		/* NULL: it qualified */
	struct entry *chain;		/* next in the same slot */
	struct entry *newer, *older;
	struct held *held;
};

struct certificate_cache {
	size_t max, count;
	size_t slot_count;		/* a power of two */
	struct entry **slots;
	struct entry *newest, *oldest;
};

struct held *
held_new(void)
{
	struct held *held = calloc(1, sizeof(*held));

	if (held != NULL)
		held->references = 1;
	return held;
}

struct held *
held_ref(struct held *held)
{
	held->references++;
	return held;
}

void
held_unref(struct held *held)
{
	if (held != NULL && --held->references == 0)
		free(held);
}

static size_t
slot_of(const struct certificate_cache *cache, const uint8_t *key,
    uint64_t scope)
{
	uint64_t mix;

	memcpy(&mix, key, sizeof(mix));
	mix ^= scope * UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(mix ^ mix >> 32) & (cache->slot_count - 1);
}

static struct entry **
find(const struct certificate_cache *cache, const uint8_t *key,
    uint64_t scope)
{
	struct entry **at = &cache->slots[slot_of(cache, key, scope)];

	while (*at != NULL && ((*at)->scope != scope ||
	    memcmp((*at)->key, key, CERTIFICATE_HASH) != 0))
		at = &(*at)->chain;
	return at;
}

static void
list_remove(struct certificate_cache *cache, struct entry *entry)
{
	if (entry->newer != NULL)
		entry->newer->older = entry->older;
	else
		cache->newest = entry->older;
	if (entry->older != NULL)
		entry->older->newer = entry->newer;
	else
		cache->oldest = entry->newer;
	entry->newer = entry->older = NULL;
}

static void
list_put_first(struct certificate_cache *cache, struct entry *entry)
{
	entry->older = cache->newest;
	if (cache->newest != NULL)
		cache->newest->newer = entry;
	else
		cache->oldest = entry;
	cache->newest = entry;
}

static void
forget(struct certificate_cache *cache, struct entry **at)
{
	struct entry *entry = *at;

	*at = entry->chain;
	list_remove(cache, entry);
	cache->count--;
	held_unref(entry->held);
	free(entry);
}

struct certificate_cache *
certificate_cache_new(size_t max)
{
	struct certificate_cache *cache = calloc(1, sizeof(*cache));

	if (cache == NULL)
		return NULL;
	cache->max = max == 0 ? 1 : max;
	cache->slot_count = 16;
	while (cache->slot_count < cache->max &&
	    cache->slot_count <= SIZE_MAX / 4)
		cache->slot_count *= 2;
	cache->slots = calloc(cache->slot_count, sizeof(struct entry *));
	if (cache->slots == NULL) {
		free(cache);
		return NULL;
	}
	return cache;
}

void
certificate_cache_flush(struct certificate_cache *cache)
{
	struct entry *entry, *older;

	for (entry = cache->newest; entry != NULL; entry = older) {
		older = entry->older;
		held_unref(entry->held);
		free(entry);
	}
	memset(cache->slots, 0, cache->slot_count * sizeof(struct entry *));
	cache->newest = cache->oldest = NULL;
	cache->count = 0;
}

void
certificate_cache_free(struct certificate_cache *cache)
{
	if (cache == NULL)
		return;
	certificate_cache_flush(cache);
	free(cache->slots);
	free(cache);
}

size_t
certificate_cache_count(const struct certificate_cache *cache)
{
	return cache->count;
}

struct held *
certificate_cache_get(struct certificate_cache *cache, const uint8_t *key,
    uint64_t scope, int64_t now, const char **ret_reason)
{
	struct entry **at = find(cache, key, scope), *entry = *at;

	if (entry == NULL)
		return NULL;
	/* Outside its dates it is to be read again, which gives the reason;
	 * the second of notAfter itself is already outside for OpenSSL. */
	if (entry->reason == NULL &&
	    (now < entry->held->certificate.not_before ||
	    now >= entry->held->certificate.not_after)) {
		forget(cache, at);
		return NULL;
	}
	list_remove(cache, entry);
	list_put_first(cache, entry);
	*ret_reason = entry->reason;
	return entry->held;
}

/* Refusals that another second, or more memory, could change. */
static bool
may_change(const char *reason)
{
	return strcmp(reason, REASON_EXPIRED) == 0 ||
	    strcmp(reason, REASON_NOT_YET_VALID) == 0 ||
	    reason_verdict(reason) != VERDICT_REFUSED;
}

#define REASON_WORD(symbol, verdict, word) REASON_##symbol,
static const char *const reasons[] = { REASON_LIST(REASON_WORD) };
#undef REASON_WORD

/* The same reason, static: the caller's text may not live as long. */
static const char *
own_reason(const char *reason)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reason, reasons[i]) == 0)
			return reasons[i];
	return NULL;
}

void
certificate_cache_put(struct certificate_cache *cache, const uint8_t *key,
    uint64_t scope, struct held *held, const char *reason)
{
	const char *kept = reason == NULL ? NULL : own_reason(reason);
	struct entry *entry = NULL, **at;

	/* Held before anything is forgotten: it may be one of ours. */
	if ((reason == NULL || (kept != NULL && !may_change(kept))) &&
	    (entry = calloc(1, sizeof(*entry))) != NULL) {
		memcpy(entry->key, key, CERTIFICATE_HASH);
		entry->scope = scope;
		entry->reason = kept;
		entry->held = held_ref(held);
	}
	at = find(cache, key, scope);
	if (*at != NULL)
		forget(cache, at);
	if (entry == NULL)
		return;
	if (cache->count >= cache->max)
		forget(cache, find(cache, cache->oldest->key,
		    cache->oldest->scope));
	at = find(cache, entry->key, scope);
	*at = entry;
	list_put_first(cache, entry);
	cache->count++;
}
