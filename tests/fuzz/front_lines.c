/*
 * Lines of a client who keeps to the grammar: the model knows what they ask.
 */
#include "tests/fuzz/front_script.h"

#include <stdio.h>
#include <string.h>

#include "tests/fuzz/front_certs.h"
#include "tests/fuzz/front_store.h"

/* A notAfter is 83778 seconds behind the begin of the run. */
#define SHORT_MS (INT64_C(83778) * 1000 + 999)

static void
make_name(unsigned choice, bool whole, char *ret)
{
	static const char first[] = "altmndxr", second[] = "abcd";

	snprintf(ret, MODEL_NAME_MAX, "%c%c%s", first[choice & 7],
	    second[choice >> 3 & 3], !whole ? "" : (choice & 32) != 0 ?
	    "@other.example" : "@example.com");
	if ((choice & 64) != 0)
		ret[0] = (char)(ret[0] - 'a' + 'A');
}

static void
put_names(struct question *question, unsigned kind, unsigned choice,
    struct buffer *out)
{
	question->until_ms = INT64_MAX;
	if (kind == 2) {
		const size_t i = choice % FRONT_CERTS;

		question->is_certificate = true;
		for (size_t k = 0; k < 2 && front_certs[i].names[k] != NULL; k++)
			snprintf(question->names[question->name_count++],
			    MODEL_NAME_MAX, "%s", front_certs[i].names[k]);
		if (front_certs[i].short_lived)
			question->until_ms = SHORT_MS;
		protocol_put_text(out, "cert", front_certs[i].text);
		return;
	}
	make_name(choice, kind != 3, question->names[0]);
	question->name_count = 1;
	protocol_put_text(out, kind == 0 ? "email" : "account",
	    question->names[0]);
}

static void
put_claims(struct script *script, struct question *question,
    struct buffer *out)
{
	unsigned how = take(script);

	question->service = (int)(how & 7) % (MODEL_SERVICES + 1) - 1;
	question->realm = (int)(how >> 3 & 3) - 1;
	if (question->realm == STORED_REALM && (how & 128) != 0)
		question->realm = MODEL_REALMS;
	question->evidence = (int)(how >> 5 & 3) - 1;
	if (question->service >= 0)
		protocol_put_text(out, "service",
		    model_services[question->service]);
	if (question->realm >= 0)
		protocol_put_text(out, "realm", question->realm ==
		    MODEL_REALMS ? "fourth" : model_realms[question->realm]);
	if (question->evidence >= 0)
		protocol_put_text(out, "evidence",
		    model_evidences[question->evidence]);
}

/* Send it, in two parts if so wished; and know it. */
static void
ask(struct stage *stage, struct player *player, struct question *question,
    struct buffer *line, bool split)
{
	size_t part = split ? line->len / 2 : line->len;

	if (player->fd == -1 || player->half || player->wild ||
	    player->count == PLAYER_QUESTIONS)
		return;
	question->uid = player->uid;
	model_stamp(question);
	player->questions[(player->first + player->count++) %
	    PLAYER_QUESTIONS] = *question;
	player_send(stage, player, line->data, part);
	if (!split)
		return;
	stage_turn(stage);
	if (player->fd != -1)
		player_send(stage, player, line->data + part,
		    line->len - part);
}

void
script_lookup(struct script *script)
{
	struct player *player = take_player(script);
	unsigned how = take(script), names = take(script);
	struct question question = { .verb = (how & 128) != 0 ? ASK_EXPLAIN :
		ASK_LOOKUP };
	unsigned times = 1U << (2 * (how >> 5 & 3));
	struct buffer line;

	for (unsigned i = 0; i < times; i++) {
		struct script again = *script;
		struct question q = question;

		buffer_init(&line, 64 * 1024);
		protocol_begin(&line, (how & 128) != 0 ? "explain" : "lookup");
		q.id = ++script->last_id;
		protocol_put_number(&line, "id", q.id);
		put_claims(&again, &q, &line);
		put_names(&q, how & 3, names, &line);
		if ((how & 4) != 0) {
			q.user_given = true;
			make_name(take(&again), true, q.user);
			protocol_put_text(&line, "user", q.user);
		}
		q.need_admin = (how & 8) != 0;
		if (q.need_admin)
			protocol_put_text(&line, "need", "admin");
		protocol_end(&line);
		model_require(!line.failed, "no room for a line");
		ask(script->stage, player, &q, &line, (how & 16) != 0 &&
		    times == 1);
		buffer_free(&line);
		if (i == times - 1) {
			script->data = again.data;
			script->size = again.size;
		}
	}
}

void
script_admin(struct script *script)
{
	static const char *const verbs[] = { "flush", "status", "stats",
		"help", "reload" };
	struct player *player = take_player(script);
	unsigned how = take(script), which = how % 5;
	struct question question = { .verb = ASK_FLUSH + (enum model_verb)which,
		.id = ++script->last_id };
	char name[MODEL_NAME_MAX];
	struct buffer line;

	buffer_init(&line, 4096);
	protocol_begin(&line, verbs[which]);
	protocol_put_number(&line, "id", question.id);
	if (which == 0 && (how & 64) != 0) {
		/* forgets less than everything: not modelled */
		question.verb = ASK_STATS;
		make_name(take(script), true, name);
		protocol_put_text(&line, (how & 128) != 0 ? "account" :
		    "email", name);
	}
	protocol_end(&line);
	ask(script->stage, player, &question, &line, false);
	buffer_free(&line);
}
