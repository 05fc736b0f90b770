/*
 * A store for tests of the consumer: entries are small numbers, their content
 * is a number in the DN.  It insists on the order in which a store is used:
 * anything else ends the program.
 */
#ifndef CERTAUTH_TESTS_SYNC_STORE_H
#define CERTAUTH_TESTS_SYNC_STORE_H

#include "lookupd/sync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYNC_STORE_IDS 64

struct sync_side {
	int content[SYNC_STORE_IDS];	/* 0: not there */
};

struct sync_store {
	struct sync_side used, beside, changing;
	bool usable, refreshing, in_change;
	bool ask;			/* refresh_check: later */
	int fail_at;			/* the n-th call fails; 0: none */
	int calls;
	char cookie[SYNC_COOKIE_MAX + 1];
	unsigned refreshes, commits;
};

static void __attribute__((unused))
sync_store_insist(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "the store is not used like this: %s\n", what);
	abort();
}

static inline struct sync_id
sync_store_id(unsigned number)
{
	struct sync_id id;

	memset(id.bytes, 0x5a, sizeof(id.bytes));
	id.bytes[3] = (uint8_t)(number % SYNC_STORE_IDS);
	return id;
}

static inline struct entry *
sync_store_entry(int content)
{
	char dn[32];

	snprintf(dn, sizeof(dn), "cn=%d", content);
	return entry_new(dn);
}

static inline int
sync_store_fails(struct sync_store *store)
{
	return ++store->calls == store->fail_at ? -1 : 0;
}

static inline int
sync_store_refresh_begin(void *context)
{
	struct sync_store *store = context;

	sync_store_insist(!store->refreshing, "two refreshes");
	if (sync_store_fails(store) != 0)
		return -1;
	memset(&store->beside, 0, sizeof(store->beside));
	store->refreshing = true;
	return 0;
}

static inline int
sync_store_refresh_put(void *context, const struct sync_id *id,
    const struct entry *entry)
{
	struct sync_store *store = context;

	sync_store_insist(store->refreshing, "put without a refresh");
	store->beside.content[id->bytes[3] % SYNC_STORE_IDS] =
	    (int)strtol(entry->dn + 3, NULL, 10);
	return sync_store_fails(store);
}

static inline int
sync_store_refresh_delete(void *context, const struct sync_id *id)
{
	struct sync_store *store = context;

	sync_store_insist(store->refreshing, "delete without a refresh");
	store->beside.content[id->bytes[3] % SYNC_STORE_IDS] = 0;
	return sync_store_fails(store);
}

static inline int
sync_store_refresh_check(void *context)
{
	struct sync_store *store = context;

	sync_store_insist(store->refreshing, "check without a refresh");
	return store->ask ? 1 : sync_store_fails(store);
}

static inline int
sync_store_refresh_finish(void *context, const void *cookie, size_t len)
{
	struct sync_store *store = context;

	sync_store_insist(store->refreshing, "finish without a refresh");
	sync_store_insist(len <= SYNC_COOKIE_MAX, "a cookie too long");
	if (sync_store_fails(store) != 0)
		return -1;
	store->refreshing = false;
	store->used = store->beside;
	store->usable = true;
	memcpy(store->cookie, cookie, len);
	store->cookie[len] = '\0';
	store->refreshes++;
	return 0;
}

static inline void
sync_store_refresh_abandon(void *context)
{
	struct sync_store *store = context;

	store->refreshing = false;
}

static inline int
sync_store_change_begin(void *context)
{
	struct sync_store *store = context;

	sync_store_insist(!store->in_change && !store->refreshing,
	    "begin inside something");
	sync_store_insist(store->usable, "a change of nothing");
	if (sync_store_fails(store) != 0)
		return -1;
	store->changing = store->used;
	store->in_change = true;
	return 0;
}

static inline int
sync_store_change_put(void *context, const struct sync_id *id,
    const struct entry *entry)
{
	struct sync_store *store = context;

	sync_store_insist(store->in_change, "put without begin");
	store->changing.content[id->bytes[3] % SYNC_STORE_IDS] =
	    (int)strtol(entry->dn + 3, NULL, 10);
	return sync_store_fails(store);
}

static inline int
sync_store_change_delete(void *context, const struct sync_id *id)
{
	struct sync_store *store = context;

	sync_store_insist(store->in_change, "delete without begin");
	store->changing.content[id->bytes[3] % SYNC_STORE_IDS] = 0;
	return sync_store_fails(store);
}

static inline int
sync_store_change_keep(void *context,
    bool (*keep)(void *keep_context, const struct sync_id *id),
    void *keep_context)
{
	struct sync_store *store = context;
	struct sync_id id;
	unsigned i;

	sync_store_insist(store->in_change, "keep without begin");
	for (i = 0; i < SYNC_STORE_IDS; i++) {
		id = sync_store_id(i);
		if (store->changing.content[i] != 0 &&
		    !keep(keep_context, &id))
			store->changing.content[i] = 0;
	}
	return sync_store_fails(store);
}

/* A failed commit undoes. */
static inline int
sync_store_change_commit(void *context, const void *cookie, size_t len)
{
	struct sync_store *store = context;

	sync_store_insist(store->in_change, "commit without begin");
	store->in_change = false;
	if (sync_store_fails(store) != 0)
		return -1;
	store->used = store->changing;
	if (cookie != NULL) {
		memcpy(store->cookie, cookie, len);
		store->cookie[len] = '\0';
	}
	store->commits++;
	return 0;
}

static inline void
sync_store_change_abort(void *context)
{
	struct sync_store *store = context;

	sync_store_insist(store->in_change, "abort without begin");
	store->in_change = false;
}

static const struct sync_effects sync_store_effects
    __attribute__((unused)) = {
	.refresh_begin = sync_store_refresh_begin,
	.refresh_put = sync_store_refresh_put,
	.refresh_delete = sync_store_refresh_delete,
	.refresh_check = sync_store_refresh_check,
	.refresh_finish = sync_store_refresh_finish,
	.refresh_abandon = sync_store_refresh_abandon,
	.change_begin = sync_store_change_begin,
	.change_put = sync_store_change_put,
	.change_delete = sync_store_change_delete,
	.change_keep = sync_store_change_keep,
	.change_commit = sync_store_change_commit,
	.change_abort = sync_store_change_abort,
};

/* A set of ids as Sync Info carries it, into a buffer of enough room. */
static inline void
sync_store_set(struct sync_info *info, const unsigned *numbers, size_t count,
    uint8_t *buffer)
{
	struct sync_id id;
	size_t i;

	info->form = SYNC_ID_SET;
	info->set = buffer;
	info->count = count;
	for (i = 0; i < count; i++, buffer += SYNC_ELEMENT_SIZE) {
		id = sync_store_id(numbers[i]);
		buffer[0] = 4;
		buffer[1] = SYNC_ID_SIZE;
		memcpy(buffer + 2, id.bytes, SYNC_ID_SIZE);
	}
}

#endif
