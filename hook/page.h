/*
 * The page for a person: who is signed in and by which certificate; or what
 * is wrong, and what to do about it.
 *
 * Pure.  Plain HTML that every browser and screen reader understands: no
 * script, no style, no picture, nothing from elsewhere, which the reply's
 * Content-Security-Policy says as well.  A refusal tells about the
 * certificate, which the stranger brought along, and nothing of accounts.
 */
#ifndef HOOK_PAGE_H
#define HOOK_PAGE_H

#include <stdint.h>

#include "common/buffer.h"
#include "common/protocol.h"
#include "hook/answer.h"

#define PAGE_TYPE "text/html; charset=utf-8"
#define PAGE_POLICY "default-src 'none'; base-uri 'none'; " \
	"form-action 'none'; frame-ancestors 'none'"

struct page {
	const struct answer *answer;
	const struct protocol_message *reply;	/* lookupd's, or NULL */
	const char *login_url;			/* "": none */
	const char *contact;			/* "": none */
	int64_t now;				/* seconds since 1970 */
};

/* The whole page; out->failed when it does not fit. */
void page_write(struct buffer *out, const struct page *page);

#endif
