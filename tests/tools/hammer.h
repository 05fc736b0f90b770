/*
 * hammer: what socat cannot do to lookupd, and a bad directory.
 *
 *	hammer table SOCKET FILE
 *		rows of bytes and the exact answers to them (see bad-input.tsv)
 *	hammer ask SOCKET [-c CONNECTIONS] [-n REQUESTS] [-d DEPTH] [-p MS]
 *	    [-m MS] [-a ALLOWED] LINE EXPECTED
 *		ask LINE over and over, DEPTH at once on each connection, until
 *		each has asked REQUESTS, MS are over or SIGTERM comes.  %d in
 *		LINE is a number never asked with before.  Answers must come in
 *		order and begin with EXPECTED; ones that begin with ALLOWED are
 *		counted apart.  With -a a closed connection is opened again.
 *	hammer hold SOCKET [-c CONNECTIONS] [-m MS] FIRST [REST EXPECTED]
 *		send FIRST on each and read nothing; after MS or SIGTERM send
 *		REST and count the answers.
 *	hammer spoil SOCKET DER LINE
 *		LINE with the certificate cut off at, then with one bit wrong
 *		at, every offset; what is answered, counted.
 *	hammer relay LISTEN TARGET MODE-FILE
 *		pass LDAP on, or spoil it as the first word of MODE-FILE says
 *
 * All but the last end with a line "name=value ..." and exit 0 when nothing
 * was wrong.  `ask -p' says "begun" at the first right answer, `hold' says
 * "held" when all are connected.  Never installed.
 */
#ifndef HAMMER_H
#define HAMMER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An answer later than this is none: lookupd's deadline and a little. */
#define HAMMER_PATIENCE_MS 6000

extern volatile sig_atomic_t hammer_stop;	/* SIGTERM came */

struct bytes {
	char *data;
	size_t len, capacity;
};
void bytes_put(struct bytes *bytes, const void *data, size_t len);
void bytes_consume(struct bytes *bytes, size_t len);
/* Append text with \n \r \t \0 \\ \xHH, and {N*TEXT} for N times TEXT. */
void bytes_put_escaped(struct bytes *bytes, const char *text, size_t len);

int64_t hammer_now_us(void);
/* A connected socket; exits when there is no listener. */
int hammer_connect(const char *path);
/* The same, or -1. */
int hammer_try_connect(const char *path);
int hammer_listen(const char *path);
/* Does the line begin with the words? */
bool hammer_begins(const char *line, const char *words);

struct hammer_options {
	int connections, requests, depth, pace_ms, ms;
	const char *allowed;
	const char *texts[3];
};

int hammer_table(const char *path, const char *file);
int hammer_ask(const char *path, const struct hammer_options *options);
int hammer_hold(const char *path, const struct hammer_options *options);
int hammer_spoil(const char *path, const char *der, const char *line);
int hammer_relay(const char *listen, const char *target, const char *mode);

#endif
