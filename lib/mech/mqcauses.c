/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why mq_open(3) and the calls on open queues fail, in the order in which the kernel
 * tests. */
#include <errno.h>

#include "mech/causes.h"

/* clang-format off */
const struct ix_cause ix_mq_causes[] = {
	{ .error = -EMFILE, .call = IX_MQ_OPEN, .own = IX_FOR_CREATE, .text = "it would exceed RLIMIT_MSGQUEUE (ulimit -q), which counts the bytes of all your queues, over all IPC namespaces" },
	{ .error = -ENOSPC, .call = IX_MQ_OPEN, .own = IX_FOR_CREATE, .text = "fs.mqueue.queues_max queues exist" },
	{ .when = IPCX_A_MAXMSG | IPCX_A_MSGSIZE, .error = -EINVAL, .call = IX_MQ_OPEN, .own = IX_FOR_CREATE, .text = "maxmsg must be 1 to fs.mqueue.msg_max, msgsize 1 to fs.mqueue.msgsize_max" },
	{ .when = IPCX_A_MAXMSG | IPCX_A_MSGSIZE, .error = -EOVERFLOW, .call = IX_MQ_OPEN, .own = IX_FOR_CREATE, .text = "maxmsg times msgsize is more than the kernel can count, or your uid does not exist in the namespace's user namespace" },
	{ .error = -EOVERFLOW, .call = IX_MQ_OPEN, .own = IX_FOR_CREATE, .text = "your uid does not exist in the user namespace that owns this IPC namespace" },
	{ .error = -EACCES, .call = IX_MQ_OPEN, .own = IX_FOR_CREATE, .text = "not permitted: the owner of the IPC namespace does not let other users create queues, or the namespace is gone" },
	{ .when = IPCX_A_UID | IPCX_A_GID, .error = -EPERM, .call = IX_CALL_NONE, .own = IX_FOR_CREATE, .text = "giving it to that owner needs CAP_CHOWN" },
	{ .when = IPCX_A_UID | IPCX_A_GID, .error = -EINVAL, .call = IX_CALL_NONE, .own = IX_FOR_CREATE, .text = "that owner does not exist in this user namespace" },
	{ .error = -ENOSYS, .call = IX_MQ_OPEN, .check = IX_CHECK_FILTER, .own = IX_FOR_CREATE, .text = "this kernel has no POSIX message queues, or a filter hides them" },
	{ .when = IPCX_A_UID, .error = -EPERM, .call = IX_CALL_NONE, .own = IX_FOR_CHANGE, .text = "not permitted: giving it away needs CAP_CHOWN" },
	{ .when = IPCX_A_UID | IPCX_A_GID, .error = -EINVAL, .call = IX_CALL_NONE, .own = IX_FOR_CHANGE, .text = "that owner does not exist in this user namespace" },
	{ .text = "" },
};
/* clang-format on */
