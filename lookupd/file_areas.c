/*
 * Accounts and domains, if there are any.
 */
#include "lookupd/file_areas.h"

#include <stdio.h>
#include <string.h>

static int
open_each(struct file_areas *areas, struct store *store)
{
	for (size_t i = 0; i < FILE_AREAS_KINDS; i++) {
		enum store_kind kind = (enum store_kind)i;

		if (!area_wanted(areas->realm, kind))
			continue;
		if (area_of(areas->realm, kind, &areas->is[i]) != 0)
			return -1;
		areas->stored[i] = store_area_open(store, areas->realm->name,
		    kind, areas->realm->profile, areas->is[i].definition);
		if (areas->stored[i] == NULL)
			return -1;
	}
	return 0;
}

int
file_areas_open(struct file_areas *areas, const struct realm *realm,
    struct store *store)
{
	areas->realm = realm;
	areas->sieve = file_sieve_new(realm);
	return areas->sieve == NULL ? -1 : open_each(areas, store);
}

void
file_areas_close(struct file_areas *areas)
{
	for (size_t i = 0; i < FILE_AREAS_KINDS; i++) {
		store_area_close(areas->stored[i]);
		area_clear(&areas->is[i]);
	}
	file_sieve_free(areas->sieve);
	memset(areas, 0, sizeof(*areas));
}

bool
file_areas_usable(const struct file_areas *areas)
{
	struct store_state state;
	char error[STORE_ERROR_MAX];

	return store_state(areas->stored[STORE_ACCOUNTS], &state, error) == 0 &&
	    state.usable;
}

bool
file_areas_have(const struct file_areas *areas, const struct file_mark *mark)
{
	struct store_state state;
	char error[STORE_ERROR_MAX];

	for (size_t i = 0; i < FILE_AREAS_KINDS; i++) {
		if (areas->stored[i] == NULL)
			continue;
		if (store_state(areas->stored[i], &state, error) != 0 ||
		    !state.usable || state.cookie_len != mark->len ||
		    memcmp(state.cookie, mark->text, mark->len) != 0)
			return false;
	}
	return true;
}

int
file_areas_begin(struct file_areas *areas, char *error)
{
	areas->entries = 0;
	for (size_t i = 0; i < FILE_AREAS_KINDS; i++) {
		areas->put[i] = 0;
		if (areas->stored[i] != NULL &&
		    store_refresh_begin(areas->stored[i], error) != 0)
			return -1;
	}
	return 0;
}

int
file_areas_put(struct file_areas *areas, const struct entry *entry,
    char *error)
{
	struct store_id id;
	int rc = 0;

	areas->entries++;
	file_sieve_id(entry, &id);
	for (size_t i = 0; i < FILE_AREAS_KINDS && rc == 0; i++) {
		struct entry *narrow;

		if (areas->stored[i] == NULL)
			continue;
		rc = file_sieve(areas->sieve, (enum store_kind)i, entry,
		    &narrow);
		if (rc != 0)
			snprintf(error, STORE_ERROR_MAX, "out of memory");
		else if (narrow != NULL)
			rc = store_refresh_put(areas->stored[i], &id, narrow,
			    error);
		areas->put[i] += rc == 0 && narrow != NULL;
		entry_free(narrow);
	}
	return rc;
}

int
file_areas_step(struct file_areas *areas, bool *ret_done, bool *ret_twice,
    char *error)
{
	*ret_done = true;
	*ret_twice = false;
	for (size_t i = 0; i < FILE_AREAS_KINDS && *ret_done; i++) {
		if (areas->stored[i] == NULL)
			continue;
		if (store_refresh_step(areas->stored[i], ret_done, error) != 0)
			return -1;
		if (*ret_done && store_refresh_replaced(areas->stored[i]) > 0) {
			*ret_twice = true;
			return 0;
		}
	}
	return 0;
}

int
file_areas_finish(struct file_areas *areas, const struct file_mark *mark,
    int64_t now_us, char *error)
{
	/* domains first: an account without its domain is refused at worst */
	for (size_t i = FILE_AREAS_KINDS; i-- > 0;) {
		if (areas->stored[i] != NULL && store_refresh_finish(
		    areas->stored[i], mark->text, mark->len,
		    areas->realm->ldif, now_us, error) != 0)
			return -1;
	}
	return 0;
}

void
file_areas_abandon(struct file_areas *areas)
{
	for (size_t i = 0; i < FILE_AREAS_KINDS; i++) {
		if (areas->stored[i] != NULL)
			store_refresh_abandon(areas->stored[i]);
	}
}
