/*
 * `find`: what the front asks the directory process, and the answer, in the
 * line protocol (certauth-protocol(7), INTERNAL VERBS).  A codec, sans-I/O.
 *
 *   find id=N config=HEX realm=NAME source=san-email value=V ms=M [explain=yes]
 *   (detail lines)  entry kind=account|domain dn=…
 *                   value name=ATTRIBUTE data=…
 *                   step text=…                        (with explain=yes)
 *   ok id=N [more=yes] [domain=missing]
 *   unavailable id=N reason=…
 *
 * The reply to one id is contiguous.  Numbers are decimal, config is the
 * hash of the configuration in hexadecimal: a directory process that does
 * not know it answers `unavailable reason=stale`.
 */
#ifndef LOOKUPD_FIND_H
#define LOOKUPD_FIND_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/protocol.h"
#include "lookupd/identity.h"
#include "lookupd/resolve.h"
#include "lookupd/trace.h"

/* The front and the directory trust each other's size, but not for ever. */
#define FIND_REPLY_MAX (8 * 1024 * 1024)
#define FIND_LINE_MAX (3 * ENTRY_BYTES_MAX + 4096)

struct find_request {
	uint64_t id;
	uint64_t config;
	char realm[64 + 1];
	struct identity identity;
	int ms;			/* left of the deadline, milliseconds */
	bool explain;
};

/* Append the request line. Failure shows in out->failed. */
void find_put_request(struct buffer *out, const struct find_request *request);

/* Decode a request; 0, or -1 when it is not one. */
int find_get_request(const struct protocol_message *message,
    struct find_request *ret);

/* Append a whole reply. trace may be NULL. */
void find_put_reply(struct buffer *out, uint64_t id,
    const struct findings *findings, const struct trace *trace);

/*
 * Collecting a reply line by line.  Zero-initialise via find_reply_init;
 * feed each decoded line.  0: more lines come; 1: complete, *ret_id says
 * whose, findings are in ->findings; -1: not a reply (the channel is
 * broken).
 */
struct find_reply {
	struct findings findings;
	struct entry *current;
	struct trace *trace;		/* steps go here, may be NULL */
	struct buffer steps;		/* of this reply, when explained */
};
void find_reply_init(struct find_reply *reply);
void find_reply_free(struct find_reply *reply);
int find_reply_feed(struct find_reply *reply,
    const struct protocol_message *message, uint64_t *ret_id);

#endif
