/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why semget(2), semop(2) and semctl(2) fail, in the order in which the kernel tests. */
#include <errno.h>

#include "mech/causes.h"

/* clang-format off */
const struct ix_cause ix_sem_causes[] = {
	{ .error = -EINVAL, .call = IX_SEMGET, .own = IX_FOR_CREATE, .text = "an array has at least 1 semaphore and at most the first number of kernel.sem (SEMMSL)" },
	{ .error = -ENOSPC, .call = IX_SEMGET, .own = IX_FOR_CREATE, .text = "kernel.sem: the system has SEMMNI arrays or SEMMNS semaphores already" },
	{ .error = -ENOSYS, .call = IX_SEMGET, .check = IX_CHECK_FILTER, .own = IX_FOR_CREATE, .text = "this kernel has no System V semaphores, or a filter hides them" },
	{ .text = "" },
};
/* clang-format on */
