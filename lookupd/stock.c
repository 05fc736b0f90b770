/*
 * Believed or not, and then walked through.
 */
#include "lookupd/stock.h"

#include <stdlib.h>
#include <string.h>

#include "common/deadline.h"
#include "common/text.h"
#include "common/verdict.h"
#include "daemon/log.h"
#include "lookupd/area.h"
#include "lookupd/decision.h"
#include "lookupd/store_walk.h"

#define KINDS 2
#define US 1000000LL
/* Bytes of a cookie that are printed. */
#define COOKIE_SHOWN 400

/* When the server of an area was last heard of, by both clocks. */
struct heard {
	int64_t contact_us;		/* as stored, by the wall clock */
	int64_t seen_us;		/* deadline_now_us(), when we saw it */
	int64_t age_us;			/* … and its age then */
	const char *doubt;		/* until it is heard of again */
};

struct holding {
	const struct realm *realm;
	struct store_area *areas[KINDS];	/* domains may be NULL */
	struct heard heard[KINDS];
	bool open;			/* all that are wanted */
	int64_t refreshed_us[KINDS];	/* when the canaries were looked at */
	int64_t checked;		/* deadline_now(); 0: never */
	bool passed;
};

struct stock {
	struct store *store;		/* or NULL */
	struct event *turn;		/* the end of this turn of the loop */
	bool viewing;
	bool said_damaged, said_unreadable;
	struct holding holdings[CONFIG_REALMS_MAX];
};

static void
on_turn(evutil_socket_t fd, short what, void *context)
{
	struct stock *stock = context;

	(void)fd, (void)what;
	stock->viewing = false;
	store_view_end(stock->store);
}

static void
end_view(struct stock *stock)
{
	if (stock->viewing)
		on_turn(-1, 0, stock);
}

struct stock *
stock_new(struct event_base *base, const struct config *config)
{
	struct stock *stock = calloc(1, sizeof(*stock));
	char error[STORE_ERROR_MAX];
	bool anew;

	if (stock == NULL)
		return NULL;
	if (config->store == NULL)
		return stock;
	stock->turn = event_new(base, -1, 0, on_turn, stock);
	if (stock->turn == NULL) {
		free(stock);
		return NULL;
	}
	stock->store = store_open(config->store, STORE_READER, &anew, error);
	if (stock->store == NULL)
		log_error("store %s: %s; its realms are unavailable",
		    config->store, error);
	else if (error[0] != '\0')
		log_notice("store: %s", error);
	stock_take(stock, config);
	return stock;
}

static void
close_all(struct stock *stock)
{
	for (size_t i = 0; i < CONFIG_REALMS_MAX; i++) {
		for (size_t kind = 0; kind < KINDS; kind++)
			store_area_close(stock->holdings[i].areas[kind]);
	}
	memset(stock->holdings, 0, sizeof(stock->holdings));
}

void
stock_free(struct stock *stock)
{
	if (stock == NULL)
		return;
	end_view(stock);
	close_all(stock);
	store_close(stock->store);
	if (stock->turn != NULL)
		event_free(stock->turn);
	free(stock);
}

static void
open_holding(struct stock *stock, const struct realm *realm)
{
	struct holding *holding = &stock->holdings[realm->index];

	holding->realm = realm;
	holding->open = true;
	for (size_t i = 0; i < KINDS; i++) {
		enum store_kind kind = (enum store_kind)i;
		struct area is;

		if (!area_wanted(realm, kind))
			continue;
		if (area_of(realm, kind, &is) == 0) {
			holding->areas[i] = store_area_open(stock->store,
			    realm->name, kind, realm->profile, is.definition);
			area_clear(&is);
		}
		if (holding->areas[i] == NULL) {
			log_error("realm %s: its part of the store cannot be "
			    "opened", realm->name);
			holding->open = false;
		}
	}
}

void
stock_take(struct stock *stock, const struct config *config)
{
	end_view(stock);
	close_all(stock);
	for (size_t i = 0; i < config->realm_count && stock->store != NULL;
	    i++) {
		if (config->realms[i]->mode != MODE_LIVE)
			open_holding(stock, config->realms[i]);
	}
}

bool
stock_is_stale(struct stock *stock)
{
	return stock->store != NULL && store_stale_handle(stock->store);
}

bool
stock_is_damaged(struct stock *stock)
{
	if (stock->store == NULL || !store_damaged(stock->store) ||
	    stock->said_damaged)
		return false;
	stock->said_damaged = true;
	return true;
}

/* Said once, until reading works again. */
static void
unreadable(struct stock *stock, const char *error)
{
	if (!stock->said_unreadable)
		log_error("%s", error);
	stock->said_unreadable = true;
}

