/*
 * One deadline enters at the top of a piece of work and shrinks on the way
 * down.  A point of CLOCK_MONOTONIC in milliseconds; no other clock decides
 * how long anybody waits.
 */
#ifndef CERTAUTH_COMMON_DEADLINE_H
#define CERTAUTH_COMMON_DEADLINE_H

#include <stdint.h>

/* CLOCK_MONOTONIC, in milliseconds and in microseconds. */
int64_t deadline_now(void);
int64_t deadline_now_us(void);

/* The deadline that many milliseconds from now; ms < 0 counts as 0. */
int64_t deadline_in(int64_t ms);

/* Milliseconds left, 0 when it has passed; never more than INT_MAX, so that
 * it can be handed to poll(2). */
int deadline_left(int64_t deadline);

#endif
