/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where there is no sem_clockwait(3), clockwait_timed.c stands for this file. */
#include "base/clockwait.h"

#include <errno.h>

int ix_sem_wait_until(sem_t *sem, const struct timespec *until)
{
	return sem_clockwait(sem, CLOCK_MONOTONIC, until) < 0 ? -errno : 0;
}
