/*
 * The cache of certificates: a hash table of chains, and one list through
 * all entries from the most to the least recently used.  See
 * certificate_cache.h.
 *
 * A certificate ends in its signature, so its last bytes are enough to find
 * it by; then all of it is compared.  Who makes certificates that end alike
 * has his own in one chain, no longer than there are entries.
 */
#include "lookupd/certificate_cache.h"

#include <stdlib.h>
#include <string.h>

#include "common/secret.h"
#include "lookupd/hash.h"

/* More than a PEM's last line: what it is found by. */
#define TAIL 256

struct entry {
	uint64_t scope;
	const char *reason;		/* NULL: it qualified */
	struct entry *chain;		/* next in the same slot */
	struct entry *newer, *older;
	struct held *held;
	size_t len;
	char text[];
};

struct certificate_cache {
	uint64_t seed;
	size_t max, count;
	size_t bytes;			/* of all texts */
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
slot_of(const struct certificate_cache *cache, const char *text, size_t len,
    uint64_t scope)
{
	size_t tail = len < TAIL ? len : TAIL;

	return (size_t)hash_bytes(cache->seed ^ scope, text + len - tail,
	    tail) & (cache->slot_count - 1);
}

static struct entry **
find(const struct certificate_cache *cache, const char *text, size_t len,
    uint64_t scope)
{
	struct entry **at = &cache->slots[slot_of(cache, text, len, scope)];

	while (*at != NULL && ((*at)->scope != scope || (*at)->len != len ||
	    memcmp((*at)->text, text, len) != 0))
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
	cache->bytes -= entry->len;
	held_unref(entry->held);
	free(entry);
}

struct certificate_cache *
certificate_cache_new(size_t max)
{
	struct certificate_cache *cache = calloc(1, sizeof(*cache));

	if (cache == NULL)
		return NULL;
	if (secret_random(&cache->seed, sizeof(cache->seed)) != 0) {
		free(cache);
		return NULL;
	}
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
	cache->bytes = 0;
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
certificate_cache_get(struct certificate_cache *cache, const char *text,
    size_t len, uint64_t scope, int64_t now, const char **ret_reason)
{
	struct entry **at = find(cache, text, len, scope), *entry = *at;

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
certificate_cache_put(struct certificate_cache *cache, const char *text,
    size_t len, uint64_t scope, struct held *held, const char *reason)
{
	const char *kept = reason == NULL ? NULL : own_reason(reason);
	struct entry *entry = NULL, **at;

	/* Held before anything is forgotten: it may be one of ours. */
	if ((reason == NULL || (kept != NULL && !may_change(kept))) &&
	    len <= CERTIFICATE_CACHE_BYTES &&
	    (entry = calloc(1, sizeof(*entry) + len)) != NULL) {
		memcpy(entry->text, text, len);
		entry->len = len;
		entry->scope = scope;
		entry->reason = kept;
		entry->held = held_ref(held);
	}
	at = find(cache, text, len, scope);
	if (*at != NULL)
		forget(cache, at);
	if (entry == NULL)
		return;
	while (cache->count >= cache->max ||
	    cache->bytes > CERTIFICATE_CACHE_BYTES - len)
		forget(cache, find(cache, cache->oldest->text,
		    cache->oldest->len, cache->oldest->scope));
	at = find(cache, entry->text, len, scope);
	*at = entry;
	list_put_first(cache, entry);
	cache->count++;
	cache->bytes += len;
}