/* ---- may it be believed? ---------------------------------------------- */

/*
 * NULL, or why not.  A clock that is set does not make anything younger: what
 * was too old once, or from the future, stays so until the server is heard of
 * again, and the other clock counts, too.
 */
static const char *
why_stale(const struct realm *realm, const struct store_state *state,
    struct heard *heard, int64_t now_us)
{
	int64_t clock_us, age_us = now_us - state->contact_us;

	if (!state->usable)
		return "it is not there yet";
	if (realm->mode != MODE_MIRROR)
		return NULL;
	clock_us = deadline_now_us();
	if (heard->seen_us == 0 || heard->contact_us != state->contact_us)
		*heard = (struct heard){ .contact_us = state->contact_us,
			.seen_us = clock_us, .age_us = age_us };
	if (age_us < 0)
		heard->doubt = "the clock has gone back behind it";
	else if (age_us > realm->max_stale * US || heard->age_us + clock_us -
	    heard->seen_us > realm->max_stale * US)
		heard->doubt = "it is older than max_stale";
	return heard->doubt;
}

static const char *
why_unbelieved(struct stock *stock, struct holding *holding, int64_t now_us)
{
	char error[STORE_ERROR_MAX];

	for (size_t i = 0; i < KINDS; i++) {
		const struct store_state *state;
		const char *why;

		if (holding->areas[i] == NULL)
			continue;
		state = store_look(holding->areas[i], error);
		if (state == NULL) {
			unreadable(stock, error);
			return "it cannot be read";
		}
		why = why_stale(holding->realm, state, &holding->heard[i],
		    now_us);
		if (why != NULL)
			return why;
	}
	stock->said_unreadable = false;
	return NULL;
}

/* ---- canaries --------------------------------------------------------- */

static bool
canary_blocked(struct holding *holding, const char *name, int64_t now_us)
{
	const struct realm *realm = holding->realm;
	struct identities identities = { .count = 0 };
	struct findings findings;
	struct decision_input input = { .profile = realm->profile,
		.identities = &identities, .findings = &findings,
		.now_us = now_us, .lockout_s = realm->lockout_s,
		.exact = realm->exact, .domains = realm->domains };
	struct decision decision;
	char error[STORE_ERROR_MAX];
	const char *reason;

	memset(&decision, 0, sizeof(decision));
	if (identities_add(&identities, strchr(name, '@') != NULL ?
	    IDENTITY_REQUEST_EMAIL : IDENTITY_REQUEST_ACCOUNT, name,
	    strlen(name), &reason) != NULL)
		return false;
	if (store_walk(holding->areas[STORE_ACCOUNTS],
	    holding->areas[STORE_DOMAINS], realm, &identities.items[0], NULL,
	    &findings, error) == 0)
		decision_make(&input, &decision, NULL);
	findings_free(&findings);
	if (decision.verdict == VERDICT_BLOCKED)
		return true;
	log_error("realm %s: canary %s must be blocked, and in the store it "
	    "is %s%s%s", realm->name, name, decision.verdict == VERDICT_NONE ?
	    "not to be read" : verdict_word(decision.verdict),
	    decision.reason[0] != '\0' ? " reason=" : "", decision.reason);
	return false;
}

/* After each refresh, and every canary_interval. */
static bool
canaries_pass(struct holding *holding, int64_t now_us)
{
	const struct realm *realm = holding->realm;
	int64_t now;
	char error[STORE_ERROR_MAX];
	bool due;

	if (realm->canary == NULL)
		return true;
	now = deadline_now();
	due = holding->checked == 0 ||
	    now - holding->checked > realm->canary_interval * 1000;
	for (size_t i = 0; i < KINDS; i++) {
		const struct store_state *state = holding->areas[i] == NULL ?
		    NULL : store_look(holding->areas[i], error);

		if (state == NULL ||
		    state->refreshed_us == holding->refreshed_us[i])
			continue;
		holding->refreshed_us[i] = state->refreshed_us;
		due = true;
	}
	if (!due)
		return holding->passed;
	holding->checked = now > 0 ? now : 1;
	holding->passed = true;
	for (char **name = realm->canary; *name != NULL; name++) {
		if (!canary_blocked(holding, *name, now_us))
			holding->passed = false;
	}
	return holding->passed;
}

/* ---- finding ---------------------------------------------------------- */

static int
walk_all(struct stock *stock, const struct holding *holding,
    const struct identities *identities, struct findings *findings,
    struct trace *trace)
{
	char error[STORE_ERROR_MAX];

