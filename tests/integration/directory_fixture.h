/*
 * For tests of the directory process: two real LDAP servers with the same
 * data, and the process itself, asked over a socket pair as the front does.
 * Everything fails the test at once when it cannot be done.
 */
#ifndef TESTS_DIRECTORY_FIXTURE_H
#define TESTS_DIRECTORY_FIXTURE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "lookupd/find.h"

/* Until something that takes milliseconds counts as broken. */
#define PATIENCE_MS 15000

struct server {
	pid_t pid;			/* 0: not running */
	char folder[64];
	char ldapi[192];		/* its URIs */
	char ldap[64];
	char ldaps[64];
	int port, tls_port;
};

struct fixture {
	char folder[32];
	struct server a, b;
	int silent;			/* listens, accepts, never answers */
	char silent_uri[64];
	char nobody_uri[64];		/* nothing listens there */
	char mixed_uri[64];		/* ldaps, where there is ldap */
};

/* For cmocka_run_group_tests; *state is the struct fixture.  Skips all
 * tests when there is no slapd. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

void server_start(struct server *server);
void server_end(struct server *server, int signal);
/* Change one attribute of uid=NAME,ou=people,dc=test. */
void server_set(const struct fixture *fixture, const struct server *server,
    const char *uid, const char *attribute, const char *value);

/* The directory process. */
struct daemon {
	pid_t pid;
	int control, channel;
	uint64_t config;		/* hash */
	char config_path[64], log_path[64];
	struct buffer in;
	uint64_t last_id;
};

/*
 * Start it with realms: text of the list's groups.  In the text $A, $B are
 * the servers' ldapi URIs, $Al their ldap and $As their ldaps ones, $S the
 * silent server, $N nobody, $X ldaps where there is none, $T the folder.  Each realm still needs
 * profile and base.
 */
void daemon_start(struct fixture *fixture, struct daemon *daemon,
    const char *realms);
/* Write another configuration; the new hash, 0 when it is a bad one. */
uint64_t daemon_configure(struct fixture *fixture, struct daemon *daemon,
    const char *realms);
void daemon_reload(const struct daemon *daemon);	/* hand it over */
/* End it; fails unless it exits with 0. */
void daemon_end(struct daemon *daemon);
void daemon_forget(struct daemon *daemon);	/* it has ended */
void daemon_connect(struct daemon *daemon);	/* a new front */
char daemon_hear(struct daemon *daemon);	/* next control byte */
bool daemon_logged(const struct daemon *daemon, const char *text);
int64_t daemon_cpu_ms(const struct daemon *daemon);

/* Send one question; its id. */
uint64_t daemon_ask(struct daemon *daemon, const char *realm,
    const char *value, int ms, bool explain);
/* The next reply, whoever's it is; the caller frees the find_reply. */
uint64_t daemon_answer(struct daemon *daemon, struct find_reply *reply);
/* Both.  The reason of a failure, or NULL with what was found. */
const char *daemon_find(struct daemon *daemon, const char *realm,
    const char *value, int ms, size_t *ret_accounts, bool *ret_more);
/* The detail lines of `explain`, or of `status` when value is NULL.
 * Allocated. */
char *daemon_tell(struct daemon *daemon, const char *realm,
    const char *value);

#endif
