/*
 * One request that is owed one answer: what was read of it, and the sending of
 * a reply.
 *
 * Of the header fields four are read: the evidence, the result of the proxy's
 * verification, the address of the person's machine and the listener's
 * secret; besides those that say how long the request is.
 */
#ifndef HOOK_EXCHANGE_H
#define HOOK_EXCHANGE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "hook/evidence.h"
#include "hook/hook_config.h"
#include "hook/limits.h"
#include "hook/reply.h"

/* Longest address of a person's machine, as in the protocol. */
#define EXCHANGE_CLIENT_MAX 64

struct listener;
struct evhttp_request;

struct exchange {
	struct listener *listener;
	void *context;			/* the listener's */
	struct evhttp_request *request;
	struct hook_config *config;	/* when it was asked; a reference */
	const struct listener_config *options;	/* part of it */
	uid_t peer;			/* who connected, of a Unix socket */
	bool peer_ok;			/* else nothing below is filled in */
	bool secret_ok;			/* else nothing below is filled in */
	bool has_body;			/* or may have one; else nothing below
					 * is filled in */
	bool closing;			/* set: close after the answer */
	enum evidence_finding finding;
	const char *failure;		/* REASON_* for EVIDENCE_BAD_CERT */
	const char *why;
	bool asks_close;		/* by Connection */
	bool asks_more;			/* and evhttp understands it */
	const char *cert;		/* borrowed from the request */
	size_t cert_len;
	bool need_admin;
	struct limits_asker asker;	/* whose refusals are counted */
	char client[EXCHANGE_CLIENT_MAX + 1];	/* "" if not known */
};

/* Of the listener: fill an exchange with zeroes in but its first five fields,
 * from its request, which came over that descriptor. */
void exchange_read(struct exchange *exchange, int fd);

/* Reply; frees the exchange. */
void exchange_reply(struct exchange *exchange, const struct reply *reply);

#endif
