/*
 * A hook in a process of its own, a scripted lookupd in another, and raw HTTP
 * between them and the test.
 *
 * The script is what stands in the certificate's place: the false lookupd
 * does what its first word says.
 *
 *	active, odd, locked, unknown, ambiguous, expired, not-admin,
 *	directory, syntax	such a verdict
 *	nameless		`active` without account
 *	ok			a word that is no verdict
 *	hang			no answer
 *	hold			no answer before somebody asks "release"
 *	close, close-once	closes; the latter the first time only
 *	half			half a line, then closes
 *	two, detail		a second line, a detail line first
 *	other-id, no-id		`active` for another question, or for none
 *	noise			not a line of the protocol
 *	caller			as to somebody who may not ask, then closes
 */
#ifndef CERTAUTH_TESTS_HOOK_RIG_H
#define CERTAUTH_TESTS_HOOK_RIG_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#define RIG_TEXT 4096

/* What the false lookupd has seen; shared memory. */
struct rig_seen {
	unsigned connections, questions;
	char line[RIG_TEXT];		/* the last question */
};

struct rig {
	char dir[32];
	char config[64], lookupd_socket[64];
	int notify;
	pid_t hook, lookupd;
	struct rig_seen *seen;
	unsigned descriptors;		/* limit for the hook; 0: none */
	const char *activate;		/* listen there and hand it over: a
					 * name, or an address and port */
	bool quiet;			/* the log is not shown */
};

/* An empty rig in its own folder, and its end: everything stopped, gone. */
void rig_open(struct rig *rig);
void rig_close(struct rig *rig);

/* NAME in the rig's folder; static memory. */
const char *rig_path(const struct rig *rig, const char *name);

/* Write the configuration: top is put before the listeners, whose sockets
 * are given by name: every "~NAME~" becomes rig_path. */
void rig_configure(struct rig *rig, const char *top, const char *listeners);

void rig_start_lookupd(struct rig *rig);
void rig_stop_lookupd(struct rig *rig);
/* Start the hook; true when it says READY=1. */
bool rig_start_hook(struct rig *rig);
void rig_fork_hook(struct rig *rig);	/* without waiting */
/* Wait for that word from the hook's readiness protocol. */
bool rig_wait(struct rig *rig, const char *word);
/* SIGTERM, and its exit status. */
int rig_stop_hook(struct rig *rig);
int rig_wait_hook(struct rig *rig);

/* Raw HTTP. -1 when the socket cannot be connected to. */
int rig_connect(const struct rig *rig, const char *name);
void rig_send(int fd, const void *bytes, size_t len);
/* One head, without its Date line, NUL-terminated; "" at the end of the file
 * or after five seconds. */
const char *rig_head(int fd, char *head, size_t size);
/* All that comes until the end of the file. */
size_t rig_rest(int fd, char *bytes, size_t size);

#endif
