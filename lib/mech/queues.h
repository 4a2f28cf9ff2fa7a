/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The .queue of each message queue mechanism. */
#pragma once

#include "core/queue.h"

/* Read the state of a System V queue, if possible also without read permission
 * (MSG_STAT_ANY, Linux 4.17). Returns 0, -EACCES, -EINVAL or -EIDRM. */
struct msqid_ds;
int ix_msg_stat(int id, struct msqid_ds *ret_ds);

extern const struct ix_queue_ops ix_msg_queue, ix_mq_queue;
