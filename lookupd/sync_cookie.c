/*
 * Change sequence numbers: time, count, sid and modification, as text of
 * fixed columns, so that two of one sid compare as text.
 */
#include "lookupd/sync_cookie.h"

#include <stdio.h>
#include <string.h>

#define SID_AT 30			/* three hexadecimal digits */

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* "0": a decimal digit, "x": a hexadecimal one, others are themselves. */
static bool
looks_like(const char *text, const char *pattern)
{
	for (; *pattern != '\0'; pattern++, text++) {
		if (*pattern == '0' ? *text < '0' || *text > '9' :
		    *pattern == 'x' ? hex_digit(*text) < 0 :
		    *text != *pattern)
			return false;
	}
	return true;
}

int
sync_csns_add(struct sync_csns *csns, const char *text, size_t len)
{
	struct sync_csn csn;
	size_t i;

	if (len != SYNC_CSN_SIZE || !looks_like(text,
	    "00000000000000.000000Z#xxxxxx#xxx#xxxxxx"))
		return -1;
	memcpy(csn.text, text, len);
	csn.text[len] = '\0';
	csn.sid = (unsigned)hex_digit(text[SID_AT]) << 8 |
	    (unsigned)hex_digit(text[SID_AT + 1]) << 4 |
	    (unsigned)hex_digit(text[SID_AT + 2]);
	for (i = 0; i < csns->count && csns->items[i].sid < csn.sid; i++)
		;
	if (i < csns->count && csns->items[i].sid == csn.sid) {
		if (strcmp(csns->items[i].text, csn.text) < 0)
			csns->items[i] = csn;
		return 0;
	}
	if (csns->count == SYNC_CSNS_MAX)
		return -1;
	memmove(&csns->items[i + 1], &csns->items[i],
	    (csns->count - i) * sizeof(csns->items[0]));
	csns->items[i] = csn;
	csns->count++;
	return 0;
}

/* The number list of a cookie: from "csn=" to the end or a comma. */
static const char *
find_csns(const char *cookie, size_t len, size_t *ret_len)
{
	const char *end = cookie + len, *at = cookie, *comma;

	for (; at < end; at = comma + 1) {
		comma = memchr(at, ',', (size_t)(end - at));
		if (comma == NULL)
			comma = end;
		if (comma - at > 4 && memcmp(at, "csn=", 4) == 0) {
			*ret_len = (size_t)(comma - at) - 4;
			return at + 4;
		}
	}
	return NULL;
}

int
sync_csns_of(struct sync_csns *ret, const void *cookie, size_t len)
{
	const char *at, *semicolon, *end;

	ret->count = 0;
	if (len < 4 || memcmp(cookie, "rid=", 4) != 0 ||
	    (at = find_csns(cookie, len, &len)) == NULL)
		return -1;
	for (end = at + len; at < end; at = semicolon + 1) {
		semicolon = memchr(at, ';', (size_t)(end - at));
		if (semicolon == NULL)
			semicolon = end;
		if (sync_csns_add(ret, at, (size_t)(semicolon - at)) != 0)
			return -1;
	}
	return ret->count > 0 ? 0 : -1;
}

static const struct sync_csn *
find_sid(const struct sync_csns *csns, unsigned sid)
{
	size_t i;

	for (i = 0; i < csns->count; i++) {
		if (csns->items[i].sid == sid)
			return &csns->items[i];
	}
	return NULL;
}

bool
sync_csns_same_sids(const struct sync_csns *a, const struct sync_csns *b)
{
	size_t i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++) {
		if (a->items[i].sid != b->items[i].sid)
			return false;
	}
	return true;
}

bool
sync_csns_behind(const struct sync_csns *a, const struct sync_csns *b)
{
	size_t i;

	for (i = 0; i < b->count; i++) {
		const struct sync_csn *own = find_sid(a, b->items[i].sid);

		if (own == NULL || strcmp(own->text, b->items[i].text) < 0)
			return true;
	}
	return false;
}

static const char *
newest(const struct sync_csns *csns)
{
	const char *found = NULL;
	size_t i;

	for (i = 0; i < csns->count; i++) {
		if (found == NULL || strcmp(found, csns->items[i].text) < 0)
			found = csns->items[i].text;
	}
	return found;
}

