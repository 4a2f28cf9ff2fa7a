/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waits with a time-out, for calls that have none in the kernel (msgsnd(2), msgrcv(2)) or
 * whose time-out the kernel measures by a clock that can be set (mq_timedsend(3)).
 */
#include "base/timeout.h"

#include <errno.h>
#include <time.h>

#include "base/util.h"

#define SECOND        INT64_C(1000000000)
#define FIRST_SLEEP   INT64_C(1000000)
#define LONGEST_SLEEP INT64_C(10000000)

static int64_t timeout_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

int64_t ix_timeout_left(struct ix_timeout *p)
{
	int64_t t;

	if (p->span <= 0)
		return p->span < 0 ? INT64_MAX : 0;
	t = timeout_now();
	if (p->deadline == 0 && __builtin_add_overflow(t, p->span, &p->deadline))
		p->deadline = INT64_MAX;
	return MAX(p->deadline - t, 0);
}

int ix_timeout_sleep(struct ix_timeout *p)
{
	int64_t left = ix_timeout_left(p), span;
	struct timespec ts;

	if (left == 0)
		return -ETIMEDOUT;
	p->step = p->step ? MIN(p->step * 2, LONGEST_SLEEP) : FIRST_SLEEP;
	span = MIN(p->step, left);
	ts = (struct timespec){ .tv_sec = span / SECOND, .tv_nsec = span % SECOND };
	return -clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
}
