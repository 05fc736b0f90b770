/*
 * The whole hook under a script: proxies that ask, pipeline, break off, close
 * one side or send anything at all; and a lookupd that answers in its own time,
 * wrongly, twice, or not.  The input is the script, two or more bytes a step.
 *
 * What must hold: only who was called `active` by lookupd is let in, with the
 * account that was said about his certificate, and nobody with evidence that
 * is not as it must be; replies come in order, and each request has one, unless
 * its proxy was told that the connection ends; nothing is leaked.
 */
#include <string.h>
#include <sys/socket.h>

#include "tests/fuzz/hook_stage.h"

#define STEPS_MAX 300
#define RELOADS_MAX 2

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct stage stage;

struct script {
	const uint8_t *data;
	size_t size;
	unsigned reloads;
};

static unsigned
take(struct script *script)
{
	if (script->size == 0)
		return 0;
	script->size--;
	return *script->data++;
}

static struct proxy *
take_proxy(struct script *script)
{
	return &stage.proxies[take(script) % PROXIES];
}

static void
step_bytes(struct script *script)
{
	struct proxy *proxy = take_proxy(script);
	size_t len = take(script) * 2;

	if (len > script->size)
		len = script->size;
	if (len > 0 && proxy->fd != -1) {
		proxy->wild = true;
		proxy_send(proxy, script->data, len);
	}
	script->data += len;
	script->size -= len;
}

static void
step_leave(struct script *script)
{
	struct proxy *proxy = take_proxy(script);

	if (proxy->fd == -1)
		return;
	switch (take(script) & 3) {
	case 0:
		proxy_close(proxy);
		break;
	case 1:
		proxy->deaf = !proxy->deaf;
		break;
	default:
		shutdown(proxy->fd, SHUT_WR);
		proxy->half = true;
		break;
	}
}

static void
step_signal(struct script *script)
{
	if ((take(script) & 7) == 7) {
		event_active(stage.hook->on_term, EV_SIGNAL, 1);
		stage.stopped = true;
	} else if (script->reloads++ < RELOADS_MAX) {
		event_active(stage.hook->on_hup, EV_SIGNAL, 1);
	}
}

static void
step_ask(struct script *script, bool split)
{
	struct proxy *proxy = take_proxy(script);
	unsigned how = take(script), odd = take(script);
	unsigned times = 1U << (odd >> 5 & 7);

	if (proxy->fd == -1)
		proxy_open(proxy, (enum place)(odd % PLACES));
	for (unsigned i = 0; i < times; i++)
		proxy_ask(&stage, proxy, how, odd, split && times == 1);
}

static void
step(struct script *script)
{
	unsigned what = take(script), which;
	struct proxy *proxy;

	switch (what & 15) {
	case 0: case 1:
		proxy = take_proxy(script);
		proxy_open(proxy, (enum place)(take(script) % PLACES));
		break;
	case 2: case 3: case 4: case 5:
		step_ask(script, (what & 64) != 0);
		break;
	case 6:
		step_bytes(script);
		break;
	case 7:
		step_leave(script);
		break;
	case 8: case 9: case 10: case 11:
		which = take(script);
		lookupd_answer(&stage, which & 15, which < 64 ? HOW_ACTIVE :
		    (enum answer_how)((which >> 4) - 4));
		break;
	case 12:
		which = take(script);
		while (stage.asked_count > which % 4)
			lookupd_answer(&stage, 0, HOW_ACTIVE);
		break;
	case 13:
		step_signal(script);
		break;
	default:
		stage_turn(&stage);
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
