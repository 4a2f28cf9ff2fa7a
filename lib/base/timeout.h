/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long a call may wait, by a clock that nobody can set. */
#pragma once

#include <stdint.h>

struct ix_timeout {
	int64_t span;     /* nanoseconds: -1 for ever, 0 not at all */
	int64_t deadline; /* by CLOCK_MONOTONIC; 0: the clock was not looked at yet */
	int64_t step;     /* of the last nap */
};

#define IX_TIMEOUT(ns)       \
	{                    \
		.span = (ns) \
	}

/* Nanoseconds that are left; the clock runs from the first call on. 0 when it is over. */
int64_t ix_timeout_left(struct ix_timeout *p);

/*
 * Sleep a little before what would block is tried again: 1 ms at first, 10 ms at most,
 * never longer than there is time. 0, -ETIMEDOUT, or -EINTR.
 */
int ix_timeout_sleep(struct ix_timeout *p);
