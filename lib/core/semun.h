/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What semctl(2) leaves to its callers: the union of its arguments, and the greatest
 * value of a semaphore, which no call tells. */
#pragma once

#include <sys/sem.h>

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};

/* SEMVMX of include/uapi/linux/sem.h: what a semaphore of an array holds at most. SEMAEM,
 * the most that is to be undone of one, is the same number. */
#define IX_SEMVMX 32767
