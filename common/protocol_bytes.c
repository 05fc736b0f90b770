/*
 * The alphabet of the protocol: tables, and eight bytes at once.
 */
#include "config.h"

#include "common/protocol_bytes.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/text.h"

int
protocol_escaped_byte(const char *text, size_t len)
{
	int high, low;

	if (len < 3 || text[0] != '%')
		return -1;
	high = text_hex_value(text[1]);
	low = text_hex_value(text[2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Bytes that stand for themselves in a value. */
static bool
is_literal(char c)
{
	return c > 0x20 && c < 0x7F && c != '%';
}

/* Eight bytes at once: ONES * b is b in each of them. */
#define ONES UINT64_C(0x0101010101010101)
#define HIGHS (ONES * 0x80)

/* High bits of those of eight bytes that do not stand for themselves.  A carry
 * may set it in bytes above the lowest such byte, never below it. */
static uint64_t
specials(uint64_t eight)
{
	uint64_t percent = eight ^ ONES * '%';

	return HIGHS & (eight | (eight + ONES) |	/* from 0x7F */
	    ((eight - ONES * 0x21) & ~eight) |		/* up to 0x20 */
	    ((percent - ONES) & ~percent));
}

size_t
protocol_literal_run(const char *text, size_t len)
{
	size_t run = 0;
	uint64_t eight, special;

	for (; len - run >= sizeof(eight); run += sizeof(eight)) {
		memcpy(&eight, text + run, sizeof(eight));
		special = specials(eight);
		if (special == 0)
			continue;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		return run + (size_t)__builtin_ctzll(special) / 8;
#else
		break;
#endif
	}
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	/* The last eight, less those that were looked at: no carry is theirs. */
	if (run > 0 && run < len) {
		memcpy(&eight, text + len - sizeof(eight), sizeof(eight));
		special = specials(eight) >> 8 * (run + sizeof(eight) - len);
		return special == 0 ? len :
		    run + (size_t)__builtin_ctzll(special) / 8;
	}
#endif
	while (run < len && is_literal(text[run]))
		run++;
	return run;
}

const unsigned char protocol_name_bytes[256] = {
	['a' ... 'z'] = PROTOCOL_FIRST | PROTOCOL_LATER,
	['0' ... '9'] = PROTOCOL_LATER, ['-'] = PROTOCOL_LATER };
