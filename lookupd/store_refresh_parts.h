/*
 * A refresh under way, between store_refresh*.c: what is put is in
 * store_refresh.c, what becomes of it at the end in store_refresh_end.c.
 */
#ifndef LOOKUPD_STORE_REFRESH_PARTS_H
#define LOOKUPD_STORE_REFRESH_PARTS_H

#include "lookupd/store_parts.h"
#include "lookupd/store_spool.h"

/* In the spool of ids: id, number (big-endian: the last one counts), and
 * whether it was put or deleted. */
#define ID_RECORD (STORE_ID_SIZE + 4 + 1)
/* In the spool of keys: a link, big-endian, so that sorted as bytes they are
 * in the order of the table. */
#define KEY_RECORD sizeof(uint64_t)

enum stage { STAGE_PUTTING, STAGE_IDS, STAGE_DEAD, STAGE_KEYS, STAGE_DONE };

struct store_refresh {
	unsigned side;
	enum stage stage;
	unsigned heap;			/* the next of the stage */
	uint32_t next_number;
	uint64_t key_count;
	unsigned bits;			/* of the buckets, from their count */
	unsigned per;			/* slots of the chunks, 0: not known */
	struct buffer batch;		/* length, number, record; repeated */
	size_t batch_count;
	struct spool *ids, *keys;
	uint32_t *dead;			/* numbers of entries to be taken out */
	size_t dead_count, dead_capacity;
};

/* The refresh is over: it has a hole.  -1; what: said with errno, or NULL when
 * error has been filled in. */
int store_refresh_give_up(struct store_area *area, const char *what,
    char *error);
/* Empty the tables of a side. 0 or -1 with error. */
int store_refresh_empty(struct store_area *area, unsigned side, char *error);
/* Write the entries gathered so far. 0 or -1 with error. */
int store_refresh_write_batch(struct store_area *area, char *error);

#endif
