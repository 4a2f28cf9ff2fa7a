/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long a call may wait, measured by a clock that cannot be set. */
#pragma once

#include <stdint.h>

struct ix_timeout {
	int64_t span;     /* nanoseconds; -1: wait without limit, 0: do not wait */
	int64_t deadline; /* a time of CLOCK_MONOTONIC; 0: the wait has not begun */
	int64_t step;     /* how long the last sleep was, in nanoseconds */
};

#define IX_TIMEOUT(ns)       \
	{                    \
		.span = (ns) \
	}

/* Return the nanoseconds left, 0 once the timeout has expired. The first call starts the
 * clock.
 */
int64_t ix_timeout_left(struct ix_timeout *p);

/*
 * Sleep before the next try of a call that would block: 1 ms at first, at most 10 ms,
 * never longer than the time left. Returns 0, -ETIMEDOUT or -EINTR.
 */
int ix_timeout_sleep(struct ix_timeout *p);
