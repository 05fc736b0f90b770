/*
 * The alphabet of the protocol: what is not done in passing.
 */
#include "config.h"

#include "common/protocol_bytes.h"

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

uint64_t
protocol_less_than_eight(const char *text, size_t len)
{
	uint64_t bytes = 0;
	uint32_t first, last;

	if (len >= sizeof(first)) {
		memcpy(&first, text, sizeof(first));
		memcpy(&last, text + len - sizeof(last), sizeof(last));
		return le32toh(first) |
		    (uint64_t)le32toh(last) << 8 * (len - sizeof(last));
	}
	while (len > 0)
		bytes = bytes << 8 | (unsigned char)text[--len];
	return bytes;
}

size_t
protocol_name_rest(const char *text, size_t letters)
{
	size_t len = letters;

	while (len > 0 && (text[len] == '-' ||
	    (text[len] >= '0' && text[len] <= '9') ||
	    (text[len] >= 'a' && text[len] <= 'z')))
		len++;
	return len;
}
