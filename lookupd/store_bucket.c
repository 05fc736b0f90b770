/*
 * Hashes are spread evenly: where one stands is guessed well.
 */
#include "lookupd/store_bucket.h"

#include "lookupd/hash.h"
#include "lookupd/store_record.h"

unsigned
store_bucket_bits(uint64_t links)
{
	unsigned bits = BUCKET_BITS_LEAST;

	while (bits < BUCKET_BITS_MOST && links >> bits > BUCKET_LINKS)
		bits++;
	return bits;
}

uint32_t
store_bucket_of(uint64_t hash, unsigned bits)
{
	return (uint32_t)(hash >> (64 - bits));
}

uint64_t
store_bucket_link(const void *at)
{
	return store_get_u64(at);
}

size_t
store_bucket_seek(const void *bucket, size_t len, uint64_t link,
    unsigned bits)
{
	const uint8_t *links = bucket;
	size_t count = len / BUCKET_LINK_SIZE;
	size_t at = store_bucket_guess(len, link, bits);

	store_bucket_fetch(bucket, len, link, bits);
	while (at > 0 && store_bucket_link(links +
	    (at - 1) * BUCKET_LINK_SIZE) >= link)
		at--;
	while (at < count &&
	    store_bucket_link(links + at * BUCKET_LINK_SIZE) < link)
		at++;
	return at * BUCKET_LINK_SIZE;
}

static uint32_t
checksum(uint64_t link)
{
	return (uint32_t)hash_end(hash_step(STORE_CHECKSUM_SEED, link));
}

void
store_bucket_put_link(void *at, uint64_t link)
{
	store_put_u64(at, link);
	store_put_u32((uint8_t *)at + 8, checksum(link));
}

bool
store_bucket_link_sound(const void *at)
{
	return store_get_u32((const uint8_t *)at + 8) ==
	    checksum(store_bucket_link(at));
}

bool
store_bucket_sound(const void *bucket, size_t len, uint32_t number,
    unsigned bits)
{
	const uint8_t *links = bucket;
	uint64_t link, last = 0;

	if (len == 0 || len % BUCKET_LINK_SIZE != 0)
		return false;
	for (size_t at = 0; at < len; at += BUCKET_LINK_SIZE) {
		link = store_bucket_link(links + at);
		if (link <= last || store_bucket_of(link, bits) != number ||
		    !store_bucket_link_sound(links + at))
			return false;
		last = link;
	}
	return true;
}
