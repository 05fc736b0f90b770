/*
 * The encodings of a certificate, read without OpenSSL: from the text of a
 * `cert=` value to DER, and whether DER is really DER.
 *
 * Both are strict, because every spelling that is tolerated gives one
 * certificate another fingerprint.  The text is read byte by byte through
 * one decoder of %XX, so that PEM, PEM escaped by nginx's http module (also
 * + / =) and by its mail module or Apache (not + / =) take one way, and no
 * copy is needed.
 */
#include "lookupd/certificate_edge.h"

#include <string.h>

#include "common/text.h"

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END_REST "----END CERTIFICATE-----"	/* a "-" was read */

/* Certificate, TBS, Name, RDN, attribute: 5 levels; extensions: 5. */
#define DER_DEPTH_MAX 16

enum { TEXT_END = -1, TEXT_BAD = -2 };

struct decoder {
	const unsigned char *text;
	size_t len, at;
	uint8_t *out;
	size_t out_len;
	uint32_t bits;		/* of an unfinished group of four digits */
	unsigned digits;	/* in it */
	unsigned padding;
};

/* The next byte of the text with %XX undone, TEXT_END or TEXT_BAD. */
static int
next(struct decoder *d)
{
	int high, low;

	if (d->at >= d->len)
		return TEXT_END;
	if (d->text[d->at] != '%')
		return d->text[d->at++];
	if (d->len - d->at < 3 ||
	    (high = text_hex_value((char)d->text[d->at + 1])) < 0 ||
	    (low = text_hex_value((char)d->text[d->at + 2])) < 0)
		return TEXT_BAD;
	d->at += 3;
	return high * 16 + low;
}

