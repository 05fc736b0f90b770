/*
 * Comparing values under their types.
 */
#include "lookupd/value.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

static const char *const type_names[] = {
	[VALUE_TEXT] = "text",
	[VALUE_EXACT] = "exact",
	[VALUE_INTEGER] = "integer",
	[VALUE_TIME] = "time",
	[VALUE_FILETIME] = "filetime",
	[VALUE_DAYS] = "days",
	[VALUE_BOOLEAN] = "boolean",
};
#define TYPES (sizeof(type_names) / sizeof(type_names[0]))

const char *
value_type_name(enum value_type type)
{
	return (size_t)type < TYPES ? type_names[type] : "unknown";
}

int
value_type_parse(const char *word)
{
	size_t i;

	for (i = 0; i < TYPES; i++)
		if (strcmp(word, type_names[i]) == 0)
			return (int)i;
	return -1;
}

const char *
truth_name(enum truth truth)
{
	switch (truth) {
	case TRUTH_TRUE:
		return "True";
	case TRUTH_FALSE:
		return "False";
	case TRUTH_UNDEFINED:
		break;
	}
	return "Undefined";
}

/* RFC 4517 3.3.16: no leading zeros, no "-0". */
static int
parse_integer(const char *text, size_t len, int64_t *ret)
{
	size_t sign = len > 0 && text[0] == '-' ? 1 : 0;
	long long number;

	if (len > sign && text[sign] == '0' && (len > sign + 1 || sign > 0))
		return -1;
	if (text_to_int(text, len, INT64_MIN, INT64_MAX, &number) < 0)
		return -1;
	*ret = number;
	return 0;
}

static int
parse_boolean(const char *text, size_t len, int64_t *ret)
{
	if (len == 4 && memcmp(text, "TRUE", 4) == 0)
		*ret = 1;
	else if (len == 5 && memcmp(text, "FALSE", 5) == 0)
		*ret = 0;
	else
		return -1;
	return 0;
}

int
value_to_number(enum value_type type, const char *text, size_t len,
    int64_t *ret)
{
	switch (type) {
	case VALUE_INTEGER:
	case VALUE_FILETIME:
	case VALUE_DAYS:
		return parse_integer(text, len, ret);
	case VALUE_TIME:
		return value_parse_time(text, len, ret);
	case VALUE_BOOLEAN:
		return parse_boolean(text, len, ret);
	case VALUE_TEXT:
	case VALUE_EXACT:
		break;
	}
	return -1;
}

/* Walks over text as it reads once folded: lower case, no space at either
 * end, one space between words. */
struct fold {
	const char *at;
	const char *end;
};

static void
fold_start(struct fold *fold, const char *text, size_t len)
{
	fold->at = text;
	fold->end = text + len;
	while (fold->at < fold->end && *fold->at == ' ')
		fold->at++;
	while (fold->end > fold->at && fold->end[-1] == ' ')
		fold->end--;
}

/* The next byte, or -1 at the end. */
static int
fold_next(struct fold *fold)
{
	unsigned char byte;

	if (fold->at == fold->end)
		return -1;
	byte = (unsigned char)*fold->at++;
	if (byte == ' ')
		while (*fold->at == ' ')	/* the last byte is none */
			fold->at++;
	return byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte;
}

static int
text_order(const char *a, size_t a_len, const char *b, size_t b_len)
{
	struct fold fold_a, fold_b;
	int byte_a, byte_b;

	fold_start(&fold_a, a, a_len);
	fold_start(&fold_b, b, b_len);
	do {
		byte_a = fold_next(&fold_a);
		byte_b = fold_next(&fold_b);
	} while (byte_a == byte_b && byte_a != -1);
	return (byte_a > byte_b) - (byte_a < byte_b);
}

static int
exact_order(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t common = a_len < b_len ? a_len : b_len;
	int order = common == 0 ? 0 : memcmp(a, b, common);

	if (order != 0)
		return order;
	return (a_len > b_len) - (a_len < b_len);
}

/* The order of two values of any type, a boolean's included. */
static enum truth
any_order(enum value_type type, const char *a, size_t a_len, const char *b,
    size_t b_len, int *ret_order)
{
	int64_t number_a, number_b;

	if (type == VALUE_TEXT) {
		*ret_order = text_order(a, a_len, b, b_len);
		return TRUTH_TRUE;
	}
	if (type == VALUE_EXACT) {
		*ret_order = exact_order(a, a_len, b, b_len);
		return TRUTH_TRUE;
	}
	if (value_to_number(type, a, a_len, &number_a) < 0 ||
	    value_to_number(type, b, b_len, &number_b) < 0)
		return TRUTH_UNDEFINED;
	*ret_order = (number_a > number_b) - (number_a < number_b);
	return TRUTH_TRUE;
}

enum truth
value_equal(enum value_type type, const char *a, size_t a_len, const char *b,
    size_t b_len)
{
	int order;

	if (any_order(type, a, a_len, b, b_len, &order) != TRUTH_TRUE)
		return TRUTH_UNDEFINED;
	return order == 0 ? TRUTH_TRUE : TRUTH_FALSE;
}

