/*
 * E-mail addresses: one pass over the bytes, no repair.  See address.h.
 */
#include "lookupd/address.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "common/text.h"

#define LABEL_MAX 63	/* RFC 1035 2.3.4 */

/* What a byte may be part of. */
enum {
	ATEXT = 1,	/* RFC 5322 atext */
	LDH = 2,	/* letters, digits, hyphen; as folded */
	UPPER = 4,	/* letters to be folded */
	PLAIN = 8	/* nothing that check_bytes complains about or counts */
};

#define SYMBOL (ATEXT | PLAIN)
static const unsigned char classes[256] = {
	['!'] = SYMBOL, ['"'] = PLAIN, ['#'] = SYMBOL, ['$'] = SYMBOL,
	['%'] = SYMBOL, ['&'] = SYMBOL, ['\''] = SYMBOL, ['('] = PLAIN,
	[')'] = PLAIN, ['*'] = SYMBOL, ['+'] = SYMBOL, [','] = PLAIN,
	['-'] = SYMBOL | LDH, ['.'] = PLAIN, ['/'] = SYMBOL,
	['0' ... '9'] = SYMBOL | LDH, [':'] = PLAIN, [';'] = PLAIN,
	['<'] = PLAIN, ['='] = SYMBOL, ['>'] = PLAIN, ['?'] = SYMBOL,
	['A' ... 'Z'] = SYMBOL | UPPER, ['['] = PLAIN, ['\\'] = PLAIN,
	[']'] = PLAIN, ['^'] = SYMBOL, ['_'] = SYMBOL, ['`'] = SYMBOL,
	['a' ... 'z'] = SYMBOL | LDH, ['{'] = SYMBOL, ['|'] = SYMBOL,
	['}'] = SYMBOL, ['~'] = SYMBOL
};

/* Bytes that no part may hold, named apart because people ask about them. */
static const char *
check_bytes(const unsigned char *bytes, size_t len)
{
	size_t i, count = 0;

	for (i = 0; i < len; i++) {
		if ((classes[bytes[i]] & PLAIN) != 0)
			continue;
		if (bytes[i] == '\0')
			return "the address contains a NUL byte";
		if (bytes[i] == ' ')
			return "the address contains a space";
		if (bytes[i] < ' ' || bytes[i] == 0x7f)
			return "the address contains a control byte";
		if (bytes[i] > 0x7f)
			return "the address is not ASCII; an internationalised "
			    "domain is written as A-labels (xn--)";
		if (bytes[i] == '@')
			count++;
	}
	if (count == 0)
		return "the address has no \"@\"";
	if (count > 1)
		return "the address has more than one \"@\"";
	return NULL;
}

/* len bytes with an "@" behind them. */
static const char *
check_local(const unsigned char *bytes, size_t len)
{
	const unsigned char *at, *end = bytes + len;

	if (len == 0)
		return "the part before the \"@\" is empty";
	if (len > ADDRESS_LOCAL_MAX)
		return "the part before the \"@\" is longer than 64 octets";
	for (at = bytes;; at++) {
		while ((classes[*at] & ATEXT) != 0)	/* an "@" is none */
			at++;
		if (at == end)
			return NULL;
		if (*at == '.') {
			if (at == bytes || at + 1 == end || at[-1] == '.')
				return "the part before the \"@\" begins or ends "
				    "with a dot or has two in a row";
		} else if (*at == '"' || *at == '\\') {
			return "quoted local parts are not accepted";
		} else {
			return "the part before the \"@\" has a character that "
			    "is not allowed there";
		}
	}
}

/* The end of what may be in a label; *ret_upper when it has to be folded. */
static const unsigned char *
label_end(const unsigned char *at, const unsigned char *end, bool *ret_upper)
{
	for (;; at++) {
		while (at < end && (classes[*at] & LDH) != 0)
			at++;
		if (at == end || (classes[*at] & UPPER) == 0)
			return at;
		*ret_upper = true;
	}
}

static const char *
check_domain(const unsigned char *bytes, size_t len, bool *ret_upper)
{
	const unsigned char *at, *label = bytes, *end = bytes + len;

	if (len == 0)
		return "the domain is empty";
	if (*bytes == '[')
		return "address literals are not accepted";
	if (end[-1] == '.')
		return "the domain ends with a dot";
	for (;; label = at + 1) {
		at = label_end(label, end, ret_upper);
		if (at < end && *at != '.')
			return "the domain has a character other than letters, "
			    "digits, hyphen and dot";
		if (at == label)
			return "the domain has an empty label";
		if (at - label > LABEL_MAX)
			return "a label of the domain is longer than 63 octets";
		if (*label == '-' || at[-1] == '-')
			return "a label of the domain begins or ends with a "
			    "hyphen";
		if (at == end)
			return NULL;
	}
}

