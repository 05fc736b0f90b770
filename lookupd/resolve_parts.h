/*
 * The inside of a walk, for resolve*.c: accounts in resolve.c, domains in
 * resolve_domain.c; and for store_walk.c, whose walks begin and end in one
 * function and need no memory of their own.
 */
#ifndef LOOKUPD_RESOLVE_PARTS_H
#define LOOKUPD_RESOLVE_PARTS_H

#include "lookupd/resolve.h"
#include "lookupd/resolve_match.h"

enum state {
	STATE_ACCOUNT,
	STATE_RETRY,		/* the account again, in the target domain */
	STATE_OWN,
	STATE_OWN_TARGET,
	STATE_ADDRESS,
	STATE_ADDRESS_TARGET,
	STATE_DONE
};

struct resolve {
	bool asked;			/* query is out */
	bool address_done;		/* the domain of the address was searched,
					 * or is the account's own */
	unsigned steps;
	size_t loose;			/* entries that matched loosely */
	struct findings findings;
	/* from here on each is written before it is read */
	const struct profile *profile;
	const struct identity *identity;
	bool exact;
	struct trace *trace;
	enum key_kind kind;
	enum state state;
	const struct address *wanted;	/* KEY_ADDRESS: what is looked for */
	struct resolve_query query;
	struct filter_key domain_key;	/* of a query for a domain */
	/* RETRY: the address in the target domain; OWN: the account's name */
	struct address address;
};

/* What resolve_new makes, in memory of the caller; over with resolve_take. */
void resolve_init(struct resolve *resolve, const struct profile *profile,
    const struct identity *identity, bool exact, struct trace *trace);

/* The walk ends, unavailable. */
void resolve_break(struct resolve *resolve, const char *reason,
    const char *why);

/* The value to search for, which stays where it is; false when it is empty or
 * too long. */
bool resolve_set_query(struct resolve *resolve, const char *value,
    size_t len);

/* Search the account next, in this state. */
void resolve_ask_account(struct resolve *resolve, enum state state,
    const char *value, size_t len);

/* Does the entry show what the query asked for? */
enum resolve_match resolve_match_entry(const struct resolve *resolve,
    const struct entry *entry);

/* The account is found: its own domain next, and then the address's. */
void resolve_own_domain(struct resolve *resolve);

/* The domain of the address next, if it is another and was not searched. */
void resolve_address_domain(struct resolve *resolve);

/* The complete result of a search for a domain; ownership passes. */
void resolve_feed_domain(struct resolve *resolve, struct entry **entries,
    size_t count);

#endif
