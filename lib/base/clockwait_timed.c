/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Without sem_clockwait(3) there is only sem_timedwait(3), on the clock that can be set.
 * So that a step of that clock costs little, it is asked for a second at most, and the
 * monotonic clock decides whether the time has come.
 */
#include "base/clockwait.h"

#include <errno.h>
#include <stdint.h>

#define SECOND INT64_C(1000000000)

static int64_t nanoseconds_left(const struct timespec *until)
{
	struct timespec now;
	int64_t seconds;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	seconds = (int64_t)until->tv_sec - now.tv_sec;
	if (seconds > 1)
		return SECOND;
	return seconds < -1 ? 0 : seconds * SECOND + until->tv_nsec - now.tv_nsec;
}

int ix_sem_wait_until(sem_t *sem, const struct timespec *until)
{
	for (;;) {
		int64_t left = nanoseconds_left(until);
		struct timespec end;

		if (left <= 0)
			return sem_trywait(sem) == 0 ? 0
			       : errno == EAGAIN     ? -ETIMEDOUT
						     : -errno;
		left = left > SECOND ? SECOND : left;
		(void)clock_gettime(CLOCK_REALTIME, &end);
		left += end.tv_nsec;
		end.tv_sec += (time_t)(left / SECOND);
		end.tv_nsec = (long)(left % SECOND);
		if (sem_timedwait(sem, &end) == 0)
			return 0;
		if (errno != ETIMEDOUT)
			return -errno;
	}
}