/* The parts before and behind the first "@". */
static const char *
check_parts(const unsigned char *bytes, size_t len, size_t *ret_at,
    bool *ret_upper)
{
	const unsigned char *found = memchr(bytes, '@', len);
	const char *wrong;

	if (found == NULL)
		return "the address has no \"@\"";
	*ret_at = (size_t)(found - bytes);
	wrong = check_local(bytes, *ret_at);
	return wrong != NULL ? wrong :
	    check_domain(found + 1, len - *ret_at - 1, ret_upper);
}

/* Eight bytes at once: ONES * b is b in each of them. */
#define ONES UINT64_C(0x0101010101010101)

/* The high bits of those of eight bytes, the first one lowest, that are neither
 * a-z nor 0-9.  Without theirs no sum reaches into the next byte. */
static uint64_t
others(const unsigned char *bytes)
{
	uint64_t eight, low, letters, digits;

	memcpy(&eight, bytes, sizeof(eight));
	eight = le64toh(eight);
	low = eight & ONES * 0x7f;
	letters = (low + ONES * (0x80 - 'a')) & ~(low + ONES * (0x7f - 'z'));
	digits = (low + ONES * (0x80 - '0')) & ~(low + ONES * (0x7f - '9'));
	return (eight | ~(letters | digits)) & ONES * 0x80;
}

/*
 * Is it one of the plain ones, which are nearly all: nothing but a-z and 0-9,
 * one "@", and dots and hyphens of which none is beside another, beside the
 * "@", or at an end?  Then the other checks would find nothing.
 */
static bool
is_plain(const unsigned char *bytes, size_t len, size_t *ret_at)
{
	size_t begin, end, place, next = 0, at = 0;
	uint64_t marks;

	for (begin = 0; begin < len; begin = end) {
		end = begin + 8;
		if (end > len) {	/* eight once more, less those seen */
			if (len < 8)
				return false;
			marks = others(bytes + len - 8) >> 8 * (end - len);
		} else {
			marks = others(bytes + begin);
		}
		for (; marks != 0; marks &= marks - 1) {
			place = begin + (size_t)__builtin_ctzll(marks) / 8;
			if (place == next)
				return false;
			next = place + 1;
			if (bytes[place] == '@' && at == 0)
				at = place;
			else if (bytes[place] != '.' && bytes[place] != '-')
				return false;
		}
	}
	*ret_at = at;
	return at > 0 && next < len && at <= ADDRESS_LOCAL_MAX &&
	    len - at - 1 <= LABEL_MAX;
}

const char *
address_parse(const void *bytes, size_t len, struct address *ret)
{
	const char *wrong, *first;
	size_t at = 0;
	bool upper = false;

	if (len == 0)
		return "the address is empty";
	if (len > ADDRESS_MAX)
		return "the address is longer than 254 octets";
	wrong = is_plain(bytes, len, &at) ? NULL :
	    check_parts(bytes, len, &at, &upper);
	if (wrong != NULL) {
		/* What it complains of is not part of a part either. */
		first = check_bytes(bytes, len);
		return first != NULL ? first : wrong;
	}
	memcpy(ret->text, bytes, len);
	ret->text[len] = '\0';
	if (upper)
		text_lower(ret->text + at, len - at);
	ret->len = len;
	ret->local_len = at;
	return NULL;
}

const char *
address_domain(const struct address *address)
{
	return address->text + address->local_len + 1;
}

size_t
address_domain_len(const struct address *address)
{
	return address->len - address->local_len - 1;
}

bool
address_equal(const struct address *address, const void *value, size_t len,
    bool exact)
{
	const char *other = value;
	size_t local = address->local_len;

	if (len != address->len)
		return false;
	if (exact && memcmp(address->text, other, local) != 0)
		return false;
	return text_same_nocase(address->text, len, other, len);
}

int
address_with_domain(const struct address *address, const char *domain,
    size_t domain_len, struct address *ret)
{
	char text[ADDRESS_MAX];
	size_t head = address->local_len + 1;

	if (domain_len > sizeof(text) - head)
		return -1;
	memcpy(text, address->text, head);
	memcpy(text + head, domain, domain_len);
	return address_parse(text, head + domain_len, ret) == NULL ? 0 : -1;
}
