/* Secrets: see the header. */
#include "config.h"

#include "common/secret.h"

#include <sys/random.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/safe_open.h"

static bool
is_printable(const struct buffer *secret)
{
	size_t i;

	for (i = 0; i < secret->len; i++)
		if (secret->data[i] <= 0x20 || secret->data[i] >= 0x7F)
			return false;
	return true;
}

int
secret_read(const char *path, size_t min, struct buffer *out, char *error)
{
	char why[SAFE_OPEN_ERROR_MAX];

	/* one byte for the line's end, one for that of another system */
	buffer_init(out, SECRET_MAX + 2);
	if (safe_read_file(path, SAFE_OPEN_SECRET, SECRET_MAX + 2, out,
	    why) == -1) {
		snprintf(error, SECRET_ERROR_MAX, "%s", why);
		buffer_wipe(out);
		return -1;
	}
	if (out->len > 0 && out->data[out->len - 1] == '\n')
		out->len--;
	if (out->len > 0 && out->data[out->len - 1] == '\r')
		out->len--;
	if (out->len >= min && out->len > 0 && out->len <= SECRET_MAX &&
	    is_printable(out))
		return 0;
	snprintf(error, SECRET_ERROR_MAX, "%.160s: must be one line of %zu to "
	    "%d printable characters without spaces", path,
	    min == 0 ? 1 : min, SECRET_MAX);
	buffer_wipe(out);
	return -1;
}

bool
secret_same(const void *secret, size_t secret_len, const void *guess,
    size_t guess_len)
{
	const volatile unsigned char *a = secret, *b = guess;
	unsigned different = secret_len == 0 || secret_len != guess_len;
	size_t i;

	/* beyond the secret's end it is compared with its first byte: the
	 * lengths differ already */
	for (i = 0; i < guess_len && secret_len > 0; i++)
		different |= (unsigned)a[i < secret_len ? i : 0] ^ b[i];
	return different == 0;
}

int
secret_random(void *bytes, size_t len)
{
	ssize_t n;

	/* so few are never cut short by a signal, but the wait may be */
	while ((n = getrandom(bytes, len, 0)) == -1 && errno == EINTR)
		continue;
	return n == (ssize_t)len ? 0 : -1;
}
