/*
 * Rounds, and what must hold in them.
 */
#include "tests/tools/model.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef WRONG_SHOWN
#define WRONG_SHOWN 20
#endif
/* Operations between two kills, about. */
#ifndef KILLED_EVERY
#define KILLED_EVERY 600
#endif

static struct model_provider provider;
static int orders = -1, replies = -1;
static const char *ordered;		/* what is being done, or NULL */

struct model_tally model_tally;
LDAP *model_writer;

void
model_wrong(const char *format, ...)
{
	va_list args;

	if (++model_tally.wrong > WRONG_SHOWN)
		return;
	va_start(args, format);
	printf("WRONG in round %llu: ", (unsigned long long)model_tally.rounds);
	vprintf(format, args);
	printf("\n");
	va_end(args);
	fflush(stdout);
}

/* ---- who starts and kills processes ----------------------------------- */

static void
order(const char *what)
{
	ordered = what;
	if (write(orders, what, strlen(what)) < 0 || write(orders, "\n", 1) < 0)
		model_die("nobody takes orders");
}

static void
await_order(void)
{
	char c = 0;

	while (ordered != NULL && c != '\n') {
		if (read(replies, &c, 1) != 1)
			model_die("nobody carries out orders");
	}
	ordered = NULL;
}

/* ---- comparing -------------------------------------------------------- */

static void
upper(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text >= 'a' && *text <= 'z')
			*text = (char)(*text - 'a' + 'A');
	}
}

static void
compare(bool by_address, const char *what)
{
	static const char *const words[] = { "active", "blocked", "unknown",
		"ambiguous" };
	int64_t until = model_now_us() + MODEL_PATIENCE_MS * 1000LL;
	char value[128], verdict[32];
	const char *answer, *truth;

	snprintf(value, sizeof(value), "%s", what);
	if (model_random(8) == 0)
		upper(value);
	truth = model_truth(by_address, value);
	for (;;) {
		answer = model_ask(by_address, value);
		snprintf(verdict, sizeof(verdict), "%.*s",
		    (int)strcspn(answer, " \n"), answer);
		model_tally.lookups++;
		if (strcmp(verdict, "unavailable") != 0)
			break;
		model_tally.unavailable++;
		if (model_now_us() > until)
			break;
		model_pause(5);
	}
	for (size_t i = 0; i < 4; i++)
		model_tally.words[i] += strcmp(truth, words[i]) == 0;
	if (strcmp(verdict, truth) != 0)
		model_wrong("%s is %s, and the mirror says: %s", value, truth,
		    answer);
}

static void
compare_some(unsigned count)
{
	unsigned i;

	for (; count > 0; count--) {
		switch (model_random(5)) {
		case 0:
			compare(false, model_text("n%u",
			    model_random(MODEL_UIDS)));
			break;
		case 1:			/* perhaps through the alias domain */
			i = model_random(MODEL_SLOTS);
			compare(true, model_primary(i, MODEL_DOMAINS - 1));
			break;
		case 2:
			compare(true, model_primary(model_random(MODEL_SLOTS),
			    model_random(MODEL_DOMAINS)));
			break;
		default:
			compare(true, model_alias(
			    model_random(MODEL_ALIASES)));
			break;
		}
	}
}

/* ---- rounds ----------------------------------------------------------- */

static const char *
some_order(void)
{
	static const char *const some[] = { "front", "directory", "children",
		"all", "restart", "slapd", "slapd-kill" };

	return some[model_random(sizeof(some) / sizeof(some[0]))];
}

static void
connect_again(void)
{
	ldap_unbind_ext(model_writer, NULL, NULL);
	model_writer = model_connect(&provider);
	model_edit_again();
	model_guard_again();
}

static void
play(unsigned edits, unsigned lookups, bool kill)
{
	unsigned when = model_random(edits);
	bool alive = true;

	model_tally.rounds++;
	for (unsigned i = 0; i < edits && alive; i++) {
		if (kill && i == when) {
			order(some_order());
			model_tally.kills++;
		}
		alive = model_edit(model_random(MODEL_EDITORS));
		if (alive && model_random(24) == 0)
			model_guard(kill && i >= when);
	}
	alive = model_edit_settle() && alive;
	if (kill)
		await_order();
	if (!alive || kill)
		connect_again();
	model_beacon(kill);
	model_look(model_editor());
	compare_some(lookups);
}

static void
first_entries(void)
{
	static const char *const units[] = { MODEL_GUARDS_UNIT,
		"ou=more,dc=example," MODEL_BASE };

	for (size_t i = 0; i < 2; i++)
		(void)model_set(model_writer, units[i], -1, "objectClass",
		    "organizationalUnit", "ou", i == 0 ? "guards" : "more",
		    NULL);
	model_beacon_begin();
	model_guard_begin();
}

static int
report(uint64_t seed)
{
	const struct model_tally *t = &model_tally;

#define N(x) (unsigned long long)(x)
	printf("seed=%llu operations=%llu denied=%llu rounds=%llu lookups=%llu "
	    "active=%llu blocked=%llu unknown=%llu ambiguous=%llu "
	    "refusals=%llu kills=%llu nudges=%llu unavailable=%llu wrong=%llu "
	    "admitted=%llu lag_ms=%llu killed_lag_ms=%llu\n", N(seed),
	    N(model_operations), N(model_denied), N(t->rounds), N(t->lookups),
	    N(t->words[0]), N(t->words[1]), N(t->words[2]), N(t->words[3]),
	    N(t->refusals), N(t->kills), N(t->nudges), N(t->unavailable),
	    N(t->wrong), N(t->admitted), N(t->lag_us / 1000),
	    N(t->killed_lag_us / 1000));
	return t->wrong == 0 && t->words[0] > 0 && t->words[1] > 0 &&
	    t->words[2] > 0 && t->words[3] > 0 && t->refusals > 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	uint64_t seed, operations, kill_at;

	if (argc != 9)
		model_die("usage: URI ROOT-DN SECRET SOCKET ORDERS REPLIES "
		    "SEED OPERATIONS");
	provider = (struct model_provider){ argv[1], argv[2], argv[3] };
	model_ask_begin(argv[4]);
	orders = open(argv[5], O_RDWR | O_CLOEXEC);
	replies = open(argv[6], O_RDWR | O_CLOEXEC);
	if (orders < 0 || replies < 0)
		model_die("orders cannot be given");
	seed = strtoull(argv[7], NULL, 10);
	operations = strtoull(argv[8], NULL, 10);
	kill_at = KILLED_EVERY;
	(void)signal(SIGPIPE, SIG_IGN);
	model_seed(seed);
	model_writer = model_connect(&provider);
	first_entries();
	model_edit_begin(&provider);
	while (model_operations < operations &&
	    model_tally.wrong < WRONG_SHOWN) {
		bool kill = model_operations >= kill_at;

		if (kill)
			kill_at = model_operations + KILLED_EVERY / 3 +
			    model_random(KILLED_EVERY * 4 / 3);
		play(10 + model_random(30), 30, kill);
	}
	return report(seed);
}
