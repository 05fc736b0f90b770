/*
 * One connected client of the front: a stranger's bytes in, lines out.
 *
 * States: reading (no request under way) or waiting (one is; nothing is read
 * meanwhile, so that a client cannot make us hold more than one line).  Lines
 * that have already arrived are answered in order.  An idle client holds no
 * buffers.  The end of a client's sending side is answered by what is owed,
 * then the close.
 */
#ifndef LOOKUPD_CLIENT_H
#define LOOKUPD_CLIENT_H

#include "common/buffer.h"
#include "common/unix_socket.h"
#include "daemon/loop.h"
#include "lookupd/lines.h"

/* An unfinished line, or unread answers, are given this long. */
#define CLIENT_PATIENCE_MS 60000

/* Answers not yet taken; past this no further line is looked at.  A hundred
 * answers to lookup; and what one caller's clients together, who ask and do
 * not read, can make us hold is this times connections_per_user. */
#define CLIENT_UNSENT_MAX (16 * 1024)

/* One client's lines are answered for so long, then others have their turn:
 * a certificate that is not known takes 200 microseconds, a known name 2. */
#define CLIENT_TURN_US 250

/* After an over-long line nothing more is answered.  So much is still read and
 * thrown away, so that its sender gets round to reading why. */
#define CLIENT_DISCARD_MAX (1024 * 1024)

/* May there be more to read? client.c says when. */
enum client_unread {
	UNREAD_NONE,
	UNREAD_DOUBT,
	UNREAD_SOME
};

struct front;
struct request;
struct charge;

struct client {
	struct event event;
	struct front *front;
	struct client *next, *previous;	/* front's list, latest first */
	/* in front's list `settling` or `unfinished`, or in none: NULL */
	struct client *queue_next, **queue_at;
	struct request *request;	/* under way, or NULL */
	struct charge *charge;
	struct lines *lines;		/* NULL: idle */
	struct unix_peer peer;
	int fd;
	short interest;			/* what the base tells us, or 0 */
	enum client_unread unread;
	bool ended;			/* the end is there, to be read */
	bool eof;			/* the client is not read any more */
	bool closing;			/* close when out is empty */
	bool more;			/* further lines have been read */
	size_t discarded;		/* after an over-long line; 0: none */
	int64_t since;			/* of the last progress, deadline_now */
};

/* Take over an accepted, non-blocking descriptor, and answer what has come over
 * it.  0, or -1 without memory, with fd closed; the client may be gone. */
int client_new(struct front *front, int fd, const struct unix_peer *peer,
    struct charge *charge);

/* Where its replies go, while it has asked something. */
static inline struct buffer *
client_out(struct client *client)
{
	return &client->lines->out;
}

/* A request of this client is answered (its reply stands in client_out). */
void client_answered(struct client *client);

/* The same in two steps, for a request that was set aside: take it, then go
 * on with the client, who may be gone afterwards. */
void client_take_answer(struct client *client, int64_t now_us);
void client_go_on(struct client *client, int64_t now_us);

/* Go on now with the request that was set aside, if there is one. */
void clients_go_on_earlier(struct front *front, int64_t now_us);

/*
 * Send, close or wait, for every client whose request was answered in this turn
 * of the loop by somebody else: those answers come many at a time, and go out
 * one after the other.  A client who is heard is answered and settled at once,
 * a new one too: mostly he has asked before he is accepted, and epoll need not
 * be told of him until he has his answer.
 */
void clients_settle(struct front *front);

/* Go on with those who had more to say than one turn was long. */
void clients_continue(struct front *front);

/* Close when what is owed has been sent; answers complete lines first. */
void client_finish(struct client *client);

/* Close now, whatever is owed. */
void client_drop(struct client *client);

/* Somebody waits for him to go on: with half a line, an answer he does not
 * take, or what is thrown away. */
bool client_is_owing(const struct client *client);

/*
 * clients.c: the list of all, kept in the order of progress.  Put in, taken
 * out, moved to its beginning; now in milliseconds, deadline_now().
 */
void clients_put(struct client *client);
void clients_take(struct client *client);
void clients_touch(struct client *client, int64_t now);

/* Into a list of those who wait for their turn, and out, of whichever. */
void clients_queue(struct client *client, struct client **list);
void clients_unqueue(struct client *client);

/* Close those that lost our patience. */
void clients_sweep(struct front *front, int64_t now);

/* Make room by closing the longest idle one, if it is idle long enough. */
bool clients_evict(struct front *front, int64_t now);

#endif
