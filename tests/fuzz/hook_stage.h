/*
 * The stage of fuzz_hook: a whole hook in this process, proxies that ask it
 * over its Unix sockets, and the lookupd that it asks, played by the script.
 *
 * Each request of a proxy that keeps to the grammar has a certificate of its
 * own, so that it is known whose question lookupd was asked, and whose answer
 * came back: the account is made of it.
 */
#ifndef FUZZ_HOOK_STAGE_H
#define FUZZ_HOOK_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "hook/hook_parts.h"

#define PLACES 6			/* the listeners */
#define PROXIES 6
#define REQUESTS_MAX 1024		/* of a run */
#define OWED_MAX 256			/* of a proxy */
#define LINKS_MAX 32			/* connections that lookupd keeps */
#define QUESTIONS_MAX 512		/* that it has not answered */
#define HEARD_MAX (1024 * 1024)

enum place { PLACE_REQUIRED, PLACE_OPTIONAL, PLACE_RFC9440, PLACE_XFCC,
	PLACE_TRAEFIK, PLACE_ZIMBRA };

/* What is known of a request, by its number. */
struct request {
	enum place place;
	bool good;			/* its evidence is what it should be */
	bool admin;			/* it is for the administrators' entry */
	bool head;			/* is not answered with a body */
	bool asked;			/* about it, at least once ... */
	bool asked_plainly;		/* ... and without need=admin */
	bool active;			/* lookupd has said so */
};

struct proxy {
	int fd;				/* -1: there is none */
	enum place place;
	bool wild;			/* what it sent is not understood */
	bool deaf;			/* does not read for now */
	bool half;			/* has closed its sending side */
	struct buffer in;
	unsigned owed[OWED_MAX];	/* numbers of requests */
	size_t first, count;
};

struct link {
	int fd;				/* -1: there is none */
	struct buffer in;
};

/* What lookupd was asked and has not answered, in order. */
struct asked {
	size_t link;
	unsigned id, number;		/* of the line; of the request */
};

struct stage {
	struct hook *hook;
	struct proxy proxies[PROXIES];
	struct request requests[REQUESTS_MAX];
	unsigned request_count;
	struct link links[LINKS_MAX];
	struct asked asked[QUESTIONS_MAX];
	size_t asked_count;
	bool stopped;			/* the hook was told to end */
};

void stage_require(bool holds, const char *what);

/* Once: the folder, its configuration, lookupd's socket. */
void stage_init(void);
void stage_begin(struct stage *stage);
/* The hook runs until it waits; who is there hears what it says. */
void stage_turn(struct stage *stage);
/* Everything is answered, which is demanded, and freed. */
void stage_end(struct stage *stage);
const char *stage_path(const char *name);	/* static memory */

/* ---- hook_proxy.c ----------------------------------------------------- */

extern const char *const place_names[PLACES];

void proxy_open(struct proxy *proxy, enum place place);
void proxy_close(struct proxy *proxy);
void proxy_send(struct proxy *proxy, const void *bytes, size_t len);
/* A request of the grammar; how and odd choose which, split: in two parts. */
void proxy_ask(struct stage *stage, struct proxy *proxy, unsigned how,
    unsigned odd, bool split);
/* Read, and judge what has come. */
void proxy_listen(struct stage *stage, struct proxy *proxy);

/* ---- hook_lookupd.c --------------------------------------------------- */

enum answer_how { HOW_ACTIVE, HOW_BLOCKED, HOW_REFUSED, HOW_UNAVAILABLE,
	HOW_OTHER_ID, HOW_NO_ID, HOW_NO_ACCOUNT, HOW_NOISE, HOW_CLOSE,
	HOW_HALF, HOW_MORE, HOW_DETAIL, HOW_COUNT };

/* Of a request; 21 bytes and NUL. */
#define ACCOUNT_SIZE 32
#define WILD_ACCOUNT "awildwild@example.com"
void account_of(unsigned number, char *ret);

void lookupd_init(void);		/* listens */
void lookupd_begin(struct stage *stage);
/* Accept who comes, and take what is asked. */
void lookupd_hear(struct stage *stage);
/* Answer the first question of the link on which the i-th is. */
void lookupd_answer(struct stage *stage, size_t i, enum answer_how how);
void lookupd_end(struct stage *stage);

#endif
