/* What hook.c and asking.c share. */
#ifndef HOOK_HOOK_PARTS_H
#define HOOK_HOOK_PARTS_H

#include "daemon/loop.h"
#include "hook/hook.h"
#include "hook/limits.h"
#include "hook/listener.h"
#include "hook/pool.h"
#include "hook/refusals.h"

/* When nothing is owed any more, the last answers have so long to leave. */
#define HOOK_FLUSH_MS 50

struct hook {
	struct event_base *base;
	struct hook_config *config;
	struct pool *pool;
	struct limits *limits;
	struct listener *listeners[HOOK_LISTENERS_MAX];
	size_t listener_count;
	struct event *on_hup, *on_term, *on_int, *stop;
	size_t pending;			/* exchanges owed an answer */
	bool stopping;
	struct refusals refusals;
};

/* A request is there: of listener.h, with the hook as context. */
void hook_asked(void *hook, struct exchange *exchange);

#endif
