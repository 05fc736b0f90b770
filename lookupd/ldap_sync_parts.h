/*
 * A sync session's connection, between ldap_sync.c (socket, requests) and
 * ldap_sync_take.c (messages).
 */
#ifndef LOOKUPD_LDAP_SYNC_PARTS_H
#define LOOKUPD_LDAP_SYNC_PARTS_H

#include <ldap.h>

#include "lookupd/ldap_backlog.h"
#include "lookupd/ldap_pace.h"
#include "lookupd/ldap_sync.h"

#define LDAP_SYNC_WHY_MAX 1024

struct ldap_sync {
	LDAP *ld;
	struct ldap_backlog *backlog;
	struct event *readable, *writable, *gone;
	struct ldap_sync_events events;
	void *context;
	char *const *attributes;	/* of the session; borrowed */
	char *const *asked;		/* of the read; borrowed */
	bool ignore_references;
	int sync_id, read_id, count_id;	/* 0: none under way */
	struct entry *answer;		/* of the read, until its result */
	uint64_t counted;
	struct ldap_pace *pace;
	bool many;		/* to come: a refresh is under way */
	bool pacing;		/* the pace goes, readable does not */
	bool paused, stuck, lost;
	char why[LDAP_SYNC_WHY_MAX];
};

/* What a message says, to the events; it stays the caller's. */
void ldap_sync_take(struct ldap_sync *sync, LDAPMessage *message);

#endif
