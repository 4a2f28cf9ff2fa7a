/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LD_PRELOAD: a clock that advances by an hour each time it is read. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* With times of 64 bits, also in 32-bit programs. */
#ifdef SYS_clock_gettime64
#define CLOCK_GETTIME SYS_clock_gettime64
#else
#define CLOCK_GETTIME SYS_clock_gettime
#endif

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	static time_t ahead;
	int r = (int)syscall(CLOCK_GETTIME, clock, ts);

	if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		ts->tv_sec += ahead += 3600;
	return r;
}

time_t time(time_t *t)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (t)
		*t = ts.tv_sec;
	return ts.tv_sec;
}
