/*
 * The areas of a realm in the store: which entries of the directory are in
 * them, with which attributes.  Writer and reader compute the same, and so
 * know whether what is stored is what is meant now.
 */
#ifndef LOOKUPD_AREA_H
#define LOOKUPD_AREA_H

#include <stdbool.h>
#include <stdint.h>

#include "lookupd/config.h"
#include "lookupd/store.h"

struct area {
	const char *word;		/* "accounts", "domains"; static */
	const char *base;		/* borrowed from the realm */
	char *filter;			/* text; owned */
	char *const *attributes;	/* borrowed from the profile */
	uint64_t definition;		/* for store_area_open */
};

/* Does the realm have an area of that kind? */
bool area_wanted(const struct realm *realm, enum store_kind kind);

/* 0, and *ret is area_clear'ed by the caller; -1: out of memory. */
int area_of(const struct realm *realm, enum store_kind kind,
    struct area *ret);
void area_clear(struct area *area);

/* Has the configuration that area, called as the store calls it
 * ("REALM/accounts")?  Signature as store_prune wants it. */
bool area_configured(const void *config, const char *name);

#endif
