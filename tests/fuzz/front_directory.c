/*
 * The directory process of fuzz_front: what it was asked, and what it says.
 */
#include "tests/fuzz/front_stage.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lookupd/control.h"
#include "tests/fuzz/front_fault.h"
#include "tests/fuzz/front_store.h"

void
directory_cut(struct stage *stage)
{
	if (stage->directory != -1)
		close(stage->directory);
	stage->directory = -1;
	stage->asked_count = 0;
	stage->dirty = false;
	buffer_clear(&stage->heard);
}

void
directory_replace(struct stage *stage, bool by_parent)
{
	int pair[2];

	directory_cut(stage);
	model_require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, pair) == 0, "no socket pair");
	stage->directory = pair[1];
	if (by_parent && stage->parent != -1) {
		control_send(stage->parent, 'F', pair[0]);
		close(pair[0]);
		return;
	}
	fault_on();
	finder_connect(stage->front.finder, pair[0]);
	fault_off();
}

void
directory_say(struct stage *stage, const void *bytes, size_t len)
{
	if (stage->directory != -1 && send(stage->directory, bytes, len,
	    MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len)
		stage->dirty = true;
}

/* Is a canary's song surely heard by the memory? */
static bool
is_heard(const struct stage *stage, const struct asked *asked)
{
	return !stage->dirty && !asked->status && !asked->find.explain &&
	    stage->fault_memory == 0 && stage->fault_call == 0 &&
	    finder_connected(stage->front.finder) &&
	    fault_ms() + 5 < asked->heard_ms + asked->find.ms;
}

static void
put_failure(struct buffer *out, const struct asked *asked, unsigned how)
{
	static const char *const reasons[] = { "directory", "hidden", "stale",
		"busy", "canary", "active" };
	unsigned long long id = asked->find.id;

	if (how <= 6)
		buffer_printf(out, "unavailable id=%llu reason=%s\n", id,
		    reasons[how - 1]);
	else if (how == 7)		/* of nobody, but whole */
		buffer_printf(out, " entry kind=account dn=uid=a\nok id=%llu\n",
		    id + 100000);
	else if (how == 8)
		buffer_printf(out, " entry kind=account dn=uid=a\n value "
		    "name=uid data=%s\nwhat id=%llu\n",
		    asked->find.identity.name.text, id);
}

void
directory_answer(struct stage *stage, size_t i, unsigned how)
{
	struct asked asked;
	struct buffer out;
	uint64_t sung;
	bool heard;

	if (stage->asked_count == 0)
		return;
	i %= stage->asked_count;
	asked = stage->asked[i];
	memmove(&stage->asked[i], &stage->asked[i + 1],
	    (--stage->asked_count - i) * sizeof(stage->asked[0]));
	if (how == 0 && !model_room())
		how = 1;
	buffer_init(&out, 64 * 1024);
	if (asked.status)
		buffer_printf(&out, " server text=up\nok id=%llu\n",
		    (unsigned long long)asked.find.id);
	else if (how == 0 || how == 9)
		model_put_truth(&out, asked.find.id, asked.find.realm,
		    asked.find.identity.name.text, asked.heard_at);
	else
		put_failure(&out, &asked, how);
	model_require(!out.failed, "no room for an answer");
	heard = how == 5 && is_heard(stage, &asked);
	sung = model_now();
	/* 9: it dies in the middle of the last line */
	directory_say(stage, out.data, how == 9 ? out.len - 3 : out.len);
	buffer_free(&out);
	if (how == 9)
		directory_cut(stage);
	stage->dirty = stage->dirty || how == 7 || how == 8;
	if (!heard)
		return;
	stage_turn(stage);
	model_forget(strcmp(asked.find.realm, model_realms[0]) != 0, sung);
}

void
directory_hear(struct stage *stage)
{
	struct protocol_message message;
	struct protocol_error error;
	size_t line, used;
	ssize_t n = -1;

	while (stage->directory != -1 &&
	    buffer_reserve(&stage->heard, 65536) == 0 &&
	    (n = recv(stage->directory, stage->heard.data + stage->heard.len,
	    65536, MSG_DONTWAIT)) > 0)
		stage->heard.len += (size_t)n;
	if (n == 0)
		directory_cut(stage);
	while (stage->heard.len > 0 && protocol_next(stage->heard.data,
	    stage->heard.len, FIND_LINE_MAX, &line, &used) == PROTOCOL_OK) {
		struct asked asked = { .heard_ms = fault_ms(),
			.heard_at = model_now() };

		model_require(protocol_decode(stage->heard.data, line, &message,
		    &error) == PROTOCOL_OK, "a question that is no line");
		asked.status = strcmp(message.word, "status") == 0;
		if (asked.status)
			asked.find.id = strtoull(protocol_text(&message, "id"),
			    NULL, 10);
		else
			model_require(find_get_request(&message,
			    &asked.find) == 0 && strcmp(asked.find.realm,
			    model_realms[STORED_REALM]) != 0,
			    "a question that is none");
		if (stage->asked_count == STAGE_QUESTIONS) {
			directory_cut(stage);
			return;
		}
		stage->asked[stage->asked_count++] = asked;
		buffer_consume(&stage->heard, used);
	}
}
