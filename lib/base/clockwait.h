/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sem_clockwait(3), which musl does not have. */
#pragma once

#include <semaphore.h>
#include <time.h>

/* Wait for a semaphore until a time of CLOCK_MONOTONIC. Returns 0 or -errno, -ETIMEDOUT
 * when that time has come. */
int ix_sem_wait_until(sem_t *sem, const struct timespec *until);
