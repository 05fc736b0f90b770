/*
 * Deadlines on CLOCK_MONOTONIC.
 */
#include "config.h"

#include "common/deadline.h"

#include <limits.h>
#include <time.h>

int64_t
deadline_now_us(void)
{
	struct timespec now = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + (int64_t)now.tv_nsec / 1000;
}

int64_t
deadline_now(void)
{
	return deadline_now_us() / 1000;
}

int64_t
deadline_in(int64_t ms)
{
	int64_t now = deadline_now();

	if (ms < 0)
		ms = 0;
	return ms > INT64_MAX - now ? INT64_MAX : now + ms;
}

int
deadline_left(int64_t deadline)
{
	int64_t now = deadline_now();

	if (deadline <= now)
		return 0;
	return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}
