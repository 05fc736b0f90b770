/*
 * The whole front under a script: clients of several uids who send, pause,
 * half-close and leave; a directory process that answers truly, fails, talks
 * rubbish or dies; a store that changes, also in the middle of a turn; a
 * parent; a clock; memory and system calls that fail one in n.  The input is
 * the script, two or more bytes a step.
 *
 * What must hold: `active` only for who asked for a name that may log in, in
 * a service, realm and with evidence that are his to use, and for which the
 * directory said so not too long ago (front_model.h), or the store since he
 * asked (front_store.h); refusals repeat no address; replies come in order, each question has one; nothing is leaked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lookupd/control.h"
#include "lookupd/request.h"
#include "tests/fuzz/front_fault.h"
#include "tests/fuzz/front_script.h"
#include "tests/fuzz/front_store.h"

#define STEPS_MAX 300
#define RELOADS_MAX 2

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct stage stage;

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
step_store(struct script *script)
{
	unsigned how = take(script), state = take(script);

	/* mostly changes: a refresh takes long */
	stored_step(how % 16 < STORED_STEPS ? (enum stored_step)(how % 16) :
	    STORED_CHANGE, state);
}

/* ---- in the middle of a turn ------------------------------------------ */

/* As one does who is not heard in time. */
static void
drop_aside(void)
{
	struct request *request = stage.front.earlier != NULL ?
	    stage.front.earlier : stage.front.aside;

	if (request == NULL)
		return;
	stage.lossy = true;
	client_drop(request->client);
}

static void
between(void *context)
{
	struct script *script = context;

	switch (take(script) & 7) {
	case 0:
		drop_aside();
		break;
	case 1:
		step_leave(script);
		break;
	case 2:
		step_time(script);
		break;
	default:
		step_store(script);
		break;
	}
}

/* The bytes behind it say what, when it happens. */
static void
step_between(struct script *script)
{
	fault_between(1 + take(script) % 16, between, script);
	stage_turn(&stage);
}

static void
step(struct script *script)
{
	unsigned what = take(script), index;

	if ((what & 48) == 48) {
		step_between(script);
		return;
	}
	switch (what & 31) {
	case 0: case 1:
		step_open(script);
		break;
	case 2: case 3: case 4:
		script_lookup(script);
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
		script_admin(script);
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
	default:
		step_store(script);
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
	struct script script = { .stage = &stage, .data = data,
		.size = size };

	stage_begin(&stage);
	for (int i = 0; i < STEPS_MAX && script.size > 0; i++)
		step(&script);
	stage_end(&stage);
	return 0;
}
