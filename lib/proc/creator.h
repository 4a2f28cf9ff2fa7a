/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who a process id belongs to by now. */
#pragma once

#include "core/ctx.h"

enum ix_alive {
	IX_GONE,  /* no such process, or another one has the number by now */
	IX_ALIVE, /* the same one */
	IX_UNKNOWN,
};

/* When the process was there, in seconds since the epoch: at some time between these two.
 * 0: not known. */
struct ix_moment {
	int64_t from, to;
};

struct ix_process {
	enum ix_alive alive;
	enum {
		IX_WHY_ERROR,     /* it may not be looked at, or that failed: error */
		IX_WHY_NO_NUMBER, /* it is of another PID namespace */
		IX_WHY_NUMBERS,   /* /proc is that of another one */
		IX_WHY_MOMENT,    /* when it was there is not known well enough */
	} why;                    /* of IX_UNKNOWN */
	int error;
	char comm[64]; /* of IX_ALIVE: the name of its command, at most 15 bytes; or "" */
};

/* Does the process of that number still run that was there in that moment? */
void ix_proc_then(struct ipcx *x, int32_t pid, const struct ix_moment *when,
		  struct ix_process *ret_process);
