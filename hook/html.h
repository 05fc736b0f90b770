/*
 * Text of strangers inside a page: what a certificate or a directory calls a
 * person must stay text.
 */
#ifndef HOOK_HTML_H
#define HOOK_HTML_H

#include <stddef.h>

#include "common/buffer.h"

/*
 * Append as text or as a quoted attribute's value: & < > " ' as references,
 * well-formed UTF-8 as it is.  What is not text, or turns the direction of
 * what surrounds it (control characters, malformed sequences, Unicode's
 * direction and line marks), is written \xHH byte by byte.
 */
void html_put(struct buffer *out, const void *bytes, size_t len);
void html_puts(struct buffer *out, const char *text);

#endif
