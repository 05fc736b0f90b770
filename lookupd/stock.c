/*
 * Believed or not, and then walked through.
 */
#include "lookupd/stock_parts.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "common/verdict.h"
#include "daemon/log.h"
#include "lookupd/area.h"
#include "lookupd/store_walk.h"

/* Bytes of a cookie that are printed. */
#define COOKIE_SHOWN 400

struct stock {
	struct store *store;		/* or NULL */
	struct event *hold;		/* the end of the view, armed with it */
	bool viewing, armed;
	int64_t looked_us;		/* when the file was looked at */
	char error[STORE_ERROR_MAX];	/* for whoever needs one now */
	bool said_damaged, said_unreadable;
	struct holding holdings[CONFIG_REALMS_MAX];
};

static void
end_view(struct stock *stock)
{
	if (stock->viewing)
		store_view_end(stock->store);
	stock->viewing = false;
}

static void
on_hold(evutil_socket_t fd, short what, void *context)
{
	struct stock *stock = context;

	(void)fd, (void)what;
	stock->armed = false;
	end_view(stock);
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
	stock->hold = evtimer_new(base, on_hold, stock);
	if (stock->hold == NULL) {
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
	if (stock->hold != NULL)
		event_free(stock->hold);
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

/* What was just said of it; once, until reading works again. */
static void
unreadable(struct stock *stock)
{
	if (!stock->said_unreadable)
		log_error("%s", stock->error);
	stock->said_unreadable = true;
}

/* ---- may it be believed? ---------------------------------------------- */

static const char *
why_unbelieved(struct stock *stock, struct holding *holding, int64_t now_us)
{
	for (size_t i = 0; i < KINDS; i++) {
		const struct store_state *state;
		const char *why;

		if (holding->areas[i] == NULL)
			continue;
		state = store_look(holding->areas[i], stock->error);
		if (state == NULL) {
			unreadable(stock);
			return "it cannot be read";
		}
		why = stock_why_stale(holding->realm, state, &holding->heard[i],
		    now_us);
		if (why != NULL)
			return why;
	}
	stock->said_unreadable = false;
	return NULL;
}

/* No time to speak of has passed since then, and none in the other
 * direction. */
static bool
just_now(int64_t then_us, int64_t now_us)
{
	return now_us >= then_us && now_us - then_us < STOCK_LOOK_US;
}

/* The newest moment of the store, begun anew when the file is to be looked at.
 * What is begun ends soon, whoever asks or not. */
static int
look(struct stock *stock, int64_t now_us)
{
	bool again = stock->viewing && just_now(stock->looked_us, now_us);

	if (!again)
		end_view(stock);
	if ((again ? store_view_renew(stock->store, stock->error) :
	    store_view_begin(stock->store, stock->error)) != 0) {
		end_view(stock);
		unreadable(stock);
		return -1;
	}
	stock->viewing = true;
	if (!again)
		stock->looked_us = now_us;
	if (!stock->armed && loop_arm(stock->hold, STOCK_HOLD_MS) == 0)
		stock->armed = true;
	return 0;
}

static const char let_in[] = "a canary is not blocked in it";

/* NULL, or why not. */
static const char *
why_not(struct stock *stock, struct holding *holding, int64_t now_us)
{
	const char *why;

	if (look(stock, now_us) != 0)
		return "it cannot be read";
	if (holding->believed == store_view_moment(stock->store) &&
	    just_now(holding->believed_us, now_us))
		return NULL;
	holding->believed = 0;
	why = why_unbelieved(stock, holding, now_us);
	if (why != NULL)
		return why;
	if (!stock_canaries_pass(holding, now_us))
		return let_in;
	holding->believed = store_view_moment(stock->store);
	holding->believed_us = now_us;
	return NULL;
}

/* ---- finding ---------------------------------------------------------- */

static int
walk_all(struct stock *stock, const struct holding *holding,
    const struct identities *identities, struct findings *findings,
    struct trace *trace)
{
	for (size_t i = 0; i < identities->count; i++) {
		if (store_walk(holding->areas[STORE_ACCOUNTS],
		    holding->areas[STORE_DOMAINS], holding->realm,
		    &identities->items[i], trace, &findings[i],
		    stock->error) == 0)
			continue;
		unreadable(stock);
		for (size_t j = 0; j <= i; j++)
			findings_free(&findings[j]);
		return -1;
	}
	return 0;
}

static void
tell_age(struct stock *stock, struct holding *holding, int64_t now_us,
    struct trace *trace)
{
	const struct store_state *state = !trace_wanted(trace) ? NULL :
	    store_look(holding->areas[STORE_ACCOUNTS], stock->error);

	if (state != NULL)
		trace_say(trace, "store", "%llu accounts of %s, heard of "
		    "%lld s ago", (unsigned long long)state->entries,
		    state->server, (long long)((now_us - state->contact_us) /
		    US));
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
		why = why_not(stock, holding, now_us);
	if (why == NULL) {
		tell_age(stock, holding, now_us, trace);
		if (walk_all(stock, holding, identities, findings, trace) == 0)
			return STOCK_FOUND;
		why = "it cannot be read";
	}
	if (why == let_in) {
		trace_say(trace, "store", "not believed: %s", why);
		*ret_reason = REASON_CANARY;
		return STOCK_NONE;
	}
	trace_say(trace, "store", "not believed: %s%s", why,
	    realm->stale == STALE_LIVE ? "; asking the directory" : "");
	return realm->stale == STALE_LIVE && realm->mode == MODE_MIRROR ?
	    STOCK_ASK : STOCK_NONE;
}

/* ---- foreseen --------------------------------------------------------- */

/* The accounts that a view is open of, or NULL. */
static struct store_area *
viewed(const struct stock *stock, const struct realm *realm)
{
	const struct holding *holding = &stock->holdings[realm->index];

	return stock->viewing && holding->realm == realm && holding->open ?
	    holding->areas[STORE_ACCOUNTS] : NULL;
}

void
stock_foresee(struct stock *stock, const struct realm *realm,
    const struct identity *identity, struct store_foreseen *ret)
{
	struct store_area *area = viewed(stock, realm);
	enum key_kind kind = identity_key_kind(identity->source);
	const struct profile_keys *keys;

	ret->moment = 0;
	if (area == NULL || kind >= KEY_KINDS)
		return;
	keys = &realm->profile->keys[kind];
	if (keys->count > 0)
		store_foresee_key(area, keys->items[0].prefix,
		    identity->name.text, identity->name.len, ret);
}

void
stock_foresee_entry(struct stock *stock, const struct realm *realm,
    struct store_foreseen *foreseen)
{
	struct store_area *area = viewed(stock, realm);

	if (area != NULL)
		store_foresee_entry(area, foreseen);
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
	const struct store_state *state = look(stock, now_us) != 0 ? NULL :
	    store_look(holding->areas[kind], error);
	const char *why;

	buffer_printf(out, " store %s %s: ", realm->name,
	    kind == STORE_DOMAINS ? "domains" : "accounts");
	why = state == NULL ? "it cannot be read" :
	    stock_why_stale(realm, state, &holding->heard[kind], now_us);
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
