/*
 * The stage of fuzz_front: a whole front in this process, its clients, and
 * the directory process and parent at the other ends, played by the script.
 */
#ifndef FUZZ_FRONT_STAGE_H
#define FUZZ_FRONT_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lookupd/find.h"
#include "lookupd/front.h"
#include "tests/fuzz/front_model.h"

#define PLAYERS 8
#define PLAYER_QUESTIONS 256
#define STAGE_QUESTIONS 256
#define STAGE_HEARD_MAX (4 * 1024 * 1024)

/* A client. */
struct player {
	int fd;				/* -1: there is none */
	unsigned uid;
	bool knocked;			/* came through the listening socket */
	bool wild;			/* sent what we do not understand */
	bool half;			/* closed its sending side */
	bool deaf;			/* does not read for now */
	bool unheard;			/* has been deaf: may be closed for it */
	struct buffer in;
	struct question questions[PLAYER_QUESTIONS];
	size_t first, count;		/* of the ones without an answer */
};

/* What the directory process was asked and has not answered. */
struct asked {
	bool status;
	struct find_request find;
	int64_t heard_ms;
	uint64_t heard_at;
};

struct stage {
	struct front front;
	int parent;			/* the other end of control, or -1 */
	int directory;			/* the other end of the channel, or -1 */
	struct buffer heard;
	struct asked asked[STAGE_QUESTIONS];
	size_t asked_count;
	struct player players[PLAYERS];
	bool lossy;			/* answers may be missing */
	int64_t passed_ms;		/* since the front last had a turn */
	uint64_t reload_at;		/* it was last told to */
	bool dirty;			/* the channel has seen rubbish */
	unsigned fault_memory, fault_call;
};

/* Once: configuration and certificates. */
void stage_init(void);
/* The configuration as the parent hands it over; borrowed. */
int stage_bundle(void);

void stage_begin(struct stage *stage);
void stage_turn(struct stage *stage);
/* Let everything be answered, demand that it was, and free it. */
void stage_end(struct stage *stage);

void player_open(struct stage *stage, struct player *player, unsigned uid,
    bool knock);
void player_send(struct stage *stage, struct player *player,
    const void *bytes, size_t len);
void player_close(struct player *player);

/* A new channel; false leaves the front without one. */
void directory_replace(struct stage *stage, bool by_parent);
void directory_cut(struct stage *stage);
void directory_say(struct stage *stage, const void *bytes, size_t len);
/* Take the questions that have come. */
void directory_hear(struct stage *stage);
/* Answer the i-th question outstanding; how: 0 truly, else a failure. */
void directory_answer(struct stage *stage, size_t i, unsigned how);

/* Time passes; who waited for it is woken. */
void stage_pass(struct stage *stage, int64_t ms);

#endif
