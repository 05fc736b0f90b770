/*
 * The directory process: questions of the front in, findings out.
 */
#include "lookupd/directory.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "common/deadline.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/privileges.h"
#include "lookupd/area.h"
#include "lookupd/confine.h"
#include "lookupd/control.h"
#include "lookupd/generations.h"
#include "lookupd/handover.h"
#include "lookupd/ldap_establish.h"
#include "lookupd/questions.h"
#include "lookupd/store.h"

/* How often what is left of old configurations is looked at. */
#define SWEEP_MS 1000
/* How often what was written to the store goes to the disk, and it is looked
 * whether the store is still there. */
#define STORE_SYNC_MS (5 * 1000)
/* Who wrote the store before us may still be ending, when all of lookupd was
 * killed and started at once. */
#define STORE_PATIENCE_MS 2000
#define STORE_RETRY_MS 20

struct directory {
	struct event_base *base;
	int control;
	struct event *control_event, *sweep;
	struct store *store;		/* or NULL */
	struct event *store_sync;
	struct event *signals[3];
	struct generations generations;
	struct questions questions;
	char sandbox[SANDBOX_STATE_MAX];
	bool orphaned;
	bool discarded;			/* the store: begin anew with another */
};

static void
on_orphaned(void *context)
{
	struct directory *directory = context;

	log_error("no front has come; ending, to be connected again");
	directory->orphaned = true;
	event_base_loopbreak(directory->base);
}

/* The store cannot be believed: it is thrown away, and the parent starts a
 * directory process that begins another. */
static void
on_store_damaged(void *context)
{
	struct directory *directory = context;

	if (directory->discarded)
		return;
	log_error("the store is damaged; ending, to begin another");
	directory->discarded = true;
	store_discard(directory->store);
	event_base_loopbreak(directory->base);
}

static void
on_store_sync(evutil_socket_t fd, short what, void *context)
{
	struct directory *directory = context;

	(void)fd, (void)what;
	if (store_damaged(directory->store) ||
	    store_stale_handle(directory->store)) {
		on_store_damaged(directory);
		return;
	}
	store_sync(directory->store);
	loop_arm(directory->store_sync, STORE_SYNC_MS);
}

static void
on_sweep(evutil_socket_t fd, short what, void *context)
{
	struct directory *directory = context;

	(void)fd, (void)what;
	if (generations_sweep(&directory->generations))
		loop_arm(directory->sweep, SWEEP_MS);
}

/* From now on the current one mirrors, and none but it. */
static void
change_from(struct directory *directory, struct generation *before)
{
	struct generation *current = directory->generations.current;

	log_set_level((enum log_level)current->config->log_level);
	generation_end_mirrors(before);
	generation_open(current, directory->store, on_store_damaged,
	    directory);
	loop_arm(directory->sweep, 0);
}

static void
take_back(struct directory *directory)
{
	struct generation *refused =
	    generations_take_back(&directory->generations);

	if (refused != NULL)
		change_from(directory, refused);
}

static int
take_config(struct directory *directory, int fd)
{
	struct problems problems;
	struct bundle *bundle;
	struct config *config = NULL;
	struct generation *generation;
	size_t i;

	directory->generations.tentative = false;
	problems_init(&problems);
	bundle = handover_take(fd, &problems);
	if (bundle != NULL)
		config = config_read_from(bundle,
		    directory->generations.current->config->path, &problems);
	bundle_free(bundle);
	for (i = 0; i < problems.count && i < PROBLEMS_MAX; i++)
		log_error("%s", problems_text(&problems, i));
	problems_free(&problems);
	if (config == NULL)
		return -1;
	generation = generation_new(directory->base, config);
	if (generation == NULL)
		return -1;
	generations_take(&directory->generations, generation);
	change_from(directory, directory->generations.previous);
	return 0;
}

static void
on_control(evutil_socket_t fd, short events, void *context)
{
	struct directory *directory = context;
	int received, passed = -1;
	char what = 0;

	(void)events;
	while ((received = control_receive(fd, &what, &passed)) > 0) {
		if (what == 'F' && passed != -1) {
			questions_take_channel(&directory->questions, passed);
			continue;
		}
		if (what == 'D' && directory->store != NULL)
			on_store_damaged(directory);
		if (what == 'N')
			take_back(directory);
		if (what == 'R')
			control_send(fd, take_config(directory, passed) == 0 ?
			    'r' : 'e', -1);
		if (passed != -1)
			close(passed);
	}
	if (received == 0)		/* the parent is gone */
		event_base_loopbreak(directory->base);
}

