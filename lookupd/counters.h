/*
 * Counters of the front, declared once and served by `stats`.
 */
#ifndef LOOKUPD_COUNTERS_H
#define LOOKUPD_COUNTERS_H

#include <stdint.h>

#include "common/buffer.h"
#include "common/verdict.h"

/* X(name, what it counts) */
#define COUNTER_LIST(X)                                             \
	X(connections, "connections accepted")                      \
	X(connections_refused, "connections of callers nobody listed") \
	X(connections_busy, "connections over a limit")             \
	X(requests, "request lines, malformed ones included")       \
	X(active, "verdicts")                                       \
	X(blocked, "verdicts")                                      \
	X(unknown, "verdicts")                                      \
	X(ambiguous, "verdicts")                                    \
	X(refused, "verdicts")                                      \
	X(unavailable, "verdicts")                                  \
	X(bad_request, "verdicts")                                  \
	X(certificate_hits, "certificates known already")           \
	X(certificate_misses, "certificates read and verified")     \
	X(memory_hits, "names answered from memory")                \
	X(stock_hits, "requests answered from the store")           \
	X(finds, "questions to the directory process")              \
	X(finds_shared, "questions that joined one under way")      \
	X(audit_withheld, "audit lines counted instead of written") \
	X(reloads, "configurations taken into use")

struct counters {
#define COUNTER_FIELD(name, help) uint64_t name;
	COUNTER_LIST(COUNTER_FIELD)
#undef COUNTER_FIELD
};

/* Count one verdict. */
void counters_verdict(struct counters *counters, enum verdict verdict);

/* Append " name value\n" for each. */
void counters_print(const struct counters *counters, struct buffer *out);

#endif
