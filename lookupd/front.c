#include "lookupd/front.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/deadline.h"
#include "daemon/log.h"
#include "daemon/privileges.h"
#include "lookupd/confine.h"
#include "lookupd/control.h"
#include "lookupd/request.h"

/* Accepted in one turn of the loop. */
#define ACCEPTS_PER_TURN 64
/* Descriptors that are not clients': ours, and those that reading files takes
 * for a moment; without any, nobody would be accepted, root included. */
#define DESCRIPTORS_OURS 64
/* Pause after accept failed for want of descriptors or memory. */
#define ACCEPT_PAUSE_MS 100
#define SWEEP_MS 1000
/* When stopping, what was asked is answered; this long at most. */
#define STOP_MS 4000

/* ---- accepting -------------------------------------------------------- */

static void
say_and_close(int fd, enum verdict verdict, const char *reason)
{
	struct buffer line;

	buffer_init(&line, 256);
	protocol_begin(&line, verdict_word(verdict));
	protocol_put_text(&line, "reason", reason);
	protocol_end(&line);
	if (!line.failed)
		(void)!send(fd, line.data, line.len,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	buffer_free(&line);
	close(fd);
}

static void
refuse_stranger(struct front *front, int fd, const struct unix_peer *peer)
{
	struct decision decision = { .verdict = VERDICT_REFUSED };
	struct charge *charge = callers_charge(&front->callers, peer->uid);
	struct audit_event event = { .peer = peer, .charge = charge,
		.evidence = -1, .decision = &decision, .now = deadline_now() };

	front->counters.connections_refused++;
	counters_verdict(&front->counters, VERDICT_REFUSED);
	strncpy(decision.reason, REASON_CALLER, REASON_MAX);
	audit_write(front->audit, &event);
	say_and_close(fd, VERDICT_REFUSED, REASON_CALLER);
}

/* How many clients the descriptors suffice for. */
static size_t
count_places(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur <= 2 * DESCRIPTORS_OURS)
		return DESCRIPTORS_OURS;
	return limit.rlim_cur > INT_MAX ? INT_MAX :
	    (size_t)limit.rlim_cur - DESCRIPTORS_OURS;
}

/* As configured; with too few descriptors for that, one caller may have half
 * of what there is. */
static bool
caller_has_place(const struct front *front, const struct charge *charge)
{
	size_t most = (size_t)front->trust->config->connections_per_uid;

	if (most > front->places / 2)
		most = front->places / 2;
	return charge->connections < most;
}

static bool
is_full(const struct front *front)
{
	return front->client_count >= front->places || front->client_count >=
	    (size_t)front->trust->config->connections_max;
}

/* Who is it, and is there a place for him? */
static void
admit(struct front *front, int fd)
{
	const struct config *config = front->trust->config;
	struct unix_peer peer;
	struct charge *charge;

	front->counters.connections++;
	if (unix_socket_peer(fd, &peer) != 0) {
		close(fd);
		return;
	}
	if (!caller_known(config, &peer, fd)) {
		refuse_stranger(front, fd, &peer);
		return;
	}
	charge = callers_charge(&front->callers, peer.uid);
	if (charge == NULL ||
	    (peer.uid != 0 && !caller_has_place(front, charge)) ||
	    (is_full(front) && !clients_evict(front, deadline_now()))) {
		front->counters.connections_busy++;
		counters_verdict(&front->counters, VERDICT_UNAVAILABLE);
		say_and_close(fd, VERDICT_UNAVAILABLE, REASON_BUSY);
		return;
	}
	if (client_new(front, fd, &peer, charge) != 0)
		log_error("no memory for a client");
}

/* Mostly nobody: to ask costs a sixth of an accept that finds nobody. */
static bool
somebody_waits(int listen_fd)
{
	struct pollfd look = { .fd = listen_fd, .events = POLLIN };

	return poll(&look, 1, 0) > 0;
}

static void
on_accept(evutil_socket_t listen_fd, short what, void *context)
{
	struct front *front = context;

	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		int fd = accept4(listen_fd, NULL, NULL,
		    SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			admit(front, fd);
			if (!somebody_waits(listen_fd))
				return;
			continue;
		}
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK) {
			log_warning("cannot accept: %s; pausing",
			    strerror(errno));
			event_del(front->listener);
			loop_arm(front->resume, ACCEPT_PAUSE_MS);
		}
		return;
	}
}

static void
on_resume(evutil_socket_t fd, short what, void *context)
{
	struct front *front = context;

	if (!front->stopping)
		event_add(front->listener, NULL);
}

static void
on_sweep(evutil_socket_t fd, short what, void *context)
{
	struct front *front = context;
	int64_t now = deadline_now();

	clients_sweep(front, now);
	audit_flush_refusals(&front->callers, now);
	callers_sweep(&front->callers);
	/* The directory process may live on although the channel broke. */
	if (!finder_connected(front->finder))
		front_ask_parent(front, 'C');
	if (stock_is_damaged(front->stock))
		front_ask_parent(front, 'D');
	if (stock_is_stale(front->stock) && !front->stopping) {
		log_error("the store was replaced; ending, to open the new one");
		front->replaced = true;
		front_stop(front);
	}
	loop_arm(front->sweep, SWEEP_MS);
}

