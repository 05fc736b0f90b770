/*
 * The words of verdicts and reasons.
 */
#include "config.h"

#include "common/verdict.h"

#include <string.h>

#define REASON_DEFINE(symbol, verdict, word) const char REASON_##symbol[] = word;
REASON_LIST(REASON_DEFINE)
#undef REASON_DEFINE

#define REASON_ROW(symbol, verdict, word) { word, VERDICT_##verdict },
static const struct {
	const char *word;
	enum verdict verdict;
} reasons[] = {
	REASON_LIST(REASON_ROW)
};
#undef REASON_ROW

static const enum verdict verdicts[] = {
	VERDICT_ACTIVE, VERDICT_BLOCKED, VERDICT_UNKNOWN, VERDICT_AMBIGUOUS,
	VERDICT_REFUSED, VERDICT_UNAVAILABLE, VERDICT_BAD_REQUEST
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const char *
verdict_word(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_NONE:
		break;
	case VERDICT_ACTIVE:
		return "active";
	case VERDICT_BLOCKED:
		return "blocked";
	case VERDICT_UNKNOWN:
		return "unknown";
	case VERDICT_AMBIGUOUS:
		return "ambiguous";
	case VERDICT_REFUSED:
		return "refused";
	case VERDICT_UNAVAILABLE:
		return "unavailable";
	case VERDICT_BAD_REQUEST:
		return "bad-request";
	}
	return "none";
}

enum verdict
verdict_parse(const char *word, size_t len)
{
	size_t i;

	if (word == NULL)
		return VERDICT_NONE;
	for (i = 0; i < COUNT(verdicts); i++) {
		const char *known = verdict_word(verdicts[i]);

		if (strlen(known) == len && memcmp(known, word, len) == 0)
			return verdicts[i];
	}
	return VERDICT_NONE;
}

enum verdict
reason_verdict(const char *reason)
{
	size_t i;

	if (reason == NULL)
		return VERDICT_NONE;
	for (i = 0; i < COUNT(reasons); i++) {
		if (strcmp(reasons[i].word, reason) == 0)
			return reasons[i].verdict;
	}
	return VERDICT_NONE;
}

int
reason_word_ok(const char *word)
{
	size_t i, len;

	if (word == NULL)
		return 0;
	len = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-");
	if (len == 0 || len > REASON_MAX || word[len] != '\0')
		return 0;
	for (i = 0; i < COUNT(verdicts); i++) {
		if (strstr(word, verdict_word(verdicts[i])) != NULL)
			return 0;
	}
	return 1;
}
