/*
 * Between the files of mirror*.c.
 */
#ifndef LOOKUPD_MIRROR_PARTS_H
#define LOOKUPD_MIRROR_PARTS_H

#include "lookupd/area.h"
#include "lookupd/ldap_server.h"
#include "lookupd/mirror.h"
#include "lookupd/mirror_try.h"

#define MIRROR_WHY_MAX 768

/* One area and its session. */
struct mirror_session {
	struct mirror *mirror;
	enum store_kind kind;
	struct area is;
	struct store_area *area;
	struct sync *machine;
	struct event *retry;		/* another try */
	struct event *heartbeat;
	struct event *step;		/* a refresh's end, share by share */
	struct mirror_canary *canary;	/* NULL: it looks at none */

	struct ldap_servers servers;
	struct mirror_try *try;		/* or NULL */
	struct ldap_server *tried;	/* whom try is about */
	bool returning;			/* … while another one serves */
	int64_t waiting_us;		/* since when none serves */

	/* The connection, or link NULL. */
	struct ldap_sync *link;
	struct ldap_server *server;
	const char *security;
	char *context_dn;
	bool has_csns;
	struct sync_csns csns;		/* contextCSN, when last read */
	int64_t since_us;		/* of the session's stage */
	int64_t heard_us;		/* anything at all */
	int64_t told_us;		/* something of the session */
	int64_t counting_us;
	int64_t beat_us;		/* the heartbeat under way was sent */
	int64_t beat_wall_us;
	int64_t said_us;		/* progress was logged */
	uint64_t expected;		/* entries, as there were before */
	bool patient;			/* even while nothing is shown */
	bool blame;			/* losing it is the server's fault */

	bool anew;			/* without the cookie next time */
	bool refreshing_anew;		/* … as this session does */
	bool beside;			/* to take the other one's place */
	bool lagging;			/* … once it has what that one has */
	bool held;			/* the one beside is taking its place */
	bool stepping;
	bool counting;			/* a plain search runs beside */
	char trouble[MIRROR_WHY_MAX];	/* the last one; "": none */
};

struct mirror {
	struct event_base *base;
	const struct realm *realm;
	struct store *store;
	void (*damaged)(void *context);
	void *context;
	struct mirror_session *sessions[2];	/* or NULL */
	struct mirror_session *beside[2];	/* reading all anew, or NULL */
	struct event *review;
};

/* mirror.c: microseconds since 1970. */
int64_t mirror_wall_us(void);
/* What a session read beside is in use: it takes the other one's place. */
void mirror_arrived(struct mirror_session *session);
/* Of a session beside: the other one makes no changes; or goes on. */
void mirror_hold(struct mirror_session *session, bool hold);
/* A session wants to write to the side that is not in use: only one may. 0,
 * or -1: not now. */
int mirror_refreshing(struct mirror_session *session);

/* mirror_session.c */
struct mirror_session *mirror_session_new(struct mirror *mirror,
    enum store_kind kind, bool beside);
void mirror_session_free(struct mirror_session *session);	/* NULL-safe */
/* The store said no; why it did is logged. */
void mirror_session_store_failed(struct mirror_session *session,
    const char *error);
/* Give the connection up; blame: the server is avoided for a while. */
void mirror_session_lose(struct mirror_session *session, const char *why,
    bool blame);
/* What the machine made of a message. */
void mirror_session_follow(struct mirror_session *session,
    enum sync_outcome outcome);

/* The connection's, once it is the session's. */
extern const struct ldap_sync_events mirror_link_events;

/* mirror_refresh.c */
/* refresh_check: begin looking whether the refresh is whole. 0, 1 or -1. */
int mirror_session_check(struct mirror_session *session);
/* A limit of the server's cut it short. */
void mirror_refresh_limited(struct mirror_session *session, const char *what);
/* It is whole: begin its end, unless it lags behind what is shown. */
void mirror_refresh_ready(struct mirror_session *session);
/* session->step's: a share of sorting and writing. */
void mirror_refresh_step(evutil_socket_t fd, short what, void *context);
/* A plain search beside shows limits about which 389 keeps silent. */
int mirror_refresh_count(struct mirror_session *session);
void mirror_refresh_counted(void *context, int code, uint64_t entries);

/* mirror_seek.c: find a server, if none serves or an earlier one might. */
void mirror_seek(struct mirror_session *session);
/* This one failed: avoid it for a while, and say so. */
void mirror_seek_failed(struct mirror_session *session,
    struct ldap_server *server, const char *why);

/* mirror_choose.c: what a server that was found is good for. */
enum mirror_choice { CHOICE_ANEW, CHOICE_RESUME, CHOICE_BEHIND };
enum mirror_choice mirror_choose(struct mirror_session *session,
    const struct ldap_server *server, const struct mirror_found *found,
    struct store_state *ret_state);
/* Is what is stored too old to be shown, or not there? */
bool mirror_is_stale(struct mirror_session *session);

/* mirror_canary.c: does the server still show what is stored of canaries? */
/* 0, also where there are none; -1: out of memory. */
int mirror_canary_new(struct mirror_session *session);
void mirror_canary_free(struct mirror_session *session);
/* There is a connection, another one than before. */
void mirror_canary_begin(struct mirror_session *session);
/* Was this answer to a question of ours?  Then the entry is, too. */
bool mirror_canary_answer(struct mirror_session *session, int code,
    struct entry *entry);

/* mirror_store.c */
extern const struct sync_effects mirror_store_effects;

/* mirror_describe.c */
void mirror_session_describe(const struct mirror_session *session,
    void (*line)(void *context, const char *text), void *context);

#endif
