/*
 * Cookies of one server are used at another only when both count changes
 * alike (the same sids); and nothing is taken from a server that lacks what
 * was shown already, as long as that is shown.
 */
#include <string.h>

#include "lookupd/mirror_parts.h"

/* Does what is stored tell of a session, and with which numbers? */
static bool
csns_of(const struct store_state *state, struct sync_csns *ret)
{
	return state->usable && state->cookie_len > 0 &&
	    sync_csns_of(ret, state->cookie, state->cookie_len) == 0;
}

bool
mirror_is_stale(struct mirror_session *session)
{
	const struct realm *realm = session->mirror->realm;
	int64_t now_us = mirror_wall_us();
	char error[STORE_ERROR_MAX];
	struct store_state state;

	return store_state(session->area, &state, error) != 0 ||
	    !state.usable || now_us < state.contact_us ||
	    now_us - state.contact_us > realm->max_stale * 1000000;
}

static bool
is_listed(const struct mirror_session *session, const char *uri)
{
	for (size_t i = 0; i < session->servers.count; i++) {
		if (strcmp(session->servers.items[i].uri, uri) == 0)
			return true;
	}
	return false;
}

enum mirror_choice
mirror_choose(struct mirror_session *session,
    const struct ldap_server *server, const struct mirror_found *found,
    struct store_state *state)
{
	char error[STORE_ERROR_MAX];
	struct sync_csns own;
	bool counted;

	if (store_state(session->area, state, error) != 0) {
		mirror_session_store_failed(session, error);
		memset(state, 0, sizeof(*state));
		return CHOICE_ANEW;
	}
	counted = csns_of(state, &own);
	if (counted && found->has_csns && session->servers.count > 1 &&
	    sync_csns_behind(&found->csns, &own) && !mirror_is_stale(session))
		return CHOICE_BEHIND;
	if (session->anew || !session->mirror->realm->profile->resume ||
	    !state->usable || state->cookie_len == 0)
		return CHOICE_ANEW;
	if (strcmp(state->server, server->uri) == 0)
		return CHOICE_RESUME;
	/* one that is not ours any more may have been another directory, of
	 * the same names and sids */
	if (!is_listed(session, state->server))
		return CHOICE_ANEW;
	return counted && found->has_csns &&
	    sync_csns_same_sids(&found->csns, &own) ? CHOICE_RESUME :
	    CHOICE_ANEW;
}
