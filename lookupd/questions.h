/*
 * The front's questions, in the directory process: the channel they come by,
 * each `find` under way, and its answer.
 *
 * An answer goes only to the front that asked: a channel has a serial number,
 * and after a front was started again nobody waits for what the one before
 * wanted to know.
 */
#ifndef LOOKUPD_QUESTIONS_H
#define LOOKUPD_QUESTIONS_H

#include <stdint.h>

#include "daemon/loop.h"
#include "lookupd/channel.h"
#include "lookupd/generations.h"

/* The parent starts a front again within a second or two.  When no channel
 * comes for this long we end, and the parent connects us both anew. */
#define QUESTIONS_ORPHAN_MS 3000

/* Zeroed before it is begun. */
struct questions {
	struct event_base *base;
	struct generations *generations;
	const char *sandbox;		/* said in `status` */
	void (*orphaned)(void *context);
	void *context;
	struct event *orphan;
	struct channel *channel;	/* NULL while there is no front */
	uint64_t channel_serial;	/* which front asked */
};

/*
 * base, generations and sandbox are borrowed.  orphaned: no front has come for
 * too long.  0, or -1 when out of memory.
 */
int questions_begin(struct questions *questions, struct event_base *base,
    struct generations *generations, const char *sandbox,
    void (*orphaned)(void *context), void *context);
/* The generations must be free of questions by then. */
void questions_end(struct questions *questions);

/* A front's end of a socket pair, taken over; the one before is closed. */
void questions_take_channel(struct questions *questions, int fd);

#endif
