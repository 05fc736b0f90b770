/*
 * Two reads of a search wait for memory, one after the other: of the key's
 * bucket, and of the entry's chunk.  Who has something else to do meanwhile
 * says what he is going to search for, does it, and searches.  These are hints:
 * they fail in silence, and change nothing that a search finds.
 */
#ifndef LOOKUPD_STORE_FORESEE_H
#define LOOKUPD_STORE_FORESEE_H

#include <stddef.h>
#include <stdint.h>

struct store_area;

struct store_foreseen {
	uint64_t hash;
	uint32_t moment;		/* of the view; 0: nothing is foreseen */
};

/* The value, behind that prefix (or NULL), is going to be searched for. */
void store_foresee_key(struct store_area *area, const char *prefix,
    const char *value, size_t len, struct store_foreseen *ret);
/* A while later: its entry is going to be read. */
void store_foresee_entry(struct store_area *area,
    struct store_foreseen *foreseen);

#endif
