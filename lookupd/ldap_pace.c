/*
 * A timer of the kernel's: those of the loop are good to milliseconds only.
 */
#include "lookupd/ldap_pace.h"

#include <sys/timerfd.h>

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

struct ldap_pace {
	int fd;
	struct event *event;
	void (*tick)(void *context);
	void *context;
};

static void
on_timer(evutil_socket_t fd, short what, void *context)
{
	struct ldap_pace *pace = context;
	uint64_t times;

	(void)what;
	if (read(fd, &times, sizeof(times)) == (ssize_t)sizeof(times))
		pace->tick(pace->context);
}

struct ldap_pace *
ldap_pace_new(struct event_base *base, void (*tick)(void *context),
    void *context)
{
	struct ldap_pace *pace = calloc(1, sizeof(*pace));

	if (pace == NULL)
		return NULL;
	pace->tick = tick;
	pace->context = context;
	pace->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (pace->fd >= 0)
		pace->event = event_new(base, pace->fd, EV_READ | EV_PERSIST,
		    on_timer, pace);
	if (pace->event != NULL)
		return pace;
	ldap_pace_free(pace);
	return NULL;
}

void
ldap_pace_free(struct ldap_pace *pace)
{
	if (pace == NULL)
		return;
	if (pace->event != NULL)
		event_free(pace->event);
	if (pace->fd >= 0)
		close(pace->fd);
	free(pace);
}

int
ldap_pace_start(struct ldap_pace *pace)
{
	static const struct itimerspec every = {
		.it_interval = { 0, LDAP_PACE_US * 1000L },
		.it_value = { 0, LDAP_PACE_US * 1000L } };

	if (timerfd_settime(pace->fd, 0, &every, NULL) != 0)
		return -1;
	return event_add(pace->event, NULL);
}

void
ldap_pace_stop(struct ldap_pace *pace)
{
	static const struct itimerspec never;

	event_del(pace->event);
	(void)timerfd_settime(pace->fd, 0, &never, NULL);
}