/* The digits behind the last `#': how many bytes come before, and are there
 * any digits, and nothing else? */
static bool
split_count(const char *cookie, size_t len, size_t *ret_head)
{
	size_t digits = 0;

	while (digits < len && cookie[len - 1 - digits] >= '0' &&
	    cookie[len - 1 - digits] <= '9')
		digits++;
	*ret_head = len - digits;
	return digits > 0 && *ret_head > 0 && cookie[*ret_head - 1] == '#';
}

bool
sync_cookie_behind(const void *a, size_t a_len, const void *b, size_t b_len)
{
	const char *own = a, *other = b;
	struct sync_csns csns, others;
	size_t head, other_head;

	if (sync_csns_of(&csns, a, a_len) == 0 &&
	    sync_csns_of(&others, b, b_len) == 0)
		return sync_csns_behind(&csns, &others);
	if (!split_count(own, a_len, &head) ||
	    !split_count(other, b_len, &other_head) || head != other_head ||
	    memcmp(own, other, head) != 0)
		return false;
	for (; head < a_len && own[head] == '0'; head++)
		;
	for (; other_head < b_len && other[other_head] == '0'; other_head++)
		;
	return a_len - head != b_len - other_head ?
	    a_len - head < b_len - other_head :
	    memcmp(own + head, other + other_head, a_len - head) < 0;
}

/* Seconds since some day long ago of the first 14 digits. */
static long long
seconds_of(const char *text)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243,
		273, 304, 334 };
	int part[7], i, width, at = 0, month;
	long long days, year;

	for (i = 0; i < 6; i++) {
		width = i == 0 ? 4 : 2;
		for (part[i] = 0; width > 0; width--)
			part[i] = part[i] * 10 + (text[at++] - '0');
	}
	month = part[1] >= 1 && part[1] <= 12 ? part[1] : 1;
	year = month > 2 ? part[0] : part[0] - 1;
	days = part[0] * 365LL + year / 4 - year / 100 + year / 400 +
	    before[month - 1] + part[2];
	return ((days * 24 + part[3]) * 60 + part[4]) * 60 + part[5];
}

long long
sync_csns_lag(const struct sync_csns *a, const struct sync_csns *b)
{
	const char *own = newest(a), *other = newest(b);
	long long lag;

	if (own == NULL || other == NULL || !sync_csns_behind(a, b))
		return 0;
	lag = seconds_of(other) - seconds_of(own);
	return lag < 0 ? 0 : lag;
}

/* "rid=000,csn=…"; 0: it would be too long. */
static size_t
put_csns(const struct sync_csns *csns, char *out)
{
	size_t i, len = 12;

	if (len + csns->count * (SYNC_CSN_SIZE + 1) > SYNC_COOKIE_MAX)
		return 0;
	memcpy(out, "rid=000,csn=", len);
	for (i = 0; i < csns->count; i++) {
		if (i > 0)
			out[len++] = ';';
		memcpy(out + len, csns->items[i].text, SYNC_CSN_SIZE);
		len += SYNC_CSN_SIZE;
	}
	return len;
}

/* One of slapd's without a number: what came with it is of no last moment
 * (a change with a smaller number is still under way). */
static bool
is_numberless(const char *cookie, size_t len)
{
	size_t ignored;

	return len >= 4 && memcmp(cookie, "rid=", 4) == 0 &&
	    find_csns(cookie, len, &ignored) == NULL;
}

size_t
sync_cookie_join(const void *old, size_t old_len, const void *fresh,
    size_t fresh_len, bool join, void *out)
{
	struct sync_csns csns, before;
	size_t i, len = 0;

	if (sync_csns_of(&csns, fresh, fresh_len) == 0) {
		if (join && sync_csns_of(&before, old, old_len) == 0) {
			for (i = 0; i < before.count; i++)
				(void)sync_csns_add(&csns,
				    before.items[i].text, SYNC_CSN_SIZE);
		}
		len = put_csns(&csns, out);
	}
	if (len > 0)
		return len;
	if (is_numberless(fresh, fresh_len)) {
		memmove(out, old, old_len);
		return old_len;
	}
	if (fresh_len > SYNC_COOKIE_MAX)
		fresh_len = 0;
	memmove(out, fresh, fresh_len);
	return fresh_len;
}
