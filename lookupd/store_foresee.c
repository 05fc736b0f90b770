/*
 * What a search is going to read, fetched before it does.  Nothing is decided
 * by what is seen here, and nothing kept but the hash.
 */
#include "lookupd/store_foresee.h"

#include "lookupd/store_parts.h"

/* Is the state that was looked at last the view's? */
static bool
is_seen(const struct store_area *area)
{
	return area->store->viewing &&
	    area->state_serial == area->store->view_serial;
}

void
store_foresee_key(struct store_area *area, const char *prefix,
    const char *value, size_t len, struct store_foreseen *ret)
{
	MDB_val bucket;
	uint32_t number;

	ret->moment = 0;
	if (!is_seen(area) || !store_key_wanted(&area->keys, prefix, value,
	    len, &area->wanted))
		return;
	ret->hash = area->wanted.hash;
	number = store_bucket_of(ret->hash, area->bits);
	if (!store_place_bucket_known(area, number, &bucket))
		return;
	ret->moment = area->store->view_serial;
	store_bucket_fetch(bucket.mv_data, bucket.mv_size, ret->hash,
	    area->bits);
}

void
store_foresee_entry(struct store_area *area, struct store_foreseen *foreseen)
{
	MDB_val bucket, chunk;
	uint32_t number;
	uint64_t link;
	size_t at;

	if (!is_seen(area) || foreseen->moment != area->store->view_serial)
		return;
	foreseen->moment = 0;
	number = store_bucket_of(foreseen->hash, area->bits);
	if (!store_place_bucket_known(area, number, &bucket) ||
	    bucket.mv_size % BUCKET_LINK_SIZE != 0)
		return;
	at = store_bucket_seek(bucket.mv_data, bucket.mv_size, foreseen->hash,
	    area->bits);
	if (at == bucket.mv_size)
		return;
	link = store_bucket_link((const uint8_t *)bucket.mv_data + at);
	number = (uint32_t)link & STORE_NUMBER_MAX;
	if ((link & ~(uint64_t)STORE_NUMBER_MAX) == foreseen->hash &&
	    store_place_chunk_known(area, number / area->per, &chunk))
		store_chunk_fetch(chunk.mv_data, chunk.mv_size, area->per,
		    number % area->per);
}
