/*
 * The state of a mirror in words, for people and for scripts that wait.
 */
#include <stdio.h>
#include <string.h>

#include "common/buffer.h"
#include "common/deadline.h"
#include "common/text.h"
#include "lookupd/mirror_parts.h"

/* Of a cookie; slapd's have 52 bytes and 41 for each further server. */
#define COOKIE_SHOWN 1024
#define LINE_MAX_BYTES (8 * 1024)

static const char *
state_word(const struct mirror_session *session)
{
	if (session->link == NULL)
		return session->try != NULL ? "connecting" : "waiting";
	switch (sync_stage(session->machine)) {
	case SYNC_IDLE:
		break;
	case SYNC_REFRESH:
		return "refresh";
	case SYNC_CHECK:
		return "check";
	case SYNC_RESUME:
		return "resume";
	case SYNC_PERSIST:
		return "persist";
	}
	return "ending";
}

/* Seconds from that moment (since 1970) until now. */
static void
put_since(struct buffer *out, const char *name, int64_t us)
{
	if (us == 0)
		buffer_printf(out, " %s=never", name);
	else
		buffer_printf(out, " %s=%llds", name,
		    (long long)((mirror_wall_us() - us) / 1000000));
}

static void
put_stored(const struct mirror_session *session, struct buffer *out)
{
	char error[STORE_ERROR_MAX];
	struct store_state state;
	struct sync_csns own;

	if (store_state(session->area, &state, error) != 0) {
		buffer_printf(out, " store=\"%s\"", error);
		return;
	}
	if (!state.usable) {
		buffer_puts(out, " entries=none");
		return;
	}
	buffer_printf(out, " entries=%llu", (unsigned long long)state.entries);
	put_since(out, "contact", state.contact_us);
	put_since(out, "changed", state.changed_us);
	put_since(out, "refreshed", state.refreshed_us);
	if (session->link != NULL && session->has_csns &&
	    sync_csns_of(&own, state.cookie, state.cookie_len) == 0)
		buffer_printf(out, " lag=%llds", sync_csns_lag(&own,
		    &session->csns));
	buffer_puts(out, " cookie=");
	text_escape(out, state.cookie, state.cookie_len, COOKIE_SHOWN);
}

void
mirror_session_describe(const struct mirror_session *session,
    void (*line)(void *context, const char *text), void *context)
{
	struct buffer out;

	buffer_init(&out, LINE_MAX_BYTES);
	buffer_printf(&out, "realm %s: mirror of %s%s: state=%s",
	    session->mirror->realm->name, session->is.word, session->beside ?
	    " (anew, beside)" : "", state_word(session));
	if (session->link != NULL)
		buffer_printf(&out, " server=%s (%s) for=%llds",
		    session->server->uri, session->security,
		    (long long)((deadline_now_us() - session->since_us) /
		    1000000));
	if (session->link != NULL &&
	    sync_stage(session->machine) != SYNC_PERSIST)
		buffer_printf(&out, " told=%llu of=%llu",
		    (unsigned long long)sync_told(session->machine),
		    (unsigned long long)session->expected);
	put_stored(session, &out);
	if (!out.failed)
		line(context, buffer_text(&out));
	if (session->trouble[0] != '\0') {
		buffer_clear(&out);
		buffer_printf(&out, "realm %s: mirror of %s: trouble: %s",
		    session->mirror->realm->name, session->is.word,
		    session->trouble);
		if (!out.failed)
			line(context, buffer_text(&out));
	}
	buffer_free(&out);
}
