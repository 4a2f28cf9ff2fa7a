/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why sem_open(3), sem_unlink(3), sem_wait(3) and sem_post(3) fail, in the order in which
 * the kernel tests. */
#include <errno.h>

#include "mech/causes.h"
#include "mech/posix.h"

/* clang-format off */
const struct ix_cause ix_psem_causes[] = {
	{ .error = -EACCES, .call = IX_SEM_OPEN, .own = IX_FOR_CREATE, .text = "not permitted: " IX_SHM_DIR " may not be written to" },
	{ .error = -ENOSPC, .call = IX_SEM_OPEN, .own = IX_FOR_CREATE, .text = "the file system of " IX_SHM_DIR " is full (mount -o remount,size=… or nr_inodes=…)" },
	{ .error = -EDQUOT, .call = IX_SEM_OPEN, .own = IX_FOR_CREATE, .text = "your quota on " IX_SHM_DIR " is used up" },
	{ .error = -EROFS, .call = IX_SEM_OPEN, .own = IX_FOR_CREATE, .text = IX_SHM_DIR " is mounted read-only" },
	{ .error = -EFBIG, .call = IX_SEM_OPEN, .own = IX_FOR_CREATE, .text = "the file of a semaphore is larger than RLIMIT_FSIZE (ulimit -f)" },
	{ .when = IPCX_A_UID | IPCX_A_GID, .error = -EPERM, .call = IX_CALL_NONE, .own = IX_FOR_CREATE, .text = "giving it to that owner needs CAP_CHOWN" },
	{ .when = IPCX_A_UID | IPCX_A_GID, .error = -EINVAL, .call = IX_CALL_NONE, .own = IX_FOR_CREATE, .text = "that owner does not exist in this user namespace" },
	{ .when = IPCX_A_UID, .error = -EPERM, .call = IX_CALL_NONE, .own = IX_FOR_CHANGE, .text = "not permitted: giving it away needs CAP_CHOWN" },
	{ .when = IPCX_A_UID | IPCX_A_GID, .error = -EINVAL, .call = IX_CALL_NONE, .own = IX_FOR_CHANGE, .text = "that owner does not exist in this user namespace" },
	{ .error = -EROFS, .call = IX_CALL_NONE, .own = IX_FOR_CHANGE, .text = IX_SHM_DIR " is mounted read-only" },
	{ .text = "" },
};
/* clang-format on */
