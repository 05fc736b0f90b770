/* The log of refusals: see the header. */
#include "hook/refusals.h"

#include <string.h>

#include "common/deadline.h"
#include "daemon/log.h"

void
refusals_flush(struct refusals *refusals)
{
	if (refusals->withheld > 0)
		log_notice("%u more refusals were not logged",
		    refusals->withheld);
	refusals->withheld = 0;
}

/* That somebody has no certificate is no event where the login page is the
 * answer to it. */
static bool
is_routine(const struct answer *answer)
{
	return answer->login && strcmp(answer->reason, REASON_NO_CERT) == 0;
}

void
refusals_log(struct refusals *refusals, const struct exchange *exchange,
    const struct answer *answer, const char *why)
{
	void (*log_line)(const char *format, ...)
	    __attribute__((format(printf, 1, 2))) = log_notice;
	int64_t second = deadline_now() / 1000;

	if (is_routine(answer) && !log_wants(LEVEL_INFO))
		return;
	if (second != refusals->second) {
		refusals_flush(refusals);
		refusals->second = second;
		refusals->logged = 0;
	}
	if (refusals->logged >= REFUSALS_PER_SECOND) {
		refusals->withheld++;
		return;
	}
	refusals->logged++;
	if (is_routine(answer))
		log_line = log_info;
	else if (answer->status == 503)
		log_line = log_warning;
	log_line("socket=%s client=%s status=%d verdict=%s%s%s%s%s",
	    exchange->options->place,
	    exchange->client[0] != '\0' ? exchange->client : "-",
	    answer->status, verdict_word(answer->verdict),
	    answer->reason[0] != '\0' ? " reason=" : "", answer->reason,
	    why != NULL ? ": " : "", why != NULL ? why : "");
}
