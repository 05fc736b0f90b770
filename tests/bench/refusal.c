/*
 * From a change in the directory to the refusal, over a connection that was
 * open before:
 *
 *	refusal URI ROOT-DN SECRET SOCKET DN ADDRESS ATTRIBUTE TRIALS
 *
 * Each trial: the account is active, and is said to be; then its status is
 * set to `locked', and lookupd is asked until it says so.  Two times: from
 * sending the change, and from the directory's word that it is made.  Ends
 * with "trials= p50= p99= max= made_p50= made_p99= made_max=" (microseconds)
 * and other=: how many answers were neither `active' nor `blocked'.
 */
#include "tests/tools/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIALS_MAX 100000

static int64_t sent[TRIALS_MAX], made[TRIALS_MAX];
static size_t other;			/* answers that are neither */

static bool
begins(const char *answer, const char *word)
{
	return strncmp(answer, word, strlen(word)) == 0;
}

/* Ask until the answer begins so. */
static int64_t
until(const char *address, const char *word)
{
	int64_t begin = model_now_us();
	const char *answer;

	while (!begins(answer = model_ask(true, address), word)) {
		if (!begins(answer, "active") && !begins(answer, "blocked"))
			other++;
		if (model_now_us() - begin > MODEL_PATIENCE_MS * 1000LL)
			model_die("the answer does not change");
	}
	return model_now_us();
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static long long
share(const int64_t *sorted, size_t count, size_t percent)
{
	size_t at = count * percent / 100;

	return (long long)sorted[at < count ? at : count - 1];
}

int
main(int argc, char **argv)
{
	struct model_provider provider;
	size_t i, trials;
	LDAP *ld;

	if (argc != 9)
		model_die("usage: URI ROOT-DN SECRET SOCKET DN ADDRESS "
		    "ATTRIBUTE TRIALS");
	provider = (struct model_provider){ argv[1], argv[2], argv[3] };
	trials = strtoul(argv[8], NULL, 10);
	if (trials == 0 || trials > TRIALS_MAX)
		model_die("so many trials are none");
	ld = model_connect(&provider);
	model_ask_begin(argv[4]);
	for (i = 0; i < trials; i++) {
		int64_t begin, answered;

		if (model_set(ld, argv[5], LDAP_MOD_REPLACE, argv[7],
		    "active", NULL) != LDAP_SUCCESS)
			model_die("the directory takes no change");
		(void)until(argv[6], "active");
		begin = model_now_us();
		if (model_set(ld, argv[5], LDAP_MOD_REPLACE, argv[7],
		    "locked", NULL) != LDAP_SUCCESS)
			model_die("the directory takes no change");
		answered = model_now_us();
		made[i] = until(argv[6], "blocked");
		sent[i] = made[i] - begin;
		made[i] -= answered;
	}
	qsort(sent, trials, sizeof(sent[0]), compare);
	qsort(made, trials, sizeof(made[0]), compare);
	printf("trials=%zu p50=%lld p99=%lld max=%lld made_p50=%lld "
	    "made_p99=%lld made_max=%lld other=%zu\n", trials, share(sent, trials, 50),
	    share(sent, trials, 99), share(sent, trials, 100),
	    share(made, trials, 50), share(made, trials, 99),
	    share(made, trials, 100), other);
	return 0;
}
