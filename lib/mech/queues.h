/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The .queue of each message queue mechanism. */
#pragma once

#include "core/queue.h"

extern const struct ix_queue_ops ix_msg_queue, ix_mq_queue;
