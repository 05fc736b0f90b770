/*
 * A certificate in a file.
 */
#include "config.h"

#include "client/certificate_file.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "client/read_file.h"

#define PEM_BEGIN "-----BEGIN "
#define PEM_FIRST "-----BEGIN CERTIFICATE-----"
#define PEM_LAST "-----END CERTIFICATE-----"
#define DER_SEQUENCE 0x30	/* the first byte of every certificate */

static int __attribute__((format(printf, 2, 3)))
fail(char *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, CERTIFICATE_FILE_ERROR_MAX, format, args);
	va_end(args);
	return -1;
}

void
certificate_file_base64(struct buffer *out, const void *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *from = bytes;
	size_t i;

	for (i = 0; i < len && !out->failed; i += 3) {
		size_t left = len - i;
		unsigned group = (unsigned)from[i] << 16 |
		    (left > 1 ? (unsigned)from[i + 1] << 8 : 0) |
		    (left > 2 ? (unsigned)from[i + 2] : 0);
		char four[4] = { digits[group >> 18],
			digits[group >> 12 & 63],
			left > 1 ? digits[group >> 6 & 63] : '=',
			left > 2 ? digits[group & 63] : '=' };

		buffer_put(out, four, sizeof(four));
	}
}

/* Where the mark begins a line of the text, or NULL. */
static const char *
find_line(const char *text, const char *mark)
{
	const char *at = text;

	while ((at = strstr(at, mark)) != NULL) {
		if (at == text || at[-1] == '\n')
			return at;
		at++;
	}
	return NULL;
}

static int
take_pem(const struct buffer *contents, struct buffer *out, char *error)
{
	const char *text = buffer_text(contents);
	const char *first = find_line(text, PEM_BEGIN), *last;

	if (strlen(text) != contents->len)
		return fail(error, "a NUL byte in PEM");
	if (strstr(first + 1, PEM_BEGIN) != NULL)
		return fail(error, "more than one PEM block; "
		    "give a file with the certificate alone");
	if (strncmp(first, PEM_FIRST, strlen(PEM_FIRST)) != 0)
		return fail(error, "the PEM block is not a CERTIFICATE");
	last = find_line(first, PEM_LAST);
	if (last == NULL)
		return fail(error, "the PEM block has no end");
	buffer_put(out, first, (size_t)(last - first) + strlen(PEM_LAST));
	buffer_put(out, "\n", 1);
	return 0;
}

int
certificate_file_read(const char *path, struct buffer *out, char *error)
{
	struct buffer contents;
	const char *why;
	int result = -1;

	/* A private key may stand beside it: everything read is wiped. */
	buffer_init(&contents, CERTIFICATE_FILE_MAX + READ_FILE_PIECE);
	why = read_file(path, &contents);
	if (why != NULL && why[0] != '\0') {
		fail(error, "%s", why);
	} else if (why != NULL || contents.len > CERTIFICATE_FILE_MAX) {
		fail(error, "is larger than %d bytes", CERTIFICATE_FILE_MAX);
	} else if (find_line(buffer_text(&contents), PEM_BEGIN) != NULL) {
		result = take_pem(&contents, out, error);
	} else if (contents.len > 0 &&
	    (unsigned char)contents.data[0] == DER_SEQUENCE) {
		certificate_file_base64(out, contents.data, contents.len);
		result = 0;
	} else {
		fail(error, "is neither PEM nor DER");
	}
	if (result == 0 && out->failed)
		result = fail(error, "is too large for a request");
	buffer_wipe(&contents);
	return result;
}
