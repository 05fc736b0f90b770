/*
 * Comparing values under their types.
 */
#include "lookupd/value.h"

#include <stdbool.h>
#include <stdlib.h>
#include <stdint.h>
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

/* Walks over text as it reads once folded: no space at either end, one space
 * between words or where there is no word, lower case unless case counts. */
struct fold {
	const char *at;
	const char *end;
	bool exact;
};

static void
fold_start(struct fold *fold, enum value_type type, const char *text,
    size_t len)
{
	fold->exact = type == VALUE_EXACT;
	fold->at = text;
	fold->end = text + len;
	while (fold->at < fold->end && *fold->at == ' ')
		fold->at++;
	while (fold->end > fold->at && fold->end[-1] == ' ')
		fold->end--;
	if (fold->at == fold->end) {
		fold->at = " ";
		fold->end = fold->at + 1;
	}
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
		while (*fold->at == ' ')	/* a NUL is behind " " */
			fold->at++;
	if (byte >= 'A' && byte <= 'Z' && !fold->exact)
		return byte - 'A' + 'a';
	return byte;
}

static bool
is_text(enum value_type type)
{
	return type == VALUE_TEXT || type == VALUE_EXACT;
}

static int
text_order(enum value_type type, const char *a, size_t a_len, const char *b,
    size_t b_len)
{
	struct fold fold_a, fold_b;
	int byte_a, byte_b;

	fold_start(&fold_a, type, a, a_len);
	fold_start(&fold_b, type, b, b_len);
	do {
		byte_a = fold_next(&fold_a);
		byte_b = fold_next(&fold_b);
	} while (byte_a == byte_b && byte_a != -1);
	return (byte_a > byte_b) - (byte_a < byte_b);
}

/* The order of two values of any type, a boolean's included. */
static enum truth
any_order(enum value_type type, const char *a, size_t a_len, const char *b,
    size_t b_len, int *ret_order)
{
	int64_t number_a, number_b;

	if (is_text(type)) {
		*ret_order = text_order(type, a, a_len, b, b_len);
		return TRUTH_TRUE;
	}
	if (value_to_number(type, a, a_len, &number_a) < 0 ||
	    value_to_number(type, b, b_len, &number_b) < 0)
		return TRUTH_UNDEFINED;
	*ret_order = (number_a > number_b) - (number_a < number_b);
	return TRUTH_TRUE;
}

static bool
text_equal(enum value_type type, const char *a, size_t a_len, const char *b,
    size_t b_len)
{
	/* Most differ in the first byte or in none; nothing is folded into a
	 * byte that is not its own other case, but for spaces. */
	if (a_len > 0 && b_len > 0 && *a != ' ' && *b != ' ' &&
	    ((unsigned char)*a ^ (unsigned char)*b) & ~0x20U)
		return false;
	if (a_len == b_len && memcmp(a, b, a_len) == 0)
		return true;
	return text_order(type, a, a_len, b, b_len) == 0;
}

enum truth
value_equal(enum value_type type, const char *a, size_t a_len, const char *b,
    size_t b_len)
{
	int order;

	if (is_text(type))
		return text_equal(type, a, a_len, b, b_len) ? TRUTH_TRUE :
		    TRUTH_FALSE;
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
 * Substrings are looked for in the folded value, and are folded themselves;
 * but a space at the end of a part, where the value goes on, is a space
 * between words.  So does OpenLDAP; RFC 4518 2.6.1, with its spaces around
 * every value, would find "* *" in a single word.
 */
enum part_place { PART_WHOLE, PART_INITIAL, PART_ANY, PART_FINAL };

struct prepared {
	char *data;
	size_t len;
};

static int
prepare(struct prepared *out, enum value_type type, const char *text,
    size_t len, enum part_place place)
{
	struct fold fold;
	int byte;

	out->len = 0;
	out->data = malloc(len + 1);
	if (out->data == NULL)
		return -1;
	fold_start(&fold, type, text, len);
	if (*fold.at == ' ') {		/* no word at all */
		if (place != PART_FINAL)
			out->data[out->len++] = ' ';
		return 0;
	}
	if (text[0] == ' ' && (place == PART_ANY || place == PART_FINAL))
		out->data[out->len++] = ' ';
	while ((byte = fold_next(&fold)) != -1)
		out->data[out->len++] = (char)byte;
	if (text[len - 1] == ' ' && (place == PART_INITIAL ||
	    place == PART_ANY))
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

/* Take one part off the rest of a value. Undefined: out of memory. */
static enum truth
match_part(enum value_type type, enum part_place place, const char **rest,
    size_t *left, const struct value_part *part)
{
	struct prepared own;
	enum truth truth = TRUTH_FALSE;
	size_t at;

	if (prepare(&own, type, part->data, part->len, place) < 0)
		return TRUTH_UNDEFINED;
	if (own.len > *left)
		goto out;
	if (place == PART_ANY) {
		at = find(*rest, *left, own.data, own.len);
		if (at == (size_t)-1)
			goto out;
	} else {
		at = place == PART_INITIAL ? 0 : *left - own.len;
		if (own.len > 0 && memcmp(*rest + at, own.data, own.len) != 0)
			goto out;
	}
	*rest += at + own.len;
	*left -= at + own.len;
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
	struct prepared own;
	enum truth truth = TRUTH_TRUE;
	const char *rest;
	size_t left, i;

	if (!is_text(type) || prepare(&own, type, value, len, PART_WHOLE) < 0)
		return TRUTH_UNDEFINED;
	rest = own.data;
	left = own.len;
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

bool
value_is_text(const char *bytes, size_t len)
{
	size_t at = 0, step;

	while (at < len) {
		step = value_utf8(bytes + at, len - at);
		if (step == 0)
			return false;
		at += step;
	}
	return len > 0;
}

/* Are these eight bytes all from 0x20 to 0x7E?  Up to the first that is not, no
 * sum and no difference reaches into the next one. */
static bool
all_plain(const char *text)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t eight;

	memcpy(&eight, text, sizeof(eight));
	return (((eight + ones) | (eight - ones * 0x20)) & ones * 0x80) == 0;
}

bool
value_printable(const char *text, size_t len)
{
	size_t at = 0, step;

	while (len - at >= 8 && all_plain(text + at))
		at += 8;
	for (;; at += step) {
		unsigned char byte;

		while (at < len && text[at] >= 0x20 && text[at] < 0x7F)
			at++;
		if (at == len)
			return true;
		byte = (unsigned char)text[at];
		step = byte < 0x80 ? 0 : value_utf8(text + at, len - at);
		if (step == 0 ||
		    (byte == 0xC2 && (unsigned char)text[at + 1] < 0xA0))
			return false;
	}
}
