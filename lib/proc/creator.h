/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who a process id belongs to by now. */
#pragma once

#include "core/ctx.h"

enum ix_alive {
	IX_GONE,    /* no such process, or another one has the number by now */
	IX_ALIVE,   /* started before the moment in question: the same one */
	IX_UNKNOWN, /* it exists, but may not be looked at */
};

/*
 * Is the process of that number the one that lived at the time when (seconds since the
 * epoch)? The name of its command (comm, at most 15 bytes) goes to buf when it is, ""
 * otherwise.
 */
enum ix_alive ix_proc_then(struct ipcx *x, int32_t pid, int64_t when, char *buf,
			   size_t size);
