/*
 * The whole front under a script: clients of several uids who send, pause,
 * half-close and leave; a directory process that answers truly, fails, talks
 * rubbish or dies; a parent; a clock; memory and system calls that fail one
 * in n.  The input is the script, two or more bytes a step.
 *
 * What must hold: `active` only for who asked for a name that may log in, in
 * a service, realm and with evidence that are his to use, and for which the
 * directory said so not too long ago (front_model.h); refusals repeat no
 * address; replies come in order, each question has one; nothing is leaked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lookupd/control.h"
#include "tests/fuzz/front_certs.h"
#include "tests/fuzz/front_fault.h"
#include "tests/fuzz/front_stage.h"

#define STEPS_MAX 300
#define RELOADS_MAX 2
/* A notAfter is 83778 seconds behind the begin of the run. */
#define SHORT_MS (INT64_C(83778) * 1000 + 999)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct script {
	const uint8_t *data;
	size_t size;
	unsigned last_id;
	unsigned reloads;
};

static struct stage stage;

static unsigned
take(struct script *script)
{
	if (script->size == 0)
		return 0;
	script->size--;
	return *script->data++;
}

/* The next bytes as they are. */
static const uint8_t *
take_bytes(struct script *script, size_t *len)
{
	const uint8_t *bytes = script->data;

	if (*len > script->size)
		*len = script->size;
	script->data += *len;
	script->size -= *len;
	return bytes;
}

static struct player *
take_player(struct script *script)
{
	return &stage.players[take(script) % PLAYERS];
}

/* ---- lines that the model understands --------------------------------- */

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
	question->evidence = (int)(how >> 5 & 3) - 1;
	if (question->service >= 0)
		protocol_put_text(out, "service",
		    model_services[question->service]);
	if (question->realm >= 0)
		protocol_put_text(out, "realm", question->realm ==
		    MODEL_REALMS ? "third" : model_realms[question->realm]);
	if (question->evidence >= 0)
		protocol_put_text(out, "evidence",
		    model_evidences[question->evidence]);
}

/* Send it, in two parts if so wished; and know it. */
static void
ask(struct player *player, struct question *question, struct buffer *line,
    bool split)
{
	size_t part = split ? line->len / 2 : line->len;

	if (player->fd == -1 || player->half || player->wild ||
	    player->count == PLAYER_QUESTIONS)
		return;
	question->uid = player->uid;
	model_stamp(question);
	player->questions[(player->first + player->count++) %
	    PLAYER_QUESTIONS] = *question;
	player_send(&stage, player, line->data, part);
	if (!split)
		return;
	stage_turn(&stage);
	if (player->fd != -1)
		player_send(&stage, player, line->data + part,
		    line->len - part);
}

static void
step_lookup(struct script *script)
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
		ask(player, &q, &line, (how & 16) != 0 && times == 1);
		buffer_free(&line);
		if (i == times - 1) {
			script->data = again.data;
			script->size = again.size;
		}
	}
}

static void
step_admin(struct script *script)
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
	ask(player, &question, &line, false);
	buffer_free(&line);
}

/* ---- other steps ------------------------------------------------------ */

static void
step_open(struct script *script)
{
	static const unsigned uids[] = { 0, 1001, 1002, 1003 };
	struct player *player = take_player(script);
	unsigned how = take(script);

	player_open(&stage, player, uids[how & 3], (how & 7) == 7);
}

static void
step_bytes(struct script *script)
{
	struct player *player = take_player(script);
	size_t len = take(script);
	const uint8_t *bytes = take_bytes(script, &len);

	if (player->fd == -1)
		return;
	player->wild = true;
	player_send(&stage, player, bytes, len);
}

static void
step_leave(struct script *script)
{
	struct player *player = take_player(script);
	unsigned how = take(script);

	if (player->fd == -1)
		return;
	if ((how & 3) == 0) {
		player_close(player);
	} else if ((how & 3) == 1) {
		player->deaf = !player->deaf;
	} else {
		shutdown(player->fd, SHUT_WR);
		player->half = true;
	}
}

static void
step_channel(struct script *script)
{
	unsigned how = take(script);
	size_t len = how >> 2;
	const uint8_t *bytes;

	if ((how & 3) == 0) {
		directory_cut(&stage);
	} else if ((how & 3) < 3) {
		directory_replace(&stage, (how & 3) == 1);
	} else {
		bytes = take_bytes(script, &len);
		/* Rubbish that a directory process could not mean: it must
		 * not amount to the answer to a question. */
		directory_say(&stage, "? ", 2);
		directory_say(&stage, bytes, len);
		stage.dirty = true;
	}
}

static void
step_parent(struct script *script)
{
	unsigned how = take(script);

	if (stage.parent == -1)
		return;
	if (how % 16 == 15) {
		close(stage.parent);
		stage.parent = -1;
		stage.lossy = true;
	} else if (how % 2 == 0) {
		control_send(stage.parent, 'N', -1);
	} else if (script->reloads++ < RELOADS_MAX) {
		stage.reload_at = model_now();
		control_send(stage.parent, 'R', stage_bundle());
	}
}

static void
step_time(struct script *script)
{
	static const int64_t spans[] = { 1, 100, 2500, 10000, 25000, 31000,
		61000, 3600000, 83000000 };

	stage_pass(&stage, spans[take(script) %
	    (sizeof(spans) / sizeof(spans[0]))]);
}

static void
step_faults(struct script *script)
{
	unsigned how = take(script), n = how >> 1;

	if ((how & 1) != 0) {
		stage.fault_memory = n;
		return;
	}
	stage.fault_call = n;
	/* Who is told EAGAIN, or less than there is, where the kernel would
	 * not, misses edges: the other way of waiting. */
	stage.front.reading = EV_READ;
}

static void
step(struct script *script)
{
	unsigned what = take(script), index;

	switch (what & 15) {
	case 0: case 1:
		step_open(script);
		break;
	case 2: case 3: case 4:
		step_lookup(script);
		break;
	case 5:
		step_bytes(script);
		break;
	case 6:
		step_leave(script);
		break;
	case 7: case 8: case 9:
		index = take(script);
		directory_answer(&stage, index & 15, index < 128 ? 0 :
		    index >> 4 & 7);
		break;
	case 10:
		index = take(script);
		directory_answer(&stage, index >> 4, (index & 15) % 10);
		break;
	case 11:
		step_channel(script);
		break;
	case 12:
		step_admin(script);
		break;
	case 13:
		step_parent(script);
		break;
	case 14:
		step_time(script);
		break;
	case 15:
		step_faults(script);
		break;
	}
	if (what < 128)			/* else together with the next step */
		stage_turn(&stage);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	stage_init();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script script = { .data = data, .size = size };

	stage_begin(&stage);
	for (int i = 0; i < STEPS_MAX && script.size > 0; i++)
		step(&script);
	stage_end(&stage);
	return 0;
}