enum truth
value_order(enum value_type type, const char *a, size_t a_len, const char *b,
    size_t b_len, int *ret_order)
{
	if (type == VALUE_BOOLEAN)
		return TRUTH_UNDEFINED;
	return any_order(type, a, a_len, b, b_len, ret_order);
}

/*
 * Substrings of text are prepared as RFC 4518 2.6.1 says: two spaces between
 * words, one at either end of the whole value.  A part gets that one space
 * only at the end it shares with the value, or where it has spaces itself.
 */
struct prepared {
	char *data;
	size_t len;
};

static int
prepare(struct prepared *out, const char *text, size_t len, bool at_start,
    bool at_end)
{
	struct fold fold;
	bool leading = len > 0 && text[0] == ' ';
	bool trailing = len > 0 && text[len - 1] == ' ';
	int byte;

	if (len > SIZE_MAX / 2 - 2)
		return -1;
	out->len = 0;
	out->data = malloc(2 * len + 2);
	if (out->data == NULL)
		return -1;
	if (at_start || leading)
		out->data[out->len++] = ' ';
	fold_start(&fold, text, len);
	while ((byte = fold_next(&fold)) != -1) {
		if (byte == ' ')
			out->data[out->len++] = ' ';
		out->data[out->len++] = (char)byte;
	}
	/* nothing but spaces: one for a part, two for a whole value */
	if (out->len > 0 && out->data[out->len - 1] == ' ' &&
	    !(at_start && at_end))
		return 0;
	if (at_end || trailing)
		out->data[out->len++] = ' ';
	return 0;
}

/* Find needle in the haystack; its offset or (size_t)-1. */
static size_t
find(const char *haystack, size_t len, const char *needle, size_t needle_len)
{
	const char *hit;

	if (needle_len == 0)
		return 0;
	hit = memmem(haystack, len, needle, needle_len);
	return hit == NULL ? (size_t)-1 : (size_t)(hit - haystack);
}

enum part_place { PART_INITIAL, PART_ANY, PART_FINAL };

/* Take one part off the rest of a value. Undefined: out of memory. */
static enum truth
match_part(enum value_type type, enum part_place place, const char **rest,
    size_t *left, const struct value_part *part)
{
	struct prepared own = { NULL, 0 };
	const char *data = part->data;
	size_t len = part->len, at;
	enum truth truth = TRUTH_FALSE;

	if (type == VALUE_TEXT) {
		if (prepare(&own, data, len, place == PART_INITIAL,
		    place == PART_FINAL) < 0)
			return TRUTH_UNDEFINED;
		data = own.data;
		len = own.len;
	}
	if (len > *left)
		goto out;
	if (place == PART_ANY) {
		at = find(*rest, *left, data, len);
		if (at == (size_t)-1)
			goto out;
	} else {
		at = place == PART_INITIAL ? 0 : *left - len;
		if (len > 0 && memcmp(*rest + at, data, len) != 0)
			goto out;
	}
	*rest += at + len;
	*left -= at + len;
	truth = TRUTH_TRUE;
out:
	free(own.data);
	return truth;
}

enum truth
value_substring(enum value_type type, const char *value, size_t len,
    const struct value_part *initial, const struct value_part *any,
    size_t any_count, const struct value_part *final)
{
	struct prepared own = { NULL, 0 };
	const char *rest = value;
	size_t left = len, i;
	enum truth truth = TRUTH_TRUE;

	if (type != VALUE_TEXT && type != VALUE_EXACT)
		return TRUTH_UNDEFINED;
	if (type == VALUE_TEXT) {
		if (prepare(&own, value, len, true, true) < 0)
			return TRUTH_UNDEFINED;
		rest = own.data;
		left = own.len;
	}
	if (initial != NULL)
		truth = match_part(type, PART_INITIAL, &rest, &left, initial);
	for (i = 0; i < any_count && truth == TRUTH_TRUE; i++)
		truth = match_part(type, PART_ANY, &rest, &left, &any[i]);
	if (final != NULL && truth == TRUTH_TRUE)
		truth = match_part(type, PART_FINAL, &rest, &left, final);
	free(own.data);
	return truth;
}

size_t
value_utf8(const char *bytes, size_t len)
{
	const unsigned char *byte = (const unsigned char *)bytes;
	unsigned char low = 0x80, high = 0xBF;
	size_t count, i;

	if (len == 0)
		return 0;
	if (byte[0] < 0x80)
		return 1;
	if (byte[0] >= 0xC2 && byte[0] <= 0xDF)
		count = 2;
	else if (byte[0] >= 0xE0 && byte[0] <= 0xEF)
		count = 3;
	else if (byte[0] >= 0xF0 && byte[0] <= 0xF4)
		count = 4;
	else
		return 0;
	/* the second byte's range, RFC 3629 4 */
	if (byte[0] == 0xE0)
		low = 0xA0;
	else if (byte[0] == 0xED)
		high = 0x9F;
	else if (byte[0] == 0xF0)
		low = 0x90;
	else if (byte[0] == 0xF4)
		high = 0x8F;
	if (len < count || byte[1] < low || byte[1] > high)
		return 0;
	for (i = 2; i < count; i++)
		if ((byte[i] & 0xC0) != 0x80)
			return 0;
	return count;
}
