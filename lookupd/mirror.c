/*
 * A realm's sessions.
 */
#include "lookupd/mirror.h"

#include <stdlib.h>
#include <time.h>

#include "lookupd/mirror_parts.h"

int64_t
mirror_wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct mirror *
mirror_new(struct event_base *base, const struct realm *realm,
    struct store *store, void (*damaged)(void *context), void *context)
{
	static const enum store_kind kinds[] = { STORE_ACCOUNTS,
		STORE_DOMAINS };
	struct mirror *mirror = calloc(1, sizeof(*mirror));
	size_t i;

	if (mirror == NULL)
		return NULL;
	mirror->base = base;
	mirror->realm = realm;
	mirror->store = store;
	mirror->damaged = damaged;
	mirror->context = context;
	for (i = 0; i < 2; i++) {
		if (!area_wanted(realm, kinds[i]))
			continue;
		mirror->sessions[i] = mirror_session_new(mirror, kinds[i]);
		if (mirror->sessions[i] == NULL) {
			mirror_free(mirror);
			return NULL;
		}
	}
	return mirror;
}

void
mirror_free(struct mirror *mirror)
{
	size_t i;

	for (i = 0; mirror != NULL && i < 2; i++)
		mirror_session_free(mirror->sessions[i]);
	free(mirror);
}

void
mirror_describe(const struct mirror *mirror,
    void (*line)(void *context, const char *text), void *context)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		if (mirror->sessions[i] != NULL)
			mirror_session_describe(mirror->sessions[i], line,
			    context);
	}
}
