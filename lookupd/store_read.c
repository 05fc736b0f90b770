/*
 * Finding entries by key.  What an index says is looked at again: an entry
 * that has nothing to do with what led to it is damage.
 */
#include "lookupd/store_parts.h"

#include <stdio.h>
#include <string.h>

/* Two, and one to know that there are more. */
#define FOUND_MAX 3

struct found {
	struct store_area *area;
	struct entry *entries[FOUND_MAX];
	uint32_t numbers[FOUND_MAX];
	size_t count;
};

static void
forget(struct found *found)
{
	for (size_t i = 0; i < found->count; i++)
		entry_free(found->entries[i]);
	found->count = 0;
}

/* The entry that an index names. NULL with error. */
static struct entry *
fetch(struct store_area *area, uint32_t number, char *error)
{
	MDB_val chunk, record;
	struct entry *entry;
	const char *why;
	int rc = store_place_chunk(area, number / area->per, &chunk);

	if (rc != 0 && rc != MDB_NOTFOUND) {
		store_fail(area->store, rc, "reading an entry", error);
		return NULL;
	}
	if (rc == 0)
		rc = store_entry_in(area, &chunk, number, &record, error);
	if (rc != 0) {
		if (rc == MDB_NOTFOUND || rc > 0)
			store_broken(area->store, "a key leads nowhere", error);
		return NULL;
	}
	entry = store_record_get(record.mv_data, record.mv_size, number,
	    &area->names, &why);
	if (entry != NULL)
		return entry;
	if (strcmp(why, "out of memory") == 0)
		snprintf(error, STORE_ERROR_MAX, "store: %s", why);
	else
		store_broken(area->store, why, error);
	return NULL;
}

/* What is searched: the same value in the attributes of all these keys. */
struct search {
	const struct filter_key *keys;
	size_t count;
	const char *prefix;
	struct store_wanted *wanted;
};

static bool
same_prefix(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
shows(const struct search *search, const struct entry *entry)
{
	for (size_t i = 0; i < search->count; i++) {
		if (same_prefix(search->keys[i].prefix, search->prefix) &&
		    store_key_found(search->keys[i].attribute,
		    search->wanted, entry))
			return true;
	}
	return false;
}

/* One number under the hash of a key. 0 or -1 with error. */
static int
look_at(struct found *found, uint32_t number, const struct search *search,
    char *error)
{
	struct store_area *area = found->area;
	struct entry *entry;
	int rc = 0;

	for (size_t i = 0; i < found->count; i++) {
		if (found->numbers[i] == number)
			return 0;
	}
	entry = fetch(area, number, error);
	if (entry == NULL)
		return -1;
	if (shows(search, entry)) {
		found->numbers[found->count] = number;
		found->entries[found->count++] = entry;
		return 0;
	}
	/* under another key, another value with that hash, or none at all? */
	if (store_keys_of(&area->keys, entry, &area->hashes) != 0) {
		snprintf(error, STORE_ERROR_MAX, "store: out of memory");
		rc = -1;
	} else if (!store_hashes_contain(&area->hashes, search->wanted->hash)) {
		rc = store_broken(area->store, "a key leads to an entry "
		    "without it", error);
	}
	entry_free(entry);
	return rc;
}

static int
bad_link(struct store_area *area, char *error)
{
	return store_broken(area->store, "a key does not fit its checksum",
	    error);
}

static int
find_value(struct found *found, const struct search *search, char *error)
{
	struct store_area *area = found->area;
	uint64_t hash = search->wanted->hash, link;
	uint32_t number = store_bucket_of(hash, area->bits);
	MDB_val bucket;
	int rc = store_place_bucket(area, number, &bucket);
	size_t at;

	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != 0)
		return store_fail(area->store, rc, "reading keys", error);
	if (bucket.mv_size % BUCKET_LINK_SIZE != 0)
		return store_broken(area->store, "keys of another length",
		    error);
	at = store_bucket_seek(bucket.mv_data, bucket.mv_size, hash,
	    area->bits);
	/* the one before and the one behind, too: either may be one of ours
	 * that is not what it was */
	if (at > 0 && !store_bucket_link_sound((const uint8_t *)bucket.mv_data
	    + at - BUCKET_LINK_SIZE))
		return bad_link(area, error);
	for (; at < bucket.mv_size && found->count < FOUND_MAX;
	    at += BUCKET_LINK_SIZE) {
		const uint8_t *one = (const uint8_t *)bucket.mv_data + at;

		link = store_bucket_link(one);
		if (!store_bucket_link_sound(one))
			return bad_link(area, error);
		if ((link & ~(uint64_t)STORE_NUMBER_MAX) != hash)
			return 0;
		if (look_at(found, (uint32_t)link & STORE_NUMBER_MAX, search,
		    error) != 0)
			return -1;
	}
	return 0;
}

/* Keys with the same prefix are one search. */
static int
find_keys(struct found *found, const struct filter_key *keys, size_t count,
    const char *value, size_t len, char *error)
{
	struct search search = { .keys = keys, .count = count,
		.wanted = &found->area->wanted };

	for (size_t i = 0; i < count && found->count < FOUND_MAX; i++) {
		size_t first = 0;

		if (!store_keys_have(&found->area->keys, keys[i].attribute)) {
			snprintf(error, STORE_ERROR_MAX, "store: %s is not "
			    "indexed", keys[i].attribute);
			return -1;
		}
		search.prefix = keys[i].prefix;
		while (!same_prefix(keys[first].prefix, search.prefix))
			first++;
		if (first == i && store_key_wanted(&found->area->keys,
		    search.prefix, value, len, search.wanted) &&
		    find_value(found, &search, error) != 0)
			return -1;
	}
	return 0;
}

static int
find_all(struct found *found, const struct filter_key *keys, size_t count,
    const char *value, size_t len, char *error)
{
	struct store_area *area = found->area;
	const struct store_state *state = store_look(area, error);

	if (state == NULL)
		return -1;
	if (!state->usable) {
		snprintf(error, STORE_ERROR_MAX, "store: %s is not there yet",
		    area->name);
		return -1;
	}
	return find_keys(found, keys, count, value, len, error);
}

int
store_find(struct store_area *area, const struct filter_key *keys,
    size_t key_count, const char *value, size_t len, struct entry *ret[2],
    size_t *ret_count, bool *ret_more, char *error)
{
	struct found found = { .area = area };
	bool mine = !area->store->viewing;
	int rc;

	*ret_count = 0;
	*ret_more = false;
	if (mine && store_view_begin(area->store, error) != 0)
		return -1;
	rc = find_all(&found, keys, key_count, value, len, error);
	if (mine)
		store_view_end(area->store);
	if (rc != 0) {
		forget(&found);
		return -1;
	}
	*ret_more = found.count == FOUND_MAX;
	if (*ret_more)
		entry_free(found.entries[--found.count]);
	ret[0] = found.entries[0];
	ret[1] = found.entries[1];
	*ret_count = found.count;
	return 0;
}