static int
digit_value(int c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

static const char *
put_bytes(struct decoder *d, unsigned count)
{
	unsigned shift;

	if (count > CERTIFICATE_DER_MAX - d->out_len)
		return "the certificate is longer than 16384 bytes";
	for (shift = 16; count > 0; count--, shift -= 8)
		d->out[d->out_len++] = (uint8_t)(d->bits >> shift);
	d->bits = 0;
	d->digits = 0;
	return NULL;
}

static const char *
put_digit(struct decoder *d, int c)
{
	int value;

	if (c == '=') {
		if (d->digits < 2 || d->digits + ++d->padding > 4)
			return "the base64 has padding where none belongs";
		return NULL;
	}
	if ((value = digit_value(c)) < 0)
		return "a byte that is not base64";
	if (d->padding > 0)
		return "the base64 goes on behind its padding";
	d->bits = d->bits << 6 | (uint32_t)value;
	return ++d->digits == 4 ? put_bytes(d, 3) : NULL;
}

/* The last group: complete, or padded to four with unused bits zero. */
static const char *
put_last(struct decoder *d)
{
	unsigned bytes;

	if (d->digits == 0)
		return NULL;
	if (d->digits + d->padding != 4)
		return "the base64 is cut off or lacks its padding";
	bytes = d->digits - 1;
	d->bits <<= 6 * d->padding;
	if ((d->bits & (0xffffffU >> (8 * bytes))) != 0)
		return "the base64 has bits set that are not used";
	return put_bytes(d, bytes);
}

static const char *
decode_base64(struct decoder *d)
{
	const char *wrong;
	int c;

	while ((c = next(d)) >= 0)
		if ((wrong = put_digit(d, c)) != NULL)
			return wrong;
	return c == TEXT_BAD ? "a percent sign without two hexadecimal digits" :
	    put_last(d);
}

static bool
skip_literal(struct decoder *d, const char *literal)
{
	for (; *literal != '\0'; literal++)
		if (next(d) != (unsigned char)*literal)
			return false;
	return true;
}

/* c began a line end: LF, or CR and then LF. */
static bool
is_eol(struct decoder *d, int c)
{
	return c == '\n' || (c == '\r' && next(d) == '\n');
}

static const char *
decode_pem(struct decoder *d)
{
	const char *wrong;
	bool line_start = true;
	int c;

	if (!skip_literal(d, PEM_BEGIN) || !is_eol(d, next(d)))
		return "the PEM does not begin with the line " PEM_BEGIN;
	while ((c = next(d)) >= 0 && !(line_start && c == '-')) {
		if (c == '\n' || c == '\r') {
			if (line_start || !is_eol(d, c))
				return "the PEM has an empty line or a stray CR";
			line_start = true;
			continue;
		}
		if ((wrong = put_digit(d, c)) != NULL)
			return wrong;
		line_start = false;
	}
	if (c < 0 || !skip_literal(d, PEM_END_REST))
		return "the PEM does not end with the line -" PEM_END_REST;
	if ((c = next(d)) != TEXT_END && (!is_eol(d, c) ||
	    next(d) != TEXT_END))
		return "there are bytes behind the PEM block";
	return put_last(d);
}

const char *
certificate_decode_text(const char *text, size_t len, uint8_t *out,
    size_t *ret_len)
{
	struct decoder d;
	const char *wrong;

	memset(&d, 0, sizeof(d));
	d.text = (const unsigned char *)text;
	d.len = len;
	d.out = out;
	if (len == 0)
		return "the certificate is empty";
	wrong = text[0] == '-' ? decode_pem(&d) : decode_base64(&d);
	if (wrong != NULL)
		return wrong;
	/* An Apache set up for base64 of PEM ends here. */
	if (d.out_len == 0 || out[0] != 0x30)
		return "the base64 does not hold DER";
	*ret_len = d.out_len;
	return NULL;
}

/* Tag and length at der[*at] (before end); *at moves to the contents. */
static const char *
der_header(const uint8_t *der, size_t end, size_t *at, uint8_t *ret_tag,
    size_t *ret_len)
{
	size_t len, count;
	uint8_t tag;

	if (end - *at < 2)
		return "the DER is cut off";
	tag = der[(*at)++];
	if (tag == 0 || (tag & 0x1f) == 0x1f)
		return "a tag that no certificate has";
	len = der[(*at)++];
	if (len >= 0x80) {
		count = len & 0x7f;
		if (count == 0 || count > 3)
			return "a length that is indefinite or too large";
		if (end - *at < count)
			return "the DER is cut off";
		if (der[*at] == 0)
			return "a length is not written in the fewest bytes";
		for (len = 0; count > 0; count--)
			len = len << 8 | der[(*at)++];
		if (len < 0x80)
			return "a length is not written in the fewest bytes";
	}
	if (len > end - *at)
		return "the DER is cut off";
	*ret_tag = tag;
	*ret_len = len;
	return NULL;
}

/* Universal types: which are constructed, and what a boolean may be. */
static const char *
der_type(uint8_t tag, const uint8_t *contents, size_t len)
{
	bool constructed = (tag & 0x20) != 0;

	if ((tag & 0xc0) != 0)
		return NULL;
	if (constructed != ((tag & 0x1f) == 0x10 || (tag & 0x1f) == 0x11))
		return "a string in pieces, or a structure that is none";
	if (tag == 0x01 && (len != 1 ||
	    (contents[0] != 0x00 && contents[0] != 0xff)))
		return "a boolean that is neither 00 nor FF";
	return NULL;
}

const char *
certificate_der_strict(const uint8_t *der, size_t len)
{
	size_t ends[DER_DEPTH_MAX], depth = 0, at = 0, end = len, inner;
	const char *wrong;
	uint8_t tag;

	do {
		if ((wrong = der_header(der, end, &at, &tag, &inner)) != NULL ||
		    (wrong = der_type(tag, der + at, inner)) != NULL)
			return wrong;
		if ((tag & 0x20) != 0) {
			if (depth == DER_DEPTH_MAX)
				return "the DER is nested too deeply";
			ends[depth++] = end;
			end = at + inner;
		} else {
			at += inner;
		}
		while (depth > 0 && at == end)
			end = ends[--depth];
	} while (depth > 0);
	return at == len ? NULL : "there are bytes behind the certificate";
}
