/* Text in a page: see the header. */
#include "hook/html.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The length of the well-formed UTF-8 sequence at the beginning, with its
 * code point; 0: there is none. */
static size_t
sequence(const unsigned char *bytes, size_t len, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = bytes[0];
	size_t want = first < 0x80 ? 1 : first >= 0xF0 ? 4 :
	    first >= 0xE0 ? 3 : 2, i;
	uint32_t code;

	if ((first >= 0x80 && first < 0xC2) || first > 0xF4 || want > len)
		return 0;
	code = want == 1 ? first : first & (0x7Fu >> want);
	for (i = 1; i < want; i++) {
		if ((bytes[i] & 0xC0) != 0x80)
			return 0;
		code = code << 6 | (bytes[i] & 0x3Fu);
	}
	if (code < least[want] || code > 0x10FFFF ||
	    (code >= 0xD800 && code <= 0xDFFF))
		return 0;
	*ret = code;
	return want;
}

/* Does it show what it is, and change nothing else? */
static bool
is_text(uint32_t code)
{
	return !(code < 0x20 || (code >= 0x7F && code < 0xA0) ||
	    code == 0x061C || (code >= 0x200B && code <= 0x200F) ||
	    (code >= 0x2028 && code <= 0x202E) ||
	    (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
	    (code >= 0xFFF0 && code <= 0xFFFF) || code >= 0xE0000);
}

static const char *
reference(uint32_t code)
{
	switch (code) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void
html_put(struct buffer *out, const void *text, size_t len)
{
	const unsigned char *bytes = text;
	size_t i, used;

	for (i = 0; i < len; i += used) {
		uint32_t code = 0;
		size_t n;

		used = sequence(bytes + i, len - i, &code);
		if (used > 0 && is_text(code)) {
			const char *instead = reference(code);

			if (instead != NULL)
				buffer_puts(out, instead);
			else
				buffer_put(out, bytes + i, used);
			continue;
		}
		used = used == 0 ? 1 : used;
		for (n = 0; n < used; n++)
			buffer_printf(out, "\\x%02x", bytes[i + n]);
	}
}

void
html_puts(struct buffer *out, const char *text)
{
	html_put(out, text, strlen(text));
}
