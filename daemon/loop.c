/* See loop.h. */
#include "config.h"

#include "daemon/loop.h"

#include <signal.h>
#include <string.h>

static struct event_base *
new_base(int flags)
{
	struct sigaction ignore;
	struct event_config *config;
	struct event_base *base = NULL;

	memset(&ignore, 0, sizeof(ignore));
	ignore.sa_handler = SIG_IGN;
	sigemptyset(&ignore.sa_mask);
	if (sigaction(SIGPIPE, &ignore, NULL) != 0)
		return NULL;
	config = event_config_new();
	if (config == NULL)
		return NULL;
	/* Not EVENT_BASE_FLAG_PRECISE_TIMER: that is one more system call in
	 * every turn, for milliseconds of timers that are seconds long. */
	if (event_config_set_flag(config, flags) == 0)
		base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

struct event_base *
loop_new(void)
{
	return new_base(EVENT_BASE_FLAG_IGNORE_ENV);
}

struct event_base *
loop_new_changing(void)
{
	return new_base(EVENT_BASE_FLAG_IGNORE_ENV |
	    EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
}

short
loop_reading(struct event_base *base)
{
	const int needed = EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE;

	return (event_base_get_features(base) & needed) == needed ?
	    EV_READ | EV_ET | EV_CLOSED : EV_READ;
}

struct event *
loop_on_signal(struct event_base *base, int signal,
    void (*callback)(int signal, short what, void *context), void *context)
{
	struct event *event = evsignal_new(base, signal, callback, context);

	if (event != NULL && event_add(event, NULL) != 0) {
		event_free(event);
		return NULL;
	}
	return event;
}

int
loop_arm(struct event *timer, int64_t ms)
{
	struct timeval after;

	if (ms < 0)
		ms = 0;
	after.tv_sec = (time_t)(ms / 1000);
	after.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	return event_add(timer, &after);
}
