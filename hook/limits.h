/*
 * Limits on refusals: per address of a person's machine, and per certificate.
 *
 * A stranger who is refused again and again costs lookupd and the directory a
 * question each time; past the limit of a minute he is answered `busy` without
 * one.  Refusals alone count, so that somebody who is let in is never stopped
 * by what he does himself; and nothing is locked, the account least of all: a
 * minute later all is forgotten.  From an address past its limit, a
 * certificate that was let in within the last minutes is still asked about:
 * one machine of many behind an address must not shut out the others.
 *
 * The table is bounded: a set of places for each hash, of which the one that
 * matters least is given away.  Hashes are keyed, so that nobody can aim.
 */
#ifndef HOOK_LIMITS_H
#define HOOK_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Places in the table, 24 bytes each: more strangers at once than a site has
 * people. */
#define LIMITS_SETS 4096
#define LIMITS_WAYS 4

/* Refusals are counted for so long (ms). */
#define LIMITS_WINDOW_MS 60000
/* Who was let in is known for so long (ms). */
#define LIMITS_ADMITTED_MS (15 * 60000)

struct limits;

/* Who asks: an address ("" if not known) and a certificate (len 0: none). */
struct limits_asker {
	uint64_t address, certificate;	/* hashes; 0: not there */
};

/* NULL when memory or random bytes cannot be had. */
struct limits *limits_new(void);
void limits_free(struct limits *limits);	/* NULL-safe */

/*
 * The hashes of an asker.  Of an IPv6 address the first 64 bits count, which
 * is what one machine can choose from at will, and where one of IPv4 is in it,
 * that; a port behind an address does not; what is no address counts as it is
 * spelled; of a certificate all of it: of a proxy that lets certificates
 * of no CA through, which lookupd refuses, a stranger's might end with the
 * signature of another.
 */
void limits_hash(const struct limits *limits, const char *address,
    const char *certificate, size_t len, struct limits_asker *ret);

/* Is it past a limit?  0 as limit: there is none.  now: milliseconds of any
 * clock that does not go backwards. */
bool limits_busy(struct limits *limits, const struct limits_asker *asker,
    int64_t per_address, int64_t per_certificate, int64_t now);

/* It was refused, or let in. */
void limits_refused(struct limits *limits, const struct limits_asker *asker,
    int64_t now);
void limits_admitted(struct limits *limits, const struct limits_asker *asker,
    int64_t now);

#endif
