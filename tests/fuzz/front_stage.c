#include "tests/fuzz/front_stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/deadline.h"
#include "daemon/log.h"
#include "lookupd/control.h"
#include "lookupd/handover.h"
#include "lookupd/request.h"
#include "tests/fuzz/front_certs.h"
#include "tests/fuzz/front_fault.h"
#include "tests/fuzz/front_store.h"

#define END_ROUNDS 700

static struct trust *trust;		/* each run takes a reference */
static int listen_fd, bundle_fd;
static char folder[] = "/tmp/ca.XXXXXX", conf[64], ca[64], door[64];

/* ---- once ------------------------------------------------------------- */

static void
clean(void)
{
	unlink(conf);
	unlink(ca);
	unlink(door);
	rmdir(folder);
}

static void
write_files(void)
{
	FILE *file = fopen(ca, "we");

	model_require(file != NULL && fputs(front_ca, file) >= 0 &&
	    fclose(file) == 0, "cannot write the CA");
	file = fopen(conf, "we");
	model_require(file != NULL, "cannot write the configuration");
	fprintf(file, "profiles = \"%s\"; deadline = 2500;\n"
	    "requests_per_user = 8; store = \"%s\";\n"
	    "realms = ( { name = \"main\"; profile = \"zimbra\"; base = \"\";\n"
	    "  whole_tree = true; servers = [ \"ldapi://%%2Fnone\" ];\n"
	    "  bind = \"external\"; client_ca = \"%s\"; cache_positive = 30;\n"
	    "}, { name = \"second\"; profile = \"openldap\"; base = \"o=2\";\n"
	    "  servers = [ \"ldapi://%%2Fnone\" ]; bind = \"external\";\n"
	    "  cache_positive = 30;\n"
	    "}, { name = \"stored\"; profile = \"openldap\"; base = \"o=3\";\n"
	    "  servers = [ \"ldapi://%%2Fnone\" ]; bind = \"external\";\n"
	    "  mode = \"mirror\"; max_stale = %d; canary = [ \"%s\" ];\n"
	    "} );\n"
	    "services = ( { name = \"proxy\"; callers = [ \"1001\" ];\n"
	    "  evidence = [ \"verified\" ]; realms = [ \"main\" ];\n"
	    "}, { name = \"app\"; callers = [ \"1001\", \"1002\" ];\n"
	    "  evidence = [ \"none\", \"asserted\" ];\n"
	    "  realms = [ \"main\", \"second\", \"stored\" ];\n"
	    "}, { name = \"boss\"; callers = [ \"1002\" ]; need = \"admin\";\n"
	    "  evidence = [ \"none\" ]; realms = [ \"main\" ];\n"
	    "}, { name = \"strict\"; callers = [ \"1001\" ];\n"
	    "  evidence = [ \"none\" ]; realms = [ \"second\" ];\n"
	    "  require = \"(title=chief)\"; } );\n", FUZZ_PROFILES, folder,
	    ca, STORED_STALE_S, STORED_CANARY);
	model_require(fclose(file) == 0, "cannot write the configuration");
}