	for (size_t i = 0; i < identities->count; i++) {
		if (store_walk(holding->areas[STORE_ACCOUNTS],
		    holding->areas[STORE_DOMAINS], holding->realm,
		    &identities->items[i], trace, &findings[i], error) == 0)
			continue;
		unreadable(stock, error);
		for (size_t j = 0; j <= i; j++)
			findings_free(&findings[j]);
		return -1;
	}
	return 0;
}

static void
tell_age(struct holding *holding, int64_t now_us, struct trace *trace)
{
	char error[STORE_ERROR_MAX];
	const struct store_state *state = trace == NULL ? NULL :
	    store_look(holding->areas[STORE_ACCOUNTS], error);

	if (state != NULL)
		trace_say(trace, "store", "%llu accounts of %s, heard of "
		    "%lld s ago", (unsigned long long)state->entries,
		    state->server, (long long)((now_us - state->contact_us) /
		    US));
}

/* Begin the view of this turn, unless it was. */
static int
begin_view(struct stock *stock)
{
	char error[STORE_ERROR_MAX];

	if (stock->viewing)
		return 0;
	if (store_view_begin(stock->store, error) != 0) {
		unreadable(stock, error);
		return -1;
	}
	stock->viewing = true;
	event_active(stock->turn, EV_TIMEOUT, 1);
	return 0;
}

enum stock_answer
stock_find(struct stock *stock, const struct realm *realm,
    const struct identities *identities, struct findings *findings,
    int64_t now_us, struct trace *trace, const char **ret_reason)
{
	struct holding *holding = &stock->holdings[realm->index];
	const char *why = "it could not be opened";

	if (realm->mode == MODE_LIVE)
		return STOCK_ASK;
	*ret_reason = REASON_STALE;
	if (stock->store != NULL && holding->realm == realm && holding->open)
		why = begin_view(stock) != 0 ? "it cannot be read" :
		    why_unbelieved(stock, holding, now_us);
	if (why == NULL && !canaries_pass(holding, now_us)) {
		trace_say(trace, "store", "not believed: a canary is not "
		    "blocked in it");
		*ret_reason = REASON_CANARY;
		return STOCK_NONE;
	}
	if (why == NULL) {
		tell_age(holding, now_us, trace);
		if (walk_all(stock, holding, identities, findings, trace) == 0)
			return STOCK_FOUND;
		why = "it cannot be read";
	}
	trace_say(trace, "store", "not believed: %s%s", why,
	    realm->stale == STALE_LIVE ? "; asking the directory" : "");
	return realm->stale == STALE_LIVE && realm->mode == MODE_MIRROR ?
	    STOCK_ASK : STOCK_NONE;
}

/* ---- for people ------------------------------------------------------- */

static void
put_ago(struct buffer *out, const char *what, int64_t then_us, int64_t now_us)
{
	if (then_us == 0)
		buffer_printf(out, ", never %s", what);
	else
		buffer_printf(out, ", %s %lld s ago", what,
		    (long long)((now_us - then_us) / US));
}

static void
describe(struct stock *stock, struct holding *holding, size_t kind,
    int64_t now_us, struct buffer *out)
{
	const struct realm *realm = holding->realm;
	char error[STORE_ERROR_MAX];
	const struct store_state *state = begin_view(stock) != 0 ? NULL :
	    store_look(holding->areas[kind], error);
	const char *why;

	buffer_printf(out, " store %s %s: ", realm->name,
	    kind == STORE_DOMAINS ? "domains" : "accounts");
	why = state == NULL ? "it cannot be read" :
	    why_stale(realm, state, &holding->heard[kind], now_us);
	if (why != NULL)
		buffer_printf(out, "not believed: %s", why);
	else
		buffer_puts(out, "believed");
	if (state != NULL && state->usable) {
		buffer_printf(out, ", %llu entries of ",
		    (unsigned long long)state->entries);
		text_escape(out, state->server, strlen(state->server),
		    STORE_SERVER_MAX);
		put_ago(out, "heard of", state->contact_us, now_us);
		put_ago(out, "changed", state->changed_us, now_us);
		put_ago(out, "refreshed", state->refreshed_us, now_us);
		buffer_puts(out, ", cookie ");
		text_escape(out, state->cookie, state->cookie_len,
		    COOKIE_SHOWN);
	}
	buffer_puts(out, "\n");
}

void
stock_describe(struct stock *stock, const struct realm *realm,
    int64_t now_us, struct buffer *out)
{
	struct holding *holding = &stock->holdings[realm->index];

	for (size_t i = 0; i < KINDS; i++) {
		if (holding->realm == realm && holding->areas[i] != NULL)
			describe(stock, holding, i, now_us, out);
	}
}
