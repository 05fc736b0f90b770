/*
 * Where chunks and buckets are at the moment of the view.
 */
#include "lookupd/store_parts.h"

#include <stdlib.h>
#include <string.h>

/* A place: distance from the origin, in steps of two bytes and moved up so that
 * it is not negative; length; moment. */
#define MOMENT_BITS 12
#define LEN_BITS 16
#define LEN_MAX ((1U << LEN_BITS) - 1)
#define STEP 2				/* LMDB puts values at even places */
#define UP (INT64_C(1) << 35)
_Static_assert(STORE_PLACE_MOMENT == (1U << MOMENT_BITS) - 1,
    "a moment has its bits");
_Static_assert(STORE_MAP_SIZE / STEP <= UP, "the map is in reach");

/* Room for this number and some more; without memory, or beyond what is
 * remembered, there is none. */
static void
grow(struct store_places *places, uint32_t number)
{
	size_t count = (size_t)number + number / 8 + 64;
	uint64_t *list;

	if (number >= STORE_PLACES_MAX)
		return;
	list = calloc(count, sizeof(*list));
	if (list == NULL)
		return;
	free(places->list);
	places->list = list;
	places->count = count;
}

/* What does not fit into a place is not remembered. */
static void
remember(struct store *store, struct store_places *places, uint32_t number,
    const MDB_val *value)
{
	int64_t away;

	if (store->origin == NULL)
		store->origin = value->mv_data;
	away = (const char *)value->mv_data - store->origin;
	if (value->mv_size > LEN_MAX || away % STEP != 0)
		return;
	if (number >= places->count)
		grow(places, number);
	if (number < places->count)
		places->list[number] = (uint64_t)(away / STEP + UP) <<
		    (LEN_BITS + MOMENT_BITS) |
		    (uint64_t)value->mv_size << MOMENT_BITS |
		    (store->view_serial & STORE_PLACE_MOMENT);
}

static int
value_at(struct store_area *area, struct store_places *places,
    enum store_table table, uint32_t number, MDB_val *ret)
{
	struct store *store = area->store;
	MDB_val key = { sizeof(number), &number };
	int rc = mdb_get(store->view, area->tables[area->side][table], &key,
	    ret);

	if (rc == 0)
		remember(store, places, number, ret);
	return rc;
}

static inline bool
known(const struct store_area *area, const struct store_places *places,
    uint32_t number, MDB_val *ret)
{
	const struct store *store = area->store;
	uint64_t place;

	if (number >= places->count)
		return false;
	place = places->list[number];
	if (((place ^ store->view_serial) & STORE_PLACE_MOMENT) != 0)
		return false;
	place >>= MOMENT_BITS;
	ret->mv_size = place & LEN_MAX;
	ret->mv_data = (void *)(store->origin +
	    ((int64_t)(place >> LEN_BITS) - UP) * STEP);
	return true;
}

bool
store_place_chunk_known(const struct store_area *area, uint32_t number,
    MDB_val *ret)
{
	return known(area, &area->chunks, number, ret);
}

bool
store_place_bucket_known(const struct store_area *area, uint32_t number,
    MDB_val *ret)
{
	return known(area, &area->buckets, number, ret);
}

int
store_place_chunk(struct store_area *area, uint32_t number, MDB_val *ret)
{
	return known(area, &area->chunks, number, ret) ? 0 :
	    value_at(area, &area->chunks, TABLE_ENTRIES, number, ret);
}

int
store_place_bucket(struct store_area *area, uint32_t number, MDB_val *ret)
{
	return known(area, &area->buckets, number, ret) ? 0 :
	    value_at(area, &area->buckets, TABLE_KEYS, number, ret);
}

void
store_place_forget(struct store_area *area)
{
	free(area->chunks.list);
	free(area->buckets.list);
	memset(&area->chunks, 0, sizeof(area->chunks));
	memset(&area->buckets, 0, sizeof(area->buckets));
}
