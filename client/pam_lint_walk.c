/*
 * Every way through a stack.
 */
#include "config.h"

#include "client/pam_lint_walk.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { UNDECIDED, POSITIVE, NEGATIVE };

/* Where a way has come to.  Compared as memory: no padding, all zeroed. */
struct state {
	uint16_t at;		/* the entry to be run next */
	uint16_t blamed;	/* entry + 1 */
	uint16_t hiding;	/* the same: whose no is "a new password" */
	uint8_t cause;
	uint8_t loss;
	uint8_t impression, status;	/* status: an enum lint_cause */
	uint8_t level;		/* of the entry before */
	uint8_t saved[LINT_LEVELS];	/* at the beginning of each level */
	uint8_t unused;
};

struct walk {
	const struct lint_chain *chain;
	enum lint_type type;
	struct state *states;
	size_t count, size, done;
	uint32_t *heads;	/* index + 1 of the last state at an entry */
	uint32_t *previous;	/* the one before it */
	bool failed;
};

/* What a module may say: a code, and what that is to the program. */
struct outcome {
	int code;
	enum lint_cause cause;
	enum lint_loss loss;	/* of ours */
};

bool
lint_is_module(const struct lint_entry *entry, const char *name)
{
	const char *base = strrchr(entry->line.module, '/');
	size_t len = strlen(name);

	base = base != NULL ? base + 1 : entry->line.module;
	return entry->line.kind == LINT_MODULE &&
	    strncmp(base, name, len) == 0 &&
	    (base[len] == '\0' || strcmp(base + len, ".so") == 0);
}

bool
lint_is_ours(const struct lint_entry *entry)
{
	return lint_is_module(entry, "pam_certauth");
}

static bool
grow(struct walk *walk)
{
	size_t size = walk->size == 0 ? 64 : walk->size * 2;
	void *states, *previous;

	if (size > LINT_STATES_MAX)
		return false;
	states = realloc(walk->states, size * sizeof(*walk->states));
	if (states == NULL)
		return false;
	walk->states = states;
	previous = realloc(walk->previous, size * sizeof(*walk->previous));
	if (previous == NULL)
		return false;
	walk->previous = previous;
	walk->size = size;
	return true;
}

static void
push(struct walk *walk, const struct state *state)
{
	for (uint32_t i = walk->heads[state->at]; i != 0;
	    i = walk->previous[i - 1])
		if (memcmp(&walk->states[i - 1], state, sizeof(*state)) == 0)
			return;
	if (walk->count == walk->size && !grow(walk)) {
		walk->failed = true;
		return;
	}
	walk->states[walk->count] = *state;
	walk->previous[walk->count] = walk->heads[state->at];
	walk->heads[state->at] = (uint32_t)++walk->count;
}

/* Behind the last entry at or below the level. */
static size_t
end_of_level(const struct lint_chain *chain, size_t at, int level)
{
	while (at + 1 < chain->count && chain->entries[at + 1]->level >= level)
		at++;
	return at + 1;
}

/* The entry before the one a jump leads to; *jump is what is left of it. */
static size_t
jump_over(const struct lint_chain *chain, size_t at, int level, int *jump)
{
	while (at + 1 < chain->count && *jump > 0 &&
	    chain->entries[at + 1]->level >= level) {
		do
			at++;
		while (at + 1 < chain->count &&
		    chain->entries[at + 1]->level > level);
		--*jump;
	}
	return at;
}

/* Whoever goes past a line of ours that nobody has asked is to blame. */
static void
go_to(struct walk *walk, struct state *state, size_t from, size_t to,
    enum lint_cause cause)
{
	for (size_t i = from + 1; i < to; i++)
		if (lint_is_ours(walk->chain->entries[i]) &&
		    state->loss == LINT_NOT_ASKED && state->blamed == 0) {
			state->blamed = (uint16_t)(from + 1);
			state->cause = (uint8_t)cause;
		}
	state->at = (uint16_t)to;
	push(walk, state);
}

/* Its last word counts: a refusal that is passed over is one, too, when an
 * earlier line of ours has admitted. */
