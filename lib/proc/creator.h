/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds out whether the pid recorded in an object still belongs to the same process. */
#pragma once

#include "core/ctx.h"

enum ix_alive {
	IX_GONE,  /* the process has ended; its pid may have been reused */
	IX_ALIVE, /* the same process */
	IX_UNKNOWN,
};

/* The time at which the process is known to have existed: between "from" and "to", in
 * seconds since the epoch; 0: unknown. */
struct ix_moment {
	int64_t from, to;
};

struct ix_process {
	enum ix_alive alive;
	enum {
		IX_WHY_ERROR,     /* /proc/PID may not be read, or reading it failed: see
				   * "error" */
		IX_WHY_NO_NUMBER, /* the object's pid belongs to another PID namespace */
		IX_WHY_NUMBERS,   /* /proc belongs to another PID namespace */
		IX_WHY_MOMENT,    /* the recorded time is not exact enough */
	} why;                    /* set for IX_UNKNOWN */
	int error;
	char comm[64]; /* set for IX_ALIVE: the command name, at most 15 bytes; "" if
			* unknown */
};

/* Find out whether the process that had this pid at the time "when" is still running. */
void ix_proc_then(struct ipcx *x, int32_t pid, const struct ix_moment *when,
		  struct ix_process *ret_process);
