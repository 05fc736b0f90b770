/*
 * Fixed-width numbers of the store: low byte first; where the order of keys
 * matters, high byte first.
 */
#ifndef LOOKUPD_STORE_NUMBER_H
#define LOOKUPD_STORE_NUMBER_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void
store_put_u32(void *at, uint32_t value)
{
	value = htole32(value);
	memcpy(at, &value, sizeof(value));
}

static inline uint32_t
store_get_u32(const void *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

static inline void
store_put_u64(void *at, uint64_t value)
{
	value = htole64(value);
	memcpy(at, &value, sizeof(value));
}

static inline uint64_t
store_get_u64(const void *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return le64toh(value);
}

static inline void
store_put_u32_ordered(void *at, uint32_t value)
{
	value = htobe32(value);
	memcpy(at, &value, sizeof(value));
}

static inline uint32_t
store_get_u32_ordered(const void *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

static inline void
store_put_u64_ordered(void *at, uint64_t value)
{
	value = htobe64(value);
	memcpy(at, &value, sizeof(value));
}

static inline uint64_t
store_get_u64_ordered(const void *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return be64toh(value);
}

#endif
