/*
 * `find` between front and directory process: lines are fed to both ends.  A
 * request that was understood reads the same when written again; so does a
 * reply.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lookupd/find.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* Decode the next line of *at into *line; false at the end. */
static bool
next_line(const char **at, size_t *left, char **line,
    struct protocol_message *message)
{
	struct protocol_error error;
	size_t len, used;

	for (;;) {
		free(*line);
		*line = NULL;
		if (protocol_next(*at, *left, FIND_LINE_MAX, &len, &used) !=
		    PROTOCOL_OK)
			return false;
		*line = malloc(len + 1);
		require(*line != NULL);
		memcpy(*line, *at, len);
		(*line)[len] = '\0';
		*at += used;
		*left -= used;
		if (protocol_decode(*line, len, message, &error) == PROTOCOL_OK)
			return true;
	}
}

static void
check_request(const struct protocol_message *message)
{
	struct find_request request, again;
	struct protocol_message second;
	struct buffer out;
	const char *at;
	char *line = NULL;
	size_t left;

	if (find_get_request(message, &request) < 0)
		return;
	buffer_init(&out, 64 * 1024);
	find_put_request(&out, &request);
	require(!out.failed);
	at = out.data;
	left = out.len;
	require(next_line(&at, &left, &line, &second) && left == 0);
	require(find_get_request(&second, &again) == 0);
	require(again.id == request.id && again.config == request.config &&
	    again.ms == request.ms && again.explain == request.explain &&
	    strcmp(again.realm, request.realm) == 0 &&
	    again.identity.source == request.identity.source &&
	    again.identity.name.len == request.identity.name.len &&
	    again.identity.name.local_len == request.identity.name.local_len &&
	    memcmp(again.identity.name.text, request.identity.name.text,
	    request.identity.name.len) == 0);
	free(line);
	buffer_free(&out);
}

static void
same_entries(struct entry *const *a, size_t a_count, struct entry *const *b,
    size_t b_count)
{
	size_t i;

	require(a_count == b_count);
	for (i = 0; i < a_count; i++)
		require(entry_same(a[i], b[i]));
}

static void
check_reply(const struct find_reply *reply, uint64_t id)
{
	const struct findings *found = &reply->findings, *again;
	struct protocol_message message;
	struct find_reply second;
	struct buffer out;
	const char *at;
	char *line = NULL;
	size_t left;
	uint64_t second_id = id + 1;
	int rc = 0;

	require(found->failure == VERDICT_NONE ||
	    (found->failure == VERDICT_UNAVAILABLE &&
	    reason_verdict(found->reason) == VERDICT_UNAVAILABLE));
	buffer_init(&out, 2 * FIND_REPLY_MAX);
	find_put_reply(&out, id, found, NULL);
	require(!out.failed);
	at = out.data;
	left = out.len;
	find_reply_init(&second);
	while (rc == 0 && next_line(&at, &left, &line, &message))
		rc = find_reply_feed(&second, &message, &second_id);
	require(rc == 1 && second_id == id && left == 0);
	again = &second.findings;
	require(again->failure == found->failure &&
	    again->reason == found->reason && again->more == found->more &&
	    again->domain_missing == found->domain_missing);
	same_entries(again->accounts, again->account_count, found->accounts,
	    found->account_count);
	same_entries(again->domains, again->domain_count, found->domains,
	    found->domain_count);
	find_reply_free(&second);
	free(line);
	buffer_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data;
	struct protocol_message message;
	struct find_reply reply;
	struct trace trace;
	char *line = NULL;
	uint64_t id = 0;
	int rc;

	trace_init(&trace);
	find_reply_init(&reply);
	reply.trace = &trace;
	while (next_line(&at, &size, &line, &message)) {
		check_request(&message);
		rc = find_reply_feed(&reply, &message, &id);
		if (rc == 1)
			check_reply(&reply, id);
		if (rc != 0) {
			find_reply_free(&reply);
			find_reply_init(&reply);
			reply.trace = &trace;
		}
	}
	free(line);
	find_reply_free(&reply);
	trace_free(&trace);
	return 0;
}
