/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why semget(2), semop(2) and semctl(2) fail, in the order in which the kernel tests. */
#include <errno.h>

#include "mech/causes.h"
#include "mech/kconfigs.h"
#include "mech/semchecks.h"

/* clang-format off */
const struct ix_cause ix_sem_causes[] = {
	{ .error = -EINVAL, .call = IX_SEMGET, .check = IX_SEM_MOST, .text = "more semaphores are asked for than one array may have (SEMMSL, the first number of kernel.sem)" },
	{ .error = -EINVAL, .call = IX_SEMGET, .check = IX_SEM_NONE_ASKED, .text = "nsems is negative, or 0 for a new array" },
	{ .error = -EINVAL, .call = IX_SEMGET, .check = IX_SEM_SMALLER, .text = "the array exists and has fewer semaphores than nsems" },
	{ .error = -EINVAL, .call = IX_CALL_NONE, .own = IX_FOR_CREATE, .text = "an array has at least 1 semaphore and at most the first number of kernel.sem (SEMMSL)" },
	{ .error = -ENOENT, .call = IX_SEMGET, .check = IX_SEM_ELSEWHERE, .text = "the array with this key is in another IPC namespace" },
	{ .error = -ENOENT, .call = IX_SEMGET, .check = IX_SEM_ABSENT, .text = "no array has this key, and IPC_CREAT was not passed" },
	{ .error = -EEXIST, .call = IX_SEMGET, .check = IX_SEM_EXISTS, .text = "an array with this key exists, and IPC_CREAT and IPC_EXCL were passed" },
	{ .error = -EACCES, .call = IX_SEMGET, .check = IX_SEM_GET_DENIED, .text = "the array exists, and its mode does not grant what the permission bits of the flags ask for" },
	{ .error = -ENOSPC, .call = IX_SEMGET, .check = IX_SEM_FULL, .subject = "semmns", .text = "all arrays together would have more semaphores than SEMMNS, the second number of kernel.sem" },
	{ .error = -ENOMEM, .call = IX_SEMGET, .check = IX_CHECK_LIMIT, .subject = "array_max", .text = "the array is larger than what the kernel allocates in one piece" },
	{ .error = -ENOMEM, .call = IX_SEMGET, .check = IX_CHECK_LIMIT, .subject = "kernel_memory", .text = "the kernel has no memory for the array" },
	{ .error = -ENOSPC, .call = IX_SEMGET, .check = IX_SEM_FULL, .subject = "semmni", .text = "SEMMNI arrays exist, the fourth number of kernel.sem" },
	{ .error = -ENOSPC, .call = IX_CALL_NONE, .own = IX_FOR_CREATE, .text = "kernel.sem: the system has SEMMNI arrays or SEMMNS semaphores already" },
	{ .error = -ENOSYS, .call = IX_SEMGET, .check = IX_CHECK_FILTER, .own = IX_FOR_CREATE, .text = IX_NO_SYSV },

	{ .error = -E2BIG, .call = IX_SEMOP, .check = IX_SEM_MANY_OPS, .text = "one call has more operations than SEMOPM, the third number of kernel.sem" },
	{ .error = -EINVAL, .call = IX_SEMOP, .check = IX_SEM_NO_OPS, .text = "nsops is 0" },
	{ .error = -EINVAL, .call = IX_SEMOP, .check = IX_SEM_TIME, .text = "the time limit of semtimedop(2) is negative, or has a billion nanoseconds or more" },
	{ .error = -EINVAL, .call = IX_SEMOP, .check = IX_SEM_NO_ID, .text = "no array has this id: it was removed before the call, or never existed" },
	{ .error = -EINVAL, .call = IX_SEMOP, .check = IX_SEM_ID_ELSEWHERE, .text = "the array with this id is in another IPC namespace" },
	{ .error = -EFBIG, .call = IX_SEMOP, .check = IX_SEM_NUMBER, .text = "the array has no semaphore with this number: they count from 0" },
	{ .error = -EACCES, .call = IX_SEMOP, .check = IX_SEM_OP_DENIED, .text = "not permitted: to wait for 0 needs read permission, every other operation needs write permission" },
	{ .error = -ENOMEM, .call = IX_SEMOP, .check = IX_SEM_UNDO_MEMORY, .text = "the kernel has no memory for the operations, or for what SEM_UNDO records" },
	{ .error = -ERANGE, .call = IX_SEMOP, .check = IX_SEM_ABOVE, .text = "the value would exceed 32767 (SEMVMX)" },
	{ .error = -ERANGE, .call = IX_SEMOP, .check = IX_SEM_UNDO_ABOVE, .text = "what SEM_UNDO would have to undo exceeds 32767: the process adds with SEM_UNDO and never takes back" },
	{ .error = -EAGAIN, .call = IX_SEMOP, .check = IX_SEM_WAITS, .text = "the value does not allow the operation, and IPC_NOWAIT was passed or the time of semtimedop(2) ran out" },
	{ .error = IX_BLOCKS, .call = IX_SEMOP, .check = IX_SEM_WAITS, .text = "the value does not allow the operation: the call waits until another process changes it" },
	{ .error = -EIDRM, .call = IX_SEMOP, .check = IX_SEM_REMOVED, .text = "the array was removed while the call waited" },
	{ .error = -EIDRM, .call = IX_SEMOP, .check = IX_SEM_LOGOUT, .text = "systemd-logind removed the array at the user's last logout (RemoveIPC= of logind.conf)" },
	{ .error = -EINTR, .call = IX_SEMOP, .check = IX_SEM_DEBUGGER, .text = "a debugger attached to the waiting process" },
	{ .error = -EINTR, .call = IX_SEMOP, .check = IX_SEM_SIGNAL, .text = "a signal interrupted the wait: its handler ran, or the process was stopped and continued; SA_RESTART does not help" },
	{ .error = -ENOSYS, .call = IX_SEMOP, .check = IX_CHECK_FILTER, .text = IX_NO_SYSV },

	{ .error = -EINVAL, .call = IX_SEMCTL, .check = IX_SEM_NO_ID, .text = "no array has this id: it was removed before the call, or never existed" },
	{ .error = -EINVAL, .call = IX_SEMCTL, .check = IX_SEM_ID_ELSEWHERE, .text = "the array with this id is in another IPC namespace" },
	{ .error = -EINVAL, .call = IX_SEMCTL, .check = IX_SEM_CTL_NUMBER, .text = "the array has no semaphore with this number: they count from 0" },
	{ .error = -EINVAL, .call = IX_SEMCTL, .check = IX_SEM_CMD, .text = "the kernel does not know this cmd" },
	{ .error = -EINVAL, .call = IX_SEMCTL, .check = IX_SEM_NEW_OWNER, .text = "IPC_SET: the new owner or group does not exist in the user namespace" },
	{ .error = -EACCES, .call = IX_SEMCTL, .check = IX_SEM_CTL_DENIED, .text = "not permitted: SETVAL and SETALL need write permission, IPC_STAT and the other GET commands read permission" },
	{ .error = -EPERM, .call = IX_SEMCTL, .check = IX_SEM_OWNER, .text = "IPC_RMID and IPC_SET are reserved to the array's owner, its creator and CAP_SYS_ADMIN" },
	{ .error = -ERANGE, .call = IX_SEMCTL, .check = IX_SEM_VALUE, .text = "SETVAL, SETALL: a value is negative or above 32767 (SEMVMX)" },
	{ .error = -ENOMEM, .call = IX_SEMCTL, .check = IX_SEM_ARRAY_MEMORY, .text = "GETALL, SETALL: the kernel has no memory for all values of the array" },
	{ .error = -EIDRM, .call = IX_SEMCTL, .check = IX_SEM_REMOVED, .text = "the array was removed during the call" },
	{ .error = -ENOSYS, .call = IX_SEMCTL, .check = IX_CHECK_FILTER, .text = IX_NO_SYSV },
	{ .text = "" },
};
/* clang-format on */