static void
open_door(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", door);
	listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	model_require(listen_fd >= 0 && bind(listen_fd,
	    (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    listen(listen_fd, 64) == 0, "cannot listen");
}

void
stage_init(void)
{
	struct problems problems;
	struct config *config = NULL;

	fault_init();
	fault_begin();
	log_open("fuzz", false, LEVEL_ERROR);
	model_require(certificate_init() == 0, "OpenSSL");
	model_require(mkdtemp(folder) != NULL, "no folder");
	snprintf(conf, sizeof(conf), "%s/conf", folder);
	snprintf(ca, sizeof(ca), "%s/ca", folder);
	snprintf(door, sizeof(door), "%s/door", folder);
	atexit(clean);
	write_files();
	open_door();
	problems_init(&problems);
	bundle_fd = handover_make(conf, &config, &problems);
	if (bundle_fd >= 0)
		trust = trust_load(config, &problems);
	for (size_t i = 0; i < problems.count && i < PROBLEMS_MAX; i++)
		fprintf(stderr, "%s\n", problems.items[i]);
	model_require(trust != NULL, "the configuration is bad");
	problems_free(&problems);
	stored_init(folder, trust->config);
}

int
stage_bundle(void)
{
	return bundle_fd;
}

/* ---- clients ---------------------------------------------------------- */

void
player_close(struct player *player)
{
	if (player->fd != -1)
		close(player->fd);
	buffer_free(&player->in);
	player->fd = -1;
	player->count = 0;
}

static int
knock(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", door);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address,
	    sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

void
player_open(struct stage *stage, struct player *player, unsigned uid,
    bool knocks)
{
	struct unix_peer peer = { .uid = uid, .gid = uid, .pid = 1 };
	struct charge *charge;
	int pair[2];

	player_close(player);
	player->wild = player->half = player->deaf = false;
	player->unheard = false;
	player->first = 0;
	player->knocked = knocks;
	player->uid = knocks ? 0 : uid;
	buffer_init(&player->in, STAGE_HEARD_MAX);
	if (knocks) {
		player->fd = knock();
		stage->lossy = stage->lossy || stage->front.stopping;
		return;
	}
	charge = callers_charge(&stage->front.callers, uid);
	if (charge == NULL || stage->front.stopping)
		return;
	model_require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, pair) == 0, "no socket pair");
	player->fd = pair[1];
	fault_on();
	(void)client_new(&stage->front, pair[0], &peer, charge);
	fault_off();
}

void
player_send(struct stage *stage, struct player *player, const void *bytes,
    size_t len)
{
	ssize_t n = player->fd == -1 ? -1 : send(player->fd, bytes, len,
	    MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)stage;
	if (n != (ssize_t)len)
		player->wild = true;
}

/* One line of a reply. */
static void
take_line(struct player *player, const char *line, size_t len)
{
	const struct question *question;

	/* Without memory to admit it, a connection is told `busy' unasked. */
	if (player->knocked && fault_happened())
		player->wild = true;
	question = player->wild ? NULL : &player->questions[player->first];
	model_require(player->wild || player->count > 0,
	    "an answer that nobody asked for");
	for (size_t i = 0; i < len; i++)
		model_require(line[i] >= 0x20 && line[i] <= 0x7E,
		    "a reply that is not printable");
	if (line[0] == ' ') {
		model_require(question == NULL || (question->verb != ASK_LOOKUP &&
		    question->verb != ASK_FLUSH &&
		    question->verb != ASK_RELOAD), "details of a lookup");
		return;
	}
	model_check(question, player->uid, line, len);
	if (question != NULL) {
		player->first = (player->first + 1) % PLAYER_QUESTIONS;
		player->count--;
	}
}

/* Read and judge what has come. */
static void
listen_to(struct stage *stage, struct player *player)
{
	size_t line, used;
	ssize_t n;

	player->unheard = player->unheard || player->deaf;
	if (player->fd == -1 || player->deaf)
		return;
	while ((n = buffer_reserve(&player->in, 16384) != 0 ? -1 :
	    recv(player->fd, player->in.data + player->in.len, 16384,
	    MSG_DONTWAIT)) > 0)
		player->in.len += (size_t)n;
	while (player->in.len > 0 && protocol_next(player->in.data,
	    player->in.len, STAGE_HEARD_MAX, &line, &used) == PROTOCOL_OK) {
		model_require(line > 0, "an empty line");
		take_line(player, player->in.data, line);
		buffer_consume(&player->in, used);
	}
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	/* The front has closed it. */
	model_require(player->wild || player->count == 0 || stage->lossy ||
	    fault_happened(), "closed with questions unanswered");
	/* A line that memory did not suffice for is not begun either. */
	model_require(player->in.len == 0 || player->unheard ||
	    stage->fault_call != 0, "closed in the middle of an answer");
	player_close(player);
}

/* ---- the whole -------------------------------------------------------- */

static void
hear_front_to_parent(struct stage *stage)
{
	char what;
	int fd;

	while (stage->parent != -1 &&
	    control_receive(stage->parent, &what, &fd) > 0) {
		if (what == 'r')
			model_forget(-1, stage->reload_at);
	}
}

void
stage_turn(struct stage *stage)
{
	for (int i = 0; i < 3; i++) {
		fault_every_memory(stage->fault_memory);
		fault_every_call(stage->fault_call);
		fault_on();
		event_base_loop(stage->front.base, EVLOOP_NONBLOCK);
		fault_off();
		directory_hear(stage);
		hear_front_to_parent(stage);
		for (size_t k = 0; k < PLAYERS; k++)
			listen_to(stage, &stage->players[k]);
	}
	fault_between(0, NULL, NULL);
	stage->passed_ms = 0;
}

void
stage_begin(struct stage *stage)
{
	int pair[2];

	fault_begin();
	model_begin();
	stored_begin();
	buffer_init(&stage->heard, STAGE_HEARD_MAX);
	for (size_t k = 0; k < PLAYERS; k++) {
		stage->players[k].fd = -1;
		stage->players[k].count = 0;
		buffer_init(&stage->players[k].in, STAGE_HEARD_MAX);
	}
	stage->lossy = stage->dirty = false;
	stage->fault_memory = stage->fault_call = 0;
	stage->asked_count = 0;
	stage->passed_ms = 0;
	model_require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, pair) == 0, "no socket pair");
	stage->parent = pair[1];
	stage->directory = -1;
	stage->front = (struct front){ .trust = trust_ref(trust),
		.listen_fd = listen_fd, .control = pair[0],
		.started = deadline_now() };
	model_require(front_set_up(&stage->front) == 0, "cannot set up");
	directory_replace(stage, false);
}

