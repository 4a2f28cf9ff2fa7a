/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why shmget(2), shmat(2), shmdt(2) and shmctl(2) fail, in the order in which the kernel
 * tests. */
#include <errno.h>

#include "mech/causes.h"

/* clang-format off */
const struct ix_cause ix_shm_causes[] = {
	{ .error = -ENOSPC, .call = IX_SHMGET, .check = IX_CHECK_LIMIT, .subject = "shmall", .text = "all segments together would have more than kernel.shmall pages" },
	{ .error = -ENOSPC, .call = IX_SHMGET, .check = IX_CHECK_LIMIT, .subject = "shmmni", .text = "kernel.shmmni segments exist" },
	{ .when = IPCX_A_HUGE, .error = -EINVAL, .call = IX_SHMGET, .own = IX_FOR_CREATE, .text = "this machine has no huge pages of that size (/sys/kernel/mm/hugepages), or the segment's size is 0" },
	{ .error = -EINVAL, .call = IX_SHMGET, .own = IX_FOR_CREATE, .text = "the size must be at least 1 byte, at most kernel.shmmax, and below 8 EiB" },
	{ .error = -ENOSPC, .call = IX_CALL_NONE, .own = IX_FOR_CREATE, .text = "kernel.shmmni segments exist, or kernel.shmall pages are in use" },
	{ .when = IPCX_A_HUGE, .error = -ENOMEM, .call = IX_SHMGET, .own = IX_FOR_CREATE, .text = "not enough free huge pages of that size (vm.nr_hugepages)" },
	{ .error = -ENOMEM, .call = IX_SHMGET, .own = IX_FOR_CREATE, .text = "not enough memory and swap to account for it by vm.overcommit_memory" },
	{ .when = IPCX_A_HUGE, .error = -EPERM, .call = IX_SHMGET, .own = IX_FOR_CREATE, .text = "huge pages need CAP_IPC_LOCK or membership in the group vm.hugetlb_shm_group" },
	{ .error = -EOVERFLOW, .call = IX_SHMGET, .own = IX_FOR_CREATE, .text = "a 32-bit program can only make segments below 4 GiB" },
	{ .error = -ENOSYS, .call = IX_SHMGET, .check = IX_CHECK_FILTER, .own = IX_FOR_CREATE, .text = "this kernel has no System V shared memory, or a filter hides it" },
	{ .when = IPCX_A_LOCK, .error = -EPERM, .call = IX_SHMCTL, .own = IX_FOR_CHANGE, .text = "not permitted: locking needs RLIMIT_MEMLOCK above 0 and ownership, or CAP_IPC_LOCK" },
	{ .when = IPCX_A_LOCK, .error = -ENOMEM, .call = IX_SHMCTL, .own = IX_FOR_CHANGE, .text = "locking it would exceed RLIMIT_MEMLOCK" },
	{ .text = "" },
};
/* clang-format on */