static void
on_settle(evutil_socket_t fd, short what, void *context)
{
	clients_settle(context);
}

static void
on_again(evutil_socket_t fd, short what, void *context)
{
	clients_continue(context);
}

/* ---- stopping --------------------------------------------------------- */

void
front_client_gone(struct front *front)
{
	if (front->stopping && front->client_count == 0)
		event_base_loopexit(front->base, NULL);
}

static void
on_stop_late(evutil_socket_t fd, short what, void *context)
{
	struct front *front = context;

	struct client *client = front->clients;

	log_warning("stopping with %zu clients left", front->client_count);
	event_base_loopexit(front->base, NULL);
	while (client != NULL) {
		struct client *next = client->next;

		if (client->request != NULL)
			request_give_up(client->request, REASON_STOPPING);
		client = next;
	}
}

/* Answer what was asked, then end. */
void
front_stop(struct front *front)
{
	struct client *client, *next;
	struct timeval late = { .tv_sec = STOP_MS / 1000 };

	if (front->stopping)
		return;
	front->stopping = true;
	event_del(front->listener);
	event_base_once(front->base, -1, EV_TIMEOUT, on_stop_late, front,
	    &late);
	for (client = front->clients; client != NULL; client = next) {
		next = client->next;
		client_finish(client);
	}
	front_client_gone(front);
}

static void
on_terminate(int signal, short what, void *context)
{
	front_stop(context);
}

/* ---- setting up ------------------------------------------------------- */

int
front_set_up(struct front *front)
{
	front->base = loop_new();
	if (front->base == NULL)
		return -1;
	front->reading = loop_reading(front->base);
	front->places = count_places();
	if (front->places < (size_t)front->trust->config->connections_max)
		log_notice("descriptors suffice for %zu connections, not for "
		    "the %lld configured", front->places,
		    (long long)front->trust->config->connections_max);
	front->stock = stock_new(front->base, front->trust->config);
	front->finder = finder_new(front->base);
	front->certificates = certificate_cache_new(CERTIFICATE_CACHE_MAX);
	front->audit = audit_new(&front->counters);
	front->listener = event_new(front->base, front->listen_fd,
	    EV_READ | EV_PERSIST, on_accept, front);
	front->control_event = event_new(front->base, front->control,
	    EV_READ | EV_PERSIST, front_on_control, front);
	front->resume = evtimer_new(front->base, on_resume, front);
	front->sweep = evtimer_new(front->base, on_sweep, front);
	front->again = evtimer_new(front->base, on_again, front);
	front->settle = event_new(front->base, -1, 0, on_settle, front);
	front->terminate = loop_on_signal(front->base, SIGTERM, on_terminate,
	    front);
	if (front->finder != NULL)
		front->memory = memory_new(front->finder, &front->counters);
	if (front->stock == NULL || front->memory == NULL ||
	    front->certificates == NULL ||
	    front->audit == NULL || front->listener == NULL ||
	    front->control_event == NULL || front->resume == NULL ||
	    front->sweep == NULL || front->settle == NULL ||
	    front->again == NULL || front->terminate == NULL)
		return -1;
	if (event_add(front->listener, NULL) != 0 ||
	    event_add(front->control_event, NULL) != 0)
		return -1;
	return loop_arm(front->sweep, SWEEP_MS);
}

void
front_tear_down(struct front *front)
{
	struct event **events[] = { &front->listener, &front->control_event,
		&front->resume, &front->sweep, &front->settle, &front->again,
		&front->terminate };

	while (front->clients != NULL)
		client_drop(front->clients);
	stock_free(front->stock);
	memory_free(front->memory);
	finder_free(front->finder);
	certificate_cache_free(front->certificates);
	audit_free(front->audit);
	callers_free(&front->callers);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (*events[i] != NULL)
			event_free(*events[i]);
	}
	if (front->base != NULL)
		event_base_free(front->base);
	trust_unref(front->trust);
	free(front->spare);
	lines_pool_free(&front->lines);
}

int
front_run(struct config *config, int listen_fd, int control)
{
	struct front front = { .listen_fd = listen_fd, .control = control,
		.started = deadline_now() };
	struct problems problems;
	char error[PRIVILEGES_ERROR_MAX];
	int status = 1;

	log_set_program("lookupd[front]");
	problems_init(&problems);
	if (privileges_harden(error) != 0) {
		log_error("%s", error);
		config_unref(config);
		goto out;
	}
	if (certificate_init() != 0) {
		log_error("cannot initialise OpenSSL");
		config_unref(config);
		goto out;
	}
	front.trust = trust_load(config, &problems);
	if (front.trust == NULL) {
		for (size_t i = 0; i < problems.count && i < PROBLEMS_MAX; i++)
			log_error("%s", problems_text(&problems, i));
		goto out;
	}
	if (front_set_up(&front) != 0) {
		log_error("cannot set up: %s", strerror(errno));
		goto out;
	}
	if (confine(SANDBOX_FRONT, config, front.sandbox) == 0 &&
	    control_send(control, 'K', -1) == 0 &&
	    event_base_dispatch(front.base) >= 0)
		status = front.replaced ? 1 : 0;
out:
	front_tear_down(&front);
	problems_free(&problems);
	return status;
}