void
stage_pass(struct stage *stage, int64_t ms)
{
	struct client *client;

	fault_pass_ms(ms);
	for (client = stage->front.clients; client != NULL;
	    client = client->next) {
		if (client->request != NULL && client->request->timer != NULL &&
		    deadline_left(client->request->deadline) == 0)
			event_active(client->request->timer, EV_TIMEOUT, 1);
	}
	if (ms >= 1000)
		event_active(stage->front.sweep, EV_TIMEOUT, 1);
	stage->passed_ms += ms;
	if (stage->passed_ms >= CLIENT_PATIENCE_MS / 2)
		stage->lossy = true;
}

/* Does anybody wait for an answer? */
static bool
is_owed(const struct stage *stage)
{
	const struct client *client;

	for (client = stage->front.clients; client != NULL;
	    client = client->next) {
		if (client->request != NULL)
			return true;
	}
	for (size_t k = 0; k < PLAYERS; k++) {
		if (stage->players[k].fd != -1 && !stage->players[k].wild &&
		    stage->players[k].count > 0)
			return true;
	}
	return false;
}

void
stage_end(struct stage *stage)
{
	struct front *front = &stage->front;
	bool sure;

	stage->fault_memory = stage->fault_call = 0;
	for (size_t k = 0; k < PLAYERS; k++)
		stage->players[k].deaf = false;
	directory_replace(stage, false);
	for (int i = 0; i < END_ROUNDS && (i < 2 || is_owed(stage)); i++) {
		stage_turn(stage);
		/* The parent's may have come late, and been dead. */
		if (!finder_connected(front->finder))
			directory_replace(stage, false);
		while (stage->asked_count > 0)
			directory_answer(stage, 0, 0);
		if (front->reloading != NULL && stage->parent != -1)
			control_send(stage->parent, 'N', -1);
		if (i % 16 == 15 && (stage->lossy || fault_happened()))
			stage_pass(stage, 3000);
	}
	sure = !stage->lossy && !fault_happened();
	model_require(!sure || !is_owed(stage), "a question unanswered");
	for (size_t k = 0; k < PLAYERS; k++) {
		model_require(!sure || !stage->players[k].half ||
		    stage->players[k].wild || stage->players[k].fd == -1,
		    "left open after the end");
		player_close(&stage->players[k]);
	}
	for (int i = 0; i < 4; i++)
		stage_turn(stage);
	model_require(!sure || front->client_count == 0, "clients left");
	for (const struct charge *c = front->callers.charges; c != NULL;
	    c = c->next)
		model_require(front->client_count > 0 || (c->requests == 0 &&
		    c->connections == 0), "a charge for nothing");
	front_tear_down(front);
	close(front->control);
	if (stage->parent != -1)
		close(stage->parent);
	directory_cut(stage);
	buffer_free(&stage->heard);
}
