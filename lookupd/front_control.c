/*
 * The front and its parent: channels to the directory process and new
 * configurations arrive, and are taken into use or refused.
 */
#include "lookupd/front.h"

#include <unistd.h>

#include "common/deadline.h"
#include "daemon/log.h"
#include "lookupd/control.h"
#include "lookupd/handover.h"
#include "lookupd/request.h"

int
front_ask_parent(struct front *front, char what)
{
	return control_send(front->control, what, -1);
}

/* What fd brings, whole and good, or NULL with problems. */
static struct trust *
take(const struct front *front, int fd, struct problems *problems)
{
	struct bundle *bundle = handover_take(fd, problems);
	struct config *config = NULL;
	struct trust *trust = NULL;

	if (bundle != NULL)
		config = config_read_from(bundle, front->trust->config->path,
		    problems);
	if (config != NULL)
		trust = trust_load_from(bundle, config, problems);
	bundle_free(bundle);
	return trust;
}

static int
reload(struct front *front, int fd)
{
	struct problems problems;
	struct trust *trust, *before = front->trust;

	problems_init(&problems);
	trust = take(front, fd, &problems);
	if (trust == NULL) {
		for (size_t i = 0; i < problems.count && i < PROBLEMS_MAX; i++)
			log_error("%s", problems_text(&problems, i));
		log_error("the old configuration stays in use");
	} else {
		front->trust = trust;
		stock_take(front->stock, trust->config);
		trust_unref(before);
		certificate_cache_flush(front->certificates);
		memory_flush(front->memory);
		log_set_level((enum log_level)trust->config->log_level);
		front->counters.reloads++;
		log_notice("configuration %s taken into use",
		    trust->config->path);
	}
	problems_free(&problems);
	return trust == NULL ? -1 : 0;
}

void
front_on_control(evutil_socket_t control, short events, void *context)
{
	struct front *front = context;
	char what;
	int fd, rc;

	clients_go_on_earlier(front, deadline_now_us());
	while ((rc = control_receive(control, &what, &fd)) > 0) {
		if (what == 'F' && fd >= 0) {
			finder_connect(front->finder, fd);
			fd = -1;
		} else if (what == 'R' || what == 'N') {
			rc = what == 'R' ? reload(front, fd) : -1;
			if (what == 'R')
				control_send(control, rc == 0 ? 'r' : 'e', -1);
			if (front->reloading != NULL)
				request_finish_admin(front->reloading,
				    rc == 0 ? NULL : REASON_BAD_VALUE);
		}
		if (fd >= 0)
			close(fd);
	}
	if (rc == 0) {			/* the parent is gone */
		event_del(front->control_event);
		front_stop(front);
	}
}
