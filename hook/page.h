/*
 * The page for a person: who is signed in and by which certificate; or what
 * is wrong, and what to do about it.
 *
 * Pure.  Plain HTML that every browser and screen reader understands: one short
 * style, no script, no picture, nothing from elsewhere, which the reply's
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
/* The only style that the policy admits: without it lines are as wide as the
 * window, and a long name is wider than a phone.  Its SHA-256 is in the policy. */
#define PAGE_STYLE "body{margin:0;font:100%/1.5 sans-serif}" \
	"main{max-width:38em;margin:0 auto;padding:1em 1.25em 3em}" \
	"h1{font-size:1.6em;line-height:1.25}" \
	"h2{font-size:1.15em;margin:2em 0 .5em}p{margin:.5em 0}" \
	"dl{margin:0}dt{font-weight:bold}dd{margin:0 0 .75em}" \
	"dd,code{overflow-wrap:anywhere}time{white-space:nowrap}"
#define PAGE_POLICY "default-src 'none'; " \
	"style-src 'sha256-d3UKNR0qGRfQdjzx5jWQVV8nh0Z2IDtuOWfNXZt6GxY='; " \
	"base-uri 'none'; " \
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