static void
apply_ours(struct state *state, size_t at, const struct outcome *outcome)
{
	state->loss = (uint8_t)outcome->loss;
	state->blamed = (uint16_t)(at + 1);
	state->cause = (uint8_t)outcome->cause;
}

static void
say_yes(struct state *state, enum lint_cause cause)
{
	if (state->impression == UNDECIDED ||
	    (state->impression == POSITIVE && state->status == LINT_YES)) {
		state->impression = POSITIVE;
		state->status = (uint8_t)cause;
	}
}

/* The first no stays, with its code: one that says "a new password is needed"
 * comes out of the stack as such, and programs go on after that. */
static void
say_no(struct state *state, size_t at, enum lint_cause cause)
{
	if (state->impression == NEGATIVE)
		return;
	state->impression = NEGATIVE;
	state->status = LINT_NO;
	if (cause == LINT_NEW_PASSWORD) {
		state->status = LINT_NEW_PASSWORD;
		state->hiding = (uint16_t)(at + 1);
	}
}

/* The module at this entry says so: where does that lead? */
static void
apply(struct walk *walk, const struct state *before,
    const struct outcome *outcome)
{
	const struct lint_entry *entry = walk->chain->entries[before->at];
	int action = entry->line.actions[outcome->code];
	struct state state = *before;
	size_t at = before->at, to = at + 1;

	if (outcome->loss != LINT_NOT_ASKED)
		apply_ours(&state, at, outcome);
	switch (action) {
	case LINT_DO_RESET:
		state.impression = state.saved[entry->level] / 4;
		state.status = state.saved[entry->level] % 4;
		if (state.loss > LINT_NO_LOSS) {
			state.blamed = (uint16_t)(at + 1);
			state.cause = (uint8_t)outcome->cause;
		}
		break;
	case LINT_DO_OK:
	case LINT_DO_DONE:
		say_yes(&state, outcome->cause);
		if (action == LINT_DO_DONE && state.impression == POSITIVE)
			to = end_of_level(walk->chain, at, entry->level);
		break;
	case LINT_DO_BAD:
	case LINT_DO_DIE:
		say_no(&state, at, outcome->cause);
		if (action == LINT_DO_DIE)
			to = end_of_level(walk->chain, at, entry->level);
		break;
	case LINT_DO_IGNORE:
		break;
	default:
		to = jump_over(walk->chain, at, entry->level, &action) + 1;
		/* a jump behind the end */
		if (action > 0) {
			state.impression = NEGATIVE;
			state.status = LINT_NO;
		}
		break;
	}
	go_to(walk, &state, at, to, outcome->cause);
}

static void
run_ours(struct walk *walk, const struct state *state)
{
	static const struct outcome in[] = {
		{ LINT_SUCCESS, LINT_YES, LINT_NO_LOSS },
		{ LINT_AUTHINFO_UNAVAIL, LINT_NO, LINT_OUTAGE },
		{ LINT_SYSTEM_ERR, LINT_NO, LINT_FAULT },
		{ LINT_MODULE_UNKNOWN, LINT_NO, LINT_FAULT },
	};
	const struct outcome refusal = { walk->type == LINT_AUTH ?
	    LINT_AUTH_ERR : LINT_PERM_DENIED, LINT_NO, LINT_REFUSAL };

	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		apply(walk, state, &in[i]);
	apply(walk, state, &refusal);
}

/* Any other module: yes, yes with a new password, and no with each code that
 * the line treats differently. */
static void
run_other(struct walk *walk, const struct state *state)
{
	const struct lint_entry *entry = walk->chain->entries[state->at];
	const int *actions = entry->line.actions;
	struct outcome outcome = { LINT_SUCCESS, LINT_YES, LINT_NOT_ASKED };

	if (!lint_is_module(entry, "pam_deny"))
		apply(walk, state, &outcome);
	if (lint_is_module(entry, "pam_permit"))
		return;
	outcome.cause = LINT_NEW_PASSWORD;
	outcome.code = LINT_NEW_AUTHTOK_REQD;
	if (walk->type == LINT_ACCOUNT && !lint_is_module(entry, "pam_deny"))
		apply(walk, state, &outcome);
	outcome.cause = LINT_NO;
	for (int i = 1; i < LINT_CODES; i++) {
		bool seen = false;

		for (int j = 1; j < i; j++)
			seen |= j != LINT_NEW_AUTHTOK_REQD &&
			    actions[j] == actions[i];
		outcome.code = i;
		if (i != LINT_NEW_AUTHTOK_REQD && !seen)
			apply(walk, state, &outcome);
	}
}

