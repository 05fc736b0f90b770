/*
 * send(2) and recv(2) of the client are wrapped (see common.am), so that
 * short, interrupted and failing calls happen for certain.
 */
#ifndef CERTAUTH_TESTS_CLIENT_CALLS_H
#define CERTAUTH_TESTS_CLIENT_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "common/protocol.h"

/* 0: as always; else no more bytes than this, and every third call fails. */
extern size_t calls_piece;
extern int calls_send_fails;		/* errno of the next send, once */
extern int64_t calls_nothing_until;	/* recv gives EAGAIN until then */

/* A request as a client makes it. */
static inline void
make_request(struct buffer *request)
{
	buffer_init(request, PROTOCOL_LINE_MAX);
	protocol_begin(request, "lookup");
	protocol_put_text(request, "email", "user1@example.com");
	protocol_end(request);
}

#endif
