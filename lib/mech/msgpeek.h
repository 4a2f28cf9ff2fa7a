/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The messages in a System V queue. */
#pragma once

#include "core/ctx.h"
#include "core/table.h"

/* Whether a message can be copied (MSG_COPY), as far as a filter does not kill for it. */
bool ix_msg_copies(void);

/* List the messages of a queue that has qnum of them with cbytes bytes, as a section.
 * Returns 0, or -errno with a text. */
int ix_msg_peek(struct ipcx *x, struct ipcx_table *t, int id, uint64_t qnum,
		uint64_t cbytes);