static void
step(struct walk *walk, const struct state *now)
{
	const struct lint_entry *entry = walk->chain->entries[now->at];
	const struct outcome broken = { LINT_PERM_DENIED, LINT_NO,
	    LINT_NOT_ASKED };
	struct state state = *now;

	if (state.level < entry->level)
		state.saved[entry->level] = (uint8_t)(state.impression * 4 +
		    state.status);
	state.level = (uint8_t)entry->level;
	if (entry->marker)
		go_to(walk, &state, state.at, state.at + 1u, LINT_NO);
	else if (entry->broken != NULL)
		apply(walk, &state, &broken);
	else if (lint_is_ours(entry))
		run_ours(walk, &state);
	else
		run_other(walk, &state);
}

/* Does it end with somebody let in?  The slot of line and loss, or SIZE_MAX. */
static size_t
slot_of(const struct walk *walk, const struct state *state,
    enum lint_cause *ret_cause)
{
	bool hidden = state->impression == NEGATIVE &&
	    state->status == LINT_NEW_PASSWORD &&
	    state->loss > LINT_NO_LOSS && state->hiding != 0;

	*ret_cause = (enum lint_cause)state->cause;
	if (state->at != walk->chain->count || state->status == LINT_NO ||
	    state->loss == LINT_NO_LOSS || state->blamed == 0 ||
	    (state->impression != POSITIVE &&
	    state->status != LINT_NEW_PASSWORD))
		return SIZE_MAX;
	if (!hidden)
		return (state->blamed - 1u) * LINT_LOSSES + state->loss;
	*ret_cause = LINT_NEW_PASSWORD;
	return (state->hiding - 1u) * LINT_LOSSES + state->loss;
}

/* The ends that let somebody in, each line and loss once, with the cause that
 * is met most. */
static int
report(const struct walk *walk, lint_way *way, void *context)
{
	static const enum lint_cause order[] = { LINT_YES, LINT_NO,
		LINT_NEW_PASSWORD };
	size_t slots = walk->chain->count * LINT_LOSSES;
	unsigned char *causes = calloc(slots, 1);	/* bits */

	if (causes == NULL)
		return -1;
	for (size_t i = 0; i < walk->count; i++) {
		enum lint_cause cause;
		size_t slot = slot_of(walk, &walk->states[i], &cause);

		if (slot != SIZE_MAX)
			causes[slot] |= (unsigned char)(1u << cause);
	}
	for (size_t i = 0; i < slots; i++)
		for (size_t j = 0; j < 3; j++)
			if ((causes[i] & (1u << order[j])) != 0) {
				way(context, (enum lint_loss)(i %
				    LINT_LOSSES), walk->chain->entries[i /
				    LINT_LOSSES], order[j]);
				break;
			}
	free(causes);
	return 0;
}

int
lint_walk(const struct lint_chain *chain, enum lint_type type, lint_way *way,
    void *context)
{
	struct walk walk = { .chain = chain, .type = type };
	struct state first;
	int result = -1;

	if (chain->count == 0)
		return 0;
	memset(&first, 0, sizeof(first));
	first.status = LINT_NO;
	first.saved[0] = LINT_NO;
	walk.heads = calloc(chain->count + 1, sizeof(*walk.heads));
	if (walk.heads == NULL)
		goto out;
	push(&walk, &first);
	while (!walk.failed && walk.done < walk.count) {
		const struct state now = walk.states[walk.done++];

		if (now.at < chain->count)
			step(&walk, &now);
	}
	if (!walk.failed)
		result = report(&walk, way, context);
out:
	free(walk.states);
	free(walk.previous);
	free(walk.heads);
	return result;
}
