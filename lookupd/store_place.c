/*
 * Where chunks and buckets are at the moment of the view.
 */
#include "lookupd/store_parts.h"

#include <stdlib.h>
#include <string.h>

/* Room for this number and some more; without memory, or beyond what is
 * remembered, there is none. */
static void
grow(struct store_places *places, uint32_t number)
{
	size_t count = (size_t)number + number / 8 + 64;
	struct store_place *list;

	if (number >= STORE_PLACES_MAX)
		return;
	list = calloc(count, sizeof(*list));
	if (list == NULL)
		return;
	free(places->list);
	places->list = list;
	places->count = count;
}

static int
value_at(struct store_area *area, struct store_places *places,
    enum store_table table, uint32_t number, MDB_val *ret)
{
	struct store *store = area->store;
	MDB_val key = { sizeof(number), &number };
	int rc = mdb_get(store->view, area->tables[area->side][table], &key,
	    ret);

	if (rc != 0 || ret->mv_size > UINT32_MAX)
		return rc;
	if (number >= places->count)
		grow(places, number);
	if (number < places->count)
		places->list[number] = (struct store_place){
			.data = ret->mv_data, .len = (uint32_t)ret->mv_size,
			.moment = store->view_serial };
	return 0;
}

static inline bool
known(const struct store_area *area, const struct store_places *places,
    uint32_t number, MDB_val *ret)
{
	const struct store_place *place;

	if (number >= places->count)
		return false;
	place = &places->list[number];
	if (place->moment != area->store->view_serial)
		return false;
	ret->mv_data = (void *)place->data;
	ret->mv_size = place->len;
	return true;
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
