/*
 * Ids are sorted once, when the present phase is over, and marked as the
 * store shows that it has them.
 */
#include "lookupd/sync_gather.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 64

void
sync_gather_clear(struct sync_gather *gather)
{
	size_t i;

	for (i = 0; i < gather->count; i++)
		entry_free(gather->changes[i].entry);
	free(gather->changes);
	free(gather->present);
	memset(gather, 0, sizeof(*gather));
}

/* Room for one more element. 0 or -1. */
static int
grow(void **array, size_t *room, size_t count, size_t size)
{
	size_t more = *room == 0 ? ROOM_FIRST : *room * 2;
	void *grown;

	if (count < *room)
		return 0;
	grown = realloc(*array, more * size);
	if (grown == NULL)
		return -1;
	*array = grown;
	*room = more;
	return 0;
}

int
sync_gather_change(struct sync_gather *gather, const struct sync_id *id,
    struct entry *entry)
{
	void *array = gather->changes;
	int status = grow(&array, &gather->room, gather->count,
	    sizeof(gather->changes[0]));

	gather->changes = array;
	if (status != 0) {
		entry_free(entry);
		return -1;
	}
	gather->changes[gather->count].id = *id;
	gather->changes[gather->count].entry = entry;
	gather->count++;
	if (entry != NULL)
		gather->bytes += sizeof(*entry) + entry->bytes +
		    entry->values * sizeof(struct value);
	return 0;
}

int
sync_gather_present(struct sync_gather *gather, const struct sync_id *id)
{
	void *array = gather->present;
	int status;

	if (gather->present_count >= SYNC_PRESENT_MAX)
		return -1;
	status = grow(&array, &gather->present_room, gather->present_count,
	    sizeof(gather->present[0]));
	gather->present = array;
	if (status == 0)
		gather->present[gather->present_count++] = *id;
	return status;
}

bool
sync_gather_full(const struct sync_gather *gather)
{
	return gather->count > SYNC_GATHER_MAX ||
	    gather->bytes > SYNC_GATHER_BYTES;
}

/* What is asked of each id in the store. */
struct roll {
	struct sync_id *present, *changed;	/* sorted */
	size_t present_count, changed_count;
	uint8_t *seen;			/* one bit for each present one */
};

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, SYNC_ID_SIZE);
}

static bool
is_changed(const struct roll *roll, const struct sync_id *id)
{
	return roll->changed_count > 0 && bsearch(id, roll->changed,
	    roll->changed_count, sizeof(*id), compare) != NULL;
}

static bool
keep(void *context, const struct sync_id *id)
{
	struct roll *roll = context;
	const struct sync_id *found = NULL;
	size_t at;

	if (roll->present_count > 0)
		found = bsearch(id, roll->present, roll->present_count,
		    sizeof(*id), compare);
	if (found == NULL)
		return is_changed(roll, id);
	at = (size_t)(found - roll->present);
	roll->seen[at / 8] |= (uint8_t)(1U << at % 8);
	return true;
}

/* Sort, and drop what is there twice. */
static size_t
sort_ids(struct sync_id *ids, size_t count)
{
	size_t i, left = 0;

	if (count == 0)
		return 0;
	qsort(ids, count, sizeof(*ids), compare);
	for (i = 1; i < count; i++) {
		if (compare(&ids[left], &ids[i]) != 0)
			ids[++left] = ids[i];
	}
	return left + 1;
}

static size_t
count_unknown(const struct roll *roll)
{
	size_t i, unknown = 0;

	for (i = 0; i < roll->present_count; i++) {
		if ((roll->seen[i / 8] >> i % 8 & 1) == 0 &&
		    !is_changed(roll, &roll->present[i]))
			unknown++;
	}
	return unknown;
}

int
sync_gather_keep(struct sync_gather *gather,
    int (*change_keep)(void *context,
    bool (*keep)(void *keep_context, const struct sync_id *id),
    void *keep_context), void *context, size_t *ret_unknown)
{
	struct roll roll = { .present = gather->present };
	size_t i;
	int status = -1;

	gather->present_count = sort_ids(gather->present,
	    gather->present_count);
	roll.present_count = gather->present_count;
	roll.seen = calloc(roll.present_count / 8 + 1, 1);
	roll.changed = calloc(gather->count + 1, sizeof(*roll.changed));
	if (roll.seen != NULL && roll.changed != NULL) {
		for (i = 0; i < gather->count; i++)
			roll.changed[i] = gather->changes[i].id;
		roll.changed_count = sort_ids(roll.changed, gather->count);
		status = change_keep(context, keep, &roll);
	}
	if (status == 0)
		*ret_unknown = count_unknown(&roll);
	free(roll.seen);
	free(roll.changed);
	return status;
}
