/*
 * What fuzz_front takes into its own hands: the clock, which only moves when
 * told to, and failures of memory and of system calls, every n-th one.  The
 * program is linked with these functions wrapped.
 */
#ifndef FUZZ_FRONT_FAULT_H
#define FUZZ_FRONT_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* The wall clock of each run begins here: 2026-11-22 12:00:00 UTC. */
#define FAULT_BEGIN_S INT64_C(1795348800)

void fault_init(void);			/* before libevent is used */
void fault_begin(void);			/* of a run: no faults, first hour */
void fault_every_memory(unsigned n);	/* 0: never */
void fault_every_call(unsigned n);
void fault_on(void);			/* from here … */
void fault_off(void);			/* … to here */
/* Once, within the n-th recv or send from now on; n 0: not any more. */
void fault_between(unsigned n, void (*what)(void *context), void *context);
bool fault_happened(void);		/* in this run */
void fault_pass_ms(int64_t ms);
int64_t fault_ms(void);			/* since the run began */

#endif
