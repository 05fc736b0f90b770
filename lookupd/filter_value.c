/*
 * One character after the other, each decoded or complained about; the
 * decoded value is never longer than its text.
 */
#include "lookupd/filter_value.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"

/* Behind a backslash: two digits, to *out. */
static const char *
decode_escape(const char *text, size_t left, char *out)
{
	int high = left > 1 ? text_hex_value(text[1]) : -1;
	int low = left > 2 ? text_hex_value(text[2]) : -1;

	if (high < 0 || low < 0)
		return "a backslash needs two hexadecimal digits";
	*out = (char)(16 * high + low);
	return NULL;
}

/* One encoded character: *taken bytes of text are *put bytes of out; or what
 * is wrong. */
static const char *
decode_char(const char *text, size_t left, size_t *taken, char *out,
    size_t *put)
{
	if (*text == '\\') {
		*taken = 3;
		*put = 1;
		return decode_escape(text, left, out);
	}
	if (*text == '(')
		return "a parenthesis in a value is written \\28";
	if (*text == '\0')
		return "a NUL byte in a value is written \\00";
	if (*text == '%' && left > 1 && text[1] == '{')
		return "not a variable, or not alone in its value; "
		    "a percent sign is written \\25";
	*taken = *put = value_utf8(text, left);
	if (*taken == 0)
		return "not UTF-8; write the byte as \\XX";
	memcpy(out, text, *taken);
	return NULL;
}

const char *
filter_value_decode(const char *text, size_t len, size_t *read,
    struct value_part *ret)
{
	char *data = malloc(len + 1);
	size_t at = 0, end = 0, taken, put;
	const char *defect = NULL;

	*read = 0;
	if (data == NULL)
		return "out of memory";
	for (; at < len; at += taken, end += put) {
		defect = decode_char(text + at, len - at, &taken, data + end,
		    &put);
		if (defect != NULL)
			break;
	}
	*read = at;
	if (defect != NULL) {
		free(data);
		return defect;
	}
	data[end] = '\0';
	ret->data = data;
	ret->len = end;
	return NULL;
}
