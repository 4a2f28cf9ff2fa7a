/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why msgget(2), msgsnd(2), msgrcv(2) and msgctl(2) fail, in the order in which the
 * kernel tests. */
#include <errno.h>

#include "mech/causes.h"
#include "mech/kconfigs.h"
#include "mech/msgchecks.h"

/* clang-format off */
const struct ix_cause ix_msg_causes[] = {
	{ .error = -ENOENT, .call = IX_MSGGET, .check = IX_MSG_ELSEWHERE, .text = "the queue with this key is in another IPC namespace" },
	{ .error = -ENOENT, .call = IX_MSGGET, .check = IX_MSG_ABSENT, .text = "no queue has this key, and IPC_CREAT was not passed" },
	{ .error = -EEXIST, .call = IX_MSGGET, .check = IX_MSG_EXISTS, .text = "a queue with this key exists, and IPC_CREAT and IPC_EXCL were passed" },
	{ .error = -EACCES, .call = IX_MSGGET, .check = IX_MSG_GET_DENIED, .text = "the queue exists, and its mode does not grant what the permission bits of the flags ask for" },
	{ .error = -ENOMEM, .call = IX_MSGGET, .check = IX_MSG_GET_MEMORY, .text = "the kernel has no memory for the queue" },
	{ .error = -ENOSPC, .call = IX_MSGGET, .check = IX_MSG_FULL, .own = IX_FOR_CREATE, .subject = "msgmni", .text = "kernel.msgmni queues exist" },
	{ .error = -ENOSYS, .call = IX_MSGGET, .check = IX_CHECK_FILTER, .own = IX_FOR_CREATE, .text = IX_NO_SYSV },

	{ .error = -EINVAL, .call = IX_MSGSND, .check = IX_MSG_LONG, .text = "the message is longer than kernel.msgmax is now" },
	{ .error = -EINVAL, .call = IX_MSGSND, .check = IX_MSG_TYPE, .text = "the message's type (mtype) is less than 1" },
	{ .error = -EINVAL, .call = IX_MSGSND, .check = IX_MSG_NO_ID, .text = "no queue has this id: it was removed before the call, or never existed" },
	{ .error = -EINVAL, .call = IX_MSGSND, .check = IX_MSG_ID_ELSEWHERE, .text = "the queue with this id is in another IPC namespace" },
	{ .error = -ENOMEM, .call = IX_MSGSND, .check = IX_MSG_MEMORY, .text = "the kernel has no memory for the message" },
	{ .error = -EACCES, .call = IX_MSGSND, .check = IX_MSG_SEND_DENIED, .text = "not permitted: to send needs write permission" },
	{ .error = -EAGAIN, .call = IX_MSGSND, .check = IX_MSG_NO_BYTES, .text = "IPC_NOWAIT, and the queue has no room for the bytes of the message (msg_qbytes)" },
	{ .error = -EAGAIN, .call = IX_MSGSND, .check = IX_MSG_NO_NUMBER, .text = "IPC_NOWAIT, and the queue holds as many messages as msg_qbytes is, the limit of their number, too" },
	{ .error = IX_BLOCKS, .call = IX_MSGSND, .check = IX_MSG_NO_BYTES, .text = "the queue has no room for the bytes of the message (msg_qbytes): the call waits for a receiver" },
	{ .error = IX_BLOCKS, .call = IX_MSGSND, .check = IX_MSG_NO_NUMBER, .text = "the queue holds as many messages as msg_qbytes is, the limit of their number, too: the call waits for a receiver" },
	{ .error = -EIDRM, .call = IX_MSGSND, .check = IX_MSG_REMOVED, .text = "the queue was removed while the call waited" },
	{ .error = -EIDRM, .call = IX_MSGSND, .check = IX_MSG_LOGOUT, .text = "systemd-logind removed the queue at the user's last logout (RemoveIPC= of logind.conf)" },
	{ .error = -EINTR, .call = IX_MSGSND, .check = IX_MSG_SIGNAL, .text = "a signal's handler ran while the call waited; SA_RESTART does not help" },
	{ .error = -ENOSYS, .call = IX_MSGSND, .check = IX_CHECK_FILTER, .text = IX_NO_SYSV },

	{ .error = -EINVAL, .call = IX_MSGRCV, .check = IX_MSG_LENGTH, .text = "the length of the buffer is negative" },
	{ .error = -EINVAL, .call = IX_MSGRCV, .check = IX_MSG_COPY_FLAGS, .text = "MSG_COPY needs IPC_NOWAIT, and excludes MSG_EXCEPT" },
	{ .error = -ENOSYS, .call = IX_MSGRCV, .check = IX_MSG_COPY_LACKS, .text = "MSG_COPY: the kernel was built without CONFIG_CHECKPOINT_RESTORE" },
	{ .error = -EINVAL, .call = IX_MSGRCV, .check = IX_MSG_NO_ID, .text = "no queue has this id: it was removed before the call, or never existed" },
	{ .error = -EINVAL, .call = IX_MSGRCV, .check = IX_MSG_ID_ELSEWHERE, .text = "the queue with this id is in another IPC namespace" },
	{ .error = -EACCES, .call = IX_MSGRCV, .check = IX_MSG_RECEIVE_DENIED, .text = "not permitted: to receive needs read permission" },
	{ .error = -E2BIG, .call = IX_MSGRCV, .check = IX_MSG_BUFFER, .text = "the message is longer than the buffer, and stays in the queue (MSG_NOERROR would cut it)" },
	{ .error = -ENOMSG, .call = IX_MSGRCV, .check = IX_MSG_NONE, .text = "IPC_NOWAIT, and the queue has no message of the type that is asked for" },
	{ .error = IX_BLOCKS, .call = IX_MSGRCV, .check = IX_MSG_NONE, .text = "the queue has no message of the type that is asked for: the call waits for a sender" },
	{ .error = -EIDRM, .call = IX_MSGRCV, .check = IX_MSG_REMOVED, .text = "the queue was removed while the call waited" },
	{ .error = -EIDRM, .call = IX_MSGRCV, .check = IX_MSG_LOGOUT, .text = "systemd-logind removed the queue at the user's last logout (RemoveIPC= of logind.conf)" },
	{ .error = -EINTR, .call = IX_MSGRCV, .check = IX_MSG_SIGNAL, .text = "a signal's handler ran while the call waited; SA_RESTART does not help" },
	{ .error = -ENOSYS, .call = IX_MSGRCV, .check = IX_CHECK_FILTER, .text = IX_NO_SYSV },

	{ .when = IPCX_A_QBYTES, .error = -EOVERFLOW, .call = IX_CALL_NONE, .own = IX_FOR_CHANGE, .text = "qbytes must be below 2 GiB: the kernel cuts it to 31 bits" },
	{ .error = -EINVAL, .call = IX_MSGCTL, .check = IX_MSG_NO_ID, .text = "no queue has this id: it was removed before the call, or never existed" },
	{ .error = -EINVAL, .call = IX_MSGCTL, .check = IX_MSG_ID_ELSEWHERE, .text = "the queue with this id is in another IPC namespace" },
	{ .error = -EINVAL, .call = IX_MSGCTL, .check = IX_MSG_CMD, .text = "the kernel does not know this cmd" },
	{ .error = -EINVAL, .call = IX_MSGCTL, .check = IX_MSG_NEW_OWNER, .text = "IPC_SET: the new owner or group does not exist in the user namespace" },
	{ .error = -EACCES, .call = IX_MSGCTL, .check = IX_MSG_STAT_DENIED, .text = "not permitted: IPC_STAT and MSG_STAT need read permission" },
	{ .error = -EPERM, .call = IX_MSGCTL, .check = IX_MSG_OWNER, .text = "IPC_RMID and IPC_SET are reserved to the queue's owner, its creator and CAP_SYS_ADMIN" },
	{ .error = -EPERM, .call = IX_MSGCTL, .check = IX_MSG_QBYTES, .text = "IPC_SET: msg_qbytes above kernel.msgmnb needs CAP_SYS_RESOURCE" },
	{ .when = IPCX_A_QBYTES, .error = -EPERM, .call = IX_CALL_NONE, .own = IX_FOR_CHANGE, .text = "not permitted: qbytes above kernel.msgmnb needs CAP_SYS_RESOURCE, everything else the owner, the creator or CAP_SYS_ADMIN" },
	{ .error = -EIDRM, .call = IX_MSGCTL, .check = IX_MSG_REMOVED, .text = "the queue was removed during the call" },
	{ .error = -ENOSYS, .call = IX_MSGCTL, .check = IX_CHECK_FILTER, .text = IX_NO_SYSV },
	{ .text = "" },
};
/* clang-format on */
