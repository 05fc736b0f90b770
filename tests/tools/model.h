/*
 * model: a provider is changed at random, processes are killed, and what a
 * mirror answers is compared with what a plain search of the provider says.
 *
 *	model URI ROOT-DN SECRET SOCKET ORDERS REPLIES SEED OPERATIONS
 *
 * A round: some connections change entries at once, while a process may be
 * killed (an order to whoever started them, see model.sh); in between,
 * refusals are made and asked for as soon as the cookie in `status' contains
 * their number.  Then the last number of the provider is waited for in both
 * cookies, and many questions are asked and compared with one plain search
 * of everything.  Ends with a line "name=value ..." and exits with 0 when no
 * answer was wrong.  Never installed.
 */
#ifndef MODEL_H
#define MODEL_H

#include <ldap.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_BASE "dc=com"
#define MODEL_SLOTS 120			/* accounts that come and go */
#define MODEL_GUARDS 8			/* accounts that are refused */
#define MODEL_ALIASES 64		/* addresses that wander; bits */
#define MODEL_DOMAINS 6			/* the last is an alias domain */
#define MODEL_GUARDED 7			/* of the guards, no other uses it */
#define MODEL_UIDS 200
#define MODEL_EDITORS 4			/* connections that change things */
/* Milliseconds until a mirror that does not follow, is broken. */
#define MODEL_PATIENCE_MS 60000

#define CSN_SIZE 40
#define CSNS_MAX 16

_Noreturn void model_die(const char *what);
int64_t model_now_us(void);
unsigned model_random(unsigned below);	/* seeded */
void model_seed(uint64_t seed);
void model_pause(int ms);

/* Text of a thing; the next call but seven overwrites it. */
const char *model_text(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* ---- model.c: what has come to pass, and a connection for all but editors */

struct model_tally {
	uint64_t rounds, lookups, refusals, wrong, admitted, unavailable,
	    kills, nudges;
	uint64_t words[4];		/* active, blocked, unknown, ambiguous */
	int64_t lag_us, killed_lag_us;	/* the longest */
};
extern struct model_tally model_tally;
extern LDAP *model_writer;
void model_wrong(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* ---- model_provider.c */

#define MODEL_MODS_MAX 20
#define MODEL_VALUES_MAX 12

struct model_provider {
	const char *uri, *dn, *secret;
};

/* A list of modifications, values and all; zeroed at first. */
struct model_change {
	LDAPMod mods[MODEL_MODS_MAX], *list[MODEL_MODS_MAX + 1];
	char *values[MODEL_MODS_MAX][MODEL_VALUES_MAX + 1];
	char text[MODEL_MODS_MAX * MODEL_VALUES_MAX][96];
	size_t count, texts;
};
/* Another value, of the attribute as before or the next one; NULL: all. */
void model_put(struct model_change *change, int op, const char *name,
    const char *value);

LDAP *model_connect(const struct model_provider *provider);
/* NULL-terminated attribute, value, attribute, value...; op: LDAP_MOD_*, -1: a
 * new entry.  The result code. */
int model_set(LDAP *ld, const char *dn, int op, ...);
/* All values of one attribute; NULL: no entry, or no connection. */
struct berval **model_values(LDAP *ld, const char *dn, const char *name);

/* ---- model_edit.c: what the editors do */

void model_edit_begin(const struct model_provider *provider);
/* One change by one of them, without waiting; false: the provider is gone. */
bool model_edit(unsigned editor);
/* Wait for all; false: the provider is gone. */
bool model_edit_settle(void);
/* After the provider was: connect again, and see what there is. */
void model_edit_again(void);
LDAP *model_editor(void);		/* idle after settle */
extern uint64_t model_operations, model_denied;

const char *model_alias(unsigned i);
const char *model_domain(unsigned i);
const char *model_primary(unsigned slot, unsigned domain);

/* ---- model_guard.c: accounts that are refused */

#define MODEL_GUARDS_UNIT "ou=guards," MODEL_BASE

/* One refusal, asked for at the moment the cookie contains it. */
void model_guard(bool killed);
void model_guard_begin(void);
/* All guards as they shall be. */
void model_guard_again(void);

/* ---- model_truth.c: what a plain search says */

void model_look(LDAP *ld);
/* A verdict's word for the question, of which value is an address or a name. */
const char *model_truth(bool by_address, const char *value);

/* ---- model_ask.c: lookupd, as somebody who asks */

void model_ask_begin(const char *socket);
/* The answer's verdict and the rest of its line; borrowed. */
const char *model_ask(bool by_address, const char *value);

/* Numbers of changes, one for each server that makes them. */
struct model_csns {
	char text[CSNS_MAX][CSN_SIZE + 1];
	size_t count;
};
void model_csns_add(struct model_csns *csns, const char *text, size_t len);
/* Does the cookie of that area, as `status' prints it, contain them? */
bool model_contains(const char *area, const struct model_csns *csns);
const char *model_status(void);

/* ---- model_beacon.c: changes that nobody but we make, to wait for */

#define MODEL_BEACON "uid=beacon," MODEL_GUARDS_UNIT

void model_beacon_begin(void);
/* The last change of both kinds, whoever was killed. */
void model_beacon(bool killed);
/* Another change in both areas. */
bool model_touch(void);
/* The number of the change to this entry; false: the provider is gone. */
bool model_csns_of(const char *dn, const char *name, struct model_csns *ret);
/* Until the store's cookie contains them; false: the provider is gone. */
bool model_await(const char *area, const struct model_csns *csns,
    bool killed);

#endif
