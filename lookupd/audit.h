/*
 * One audit line per decision, at level notice:
 *
 *   audit id=… caller=uid service=… realm=… evidence=… fingerprint=…
 *   issuer=… serial=… identity=… account=… verdict=… reason=… us=…
 *
 * with the protocol's escaping, so that it can be parsed back.  Refusals are
 * always logged, past a limit per caller and second as one line with a count;
 * `active` once per caller, service, evidence, certificate and account in an
 * interval, the next line saying again=N.  Nothing is dropped without a count.
 */
#ifndef LOOKUPD_AUDIT_H
#define LOOKUPD_AUDIT_H

#include <stdint.h>

#include "lookupd/callers.h"
#include "lookupd/certificate.h"
#include "lookupd/config.h"
#include "lookupd/counters.h"
#include "lookupd/decision.h"
#include "lookupd/verbs.h"

/* Refusals written per caller and second. */
#define AUDIT_REFUSALS_PER_SECOND 20

/* Different `active` combinations remembered; others displace them, and
 * what was counted for a displaced one is then written. */
#define AUDIT_SLOTS 4096

struct audit;

struct audit_event {
	const struct fields *fields;	/* of the request, or NULL */
	const struct unix_peer *peer;
	struct charge *charge;		/* NULL: no limit applies */
	const struct service *service;	/* NULL: none reached */
	const struct realm *realm;
	uint64_t place;			/* of both: trust_place() */
	int evidence;			/* enum evidence, or -1 */
	const struct certificate *certificate;	/* or NULL */
	const struct identities *identities;	/* or NULL */
	const struct decision *decision;
	int64_t start_us;		/* deadline_now_us() then; 0: now */
	int64_t now;			/* deadline_now() */
	int64_t interval_s;
};

struct audit *audit_new(struct counters *counters);	/* NULL: no memory */
void audit_free(struct audit *audit);	/* writes what was only counted */
void audit_write(struct audit *audit, const struct audit_event *event);

/* Once a second: write the counts of refusals withheld in seconds past. */
void audit_flush_refusals(struct callers *callers, int64_t now);

#endif
