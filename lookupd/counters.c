#include "lookupd/counters.h"

#include <inttypes.h>

void
counters_verdict(struct counters *counters, enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_ACTIVE:
		counters->active++;
		break;
	case VERDICT_BLOCKED:
		counters->blocked++;
		break;
	case VERDICT_UNKNOWN:
		counters->unknown++;
		break;
	case VERDICT_AMBIGUOUS:
		counters->ambiguous++;
		break;
	case VERDICT_REFUSED:
		counters->refused++;
		break;
	case VERDICT_UNAVAILABLE:
		counters->unavailable++;
		break;
	case VERDICT_BAD_REQUEST:
		counters->bad_request++;
		break;
	case VERDICT_NONE:
		break;
	}
}

void
counters_print(const struct counters *counters, struct buffer *out)
{
#define COUNTER_PRINT(name, help) \
	buffer_printf(out, " " #name " %" PRIu64 "\n", counters->name);
	COUNTER_LIST(COUNTER_PRINT)
#undef COUNTER_PRINT
}
