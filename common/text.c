/*
 * Text that came from elsewhere.
 */
#include "config.h"

#include "common/text.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

static unsigned char
lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : c;
}

void
text_escape(struct buffer *out, const void *bytes, size_t len, size_t max)
{
	const unsigned char *from = bytes;
	size_t i, shown = len < max ? len : max;

	for (i = 0; i < shown && !out->failed; i++) {
		unsigned char c = from[i];
		char hex[4] = { '\\', 'x', hex_digits[c >> 4],
			hex_digits[c & 15] };
		char plain = (char)c;

		if (c == '\\')
			buffer_put(out, "\\\\", 2);
		else if (c >= 0x20 && c <= 0x7E)
			buffer_put(out, &plain, 1);
		else
			buffer_put(out, hex, sizeof(hex));
	}
	if (len > max)
		buffer_put(out, "...", 3);
}

bool
text_same_nocase(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t i;

	if (a_len != b_len)
		return false;
	/* Most are spelled alike: attribute names, for one. */
	if (a_len == 0 || memcmp(a, b, a_len) == 0)
		return true;
	for (i = 0; i < a_len; i++) {
		if (lower((unsigned char)a[i]) != lower((unsigned char)b[i]))
			return false;
	}
	return true;
}

void
text_lower(char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		text[i] = (char)lower((unsigned char)text[i]);
}

int
text_to_int(const char *text, size_t len, long long min, long long max,
    long long *ret_value)
{
	/* Counted downwards: there is one more negative number. */
	long long value = 0;
	bool negative = len > 0 && text[0] == '-';
	size_t i = negative ? 1 : 0;

	if (i == len)
		return -1;
	for (; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' ||
		    __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, text[i] - '0', &value))
			return -1;
	}
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return -1;
	if (value < min || value > max)
		return -1;
	*ret_value = value;
	return 0;
}

void
text_hex(struct buffer *out, const void *bytes, size_t len)
{
	const unsigned char *from = bytes;
	size_t i;

	for (i = 0; i < len && !out->failed; i++) {
		char hex[2] = { hex_digits[from[i] >> 4],
			hex_digits[from[i] & 15] };

		buffer_put(out, hex, sizeof(hex));
	}
}

int
text_hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}