static void
on_signal(int signal, short what, void *context)
{
	struct directory *directory = context;

	(void)what;
	if (signal == SIGTERM)
		event_base_loopbreak(directory->base);
	/* SIGINT and SIGHUP of a terminal are the parent's business */
}

/* The store of the mirrors.  Without it live realms are answered. */
static int
open_store(struct directory *directory, const struct config *config)
{
	int64_t until = deadline_in(STORE_PATIENCE_MS);
	char error[STORE_ERROR_MAX];
	bool anew = false;

	if (config->store == NULL)
		return 0;
	directory->store_sync = event_new(directory->base, -1, 0,
	    on_store_sync, directory);
	if (directory->store_sync == NULL)
		return -1;
	while ((directory->store = store_open(config->store, STORE_WRITER,
	    &anew, error)) == NULL && deadline_now() < until)
		(void)poll(NULL, 0, STORE_RETRY_MS);
	if (directory->store == NULL)
		log_error("store %s: %s; what is mirrored is unavailable "
		    "until a restart", config->store, error);
	else if (anew)
		log_notice("store %s: begun anew: %s", config->store, error);
	if (directory->store == NULL)
		return 0;
	switch (store_prune(directory->store, area_configured, config, error)) {
	case -1:
		log_warning("store %s: %s", config->store, error);
		break;
	case 1:
		log_notice("store %s: what realms had there that are not "
		    "mirrored any more is removed", config->store);
		break;
	}
	loop_arm(directory->store_sync, STORE_SYNC_MS);
	return 0;
}

static int
set_up(struct directory *directory, struct config *config)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	char error[PRIVILEGES_ERROR_MAX];
	size_t i;

	if (privileges_harden(error) != 0) {
		log_error("%s", error);
		config_unref(config);
		return -1;
	}
	if (ldap_establish_init() != 0 ||
	    (directory->base = loop_new()) == NULL) {
		log_error("libldap or the event loop cannot be set up");
		config_unref(config);
		return -1;
	}
	directory->generations.current = generation_new(directory->base,
	    config);
	if (directory->generations.current == NULL)
		return -1;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		directory->signals[i] = loop_on_signal(directory->base,
		    numbers[i], on_signal, directory);
		if (directory->signals[i] == NULL)
			return -1;
	}
	directory->sweep = event_new(directory->base, -1, 0, on_sweep,
	    directory);
	directory->control_event = event_new(directory->base,
	    directory->control, EV_READ | EV_PERSIST, on_control, directory);
	if (directory->sweep == NULL || directory->control_event == NULL ||
	    event_add(directory->control_event, NULL) != 0 ||
	    questions_begin(&directory->questions, directory->base,
	    &directory->generations, directory->sandbox, on_orphaned,
	    directory) != 0)
		return -1;
	if (open_store(directory, config) != 0)
		return -1;
	if (confine(SANDBOX_DIRECTORY, config, directory->sandbox) != 0)
		return -1;
	generation_open(directory->generations.current, directory->store,
	    on_store_damaged, directory);
	return control_send(directory->control, 'K', -1);
}

static void
tear_down(struct directory *directory)
{
	size_t i;

	generations_free(&directory->generations);
	store_close(directory->store);
	questions_end(&directory->questions);
	for (i = 0; i < sizeof(directory->signals) /
	    sizeof(directory->signals[0]); i++) {
		if (directory->signals[i] != NULL)
			event_free(directory->signals[i]);
	}
	if (directory->sweep != NULL)
		event_free(directory->sweep);
	if (directory->store_sync != NULL)
		event_free(directory->store_sync);
	if (directory->control_event != NULL)
		event_free(directory->control_event);
	if (directory->base != NULL)
		event_base_free(directory->base);
}

int
directory_run(struct config *config, int control)
{
	struct directory directory = { .control = control };
	int status = 1;

	log_set_program("lookupd[directory]");
	if (set_up(&directory, config) == 0)
		status = event_base_dispatch(directory.base) < 0 ||
		    directory.orphaned || directory.discarded ? 1 : 0;
	else
		log_error("the directory process cannot start");
	tear_down(&directory);
	close(control);
	return status;
}
