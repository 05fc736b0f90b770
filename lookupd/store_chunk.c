/*
 * Where a record ends is written in front of all.
 */
#include "lookupd/store_chunk.h"

#include "lookupd/store_record.h"

unsigned
store_chunk_per(size_t bytes, size_t records)
{
	size_t each = records == 0 ? 0 : bytes / records + CHUNK_END_SIZE;

	if (each == 0)
		return CHUNK_PER_USUAL;
	if (each > CHUNK_FILL)
		return 1;
	return CHUNK_FILL / each > CHUNK_PER_MOST ? CHUNK_PER_MOST :
	    (unsigned)(CHUNK_FILL / each);
}

int
store_chunk_find(const void *chunk, size_t len, unsigned per, unsigned slot,
    const void **ret, size_t *ret_len)
{
	const uint8_t *bytes = chunk;
	size_t head = (size_t)per * CHUNK_END_SIZE, start = head, end;

	if (len < head)
		return -1;
	store_chunk_fetch_record(bytes, len, per, slot);
	end = store_get_u32(bytes + (size_t)slot * CHUNK_END_SIZE);
	if (slot > 0)
		start = store_get_u32(bytes +
		    (size_t)(slot - 1) * CHUNK_END_SIZE);
	if (start < head || end < start || len < end)
		return -1;
	*ret = bytes + start;
	*ret_len = end - start;
	return end == start ? 1 : 0;
}

void
store_chunk_begin(struct buffer *out, unsigned per)
{
	uint8_t end[CHUNK_END_SIZE];

	store_put_u32(end, (uint32_t)(per * CHUNK_END_SIZE));
	for (unsigned i = 0; i < per; i++)
		buffer_put(out, end, sizeof(end));
}

void
store_chunk_add(struct buffer *out, unsigned per, unsigned slot,
    const void *record, size_t len)
{
	buffer_put(out, record, len);
	for (; slot < per && !out->failed; slot++)
		store_put_u32(out->data + (size_t)slot * CHUNK_END_SIZE,
		    (uint32_t)out->len);
}

int
store_chunk_change(struct buffer *out, const void *old, size_t old_len,
    unsigned per, unsigned slot, const void *record, size_t len)
{
	const void *kept;
	size_t kept_len, records = 0;

	store_chunk_begin(out, per);
	for (unsigned i = 0; i < per; i++) {
		int rc = 1;

		if (i == slot) {
			kept = record;
			kept_len = len;
			rc = len == 0;
		} else if (old_len > 0) {
			rc = store_chunk_find(old, old_len, per, i, &kept,
			    &kept_len);
		}
		if (rc < 0)
			return -1;
		if (rc > 0)
			continue;
		store_chunk_add(out, per, i, kept, kept_len);
		records++;
	}
	if (records == 0)
		buffer_clear(out);
	return 0;
}

bool
store_chunk_sound(const void *chunk, size_t len, unsigned per,
    uint32_t number, uint64_t *count)
{
	const void *record;
	size_t record_len, whole = (size_t)per * CHUNK_END_SIZE;

	for (unsigned i = 0; i < per; i++) {
		int rc = store_chunk_find(chunk, len, per, i, &record,
		    &record_len);

		if (rc < 0 || (rc == 0 && !store_record_sound(record,
		    record_len, number * per + i)))
			return false;
		*count += rc == 0;
		whole += record_len;
	}
	return whole == len && whole > (size_t)per * CHUNK_END_SIZE;
}
