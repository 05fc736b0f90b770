/*
 * Sockets that systemd made for us (socket activation).  Each is matched with
 * the listener of the same path or address; one that no listener wants is an error.
 */
#ifndef HOOK_SOCKETS_H
#define HOOK_SOCKETS_H

#include <stdbool.h>

#include "hook/hook_config.h"

#define SOCKETS_ERROR_MAX 320

struct sockets {
	int count;
	bool taken[HOOK_LISTENERS_MAX];
};

/* 0, or -1 with a sentence in error (SOCKETS_ERROR_MAX bytes). */
int sockets_init(struct sockets *sockets, char *error);

/* The listening socket of that listener, non-blocking and now the caller's;
 * or -1: there is none. */
int sockets_take(struct sockets *sockets,
    const struct listener_config *options);

/* 0 if all were taken, else -1 with a sentence in error. */
int sockets_rest(const struct sockets *sockets, char *error);

#endif
