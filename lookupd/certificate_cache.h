/*
 * What certificate_read found, by the encoded value as it was sent, so that a
 * known certificate costs a comparison instead of 150 microseconds of decoding
 * and verifying.  The key also holds the realm and the configuration generation;
 * a hit compares notBefore and notAfter of the whole chain with the clock
 * again.  Refusals that do not depend on the clock are kept as well; the
 * others are not.  Bounded, least recently used goes first.
 *
 * A certificate is five kilobytes and does not change once it is read: the
 * cache and the requests under way hold the same one.
 */
#ifndef LOOKUPD_CERTIFICATE_CACHE_H
#define LOOKUPD_CERTIFICATE_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "lookupd/certificate.h"

/* Entries: a site's busiest users; one takes 5 KiB, and its encoded value. */
#define CERTIFICATE_CACHE_MAX 4096
/* Of encoded values together: real ones have 1 to 3 KiB, the largest 27. */
#define CERTIFICATE_CACHE_BYTES (16 * 1024 * 1024)

struct certificate_cache;

/* A certificate that several may hold; written by who made it, before anybody
 * else has it. */
struct held {
	unsigned references;
	struct certificate certificate;
};
struct held *held_new(void);		/* one reference; NULL: no memory */
struct held *held_ref(struct held *held);
void held_unref(struct held *held);	/* NULL-safe */

/* NULL when out of memory. max entries, at least 1. */
struct certificate_cache *certificate_cache_new(size_t max);
void certificate_cache_free(struct certificate_cache *cache);
void certificate_cache_flush(struct certificate_cache *cache);
size_t certificate_cache_count(const struct certificate_cache *cache);

/*
 * text: the encoded value; scope: realm and generation, any number.  A hit within its dates: the certificate, borrowed
 * until the next call on the cache, *ret_reason NULL when it qualified, else
 * the refusal.  NULL: not known.
 */
struct held *certificate_cache_get(struct certificate_cache *cache,
    const char *text, size_t len, uint64_t scope, int64_t now,
    const char **ret_reason);

/* Remember: takes a reference of its own.  Failure to allocate is silently no
 * caching. */
void certificate_cache_put(struct certificate_cache *cache,
    const char *text, size_t len, uint64_t scope, struct held *held,
    const char *reason);

#endif
