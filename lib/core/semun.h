/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What semctl(2) leaves to its callers to define: the union of its argument, and the
 * maximum value of a semaphore, which no call returns. */
#pragma once

#include <sys/sem.h>

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};

/* SEMVMX of include/uapi/linux/sem.h: the maximum value of a semaphore in an array.
 * SEMAEM, the maximum undo adjustment, is the same number. */
#define IX_SEMVMX 32767
