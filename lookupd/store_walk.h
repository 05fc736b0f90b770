/*
 * One identity's walk through the store: the machine of resolve.h driven over
 * store.h, at once, without anybody else being asked.  What comes out is what
 * a walk over the directory (walk.h) would find.
 */
#ifndef LOOKUPD_STORE_WALK_H
#define LOOKUPD_STORE_WALK_H

#include "lookupd/config.h"
#include "lookupd/identity.h"
#include "lookupd/resolve.h"
#include "lookupd/store.h"
#include "lookupd/trace.h"

/*
 * domains: NULL when the profile uses none.  All searches see one view: the
 * one that was begun, or one of their own.  0 with the findings (which may be
 * a failure of the walk itself); -1 when the store could not be read, with
 * failing findings and the store's sentence in error (STORE_ERROR_MAX bytes).
 */
int store_walk(struct store_area *accounts, struct store_area *domains,
    const struct realm *realm, const struct identity *identity,
    struct trace *trace, struct findings *ret, char *error);

#endif
