/*
 * What a listener's settings must be besides of their types: each error is
 * added to the problems.  Fills in what is made of names: users, groups.
 */
#ifndef HOOK_LISTENER_CHECK_H
#define HOOK_LISTENER_CHECK_H

#include "hook/listener_config.h"

/* The listener being read, and where its group is, for messages. */
struct listener_reading {
	struct listener_config *listener;
	const struct settings_node *node;
	struct problems *problems;
};

#define LISTENER_COMPLAIN(reading, ...) \
	problems_add((reading)->problems, settings_file((reading)->node), \
	    settings_line((reading)->node), __VA_ARGS__)

void listener_check(struct listener_reading *reading);

#endif
