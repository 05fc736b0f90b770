/*
 * Records of the store: an entry as bytes and back.  Pure; every record
 * carries a checksum over its key and its value, and decoding believes
 * nothing that does not fit to the last byte.
 *
 *   entry   checksum:8  size:2  { number... }  { text and a NUL }...
 *           numbers have 7 bits per byte, low first, and together so many
 *           bytes: how many attributes there are, values of them all, the
 *           length of the dn; then of each attribute its place in the
 *           profile's list plus one, or 0 and the length of its name, how many
 *           values it has, and their lengths.  The texts are in that order
 *   link    checksum:4 after what it protects
 */
#ifndef LOOKUPD_STORE_RECORD_H
#define LOOKUPD_STORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "lookupd/entry.h"
#include "lookupd/store_number.h"

#define STORE_CHECKSUM_SIZE 8
/* The largest entry, with its names and lengths. */
#define STORE_RECORD_MAX (ENTRY_BYTES_MAX + ENTRY_DN_MAX + \
	5 * ENTRY_VALUES_MAX + ENTRY_ATTRIBUTES_MAX * 300 + 64)

/*
 * The names that need not be written: a profile's attributes, borrowed, by
 * their places.  There are never more: what is further back is written out.
 */
#define STORE_NAMES_MAX 63

struct store_names {
	struct store_name {
		char *name;
		size_t len;
	} list[STORE_NAMES_MAX];
	size_t count;
	char *const *attributes;	/* what they are from */
};

/* attributes: NULL-terminated, or NULL: none. */
void store_names_init(struct store_names *names, char *const *attributes);

/* Append the record of an entry; number is its key.  Failure shows in
 * out->failed. */
void store_record_put(struct buffer *out, uint32_t number,
    const struct entry *entry, const struct store_names *names);

/* The number was not known yet when the record was made. */
void store_record_seal(void *record, size_t len, uint32_t number);

/* Does it fit its checksum? */
bool store_record_sound(const void *record, size_t len, uint32_t number);

/* The entry, owned by the caller, in one piece; names are borrowed as they
 * are there.  NULL with a static sentence in *ret_why. */
struct entry *store_record_get(const void *record, size_t len,
    uint32_t number, const struct store_names *names, const char **ret_why);

/* ---- checksums --------------------------------------------------------- */

#define STORE_CHECKSUM_SEED 0x43414331ULL
/* Over key and value; of links, the lower four bytes. */
uint64_t store_checksum(const void *key, size_t key_len, const void *value,
    size_t len);

#endif
