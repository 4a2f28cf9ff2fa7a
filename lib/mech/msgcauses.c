/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why msgget(2), msgsnd(2), msgrcv(2) and msgctl(2) fail, in the order in which the
 * kernel tests. */
#include <errno.h>

#include "mech/causes.h"

/* clang-format off */
const struct ix_cause ix_msg_causes[] = {
	{ .error = -ENOSPC, .call = IX_MSGGET, .own = IX_FOR_CREATE, .text = "kernel.msgmni queues exist" },
	{ .error = -ENOSYS, .call = IX_MSGGET, .check = IX_CHECK_FILTER, .own = IX_FOR_CREATE, .text = "this kernel has no System V message queues, or a filter hides them" },
	{ .when = IPCX_A_QBYTES, .error = -EOVERFLOW, .call = IX_MSGCTL, .own = IX_FOR_CHANGE, .text = "qbytes must be below 2 GiB: the kernel cuts it to 31 bits" },
	{ .when = IPCX_A_QBYTES, .error = -EPERM, .call = IX_MSGCTL, .own = IX_FOR_CHANGE, .text = "not permitted: qbytes above kernel.msgmnb needs CAP_SYS_RESOURCE, everything else the owner, the creator or CAP_SYS_ADMIN" },
	{ .text = "" },
};
/* clang-format on */
